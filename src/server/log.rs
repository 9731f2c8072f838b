//! The log: one line for each event, as text or JSON, to standard error. Lines of JSON name the trace that they are part of.

use std::fmt;
use std::io::IsTerminal as _;

use anyhow::Context as _;
use opentelemetry::trace::TraceContextExt as _;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::traces::Traces;
use crate::config::{Config, LogFormat};
use crate::observe::spans;

/// Starts the log, and traces if they are to go anywhere, and sees to it that a panic says where it happened and nothing of
/// what it happened with. To be called inside a tokio runtime.
///
/// # Errors
/// If the filter cannot be read, the collector cannot be used, or a log was started before.
pub fn start_log(config: &Config) -> anyhow::Result<Option<Traces>> {
    let filter = EnvFilter::try_new(&config.log.filter).context("cannot read the setting log.filter")?;
    // Spans are for traces; as a part of each line they would bury what it says.
    let filter = filter.add_directive(format!("{}=off", spans::TARGET).parse()?);
    let traces = Traces::start(&config.observe)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => {
            let form = Traced(tracing_subscriber::fmt::format().json());
            lines.with_ansi(false).fmt_fields(JsonFields::new()).event_format(form).boxed()
        }
    };
    let mut layers = vec![lines.with_filter(filter).boxed()];
    layers.extend(traces.as_ref().map(|traces| traces.layer().boxed()));
    tracing_subscriber::registry()
        .with(layers)
        .try_init()
        .map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))?;
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, "panic");
    }));
    Ok(traces)
}

/// A line of JSON, with the trace and the span that it was written in, if there is one.
struct Traced(Format<Json>);

impl<S, N> FormatEvent<S, N> for Traced
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let within = opentelemetry::Context::current().span().span_context().clone();
        if !within.is_valid() {
            return self.0.format_event(context, out, event);
        }
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        // The line is one object: what is added goes before its end.
        let object = line.trim_end().strip_suffix('}').ok_or(fmt::Error)?;
        writeln!(out, "{object},\"trace_id\":\"{}\",\"span_id\":\"{}\"}}", within.trace_id(), within.span_id())
    }
}
