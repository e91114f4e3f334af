//! What waits to be published at the same moment, together.
//!
//! At most [`RUNNING_MAX`] messages of a line are under way at once. Whatever comes meanwhile waits,
//! and goes together as soon as one of them is confirmed. There is no timer: on a quiet line every
//! message goes at once and alone, and the busier the line the fuller the packs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::message::Message;
use crate::pack::{PACK_BYTES_MAX, pack};
use crate::publisher::{Inner, Receipt, UnknownCause};
use crate::topology::{Line, Role};

/// Messages of one line under way at once. Enough to keep the broker's disk busy, few enough for
/// packs to fill.
const RUNNING_MAX: usize = 8;

/// What waits on each line.
#[derive(Default)]
pub(crate) struct Packer {
    lines: [Mutex<Waiting>; Line::ALL.len()],
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<(Message, oneshot::Sender<Receipt>)>,
    running: usize,
}

/// Publishes a message to a line's main queue, with whatever waits beside it.
pub(crate) async fn publish(inner: &Arc<Inner>, line: Line, message: Message) -> Receipt {
    let (tell, told) = oneshot::channel();
    let start = {
        let mut waiting = inner.packer.waiting(line);
        if waiting.messages.len() >= inner.options.outstanding_max {
            return Receipt::Unknown(UnknownCause::TooManyOutstanding);
        }
        waiting.messages.push_back((message, tell));
        let start = waiting.running < RUNNING_MAX;
        waiting.running += usize::from(start);
        start
    };
    if start {
        // A task of its own: a caller that goes away must not leave the others waiting.
        tokio::spawn(run(Arc::clone(inner), line));
    }
    told.await.unwrap_or(Receipt::Unknown(UnknownCause::ConnectionLost))
}

/// Publishes until nothing waits.
async fn run(inner: Arc<Inner>, line: Line) {
    loop {
        let taken = {
            let mut waiting = inner.packer.waiting(line);
            let taken = waiting.take(inner.options.pack_max.max(1));
            if taken.is_empty() {
                waiting.running -= 1;
                return;
            }
            taken
        };
        let (mut messages, tell): (Vec<Message>, Vec<oneshot::Sender<Receipt>>) =
            taken.into_iter().unzip();
        let message = match (messages.len(), messages.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                messages.extend(last);
                pack(&messages)
            }
        };
        let receipt = inner.send(line, Role::Main, message, None).await;
        for tell in tell {
            // Nobody may be waiting any more; the message is where it is all the same.
            let _ = tell.send(receipt);
        }
    }
}

impl Packer {
    fn waiting(&self, line: Line) -> MutexGuard<'_, Waiting> {
        self.lines[line.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// The next messages that fit in one pack; a message larger than any pack goes alone.
    fn take(&mut self, most: usize) -> Vec<(Message, oneshot::Sender<Receipt>)> {
        let mut bytes = 0;
        let mut count = 0;
        for (message, _) in self.messages.iter().take(most) {
            bytes += message.body.len();
            if count > 0 && bytes > PACK_BYTES_MAX {
                break;
            }
            count += 1;
        }
        self.messages.drain(..count).collect()
    }
}
