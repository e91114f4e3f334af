//! One request, made new again and again in the same buffer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use counterfoil_domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long every body is, in bytes.
pub const BODY_BYTES: usize = 4_096;

/// An event as Stripe renders it, with a place to pad it.
const EVENT: &str = include_str!("event.json");
/// The id that each request replaces, up to its digits.
const ID_START: &str = "\"id\": \"evt_";
/// The first mention of the subscription and of its item, up to the digits that each request
/// replaces: every event is about a subscription of its own.
const SUBSCRIPTION_START: &str = "\"id\": \"sub_Bench";
const ITEM_START: &str = "\"id\": \"si_Bench";
/// The digits of those ids.
const SUBSCRIPTION_DIGITS: usize = 18;
const ITEM_DIGITS: usize = 10;
/// The digits of a time in seconds, until the year 2286.
const TIME_DIGITS: usize = 10;
/// The hex digits of a signature.
const SIGNATURE_DIGITS: usize = 64;

/// Numbers for ids, each given once.
#[derive(Debug)]
pub struct Ids {
    run: u64,
    next: AtomicU64,
}

impl Ids {
    /// The ids of a run that starts now.
    #[must_use]
    pub fn starting(now: Timestamp) -> Self {
        let micros = u64::try_from(now.unix_micros()).unwrap_or(0);
        Self { run: micros & 0xffff_ffff_ffff, next: AtomicU64::new(0) }
    }

    /// The id of the next event, and its number.
    fn next(&self) -> (String, u64) {
        let number = self.next.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff_ffff;
        // As many digits as Stripe's own ids have characters.
        (format!("{:012x}{number:012x}", self.run), number)
    }
}

/// A signed delivery.
#[derive(Debug)]
pub struct Request {
    bytes: Vec<u8>,
    time_at: usize,
    signature_at: usize,
    body_at: usize,
    id_at: usize,
    subscription_at: usize,
    item_at: usize,
    last_id: String,
    key: Hmac<Sha256>,
    ids: Arc<Ids>,
}

impl Request {
    /// A request to this host; call [`Request::renew`] before each sending.
    pub fn new(host: SocketAddr, secret: &str, ids: Arc<Ids>) -> anyhow::Result<Self> {
        let body = body();
        let head = format!(
            "POST /webhooks/stripe HTTP/1.1\r\n\
             host: {host}\r\n\
             user-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n\
             accept: */*; q=0.5, application/xml\r\n\
             content-type: application/json; charset=utf-8\r\n\
             content-length: {}\r\n\
             stripe-signature: t=",
            body.len()
        );
        let time_at = head.len();
        let mut bytes = head.into_bytes();
        bytes.extend([b'0'; TIME_DIGITS]);
        bytes.extend(b",v1=");
        let signature_at = bytes.len();
        bytes.extend([b'0'; SIGNATURE_DIGITS]);
        bytes.extend(b"\r\n\r\n");
        let body_at = bytes.len();
        let place = |start: &str| {
            let at = body.find(start).with_context(|| format!("the event has no {start}"))?;
            anyhow::Ok(body_at + at + start.len())
        };
        let (id_at, item_at) = (place(ID_START)?, place(ITEM_START)?);
        let subscription_at = place(SUBSCRIPTION_START)?;
        bytes.extend(body.as_bytes());
        Ok(Self {
            bytes,
            time_at,
            signature_at,
            body_at,
            id_at,
            subscription_at,
            item_at,
            last_id: String::new(),
            key: Hmac::new_from_slice(secret.as_bytes()).context("the secret is no key")?,
            ids,
        })
    }

    /// Makes it a new event, signed now. Answers the bytes to send.
    pub fn renew(&mut self, now: Timestamp) -> &[u8] {
        let (id, number) = self.ids.next();
        self.put(self.subscription_at, format!("{number:0SUBSCRIPTION_DIGITS$}").as_bytes());
        self.put(self.item_at, format!("{number:0ITEM_DIGITS$}").as_bytes());
        let time = format!("{:0TIME_DIGITS$}", now.unix_seconds());
        self.put(self.id_at, id.as_bytes());
        self.put(self.time_at, time.as_bytes());
        self.last_id = id;
        let mut mac = self.key.clone();
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(self.bytes.get(self.body_at..).unwrap_or_default());
        let signature = hex::encode(mac.finalize().into_bytes());
        self.put(self.signature_at, signature.as_bytes());
        &self.bytes
    }

    /// The id of the event that was made last, without what it begins with.
    #[must_use]
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    fn put(&mut self, at: usize, text: &[u8]) {
        for (place, byte) in self.bytes.iter_mut().skip(at).zip(text) {
            *place = *byte;
        }
    }
}

/// The event, padded to [`BODY_BYTES`].
fn body() -> String {
    let padding = (BODY_BYTES + 1).saturating_sub(EVENT.len());
    EVENT.replacen('@', &"x".repeat(padding), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_another_event_of_the_same_length() {
        let host = "127.0.0.1:1".parse().unwrap();
        let now = Timestamp::from_unix_seconds(1_700_000_000).unwrap();
        let ids = Arc::new(Ids::starting(now));
        let mut request = Request::new(host, "whsec_test", Arc::clone(&ids)).unwrap();
        let mut other = Request::new(host, "whsec_test", ids).unwrap();
        let id = |bytes: &[u8]| {
            let (head, body) = std::str::from_utf8(bytes).unwrap().split_once("\r\n\r\n").unwrap();
            assert!(head.contains("content-length: 4096\r\nstripe-signature: t=1700000000,v1="));
            assert_eq!(body.len(), BODY_BYTES);
            let event: serde_json::Value = serde_json::from_str(body).unwrap();
            let id = event["id"].as_str().unwrap().to_owned();
            assert_eq!(id.len(), 28);
            id
        };
        let seen = [id(request.renew(now)), id(other.renew(now)), id(request.renew(now))];
        assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2], "{seen:?}");
    }
}
