//! Our messages in the protocol's terms and back.

use std::time::Duration;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::delivery::{Delivery, TRIES};
use crate::message::{Headers, Message};
use crate::topology::Argument;

/// Text: the message's id where it is too long for the protocol's own field.
const LONG_ID: &str = "cf-id";
/// The longest text of the protocol's short form, in bytes.
const SHORT_MAX: usize = 255;
/// The value of `delivery_mode` that makes the broker write a message to disk.
const PERSISTENT: u8 = 2;

/// The short form of a text; what is longer is cut at a character's boundary.
pub(crate) fn short(mut text: String) -> ShortString {
    text.truncate(text.floor_char_boundary(SHORT_MAX));
    ShortString::try_new(text).unwrap_or_default()
}

/// Arguments of a queue or an exchange.
pub(crate) fn arguments(arguments: &[(&'static str, Argument)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        let value = match value {
            Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
            Argument::Number(number) => AMQPValue::LongLongInt(*number),
        };
        table.insert((*name).into(), value);
    }
    table
}

/// The properties and the body of a message.
pub(crate) fn outgoing(message: Message, expires: Option<Duration>) -> (BasicProperties, Bytes) {
    let Message { id, kind, mut headers, body } = message;
    let mut properties =
        BasicProperties::default().with_delivery_mode(PERSISTENT).with_type(short(kind));
    if id.len() <= SHORT_MAX {
        properties = properties.with_message_id(short(id));
    } else {
        headers.set_text(LONG_ID, id);
    }
    if let Some(expires) = expires {
        properties = properties.with_expiration(short(expires.as_millis().to_string()));
    }
    (properties.with_headers(headers.into_table()), body)
}

/// A delivery of the protocol as ours. Whatever it holds, this answers.
pub(crate) fn incoming(properties: &BasicProperties, body: Vec<u8>, redelivered: bool) -> Delivery {
    let (mut headers, mut long_id) = (Headers::new(), None);
    for (name, value) in properties.headers().iter().flat_map(FieldTable::inner) {
        let name = name.as_str();
        match value {
            AMQPValue::LongString(text) if name == LONG_ID => {
                long_id = Some(String::from_utf8_lossy(text.as_bytes()).into_owned());
            }
            AMQPValue::LongString(text) => {
                headers.set_text(name, String::from_utf8_lossy(text.as_bytes()));
            }
            AMQPValue::ShortString(text) => headers.set_text(name, text.as_str()),
            AMQPValue::Boolean(flag) => headers.set_flag(name, *flag),
            AMQPValue::LongLongInt(it) => headers.set_number(name, *it),
            AMQPValue::LongInt(it) => headers.set_number(name, i64::from(*it)),
            AMQPValue::LongUInt(it) => headers.set_number(name, i64::from(*it)),
            AMQPValue::ShortInt(it) => headers.set_number(name, i64::from(*it)),
            AMQPValue::ShortUInt(it) => headers.set_number(name, i64::from(*it)),
            AMQPValue::ShortShortInt(it) => headers.set_number(name, i64::from(*it)),
            AMQPValue::ShortShortUInt(it) => headers.set_number(name, i64::from(*it)),
            AMQPValue::Float(_)
            | AMQPValue::Double(_)
            | AMQPValue::DecimalValue(_)
            | AMQPValue::FieldArray(_)
            | AMQPValue::Timestamp(_)
            | AMQPValue::FieldTable(_)
            | AMQPValue::ByteArray(_)
            | AMQPValue::Void => {}
        }
    }
    let id = long_id.unwrap_or_else(|| text(properties.message_id().as_ref()));
    let tries = headers.number(TRIES).and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
    let (kind, body) = (text(properties.kind().as_ref()), Bytes::from(body));
    Delivery { id, kind, headers, body, tries, redelivered }
}

fn text(field: Option<&ShortString>) -> String {
    field.map(|it| it.as_str().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use counterfoil_domain::Timestamp;

    use super::*;
    use crate::event_message::{
        ENDPOINT, EVENT_KIND, EventMessage, NotAnEventMessage, RECEIVED_AT,
    };

    fn through_the_wire(message: Message) -> Delivery {
        let (properties, body) = outgoing(message, None);
        incoming(&properties, body.to_vec(), false)
    }

    fn full(id: &str) -> EventMessage {
        EventMessage {
            id: id.to_owned(),
            event_type: Some("customer.subscription.updated".to_owned()),
            endpoint: "main".to_owned(),
            account: Some("acct_1".to_owned()),
            livemode: Some(false),
            connect: true,
            api_version: Some("2026-01-28.clover".to_owned()),
            expected_version: Some("2025-09-30.clover".to_owned()),
            received_at: Timestamp::from_unix_micros(1_700_000_000_123_456).unwrap(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            park: Some("the body is no event".to_owned()),
            replay: true,
            body: Bytes::from_static(b"{\"id\": \"evt_1\",\xff\x00 }"),
        }
    }

    #[test]
    fn an_event_arrives_as_it_was_sent() {
        let check = |event: EventMessage| {
            let delivery = through_the_wire(event.clone().into_message());
            assert_eq!((delivery.tries, &delivery.body), (0, &event.body));
            assert_eq!(EventMessage::from_delivery(&delivery), Ok(event));
        };
        check(full("evt_1"));
        check(full(&"é".repeat(200)));
        check(EventMessage { event_type: Some("x".repeat(300)), ..full("evt_1") });
        check(EventMessage {
            event_type: None,
            account: None,
            livemode: None,
            connect: false,
            api_version: None,
            expected_version: None,
            traceparent: None,
            park: None,
            replay: false,
            body: Bytes::new(),
            ..full("evt_2")
        });
        check(EventMessage { livemode: Some(true), ..full("evt_3") });
    }

    #[test]
    fn what_is_no_event_says_why() {
        let check = |spoil: fn(&mut Delivery), expected: NotAnEventMessage| {
            let mut delivery = through_the_wire(full("evt_1").into_message());
            assert_eq!(delivery.kind, EVENT_KIND);
            spoil(&mut delivery);
            assert_eq!(EventMessage::from_delivery(&delivery), Err(expected));
        };
        check(|it| it.kind = "x".to_owned(), NotAnEventMessage::Kind { found: "x".to_owned() });
        check(|it| it.id.clear(), NotAnEventMessage::NoId);
        check(|it| it.headers = Headers::new(), NotAnEventMessage::Header(RECEIVED_AT));
        check(|it| it.headers.set_flag(ENDPOINT, true), NotAnEventMessage::Header(ENDPOINT));
        check(|it| it.headers.set_text(RECEIVED_AT, "now"), NotAnEventMessage::Header(RECEIVED_AT));
        check(
            |it| it.headers.set_number(RECEIVED_AT, i64::MAX),
            NotAnEventMessage::Header(RECEIVED_AT),
        );
    }

    #[test]
    fn tries_count_up_and_reasons_are_kept() {
        let first = through_the_wire(full("evt_1").into_message());
        let second = through_the_wire(first.again());
        let third = through_the_wire(second.again());
        assert_eq!([first.tries, second.tries, third.tries], [0, 1, 2]);
        let parked = through_the_wire(third.because("it cannot be read"));
        assert_eq!(parked.headers.text(crate::PARKED_BECAUSE), Some("it cannot be read"));
        assert_eq!(EventMessage::from_delivery(&parked), Ok(full("evt_1")));
    }

    #[test]
    fn foreign_headers_are_left_out_and_odd_numbers_are_no_tries() {
        let mut table = FieldTable::default();
        table.insert("x-death".into(), AMQPValue::FieldArray(Vec::new().into()));
        table.insert("small".into(), AMQPValue::ShortShortInt(-3));
        table.insert(TRIES.into(), AMQPValue::LongLongInt(-1));
        let delivery = incoming(&BasicProperties::default().with_headers(table), vec![0xff], true);
        assert_eq!(delivery.headers.len(), 2);
        assert_eq!(delivery.headers.number("small"), Some(-3));
        assert_eq!((delivery.tries, delivery.redelivered), (0, true));
        assert_eq!((delivery.id.as_str(), delivery.kind.as_str()), ("", ""));
    }
}
