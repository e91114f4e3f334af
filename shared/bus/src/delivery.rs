//! A message as it is handed to a handler, and what the handler may answer.

use bytes::Bytes;
use counterfoil_domain::retry::Rung;

use crate::message::{Headers, Message};
use crate::topology::Line;

/// Number: how often the message has climbed the retry ladder. Absent at its first try.
pub const TRIES: &str = "cf-tries";
/// Text: why the message was parked by us. What the broker itself parked carries the broker's
/// `x-death` instead.
pub const PARKED_BECAUSE: &str = "cf-parked-because";

/// A message that waits to be settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// What the message is about; empty when its publisher gave none.
    pub id: String,
    /// What form the body has; empty when its publisher gave none.
    pub kind: String,
    /// The headers whose types we use. Others, such as the broker's own, are left out.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
    /// How often this message has been settled with [`Settlement::RetryAfter`] before.
    pub tries: u32,
    /// Whether the broker handed it out before without hearing that it was settled.
    pub redelivered: bool,
}

impl Delivery {
    /// The message to publish for its next try.
    pub(crate) fn again(&self) -> Message {
        let mut headers = self.headers.clone();
        headers.set_number(TRIES, i64::from(self.tries.saturating_add(1)));
        self.with(headers)
    }

    /// The message to publish to another line.
    pub(crate) fn onward(&self) -> Message {
        let mut headers = self.headers.clone();
        headers.set_number(TRIES, 0);
        self.with(headers)
    }

    /// The message to publish to the parking queue.
    pub(crate) fn because(&self, reason: &str) -> Message {
        let mut headers = self.headers.clone();
        headers.set_text(PARKED_BECAUSE, reason);
        self.with(headers)
    }

    fn with(&self, headers: Headers) -> Message {
        Message { id: self.id.clone(), kind: self.kind.clone(), headers, body: self.body.clone() }
    }
}

impl From<Message> for Delivery {
    /// The message as it would arrive at its first try; for tests of handlers.
    fn from(message: Message) -> Self {
        let Message { id, kind, headers, body } = message;
        let tries = headers.number(TRIES).and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        Self { id, kind, headers, body, tries, redelivered: false }
    }
}

/// What becomes of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The work is done, or was done before.
    Done,
    /// It failed for a reason that may pass: it comes back after this rung's wait, with one more
    /// try counted.
    RetryAfter(Rung),
    /// Its work goes on in another line, with its tries counted anew.
    Onward(Line),
    /// It will never succeed: it is set aside for a person, with this reason. No personal data.
    Park(String),
}

/// The other side (Postgres, Stripe) is away, or asks for patience.
///
/// The batch is not judged: it stays unacknowledged, nothing is counted against its messages, and
/// the handler gets the same batch again after a pause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Outage {
    /// What is away, for the log and the health check. No secrets.
    pub cause: String,
}
