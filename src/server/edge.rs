//! The gRPC server over any stream of connections: real ones, or pipes in tests.

use std::time::Duration;

use anyhow::{Context as _, bail};
use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::ServingStatus;

use super::workers;
use crate::app::App;
use crate::grpc::{self, Gate};
use crate::proto::DESCRIPTORS;
use crate::tls::Connection;

/// A peer that does not answer this often asked is gone.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Connections are closed, calls under way answered first, so that a certificate's end is noticed.
const CONNECTION_AGE_MAX: Duration = Duration::from_hours(1);
/// How long they are given for that: as long as the longest call may live. An answer that nobody takes goes with its
/// connection then.
const CONNECTION_GRACE: Duration = Duration::from_hours(1);

/// What the edge may be asked.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Size of one message.
    pub message_bytes_max: usize,
    /// Calls under way on one connection.
    pub concurrent_per_connection: u32,
    /// Calls under way in the process.
    pub calls_max: usize,
    /// Whether the protocol can be asked for.
    pub reflection: bool,
}

/// Serves on every connection of `incoming` until `stop`.
///
/// # Errors
/// If a method has no rule, or serving fails.
pub async fn serve_on<IO>(
    app: App,
    edge: Edge,
    incoming: impl Stream<Item = std::io::Result<Connection<IO>>>,
    stop: CancellationToken,
) -> anyhow::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let missing = grpc::unruled(&[DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET])?;
    if !missing.is_empty() {
        bail!("these methods have no rule in the policy table: {}", missing.join(", "));
    }
    let (reporter, health) = tonic_health::server::health_reporter();
    // Each part has its name from the first call on; how it is, is known after the first look.
    for part in app.parts_set_up() {
        reporter.set_service_status(part.name(), ServingStatus::NotServing).await;
    }
    let watching = tokio::spawn(workers::watch_health(app.clone(), reporter.clone(), stop.clone()));
    let watching_parts = tokio::spawn(workers::watch_parts(app.clone(), reporter, stop.clone()));
    let following = tokio::spawn(workers::follow_streams(app.clone(), stop.clone()));
    let ringing = tokio::spawn(workers::keep_bells(app.clone(), stop.clone()));
    let routes = grpc::services(&app, edge.message_bytes_max, &stop);
    let mut router = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_connection_age(CONNECTION_AGE_MAX)
        .max_connection_age_grace(CONNECTION_GRACE)
        .concurrency_limit_per_connection(edge.concurrent_per_connection as usize)
        .layer(Gate::new(app.clone(), edge.calls_max))
        .add_routes(routes)
        .add_service(health);
    if edge.reflection {
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        router = router.add_service(reflection().build_v1()?).add_service(reflection().build_v1alpha()?);
    }
    let served = router.serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned()).await;
    stop.cancel();
    app.limits().told().await;
    watching.await.context("the health task failed")?;
    watching_parts.await.context("the watch over the parts failed")?;
    ringing.await.context("the task that keeps the bells failed")?;
    following.await.context("the task that follows the streams failed")?;
    served.context("serving failed")
}
