//! Reads a request's body, within its bounds.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is longer than allowed, or says it will be.
    TooLong,
    /// It did not come in time.
    TooSlow,
    /// It broke off, or its framing is wrong.
    Broken,
}

/// Reads a whole body of at most `limit` bytes within `deadline`. What was read in one piece is
/// not copied.
pub(crate) async fn read<B>(body: B, limit: usize, deadline: Duration) -> Result<Bytes, BodyFault>
where
    B: Body<Data = Bytes> + Unpin,
{
    let limit_in_hints = u64::try_from(limit).unwrap_or(u64::MAX);
    if body.size_hint().lower() > limit_in_hints {
        return Err(BodyFault::TooLong);
    }
    tokio::time::timeout(deadline, collect(body, limit)).await.unwrap_or(Err(BodyFault::TooSlow))
}

async fn collect<B>(mut body: B, limit: usize) -> Result<Bytes, BodyFault>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // A frame that is no data is a trailer; nothing that is signed stands there.
        let Ok(data) = frame.map_err(|_| BodyFault::Broken)?.into_data() else { continue };
        if first.len() + whole.len() + data.len() > limit {
            return Err(BodyFault::TooLong);
        }
        if whole.is_empty() && first.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            let announced = usize::try_from(body.size_hint().lower()).unwrap_or(limit);
            whole.reserve(first.len() + data.len() + announced.min(limit));
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    const PLENTY: Duration = Duration::from_mins(1);

    async fn check(pieces: &[&'static str], limit: usize, expected: Result<&str, BodyFault>) {
        let frames = stream::iter(pieces.to_vec())
            .map(|it| Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(it.as_bytes()))));
        let seen = read(StreamBody::new(frames), limit, PLENTY).await;
        let expected = expected.map(|it| Bytes::from(it.to_owned()));
        assert_eq!(seen, expected, "{pieces:?} up to {limit}");
    }

    #[tokio::test]
    async fn a_body_is_put_together_up_to_its_limit() {
        check(&[], 3, Ok("")).await;
        check(&["abc"], 3, Ok("abc")).await;
        check(&["a", "", "b", "c"], 3, Ok("abc")).await;
        check(&["", "abc"], 3, Ok("abc")).await;
        check(&["abcd"], 3, Err(BodyFault::TooLong)).await;
        check(&["abc", "d"], 3, Err(BodyFault::TooLong)).await;
        check(&["a", "b", "cd"], 3, Err(BodyFault::TooLong)).await;
    }

    #[tokio::test]
    async fn an_announced_length_a_break_and_a_stall_are_told_apart() {
        let long = http_body_util::Full::new(Bytes::from_static(b"abcd"));
        assert_eq!(read(long, 3, PLENTY).await, Err(BodyFault::TooLong));
        let broken = stream::iter([
            Ok(Frame::data(Bytes::from_static(b"a"))),
            Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
        ]);
        assert_eq!(read(StreamBody::new(broken), 3, PLENTY).await, Err(BodyFault::Broken));
        let stalled = stream::pending::<Result<Frame<Bytes>, std::io::Error>>();
        let seen = read(StreamBody::new(stalled), 3, Duration::ZERO).await;
        assert_eq!(seen, Err(BodyFault::TooSlow));
    }
}
