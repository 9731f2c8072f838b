//! The line to a bucket: HTTP/1.1 over the house's TLS, rustls on ring.
//!
//! Owns connections and their limits in time. The client that the S3 form would bring along has another provider of TLS,
//! and the house has one.

use std::path::Path;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::{ArchiveError, unavailable};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);
/// How long one that nobody uses stays open.
const IDLE: Duration = Duration::from_secs(20);
/// How many that nobody uses stay open.
const IDLE_MAX: usize = 16;

/// Makes the client of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Connector(Service);

impl Connector {
    /// A connector that trusts `authorities` (PEM), or those of the machine.
    pub(super) fn new(authorities: Option<&Path>) -> Result<Self, ArchiveError> {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(unavailable)?;
        let config = match authorities {
            Some(path) => config.with_root_certificates(roots(path)?),
            None => config.with_native_roots().map_err(unavailable)?,
        };
        let mut tcp = TcpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(config.with_no_client_auth())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_MAX)
            .build(https);
        Ok(Self(Service(client)))
    }
}

fn roots(path: &Path) -> Result<RootCertStore, ArchiveError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unavailable)? {
        roots.add(certificate.map_err(unavailable)?).map_err(unavailable)?;
    }
    Ok(roots)
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// A pool of connections.
#[derive(Clone, Debug)]
struct Service(Client<HttpsConnector<TcpConnector>, HttpRequestBody>);

#[async_trait::async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.request(request).await.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
            HttpError::new(kind, error)
        })?;
        Ok(answer
            .map(|body| HttpResponseBody::new(body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error)))))
    }
}
