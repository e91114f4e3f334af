//! Several messages in one: those that wait for a publish at the same moment travel together.
//!
//! A pack is a message like any other to the broker, and is taken apart before a handler sees
//! anything of it; each message in it is settled by itself. Pure.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::delivery::{Delivery, TRIES};
use crate::message::{HeaderValue, Headers, Message};

/// The kind of a message that is a pack.
pub(crate) const PACK_KIND: &str = "counterfoil.pack";

/// The most bytes of bodies in one pack: beyond it a pack saves nothing, and a broker prefers
/// messages that are not large.
pub(crate) const PACK_BYTES_MAX: usize = 256 * 1024;

/// One message that carries these.
pub(crate) fn pack(messages: &[Message]) -> Message {
    let bytes: usize = messages.iter().map(|it| it.body.len() + 512).sum();
    let mut body = BytesMut::with_capacity(bytes);
    for message in messages {
        put_text(&mut body, &message.id);
        put_text(&mut body, &message.kind);
        body.put_u16(u16::try_from(message.headers.len()).unwrap_or(u16::MAX));
        for (name, value) in message.headers.iter().take(usize::from(u16::MAX)) {
            put_text(&mut body, name);
            match value {
                HeaderValue::Text(text) => {
                    body.put_u8(b't');
                    put_text(&mut body, text);
                }
                HeaderValue::Number(number) => {
                    body.put_u8(b'n');
                    body.put_i64(number);
                }
                HeaderValue::Flag(flag) => {
                    body.put_u8(b'f');
                    body.put_u8(u8::from(flag));
                }
            }
        }
        body.put_u32(u32::try_from(message.body.len()).unwrap_or(u32::MAX));
        body.put_slice(&message.body);
    }
    Message {
        id: String::new(),
        kind: PACK_KIND.to_owned(),
        headers: Headers::new(),
        body: body.freeze(),
    }
}

/// The messages in a pack. `None` when it is not one that [`pack`] has made; nothing of it is used
/// then.
pub(crate) fn unpack(mut body: Bytes) -> Option<Vec<Message>> {
    let mut messages = Vec::new();
    while body.has_remaining() {
        let id = take_text(&mut body)?;
        let kind = take_text(&mut body)?;
        let mut headers = Headers::new();
        for _ in 0..body.try_get_u16().ok()? {
            let name = take_text(&mut body)?;
            match body.try_get_u8().ok()? {
                b't' => headers.set_text(&name, take_text(&mut body)?),
                b'n' => headers.set_number(&name, body.try_get_i64().ok()?),
                b'f' => headers.set_flag(&name, body.try_get_u8().ok()? != 0),
                _ => return None,
            }
        }
        let length = usize::try_from(body.try_get_u32().ok()?).ok()?;
        if body.remaining() < length {
            return None;
        }
        messages.push(Message { id, kind, headers, body: body.split_to(length) });
    }
    Some(messages)
}

/// The deliveries that a delivery stands for: itself, or what is packed in it. A pack that cannot
/// be read stays what it is, and its handler will say that it knows no such message.
pub(crate) fn taken_apart(delivery: Delivery) -> Vec<Delivery> {
    if delivery.kind != PACK_KIND {
        return vec![delivery];
    }
    match unpack(delivery.body.clone()) {
        None => vec![delivery],
        Some(messages) => messages
            .into_iter()
            .map(|it| Delivery { redelivered: delivery.redelivered, ..Delivery::from(it) })
            .collect(),
    }
}

/// The messages of a pack, to be published one by one. `None` when it is no pack.
pub(crate) fn scattered(delivery: &Delivery) -> Option<Vec<Message>> {
    let messages = (delivery.kind == PACK_KIND).then(|| unpack(delivery.body.clone()))??;
    // A try is counted nowhere, but says that the message was handed out before.
    let again = |mut it: Message| {
        if it.headers.number(TRIES).is_none() {
            it.headers.set_flag(HANDED_OUT, true);
        }
        it
    };
    Some(messages.into_iter().map(again).collect())
}

/// Flag: the message was in a pack that was handed out before.
pub(crate) const HANDED_OUT: &str = "cf-handed-out";

fn put_text(body: &mut BytesMut, text: &str) {
    // Longer texts are cut where messages are made.
    let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
    body.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    body.put_slice(text.as_bytes());
}

fn take_text(body: &mut Bytes) -> Option<String> {
    let length = usize::from(body.try_get_u16().ok()?);
    if body.remaining() < length {
        return None;
    }
    String::from_utf8(body.split_to(length).into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<Message> {
        let mut headers = Headers::new();
        headers.set_text("text", "ä");
        headers.set_number("number", i64::MIN);
        headers.set_flag("flag", true);
        vec![
            Message {
                id: "evt_1".to_owned(),
                kind: "stripe.event".to_owned(),
                headers,
                body: Bytes::from_static(&[0, 255, 10]),
            },
            Message {
                id: String::new(),
                kind: String::new(),
                headers: Headers::new(),
                body: Bytes::new(),
            },
        ]
    }

    #[test]
    fn what_is_packed_is_taken_apart_unchanged() {
        let packed = pack(&messages());
        assert_eq!(unpack(packed.body.clone()), Some(messages()));
        let mut delivery = Delivery::from(packed);
        delivery.redelivered = true;
        let apart = taken_apart(delivery);
        assert_eq!(apart.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["evt_1", ""]);
        assert!(apart.iter().all(|it| it.redelivered));
    }

    #[test]
    fn a_message_that_is_no_pack_stays_itself() {
        let delivery = Delivery::from(messages().remove(0));
        assert_eq!(taken_apart(delivery.clone()), std::slice::from_ref(&delivery));
        assert_eq!(scattered(&delivery), None);
    }

    #[test]
    fn a_pack_that_is_cut_or_garbled_is_refused_whole() {
        let body = pack(&messages()).body;
        let whole: Vec<usize> = vec![0, pack(&messages()[..1]).body.len()];
        for end in 0..body.len() {
            let found = unpack(body.slice(..end)).map(|it| it.len());
            let expected = whole.iter().position(|it| *it == end);
            assert_eq!(found, expected, "cut at {end}");
        }
        for at in 0..body.len() {
            let mut garbled = body.to_vec();
            garbled[at] ^= 0xFF;
            // It may by chance be another pack; it must not panic.
            let _any = unpack(Bytes::from(garbled));
        }
        let delivery =
            Delivery::from(Message { body: Bytes::from_static(b"\x00\x09ab"), ..pack(&[]) });
        assert_eq!(taken_apart(delivery.clone()), [delivery]);
    }
}
