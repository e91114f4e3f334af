//! Closed loop: every sender sends its next event when the last is answered.
//!
//! Says how much the other side can do, nothing of how long a sender waits: a slow answer also
//! delays what would have been sent meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Target;
use super::answer::{ANSWER_BYTES_MAX, Answer, answer};
use super::window::Window;

/// What the senders saw, from the first request to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Answers with the status 200.
    pub accepted: u64,
    /// Other answers.
    pub refused: u64,
}

#[derive(Default)]
struct Shared {
    accepted: AtomicU64,
    refused: AtomicU64,
    stop: AtomicBool,
}

/// Lets so many senders run, and counts accepted events within `span`, after the warm-up. Requests
/// in flight at the end are finished, so that the counts are of everything that was sent. Holds the
/// calling thread.
pub fn measure(
    target: &Target,
    senders: usize,
    warm_up: Duration,
    span: Duration,
) -> anyhow::Result<(Window, Counts)> {
    let shared = Arc::new(Shared::default());
    let running = start(target, senders, u64::MAX, &shared)?;
    let window = Window::over(&shared.accepted, warm_up, span, &target.clock);
    shared.stop.store(true, Ordering::Relaxed);
    Ok((window, finish(running, &shared)?))
}

/// Lets so many senders send so many events each. Holds the calling thread.
pub fn send(target: &Target, senders: usize, each: u64) -> anyhow::Result<Counts> {
    let shared = Arc::new(Shared::default());
    let running = start(target, senders, each, &shared)?;
    finish(running, &shared)
}

type Running = JoinHandle<anyhow::Result<()>>;

fn start(
    target: &Target,
    senders: usize,
    each: u64,
    shared: &Arc<Shared>,
) -> anyhow::Result<Running> {
    let (target, shared) = (target.clone(), Arc::clone(shared));
    // One thread is enough for several times what is measured, and leaves the rest of the machine
    // to the other side.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let work = async move {
        let mut running = JoinSet::new();
        for _ in 0..senders {
            running.spawn(sender(target.clone(), each, Arc::clone(&shared)));
        }
        while let Some(ended) = running.join_next().await {
            ended??;
        }
        Ok(())
    };
    let thread = std::thread::Builder::new().name("senders".to_owned());
    thread.spawn(move || runtime.block_on(work)).context("the senders' thread cannot be started")
}

fn finish(running: Running, shared: &Shared) -> anyhow::Result<Counts> {
    match running.join() {
        Ok(ended) => ended?,
        Err(_) => anyhow::bail!("a sender panicked; its message is above"),
    }
    Ok(Counts {
        accepted: shared.accepted.load(Ordering::Relaxed),
        refused: shared.refused.load(Ordering::Relaxed),
    })
}

async fn sender(target: Target, each: u64, shared: Arc<Shared>) -> anyhow::Result<()> {
    let connected = TcpStream::connect(target.address).await;
    let mut stream = connected.with_context(|| format!("{} does not answer", target.address))?;
    stream.set_nodelay(true)?;
    let mut request = target.request()?;
    let mut buffer = [0_u8; ANSWER_BYTES_MAX];
    for _ in 0..each {
        if shared.stop.load(Ordering::Relaxed) {
            break;
        }
        stream.write_all(request.renew(target.clock.now())).await?;
        let count = match read(&mut stream, &mut buffer).await?.status {
            200 => &shared.accepted,
            _ => &shared.refused,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<Answer> {
    let mut filled = 0;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let read = stream.read(room).await?;
        anyhow::ensure!(read > 0, "a connection was closed before its answer was whole");
        filled += read;
        if let Some(answer) = answer(buffer.get(..filled).unwrap_or_default()) {
            return Ok(answer);
        }
    }
}
