//! The line to a message centre: TCP, TLS on it if set, and the bind.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use hyper_rustls::ConfigBuilderExt as _;
use rusmpp::pdus::BindTransceiver;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::{Command, CommandId, CommandStatus};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::codec::{FramedRead, FramedWrite};

use super::SmppSettings;
use super::session::Ended;

/// How long dialling, TLS and the bind may take together.
const DIALLING: Duration = Duration::from_secs(10);
/// The number of the first request, which is the bind.
pub(super) const FIRST: u32 = 1;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Wire = Box<dyn Stream>;
pub(super) type Source = FramedRead<ReadHalf<Wire>, CommandCodec>;
pub(super) type Sink = FramedWrite<WriteHalf<Wire>, CommandCodec>;

/// A line on which we are known.
pub(super) struct Bound {
    pub source: Source,
    pub sink: Sink,
}

/// How a line is made.
pub(super) struct Line {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Line {
    pub(super) fn new(settings: &SmppSettings) -> io::Result<Self> {
        let tls = if settings.tls { Some(tls(settings)?) } else { None };
        Ok(Self { host: settings.host.clone(), port: settings.port, tls })
    }

    /// Dials, and binds.
    pub(super) async fn bind(&self, bind: &BindTransceiver) -> Result<Bound, Ended> {
        let binding = async {
            let (reader, writer) = tokio::io::split(self.dial().await.map_err(Ended::Dial)?);
            let source = FramedRead::new(reader, CommandCodec::new());
            let mut bound = Bound { source, sink: FramedWrite::new(writer, CommandCodec::new()) };
            let request = Command::new(CommandStatus::EsmeRok, FIRST, bind.clone());
            bound.sink.send(request).await.map_err(|_| Ended::Broken)?;
            let answer = bound.source.next().await.ok_or(Ended::Closed)?.map_err(|_| Ended::Broken)?;
            match (answer.id(), answer.status()) {
                (CommandId::BindTransceiverResp, CommandStatus::EsmeRok) => Ok(bound),
                (_, status) => Err(Ended::NotBound(status.into())),
            }
        };
        tokio::time::timeout(DIALLING, binding).await.unwrap_or(Err(Ended::Silent))
    }

    async fn dial(&self) -> io::Result<Wire> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
        tcp.set_nodelay(true)?;
        Ok(match &self.tls {
            Some((connector, name)) => Box::new(connector.connect(name.clone(), tcp).await?),
            None => Box::new(tcp),
        })
    }
}

fn tls(settings: &SmppSettings) -> io::Result<(TlsConnector, ServerName<'static>)> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(io::Error::other)?;
    let config = match &settings.authorities {
        Some(pem) => config.with_root_certificates(roots(pem)?),
        None => config.with_native_roots()?,
    };
    let name = ServerName::try_from(settings.host.clone()).map_err(io::Error::other)?;
    Ok((TlsConnector::from(Arc::new(config.with_no_client_auth())), name))
}

fn roots(pem: &[u8]) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    if roots.is_empty() { Err(io::Error::other("no certificate")) } else { Ok(roots) }
}
