//! The way to a registry: a channel over mutual TLS 1.3, opened when it is first needed and again after each break.
//!
//! Refuses to call without TLS, and files it cannot use: it says which one and what to do, and never what a file holds.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};

/// The one application protocol spoken: HTTP/2, as gRPC needs.
const ALPN_H2: &[u8] = b"h2";
/// A registry that says nothing for so long, while it is asked, is asked for a sign of life.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How long it has for that.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// The port if the URL names none.
const HTTPS: u16 = 443;

/// Where a registry is, and as whom it is called.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// `https://HOST:PORT`.
    pub url: &'a str,
    /// The authorities of its certificate (PEM).
    pub ca: &'a [u8],
    /// Our certificate, and those between it and its root (PEM).
    pub certificate: &'a [u8],
    /// The key of our certificate (PEM).
    pub key: &'a [u8],
    /// How long a connection may take to come about.
    pub connect_time: Duration,
}

/// One of the files that a connection is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PemFile {
    /// The authorities of the registry's certificate.
    Authorities,
    /// Our certificate.
    Certificate,
    /// Its key.
    Key,
}

impl fmt::Display for PemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorities => "file of the registry's authorities",
            Self::Certificate => "client certificate file",
            Self::Key => "client key file",
        })
    }
}

/// Why no connection could ever be made, and the cure. PEM errors are not passed on: they can quote a line of a key.
#[derive(Debug, Error)]
pub enum RegistryFault {
    /// The URL is none that can be called.
    #[error("the URL is not one that is called over TLS; write https://HOST:PORT")]
    Url,
    /// A file has no usable block.
    #[error("the {0} holds nothing of use, or is damaged: it must hold PEM blocks of its kind, without a passphrase")]
    Pem(PemFile),
    /// The authorities cannot be used.
    #[error("the file of the registry's authorities cannot be used to check a certificate")]
    Authorities(#[source] rustls::Error),
    /// Certificate and key cannot be used.
    #[error("the client certificate and its key cannot be used together")]
    Identity(#[source] rustls::Error),
    /// The TLS library refuses the fixed protocol choices.
    #[error("the TLS library refuses the protocol settings")]
    Protocol(#[source] rustls::Error),
}

/// A channel to a registry. Nothing is dialled yet: a registry that is away at start keeps nobody from starting.
///
/// # Errors
/// Names the file at fault; see [`RegistryFault`].
pub fn channel(target: &Target<'_>) -> Result<Channel, RegistryFault> {
    let uri: Uri = target.url.parse().map_err(|_| RegistryFault::Url)?;
    let host = uri.host().filter(|_| uri.scheme_str() == Some("https")).ok_or(RegistryFault::Url)?.to_owned();
    let port = uri.port_u16().unwrap_or(HTTPS);
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(bare.clone()).map_err(|_| RegistryFault::Url)?;
    let tls = TlsConnector::from(client_config(target)?);
    let dial = tower::service_fn(move |_: Uri| {
        let (tls, name, bare) = (tls.clone(), name.clone(), bare.clone());
        async move { dial((&bare, port), name, &tls).await.map(TokioIo::new) }
    });
    // tonic would lay its own TLS under an https address; the connection that it is handed has ours already.
    let address = Endpoint::from_shared(format!("http://{host}:{port}")).map_err(|_| RegistryFault::Url)?;
    let endpoint = address
        .origin(uri)
        .connect_timeout(target.connect_time)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    Ok(endpoint.connect_with_connector_lazy(dial))
}

async fn dial(address: (&str, u16), name: ServerName<'static>, tls: &TlsConnector) -> io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    tls.connect(name, tcp).await
}

/// TLS 1.3 only, ring, HTTP/2, our certificate: the same choices as at our own door.
fn client_config(target: &Target<'_>) -> Result<Arc<ClientConfig>, RegistryFault> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(target.ca, PemFile::Authorities)? {
        roots.add(authority).map_err(RegistryFault::Authorities)?;
    }
    let chain = certificates(target.certificate, PemFile::Certificate)?;
    let key = PrivateKeyDer::from_pem_slice(target.key).map_err(|_| RegistryFault::Pem(PemFile::Key))?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(RegistryFault::Protocol)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(RegistryFault::Identity)?;
    config.alpn_protocols = vec![ALPN_H2.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

fn certificates(pem: &[u8], file: PemFile) -> Result<Vec<CertificateDer<'static>>, RegistryFault> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or(RegistryFault::Pem(file))
}
