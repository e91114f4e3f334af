//! Stripe's event as it travels: ingest writes it, the worker reads it, the command line replays it.
//!
//! The body is the bytes that Stripe sent, unchanged, so that the signature can be checked again
//! and nothing is lost that we do not model. What ingest knows beside them is in the headers named
//! here. A reader ignores headers it does not know, and takes an absent optional one as `None` or
//! `false`, so that two versions can run side by side.

use bytes::Bytes;
use counterfoil_domain::Timestamp;

use crate::delivery::Delivery;
use crate::message::{Headers, Message};

/// The kind of message that carries one Stripe event.
pub const EVENT_KIND: &str = "stripe.event";

/// Text: the event's type, as its body names it.
pub const EVENT_TYPE: &str = "cf-event-type";
/// Text, always there: the name of the endpoint that received it.
pub const ENDPOINT: &str = "cf-endpoint";
/// Text: the Stripe account that the endpoint is configured for.
pub const ACCOUNT: &str = "cf-account";
/// Flag: the mode that the endpoint is configured for; absent where it takes both.
pub const LIVEMODE: &str = "cf-livemode";
/// Flag: whether the endpoint receives the events of connected accounts.
pub const CONNECT: &str = "cf-connect";
/// Text: the API version that the event says it was rendered by.
pub const API_VERSION: &str = "cf-api-version";
/// Text: the API version that the endpoint is configured to expect.
pub const EXPECTED_VERSION: &str = "cf-expected-version";
/// Number, always there: when ingest had read the request, in microseconds since 1970.
pub const RECEIVED_AT: &str = "cf-received-at";
/// Text: the W3C trace context of the request.
pub const TRACEPARENT: &str = "traceparent";
/// Text: why this is no event and is to be parked.
pub const PARK: &str = "cf-park";
/// Flag: whether a person asked for this event to be worked on again.
pub const REPLAY: &str = "cf-replay";

/// One Stripe event on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMessage {
    /// The event's id.
    pub id: String,
    /// The event's type; `None` when the body names none.
    pub event_type: Option<String>,
    /// The name of the endpoint that received it.
    pub endpoint: String,
    /// The Stripe account that the endpoint is configured for.
    pub account: Option<String>,
    /// The mode that the endpoint is configured for; `None` where it takes both.
    pub livemode: Option<bool>,
    /// Whether the endpoint receives the events of connected accounts.
    pub connect: bool,
    /// The API version that the event says it was rendered by.
    pub api_version: Option<String>,
    /// The API version that the endpoint is configured to expect.
    pub expected_version: Option<String>,
    /// When ingest had read the request.
    pub received_at: Timestamp,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
    /// Why this is no event and is to be parked, when ingest already knows.
    pub park: Option<String>,
    /// Whether a person asked for this event to be worked on again.
    pub replay: bool,
    /// The bytes that Stripe sent.
    pub body: Bytes,
}

/// Why a delivery is no event message. Trying again changes nothing: park it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEventMessage {
    /// The message is of another kind.
    #[error("the message is of kind {found:?}, not {EVENT_KIND:?}; look at who published it")]
    Kind {
        /// The kind it says it is.
        found: String,
    },
    /// The message has no id.
    #[error("the message has no id; look at who published it")]
    NoId,
    /// A header that must be there is not, or has another type.
    #[error("the header {0} is missing or of the wrong type; look at who published the message")]
    Header(&'static str),
}

impl EventMessage {
    /// The message that carries this event.
    #[must_use]
    pub fn into_message(self) -> Message {
        let mut headers = Headers::new();
        let texts = [
            (EVENT_TYPE, self.event_type),
            (ENDPOINT, Some(self.endpoint)),
            (ACCOUNT, self.account),
            (API_VERSION, self.api_version),
            (EXPECTED_VERSION, self.expected_version),
            (TRACEPARENT, self.traceparent),
            (PARK, self.park),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                headers.set_text(name, text);
            }
        }
        if let Some(livemode) = self.livemode {
            headers.set_flag(LIVEMODE, livemode);
        }
        // What is usual is left out: the fewer headers, the less the broker has to write.
        for (name, flag) in [(CONNECT, self.connect), (REPLAY, self.replay)] {
            if flag {
                headers.set_flag(name, true);
            }
        }
        headers.set_number(RECEIVED_AT, self.received_at.unix_micros());
        Message { id: self.id, kind: EVENT_KIND.to_owned(), headers, body: self.body }
    }

    /// Reads the event that a delivery carries. The body is shared, not copied.
    pub fn from_delivery(delivery: &Delivery) -> Result<Self, NotAnEventMessage> {
        if delivery.kind != EVENT_KIND {
            return Err(NotAnEventMessage::Kind { found: delivery.kind.clone() });
        }
        if delivery.id.is_empty() {
            return Err(NotAnEventMessage::NoId);
        }
        let headers = &delivery.headers;
        let text = |name| headers.text(name).map(str::to_owned);
        let received_at = headers
            .number(RECEIVED_AT)
            .and_then(|micros| Timestamp::from_unix_micros(micros).ok())
            .ok_or(NotAnEventMessage::Header(RECEIVED_AT))?;
        Ok(Self {
            id: delivery.id.clone(),
            event_type: text(EVENT_TYPE),
            endpoint: text(ENDPOINT).ok_or(NotAnEventMessage::Header(ENDPOINT))?,
            account: text(ACCOUNT),
            livemode: headers.flag(LIVEMODE),
            connect: headers.flag(CONNECT).unwrap_or(false),
            api_version: text(API_VERSION),
            expected_version: text(EXPECTED_VERSION),
            received_at,
            traceparent: text(TRACEPARENT),
            park: text(PARK),
            replay: headers.flag(REPLAY).unwrap_or(false),
            body: delivery.body.clone(),
        })
    }
}
