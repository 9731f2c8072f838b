//! The bare peer: the same TLS and the same gRPC as the service, and nothing behind them.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request as HttpRequest, Response as HttpResponse};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tower::Service;

use super::Echo;
use super::ground::Ground;
use super::raw::Raw;
use crate::tls;

/// Where it is called.
pub(super) const PATH: &str = "/eid.load.v1.Echo/Answer";

/// Serves until it is stopped.
///
/// # Errors
/// If the ground cannot be used, or the port is taken.
pub(super) async fn serve(echo: &Echo) -> anyhow::Result<()> {
    let pki = Ground::open(&echo.ground)?.pki;
    let read =
        |path: std::path::PathBuf| std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    let certificates = tls::server_config(
        &read(pki.server_cert_path())?,
        &read(pki.server_key_path())?,
        &read(pki.client_ca_path())?,
    )?;
    let config = Arc::new(ArcSwap::new(certificates));
    let listener = TcpListener::bind(("127.0.0.1", echo.port)).await.context("cannot listen")?;
    let stop = CancellationToken::new();
    let incoming = tls::incoming(listener, config, tls::OpenConnections::default(), tls::Limits::default(), stop);
    let answer = Answer(Bytes::from(vec![b'.'; echo.bytes]));
    Server::builder().add_service(answer).serve_with_incoming(incoming).await.context("serving failed")
}

/// The same bytes to whoever calls, whatever they call.
#[derive(Clone)]
struct Answer(Bytes);

impl NamedService for Answer {
    const NAME: &'static str = "eid.load.v1.Echo";
}

impl UnaryService<Bytes> for Answer {
    type Response = Bytes;
    type Future = std::future::Ready<Result<Response<Bytes>, Status>>;

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        std::future::ready(Ok(Response::new(self.0.clone())))
    }
}

impl Service<HttpRequest<Body>> for Answer {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let answer = self.clone();
        Box::pin(async move { Ok(Grpc::new(Raw).unary(answer, request).await) })
    }
}
