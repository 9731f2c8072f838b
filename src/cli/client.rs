//! Connecting as a client, over mutual TLS.

use std::path::Path;

use anyhow::Context as _;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// A channel to `address`, with a client certificate.
///
/// # Errors
/// If a file cannot be used or the server cannot be reached.
pub async fn connect(address: &str, ca: &Path, cert: &Path, key: &Path) -> anyhow::Result<Channel> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(read(ca)?))
        .identity(Identity::from_pem(read(cert)?, read(key)?));
    let endpoint = Endpoint::from_shared(address.to_owned())?.tls_config(tls)?;
    endpoint.connect().await.with_context(|| format!("cannot reach {address}"))
}
