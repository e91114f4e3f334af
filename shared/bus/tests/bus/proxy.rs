//! A TCP proxy before the broker that a test can cut, silence and refuse with.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::world::url;

/// What becomes of the proxy's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Everything passes.
    Open,
    /// New connections are closed at once, old ones are cut.
    Cut,
    /// What the broker says is withheld; what is said to it passes.
    Deaf,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    way: Arc<watch::Sender<Way>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(way: Way) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = Arc::new(watch::Sender::new(way));
        let ways = way.clone();
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                if *ways.borrow() == Way::Cut {
                    continue;
                }
                let uri: lapin::uri::AMQPUri = url().parse().unwrap();
                let broker = TcpStream::connect((uri.authority.host, uri.authority.port));
                let broker = broker.await.unwrap();
                tokio::spawn(pass(client, broker, ways.subscribe()));
            }
        });
        Self { port, way, task }
    }

    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, broker: TcpStream, mut way: watch::Receiver<Way>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_broker, mut to_broker) = broker.into_split();
    let mut listening = way.clone();
    let up = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            if to_broker.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
    };
    let down = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from_broker.read(&mut bytes).await {
            let heard =
                listening.wait_for(|it| *it != Way::Deaf).await.is_ok_and(|it| *it == Way::Open);
            if !heard || to_client.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
        _ = way.wait_for(|it| *it == Way::Cut) => {}
    }
}
