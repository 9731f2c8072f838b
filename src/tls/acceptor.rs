//! Accepts connections and shakes hands with each in a task of its own.
//!
//! Owns the accept loop, its limits and the time a handshake may take. Refuses to let one client cost another: a slow,
//! silent or broken handshake ends alone, and an error of `accept` is waited out, never passed on.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::certificate::{CertificateFault, name_of};
use super::connection::{Connection, Peer};
use super::revocation::{OpenConnections, Shown};

/// How long to wait after `accept` failed, typically because file descriptors ran out.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(200);

/// Finished handshakes that may wait for the server to pick them up.
const READY_MAX: usize = 64;

/// What the acceptor allows. A number of 0 counts as 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Time from accepting a connection to the end of its handshake.
    pub handshake_time: Duration,
    /// Handshakes worked on at once. A client counts from the moment it has sent its greeting: a silent one never does.
    pub handshakes_max: u32,
    /// Connections open at once, those still shaking hands included. More wait in the system's backlog.
    pub connections_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { handshake_time: Duration::from_secs(5), handshakes_max: 256, connections_max: 8192 }
    }
}

/// The connections whose handshake succeeded, as tonic's `serve_with_incoming_shutdown` takes them.
pub type Incoming = ReceiverStream<io::Result<Connection<TlsStream<TcpStream>>>>;

/// Starts accepting in the background. Ends, and closes the listener, when `stop` fires or the stream is dropped.
///
/// `config` is read anew for every handshake, so storing another one there is a reload; `open` ends connections whose
/// certificates are revoked after it. Call it inside a tokio runtime.
pub fn incoming(
    listener: TcpListener,
    config: Arc<ArcSwap<ServerConfig>>,
    open: OpenConnections,
    limits: Limits,
    stop: CancellationToken,
) -> Incoming {
    let arrivals = TcpListenerStream::new(listener).map(|accepted| accepted.map(Arrival::of_socket));
    start(arrivals, Door::new(config, open, limits), stop)
}

fn start<IO, S>(arrivals: S, door: Door, stop: CancellationToken) -> ReceiverStream<io::Result<Tls<IO>>>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Stream<Item = io::Result<Arrival<IO>>> + Send + Unpin + 'static,
{
    let (out, ready) = mpsc::channel(READY_MAX);
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = out.closed() => {}
            () = accept_all(arrivals, Arc::new(door), &out) => {}
        }
    });
    ReceiverStream::new(ready)
}

type Tls<IO> = Connection<TlsStream<IO>>;

/// A connection nobody has spoken on yet.
struct Arrival<IO> {
    io: IO,
    address: Option<SocketAddr>,
}

impl Arrival<TcpStream> {
    fn of_socket(io: TcpStream) -> Self {
        // Small answers must not wait for the next packet. If it fails, the connection is slower but right.
        if let Err(error) = io.set_nodelay(true) {
            debug!(%error, "cannot set TCP_NODELAY");
        }
        let address = io.peer_addr().ok();
        Self { io, address }
    }
}

/// The handshakes under way live in the set: when this future is dropped, they end with it.
async fn accept_all<IO, S>(mut arrivals: S, door: Arc<Door>, out: &mpsc::Sender<io::Result<Tls<IO>>>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Stream<Item = io::Result<Arrival<IO>>> + Unpin,
{
    let mut under_way = JoinSet::new();
    loop {
        while under_way.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&door.places).acquire_owned().await else { break };
        match arrivals.next().await {
            None => break,
            Some(Err(error)) => wait_out(&error).await,
            Some(Ok(arrival)) => {
                let (door, out) = (Arc::clone(&door), out.clone());
                under_way.spawn(async move {
                    if let Some(connection) = door.let_in(arrival).await {
                        // Nobody listens any more: the server is going down, and the connection with it.
                        let _ = out.send(Ok(connection.holding(place))).await;
                    }
                });
            }
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// An error of one connection concerns nobody else; any other is one of the system, and passes.
async fn wait_out(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        debug!(%error, "a connection ended before it was accepted");
        return;
    }
    warn!(%error, "cannot accept connections; trying again shortly");
    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
}

/// Why a connection was turned away.
#[derive(Debug, Error)]
enum Refusal {
    #[error("the handshake took too long")]
    Slow,
    #[error("the handshake failed")]
    Broken(#[from] io::Error),
    #[error("no client certificate")]
    NoCertificate,
    #[error("the client certificate names nobody")]
    Unnamed(#[from] CertificateFault),
}

impl Refusal {
    /// The word in metrics.
    const fn name(&self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Broken(_) => "broken",
            Self::NoCertificate => "no-certificate",
            Self::Unnamed(_) => "unnamed",
        }
    }
}

/// What every handshake shares.
struct Door {
    config: Arc<ArcSwap<ServerConfig>>,
    open: OpenConnections,
    handshake_time: Duration,
    turns: Semaphore,
    places: Arc<Semaphore>,
}

impl Door {
    fn new(config: Arc<ArcSwap<ServerConfig>>, open: OpenConnections, limits: Limits) -> Self {
        Self {
            config,
            open,
            handshake_time: limits.handshake_time,
            turns: Semaphore::new(permits(limits.handshakes_max)),
            places: Arc::new(Semaphore::new(permits(limits.connections_max))),
        }
    }

    async fn let_in<IO: AsyncRead + AsyncWrite + Unpin>(&self, arrival: Arrival<IO>) -> Option<Tls<IO>> {
        let address = arrival.address;
        match self.check(arrival).await {
            Ok(connection) => Some(connection),
            Err(refusal) => {
                self.open.refused(refusal.name());
                let cause = refusal.source().map(ToString::to_string);
                info!(?address, %refusal, cause, "connection refused");
                None
            }
        }
    }

    async fn check<IO: AsyncRead + AsyncWrite + Unpin>(&self, arrival: Arrival<IO>) -> Result<Tls<IO>, Refusal> {
        let handshake = self.shake_hands(arrival.io);
        let stream = tokio::time::timeout(self.handshake_time, handshake).await.map_err(|_| Refusal::Slow)??;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(|chain| chain.first()).ok_or(Refusal::NoCertificate)?;
        let name = name_of(certificate)?;
        let shown = Shown::of(certificate).ok_or(CertificateFault::Malformed)?;
        let (revocation, held) = self.open.enter(shown);
        let peer = Peer { address: arrival.address, revocation, ..Peer::named(name) };
        Ok(Connection::new(stream, peer).until_revoked(held))
    }

    async fn shake_hands<IO: AsyncRead + AsyncWrite + Unpin>(&self, io: IO) -> io::Result<TlsStream<IO>> {
        let greeting = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), io).await?;
        let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
        greeting.into_stream(self.config.load_full()).await
    }
}

fn permits(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::Instant;
    use tokio_rustls::TlsConnector;

    use super::super::tests::{World, speak};
    use super::*;

    // These tests run on pipes and a stopped clock: time moves only when nothing else can.

    type Arrivals = mpsc::UnboundedSender<io::Result<Arrival<DuplexStream>>>;
    type Ready = ReceiverStream<io::Result<Tls<DuplexStream>>>;

    const LIMITS: Limits = Limits { handshake_time: Duration::from_secs(5), handshakes_max: 1, connections_max: 2 };

    fn opened(world: &World, limits: Limits) -> (Arrivals, Ready) {
        let (arrivals, queue) = mpsc::unbounded_channel();
        let door = Door::new(Arc::new(ArcSwap::new(world.server())), OpenConnections::default(), limits);
        let queue = tokio_stream::wrappers::UnboundedReceiverStream::new(queue);
        (arrivals, start(queue, door, CancellationToken::new()))
    }

    fn arrive(arrivals: &Arrivals) -> DuplexStream {
        let (near, far) = duplex(16 * 1024);
        arrivals.send(Ok(Arrival { io: near, address: None })).unwrap();
        far
    }

    fn dial(arrivals: &Arrivals, connector: &TlsConnector) -> tokio::task::JoinHandle<io::Result<()>> {
        let (io, connector) = (arrive(arrivals), connector.clone());
        tokio::spawn(async move { speak(&connector, io).await })
    }

    async fn next(ready: &mut Ready) -> Tls<DuplexStream> {
        ready.next().await.unwrap().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_dropped_when_its_time_is_up() {
        let (arrivals, _ready) = opened(&World::new(), LIMITS);
        let (mut silent, begun) = (arrive(&arrivals), Instant::now());
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(begun.elapsed().as_secs(), LIMITS.handshake_time.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_drips_its_greeting_gets_no_more_time() {
        let (arrivals, _ready) = opened(&World::new(), LIMITS);
        let (mut dripping, begun) = (arrive(&arrivals), Instant::now());
        // The header of a handshake record of 256 bytes, then a byte a second.
        dripping.write_all(&[0x16, 3, 1, 1, 0]).await.unwrap();
        let mut drops = tokio::time::interval(Duration::from_secs(1));
        while dripping.write_all(&[1]).await.is_ok() {
            drops.tick().await;
        }
        assert!(begun.elapsed() <= LIMITS.handshake_time + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_takes_no_turn_from_others() {
        let world = World::new();
        let (arrivals, mut ready) = opened(&world, LIMITS);
        let (_silent, begun) = (arrive(&arrivals), Instant::now());
        let _client = dial(&arrivals, &world.officer());
        next(&mut ready).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_connections_are_open_than_allowed() {
        let world = World::new();
        let (arrivals, mut ready) = opened(&world, LIMITS);
        let _clients = [(); 3].map(|()| dial(&arrivals, &world.officer()));
        let (first, _second) = (next(&mut ready).await, next(&mut ready).await);
        let third = tokio::time::timeout(LIMITS.handshake_time * 10, ready.next()).await;
        assert!(third.is_err(), "a third was let in");
        drop(first);
        next(&mut ready).await;
    }

    #[tokio::test(start_paused = true)]
    async fn errors_of_accepting_are_waited_out() {
        let world = World::new();
        let (arrivals, mut ready) = opened(&world, LIMITS);
        let begun = Instant::now();
        arrivals.send(Err(io::ErrorKind::ConnectionAborted.into())).unwrap();
        arrivals.send(Err(io::Error::other("too many open files"))).unwrap();
        let _client = dial(&arrivals, &world.officer());
        next(&mut ready).await;
        // The paused timer counts in whole milliseconds.
        assert!((PAUSE_AFTER_ERROR..PAUSE_AFTER_ERROR * 2).contains(&begun.elapsed()));
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_the_stream_ends_the_accepting() {
        let (arrivals, ready) = opened(&World::new(), LIMITS);
        drop(ready);
        arrivals.closed().await;
    }

    #[test]
    fn a_limit_of_nothing_counts_as_one() {
        assert_eq!(permits(0), 1);
        assert_eq!(permits(7), 7);
    }
}
