//! A line to a server that can be cut: what came over it breaks off, and nobody gets through until it is mended.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A line to one server.
pub struct Line {
    port: u16,
    whole: Arc<watch::Sender<bool>>,
}

impl Line {
    /// A line to `address`, "HOST:PORT".
    pub async fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, whole) = (listener.local_addr().unwrap().port(), Arc::new(watch::Sender::new(true)));
        let state = whole.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, address.clone(), state.subscribe()));
            }
        });
        Self { port, whole }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn carry(mut near: TcpStream, address: String, mut whole: watch::Receiver<bool>) {
    if !*whole.borrow() {
        return;
    }
    let Ok(mut far) = TcpStream::connect(address).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        _ = whole.wait_for(|whole| !whole) => {}
    }
}
