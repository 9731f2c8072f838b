//! Traces on their way to a collector, by OTLP over gRPC. Off unless a collector is set.

use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config;
use crate::observe::spans;

/// How long the collector may take over one batch. What it does not take is lost: a trace is worth no waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// Traces that are being made.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Begins to make traces, if they are to go anywhere. To be called inside a tokio runtime.
    pub(super) fn start(config: &config::Observe) -> anyhow::Result<Option<Self>> {
        let Some(collector) = &config.otlp else { return Ok(None) };
        let mut exporter = SpanExporter::builder().with_tonic().with_endpoint(collector).with_timeout(PATIENCE);
        if collector.starts_with("https://") {
            exporter = exporter.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
        }
        let exporter = exporter.build().context("cannot send traces (setting observe.otlp)")?;
        let share = f64::from(config.traces_per_thousand) / 1_000.0;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_resource(Resource::builder_empty().with_service_name("eid").with_attribute(version).build())
            .build();
        Ok(Some(Self { provider }))
    }

    /// The layer that makes them of spans, and of nothing else.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        OpenTelemetryLayer::<S, SdkTracer>::new(self.provider.tracer("eid"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|told| told.is_span() && told.target() == spans::TARGET))
    }

    /// Sends what is left, and makes no more.
    pub async fn end(self) {
        let ended = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(PATIENCE)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces were not taken");
        }
    }
}
