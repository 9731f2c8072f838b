//! Real TLS over loopback and over pipes: who gets in, who does not, and what they can do to each other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;

use super::{Incoming, Limits, OpenConnections, Peer, incoming, server_config};
use crate::domain::time::Timestamp;
use crate::pki::{Authority, Issued, Leaf, Usage};

/// Long before and long after any day on which the tests run, so that they do not depend on it.
const PAST: Timestamp = Timestamp::from_micros(946_684_800_000_000);
const FUTURE: Timestamp = Timestamp::from_micros(4_070_908_800_000_000);

/// Never reached: a test that waits for it hangs, and shows what it waited for.
const NEVER: Duration = Duration::from_hours(1);

/// A server's and its clients' authorities, and the means to mint and dial.
pub(super) struct World {
    servers: Authority,
    clients: Authority,
}

impl World {
    pub(super) fn new() -> Self {
        Self { servers: authority("Test server CA"), clients: authority("Test client CA") }
    }

    pub(super) fn server(&self) -> Arc<ServerConfig> {
        self.server_trusting(&self.clients)
    }

    fn server_trusting(&self, clients: &Authority) -> Arc<ServerConfig> {
        let leaf = Leaf { common_name: "localhost", uri: None, usage: Usage::Server, valid: PAST..FUTURE };
        let server = self.servers.issue(&leaf).unwrap();
        let (chain, key) = (server.certificate_pem().as_bytes(), server.key_pem().as_bytes());
        server_config(chain, key, clients.certificate_pem().as_bytes()).unwrap()
    }

    pub(super) fn officer(&self) -> TlsConnector {
        self.dialling(&officer(&self.clients))
    }

    fn dialling(&self, certificate: &Issued) -> TlsConnector {
        let chain = CertificateDer::from_pem_slice(certificate.certificate_pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(certificate.key_pem().as_bytes()).unwrap();
        let config = self.client().with_client_auth_cert(vec![chain], key).unwrap();
        TlsConnector::from(Arc::new(config))
    }

    fn anonymous(&self) -> TlsConnector {
        TlsConnector::from(Arc::new(self.client().with_no_client_auth()))
    }

    fn client(&self) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.servers.certificate_pem().as_bytes()).unwrap()).unwrap();
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
    }
}

fn authority(name: &str) -> Authority {
    Authority::new(name, PAST).unwrap()
}

fn officer(authority: &Authority) -> Issued {
    client(authority, Some("urn:eid:practice:officer-79-01"), PAST, FUTURE)
}

fn client(authority: &Authority, uri: Option<&str>, from: Timestamp, to: Timestamp) -> Issued {
    authority.issue(&Leaf { common_name: "someone", uri, usage: Usage::Client, valid: from..to }).unwrap()
}

/// Shakes hands, sends a byte and waits for it to come back: with TLS 1.3 a refusal shows only then.
pub(super) async fn speak<IO: AsyncRead + AsyncWrite + Unpin>(connector: &TlsConnector, io: IO) -> io::Result<()> {
    let mut stream = connector.connect("localhost".try_into().unwrap(), io).await?;
    stream.write_all(b"?").await?;
    stream.read_exact(&mut [0]).await?;
    Ok(())
}

/// A listening server that echoes one byte to everybody let in.
struct Server {
    address: SocketAddr,
    config: Arc<ArcSwap<ServerConfig>>,
    stop: CancellationToken,
    ready: Incoming,
}

impl Server {
    async fn start(config: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let config = Arc::new(ArcSwap::new(config));
        let limits = Limits { handshake_time: NEVER, ..Limits::default() };
        let ready = incoming(listener, Arc::clone(&config), OpenConnections::default(), limits, stop.clone());
        Self { address, config, stop, ready }
    }

    async fn echo(&mut self) -> Peer {
        let mut connection = self.ready.next().await.unwrap().unwrap();
        let mut byte = [0];
        connection.read_exact(&mut byte).await.unwrap();
        connection.write_all(&byte).await.unwrap();
        connection.flush().await.unwrap();
        connection.peer().clone()
    }

    /// Dials and gives the peer the server saw.
    async fn meet(&mut self, connector: &TlsConnector) -> Peer {
        let io = TcpStream::connect(self.address).await.unwrap();
        let (answer, peer) = tokio::join!(speak(connector, io), self.echo());
        answer.unwrap();
        peer
    }

    /// Dials, and fails the test if the client gets an answer or the server lets it in.
    async fn refuses(&mut self, connector: &TlsConnector) {
        let io = TcpStream::connect(self.address).await.unwrap();
        tokio::select! {
            answer = speak(connector, io) => assert!(answer.is_err()),
            _ = self.ready.next() => panic!("it was let in"),
        }
    }
}

#[tokio::test]
async fn a_caller_with_the_right_certificate_is_known_by_name() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    let peer = server.meet(&world.officer()).await;
    let name = peer.name.unwrap();
    assert_eq!(name.issuer, "CN=Test client CA");
    assert_eq!(name.uri, "urn:eid:practice:officer-79-01");
    assert!(peer.address.unwrap().ip().is_loopback());
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    server.refuses(&world.dialling(&officer(&authority("Test client CA")))).await;
    server.refuses(&world.dialling(&officer(&world.servers))).await;
    server.meet(&world.officer()).await;
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_refused() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    let uri = Some("urn:eid:practice:officer-79-01");
    let minute = Duration::from_mins(1);
    server.refuses(&world.dialling(&client(&world.clients, uri, PAST, PAST.plus(minute)))).await;
    server.refuses(&world.dialling(&client(&world.clients, uri, FUTURE, FUTURE.plus(minute)))).await;
    server.meet(&world.officer()).await;
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    server.refuses(&world.anonymous()).await;
    server.meet(&world.officer()).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_for_a_named_client_is_refused() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    server.refuses(&world.dialling(&client(&world.clients, None, PAST, FUTURE))).await;
    let leaf = Leaf {
        common_name: "localhost",
        uri: Some("urn:eid:practice:officer-79-01"),
        usage: Usage::Server,
        valid: PAST..FUTURE,
    };
    server.refuses(&world.dialling(&world.clients.issue(&leaf).unwrap())).await;
    server.meet(&world.officer()).await;
}

#[tokio::test]
async fn silent_and_babbling_clients_do_not_keep_others_out() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(TcpStream::connect(server.address).await.unwrap());
    }
    let mut babbling = TcpStream::connect(server.address).await.unwrap();
    babbling.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    server.meet(&world.officer()).await;
    server.meet(&world.officer()).await;
}

#[tokio::test]
async fn a_reload_holds_for_the_next_handshake() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    server.meet(&world.officer()).await;
    let successors = authority("Next client CA");
    server.config.store(world.server_trusting(&successors));
    server.refuses(&world.officer()).await;
    let peer = server.meet(&world.dialling(&officer(&successors))).await;
    assert_eq!(peer.name.unwrap().issuer, "CN=Next client CA");
}

#[tokio::test]
async fn tonic_serves_from_the_stream_until_told_to_stop() {
    let server = Server::start(World::new().server()).await;
    let (_reporter, health) = tonic_health::server::health_reporter();
    server.stop.cancel();
    let stopped = server.stop.clone();
    tonic::transport::Server::builder()
        .add_service(health)
        .serve_with_incoming_shutdown(server.ready, stopped.cancelled_owned())
        .await
        .unwrap();
}

#[tokio::test]
async fn stopping_closes_the_door_even_while_hands_are_being_shaken() {
    let world = World::new();
    let mut server = Server::start(world.server()).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    server.meet(&world.officer()).await;
    server.stop.cancel();
    assert!(server.ready.next().await.is_none());
    assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)));
    assert!(TcpStream::connect(server.address).await.is_err());
}
