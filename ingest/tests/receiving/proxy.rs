//! A TCP proxy before the broker that a test can cut and hold up.

use std::net::SocketAddr;

use counterfoil_bus::{AmqpUrl, BusOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::world::broker;

/// What becomes of what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Everything passes.
    Open,
    /// New connections are closed at once, old ones are cut.
    Cut,
    /// What the broker says waits; what is said to it passes.
    HeldUp,
}

pub(crate) struct Proxy {
    port: u16,
    way: watch::Sender<Way>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(way: Way) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = watch::Sender::new(way);
        let ways = way.subscribe();
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                if *ways.borrow() != Way::Cut {
                    tokio::spawn(pass(client, ways.clone()));
                }
            }
        });
        Self { port, way, task }
    }

    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Sends the bus through this proxy.
    pub(crate) fn redirect(&self, options: &mut BusOptions) {
        let url = broker();
        let (credentials, rest) = url.split_once('@').expect("the address has credentials");
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        let url = format!("{credentials}@127.0.0.1:{}{path}", self.port);
        options.url = AmqpUrl::new(url.into()).unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, mut ways: watch::Receiver<Way>) {
    let url = broker();
    let authority = url.rsplit('@').next().unwrap().split('/').next().unwrap().to_owned();
    let server = TcpStream::connect(authority).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut held = ways.clone();
    let answers = async move {
        let mut bytes = [0; 8_192];
        loop {
            let count = from_server.read(&mut bytes).await.unwrap_or(0);
            let open = held.wait_for(|way| *way != Way::HeldUp).await.is_ok();
            if count == 0 || !open || to_client.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = answers => {}
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        _ = ways.wait_for(|way| *way == Way::Cut) => {}
    }
}
