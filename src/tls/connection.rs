//! A connection and who is at its other end.
//!
//! Owns the link between the bytes and the [`Peer`] that was proved when they began to flow. Reads no certificate:
//! the name was read once, at the handshake, and travels with every request of the connection.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use super::revocation::Held;
use crate::domain::staff::CertificateName;

/// How long a connection lives on after its certificate was revoked: streams end with a status in that time.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Who is at the other end; found among a request's extensions. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// What the client certificate proved. `None` only where no TLS was spoken.
    pub name: Option<Arc<CertificateName>>,
    /// The address the connection came from. `None` for a pipe inside the process.
    pub address: Option<SocketAddr>,
    /// Falls when the certificate's issuer takes it back.
    pub(super) revocation: CancellationToken,
}

impl Peer {
    /// Somebody of that name, whose certificate nobody takes back.
    pub fn named(name: CertificateName) -> Self {
        Self { name: Some(Arc::new(name)), ..Self::default() }
    }

    /// Whether the certificate was revoked since the handshake.
    pub fn is_revoked(&self) -> bool {
        self.revocation.is_cancelled()
    }

    /// Waits until it is.
    pub async fn revoked(&self) {
        self.revocation.cancelled().await;
    }
}

/// A byte stream with its proven peer.
#[derive(Debug)]
pub struct Connection<IO> {
    io: IO,
    peer: Peer,
    // Frees its place among the connections when dropped.
    _place: Option<OwnedSemaphorePermit>,
    revoked: Option<Revoked>,
    /// Nothing is read any more.
    is_over: bool,
}

/// The end of a connection whose certificate is revoked.
struct Revoked {
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
    _held: Held,
}

impl fmt::Debug for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revoked(…)")
    }
}

impl<IO> Connection<IO> {
    /// A connection whose peer is already known: whoever calls this vouches for it.
    pub fn new(io: IO, peer: Peer) -> Self {
        Self { io, peer, _place: None, revoked: None, is_over: false }
    }

    /// The same connection, holding a place among the connections for as long as it lives.
    pub(super) fn holding(self, place: OwnedSemaphorePermit) -> Self {
        Self { _place: Some(place), ..self }
    }

    /// The same connection, which ends shortly after its certificate is revoked: streams are told why before.
    pub(super) fn until_revoked(self, held: Held) -> Self {
        let revocation = self.peer.revocation.clone();
        let end = Box::pin(async move {
            revocation.cancelled_owned().await;
            tokio::time::sleep(LAST_WORDS).await;
        });
        Self { revoked: Some(Revoked { end, _held: held }), ..self }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl<IO> Connected for Connection<IO> {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Connection<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.revoked.as_mut().is_some_and(|revoked| revoked.end.as_mut().poll(cx).is_ready()) {
            self.revoked = None;
            self.is_over = true;
        }
        if self.is_over {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Connection<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn bytes_pass_and_the_peer_stays_known() {
        let name = CertificateName { issuer: "CN=Test CA".to_owned(), uri: "urn:eid:practice:officer".to_owned() };
        let peer = Peer::named(name);
        let (near, mut far) = tokio::io::duplex(64);
        let mut connection = Connection::new(near, peer.clone());
        far.write_all(b"to").await.unwrap();
        connection.write_all(b"fro").await.unwrap();
        connection.shutdown().await.unwrap();
        let (mut to, mut fro) = ([0; 2], Vec::new());
        connection.read_exact(&mut to).await.unwrap();
        far.read_to_end(&mut fro).await.unwrap();
        assert_eq!((&to[..], &fro[..]), (&b"to"[..], &b"fro"[..]));
        assert_eq!(connection.connect_info().name, peer.name);
    }
}
