//! A gate on the way to a server: it can be shut, so that connections break and no new ones are
//! made, or jammed, so that nothing comes through and nobody is told.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

/// What a gate does with what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Jammed,
    Shut,
}

/// A gate before one server. Dropped, it is shut for ever.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    server: Arc<str>,
    state: watch::Sender<State>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl Gate {
    /// An open gate before the server of this URL, and the URL by which it is reached through it.
    pub async fn before(url: &str) -> anyhow::Result<(Self, String)> {
        let start = url.find("://").context("the URL has no scheme")? + 3;
        let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
        let start = url[start..end].rfind('@').map_or(start, |at| start + at + 1);
        let server: Arc<str> = url[start..end].into();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let gate = Self {
            address: listener.local_addr()?,
            server,
            state: watch::Sender::new(State::Open),
            listening: Mutex::new(None),
        };
        gate.listen(listener).await;
        let through = format!("{}{}{}", &url[..start], gate.address, &url[end..]);
        Ok((gate, through))
    }

    /// Connections break, and new ones are refused.
    pub async fn shut(&self) {
        self.state.send_replace(State::Shut);
        if let Some(listening) = self.listening.lock().await.take() {
            listening.abort();
            // Its end is what closes the listener.
            let _aborted = listening.await;
        }
    }

    /// Connections stay, and nothing comes through them until the gate is opened.
    pub fn jam(&self) {
        self.state.send_replace(State::Jammed);
    }

    /// Everything comes through again.
    pub async fn open(&self) -> anyhow::Result<()> {
        let was = self.state.send_replace(State::Open);
        if was == State::Shut {
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(self.address)?;
            self.listen(socket.listen(1_024)?).await;
        }
        Ok(())
    }

    async fn listen(&self, listener: TcpListener) {
        let (server, state) = (Arc::clone(&self.server), self.state.clone());
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(pass(near, Arc::clone(&server), state.subscribe()));
            }
        });
        *self.listening.lock().await = Some(task);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.state.send_replace(State::Shut);
        if let Some(listening) = self.listening.get_mut().take() {
            listening.abort();
        }
    }
}

/// Passes bytes both ways until one side ends or the gate is shut.
async fn pass(near: TcpStream, server: Arc<str>, state: watch::Receiver<State>) {
    let Ok(far) = TcpStream::connect(&*server).await else { return };
    let (near_from, near_to) = near.into_split();
    let (far_from, far_to) = far.into_split();
    let mut shut = state.clone();
    tokio::select! {
        () = copy(near_from, far_to, state.clone()) => (),
        () = copy(far_from, near_to, state) => (),
        _ = shut.wait_for(|it| *it == State::Shut) => (),
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
) {
    let mut buffer = vec![0; 16 * 1_024];
    while let Ok(read) = from.read(&mut buffer).await {
        let open = state.wait_for(|it| *it == State::Open).await.is_ok();
        if read == 0 || !open || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
