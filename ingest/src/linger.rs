//! Closing a connection so that its last answer arrives.
//!
//! A request that is refused before it is read leaves bytes in the socket. Closing it then makes
//! the kernel throw away the answer along with them, and the sender sees a broken connection
//! instead of a 413. So the writing side is closed first, and what still comes is read and thrown
//! away, within bounds.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use counterfoil_service::wait::pause;

/// How long a sender may take to notice that it is refused.
const TIME_MAX: Duration = Duration::from_secs(2);
/// How much is thrown away at most, in bytes.
const BYTES_MAX: usize = 4 << 20;

/// A connection that lingers when it is shut down.
pub(crate) struct Lingering {
    stream: TokioIo<TcpStream>,
    closing: Option<Closing>,
}

struct Closing {
    deadline: Pin<Box<dyn Future<Output = ()> + Send>>,
    thrown_away: usize,
}

impl Lingering {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream: TokioIo::new(stream), closing: None }
    }

    /// Closes a connection that is served no further.
    pub(crate) async fn close(mut self) {
        // Whether the other side still listens changes nothing for us.
        let _closed = std::future::poll_fn(|cx| Pin::new(&mut self).poll_shutdown(cx)).await;
    }
}

impl Read for Lingering {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl Write for Lingering {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let closing = this
            .closing
            .get_or_insert_with(|| Closing { deadline: Box::pin(pause(TIME_MAX)), thrown_away: 0 });
        let mut bytes = [0_u8; 8_192];
        while closing.thrown_away < BYTES_MAX && closing.deadline.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, buf.unfilled())) {
                Ok(()) if !buf.filled().is_empty() => closing.thrown_away += buf.filled().len(),
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }
}
