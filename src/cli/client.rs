//! The way to the service: one channel over mTLS.
//!
//! Owns the reading of the files that takes, and says which of them is at fault and why. Refuses to call without TLS. What
//! a file holds never appears in an error.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Uri};
use zeroize::Zeroizing;

use super::{UNREACHED, USAGE, complain};
use crate::domain::device::Step;
use crate::grpc::STEP_UP_CODE;
use crate::pki::{self, PracticeCaller};
use crate::sys::Clock;

/// Where the practice certificates are, unless somebody says otherwise.
const PRACTICE_PKI: &str = "eid-dev/pki";

/// How long a connection may take to come about.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// How the service is reached: part of every command that calls it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Options {
    /// Where the service is
    #[arg(long, value_name = "URL", default_value = "https://localhost:8443")]
    server: String,
    /// The authority of the service's certificate (PEM) [default: eid-dev/pki/server-ca.pem]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Your certificate (PEM) [default: the practice caller in eid-dev/pki whose part this is]
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The key of your certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The code of your authenticator, or a recovery code, for calls that need one [default: asked for]
    #[arg(long, value_name = "CODE")]
    totp: Option<String>,
}

impl Options {
    /// Connects as was said; the practice caller `stem` fills in what was not. Says by itself why it cannot.
    ///
    /// # Errors
    /// The exit code.
    pub(super) async fn open(&self, stem: &str) -> Result<Channel, u8> {
        let complain = |code| {
            move |error| {
                complain(&error);
                code
            }
        };
        let target = self.target(stem).map_err(complain(USAGE))?;
        let endpoint = endpoint(&target).map_err(complain(USAGE))?;
        reach(&target, endpoint).await.map_err(complain(UNREACHED))
    }

    /// A privileged call, with the code that was told, or typed now; a practice caller's is made here.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn privileged<T>(&self, stem: &str, message: T) -> anyhow::Result<Request<T>> {
        let code = match (&self.totp, &self.cert) {
            (Some(code), _) => Zeroizing::new(code.clone()),
            (None, None) => PracticeCaller::totp(stem).code(Step::at(Clock::System.now()))?,
            (None, Some(_)) => {
                eprint!("Code of your authenticator: ");
                let mut line = Zeroizing::new(String::new());
                std::io::stdin().read_line(&mut line).context("no code could be read")?;
                Zeroizing::new(line.trim().to_owned())
            }
        };
        with_code(message, &code)
    }

    /// Where to call, and as whom.
    pub(super) fn target(&self, stem: &str) -> anyhow::Result<Target> {
        let practice = || {
            pki::load(Path::new(PRACTICE_PKI)).context(
                "there are no practice certificates here; run `eid serve` in this folder first, or name your own with \
                 --ca, --cert and --key",
            )
        };
        let ca = self.ca.clone().map_or_else(|| practice().map(|pki| pki.server_ca_path()), Ok)?;
        let (certificate, key) = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => practice().map(|pki| (pki.cert_path(stem), pki.key_path(stem)))?,
        };
        Ok(Target { server: self.server.clone(), ca, certificate, key })
    }
}

/// Where to call, and as whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The service's URL, `https://HOST:PORT`.
    pub server: String,
    /// The authority of its certificate.
    pub ca: PathBuf,
    /// The caller's certificate.
    pub certificate: PathBuf,
    /// The caller's key.
    pub key: PathBuf,
}

/// The message with a code beside it.
///
/// # Errors
/// If that is no code.
pub(super) fn with_code<T>(message: T, code: &str) -> anyhow::Result<Request<T>> {
    let mut request = Request::new(message);
    let mut code: MetadataValue<_> = code.parse().ok().context("a code has digits and letters only")?;
    code.set_sensitive(true);
    request.metadata_mut().insert(STEP_UP_CODE, code);
    Ok(request)
}

/// Connects to the service.
///
/// # Errors
/// Names the file that cannot be used, or says that the service cannot be reached. A service that refuses the caller's
/// certificate says so at the first call only.
pub async fn connect(target: &Target) -> anyhow::Result<Channel> {
    reach(target, endpoint(target)?).await
}

/// Everything but the connection: what can be wrong with URL and files is found here.
pub(super) fn endpoint(target: &Target) -> anyhow::Result<Endpoint> {
    let Target { server, ca, certificate, key } = target;
    let uri: Uri = server.parse().with_context(|| format!("{server:?} is no URL; write https://HOST:PORT"))?;
    ensure!(uri.scheme_str() == Some("https"), "{server:?} is not called over TLS; write https://HOST:PORT");
    let authority = Certificate::from_pem(certificates(ca)?);
    let identity = Identity::from_pem(certificates(certificate)?, private_key(key)?.as_slice());
    let tls = ClientTlsConfig::new().ca_certificate(authority).identity(identity);
    let endpoint = Endpoint::from(uri).user_agent(concat!("eid/", env!("CARGO_PKG_VERSION")))?;
    let endpoint = endpoint.tls_config(tls).with_context(|| {
        format!("the certificate {} and the key {} cannot be used together", certificate.display(), key.display())
    })?;
    Ok(endpoint.connect_timeout(CONNECT_TIME).timeout(ANSWER_TIME).tcp_nodelay(true))
}

/// Opens the connection that `endpoint` describes.
pub(super) async fn reach(target: &Target, endpoint: Endpoint) -> anyhow::Result<Channel> {
    let Target { server, ca, .. } = target;
    endpoint.connect().await.with_context(|| {
        format!(
            "cannot reach {server}; check that the service runs there, and that its certificate is from {}",
            ca.display()
        )
    })
}

fn certificates(path: &Path) -> anyhow::Result<Vec<u8>> {
    let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    // The cause is left out: it can quote a line of the file, and someone may have put a key there.
    match found {
        Ok(found) if !found.is_empty() => Ok(pem),
        Ok(_) => bail!("{} holds no certificate; it must hold CERTIFICATE blocks (PEM)", path.display()),
        Err(_) => bail!("{} is damaged: a PEM block is cut short or is not base64", path.display()),
    }
}

fn private_key(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let pem = Zeroizing::new(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
    ensure!(
        PrivateKeyDer::from_pem_slice(&pem).is_ok(),
        "{} holds no private key; it must hold one PRIVATE KEY block (PEM) without a passphrase",
        path.display()
    );
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arc_swap::ArcSwap;
    use tokio::net::TcpListener;
    use tokio_util::sync::CancellationToken;
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;

    use super::*;
    use crate::cli::refusal::severed;
    use crate::pki::{DevelopmentPki, develop};
    use crate::tls;

    struct Folder {
        dir: tempfile::TempDir,
        pki: DevelopmentPki,
    }

    fn folder() -> Folder {
        let dir = tempfile::tempdir().unwrap();
        let pki = develop(&dir.path().join("pki"), Clock::System.now()).unwrap();
        Folder { dir, pki }
    }

    fn target(pki: &DevelopmentPki, port: u16) -> Target {
        Target {
            server: format!("https://localhost:{port}"),
            ca: pki.server_ca_path(),
            certificate: pki.cert_path("operator"),
            key: pki.key_path("operator"),
        }
    }

    /// A server with nothing but the health service, on a free port.
    async fn serve(pki: &DevelopmentPki, stop: CancellationToken) -> u16 {
        let read = |path: PathBuf| std::fs::read(path).unwrap();
        let config = tls::server_config(
            &read(pki.server_cert_path()),
            &read(pki.server_key_path()),
            &read(pki.client_ca_path()),
        );
        let config = Arc::new(ArcSwap::new(config.unwrap()));
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let incoming =
            tls::incoming(listener, config, tls::OpenConnections::default(), tls::Limits::default(), stop.clone());
        let (_, health) = tonic_health::server::health_reporter();
        let server = tonic::transport::Server::builder().add_service(health);
        tokio::spawn(async move { server.serve_with_incoming_shutdown(incoming, stop.cancelled()).await });
        port
    }

    async fn check(channel: Channel) -> Result<(), tonic::Status> {
        HealthClient::new(channel).check(HealthCheckRequest::default()).await.map(drop)
    }

    #[tokio::test]
    async fn a_known_caller_is_answered_and_a_strange_certificate_is_found_out() {
        let (ours, strange, stop) = (folder(), folder(), CancellationToken::new());
        let port = serve(&ours.pki, stop.clone()).await;
        let known = target(&ours.pki, port);
        check(connect(&known).await.unwrap()).await.unwrap();

        let stranger = Target { ca: known.ca.clone(), ..target(&strange.pki, port) };
        let refused = check(connect(&stranger).await.unwrap()).await.unwrap_err();
        assert!(severed(&refused).is_some(), "{refused:?}");

        let deceived = Target { ca: strange.pki.server_ca_path(), ..known };
        let fault = format!("{:#}", connect(&deceived).await.unwrap_err());
        assert!(fault.contains("server-ca.pem") && fault.contains("invalid peer certificate"), "{fault}");
        stop.cancel();
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_is_told_by_its_address() {
        let folder = folder();
        let port = TcpListener::bind("localhost:0").await.unwrap().local_addr().unwrap().port();
        let fault = format!("{:#}", connect(&target(&folder.pki, port)).await.unwrap_err());
        assert!(fault.starts_with(&format!("cannot reach https://localhost:{port}; check that")), "{fault}");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_not_quoted() {
        let Folder { dir, pki } = folder();
        let good = target(&pki, 1);
        assert!(endpoint(&good).is_ok());
        let fault = |target: Target| format!("{:#}", endpoint(&target).unwrap_err());
        let none = dir.path().join("none.pem");
        assert!(fault(Target { ca: none.clone(), ..good.clone() }).contains("cannot read"));
        assert!(fault(Target { ca: good.key.clone(), ..good.clone() }).contains("operator.key holds no certificate"));
        assert!(
            fault(Target { key: good.certificate.clone(), ..good.clone() }).contains("operator.pem holds no private")
        );
        let other = fault(Target { key: pki.key_path("auditor"), ..good.clone() });
        assert!(other.contains("operator.pem") && other.contains("auditor.key"), "{other}");
        std::fs::write(&none, "-----BEGIN CERTIFICATE-----\nsecret\n").unwrap();
        let damaged = fault(Target { certificate: none, ..good.clone() });
        assert!(damaged.contains("none.pem is damaged") && !damaged.contains("secret"), "{damaged}");
    }

    #[test]
    fn only_urls_with_tls_are_called() {
        let folder = folder();
        for wrong in ["http://localhost:8443", "localhost:8443", "localhost", "https://", ""] {
            let target = Target { server: wrong.to_owned(), ..target(&folder.pki, 1) };
            let fault = format!("{:#}", endpoint(&target).unwrap_err());
            assert!(fault.contains("write https://HOST:PORT"), "{wrong}: {fault}");
        }
    }
}
