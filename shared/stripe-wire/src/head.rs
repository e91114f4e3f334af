//! The head of an event: what must be known to carry it, read without building its object.
//!
//! Reading is tolerant. Fields may be missing or new, and whatever `data` holds, at any depth, is
//! passed over without recursion; only what makes an event unusable as one is an error, and the
//! body is then kept and set aside by whoever asked. Two fields of one name count as the last.

use std::borrow::Cow;
use std::fmt;

use counterfoil_domain::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The longest id, type, account or version, in bytes: what one short string of AMQP holds.
pub const TEXT_BYTES_MAX: usize = 255;

/// What an event says of itself before its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHead {
    /// Stripe's id (`evt_…`); 1 to 255 bytes without control characters.
    pub id: String,
    /// Which of Stripe's two kinds of events it is.
    pub form: EventForm,
    /// Its type (`invoice.paid`); 1 to 255 bytes without control characters.
    pub event_type: String,
    /// The API version it was rendered with; thin events have none.
    pub api_version: Option<String>,
    /// When Stripe made it: whole seconds in v1, finer in v2. `None` where it is no time.
    pub created: Option<Timestamp>,
    /// The connected account it is about; only events of Connect name one.
    pub account: Option<String>,
    /// Live or test mode, where it says.
    pub livemode: Option<bool>,
}

/// The two kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventForm {
    /// `event` of API v1: carries its object.
    Snapshot,
    /// `v2.core.event`: names its object, which has to be fetched.
    Thin,
}

/// Why bytes are no event that could be carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotAnEvent {
    /// The bytes are no UTF-8, which JSON must be.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// The text is no JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// The JSON is a list or a single value.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// `object` is missing or names something else.
    #[error("the body's `object` is neither `event` nor `v2.core.event`")]
    WrongObject,
    /// There is no `id`, or an empty one, or it is no text.
    #[error("the event has no id")]
    NoId,
    /// The `id` is longer than 255 bytes.
    #[error("the event's id is longer than 255 bytes")]
    IdTooLong,
    /// The `id` has control characters, such as NUL.
    #[error("the event's id has control characters")]
    IdUnprintable,
    /// There is no `type`, or an empty one, or it is no text.
    #[error("the event has no type")]
    NoType,
    /// The `type` is longer than 255 bytes.
    #[error("the event's type is longer than 255 bytes")]
    TypeTooLong,
    /// The `type` has control characters, such as NUL.
    #[error("the event's type has control characters")]
    TypeUnprintable,
    /// The `account` cannot be used, so that nobody knows whose rows are meant.
    #[error("the event's account cannot be used")]
    AccountUnusable,
    /// The `api_version` cannot be used.
    #[error("the event's API version cannot be used")]
    VersionUnusable,
}

impl NotAnEvent {
    /// The reason's name in metrics, logs and the inbox; never changes.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::WrongObject => "wrong_object",
            Self::NoId => "no_id",
            Self::IdTooLong => "id_too_long",
            Self::IdUnprintable => "id_unprintable",
            Self::NoType => "no_type",
            Self::TypeTooLong => "type_too_long",
            Self::TypeUnprintable => "type_unprintable",
            Self::AccountUnusable => "account_unusable",
            Self::VersionUnusable => "version_unusable",
        }
    }
}

impl EventHead {
    /// Reads the head from a body as received.
    pub fn read(body: &[u8]) -> Result<Self, NotAnEvent> {
        let text = std::str::from_utf8(body).map_err(|_| NotAnEvent::NotUtf8)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let fields = json.deserialize_any(Head).map_err(|_| NotAnEvent::NotJson)?;
        json.end().map_err(|_| NotAnEvent::NotJson)?;
        fields.ok_or(NotAnEvent::NotAnObject)?.head()
    }
}

/// The fields of the head as they stand there.
#[derive(Debug, Default)]
struct Fields<'a> {
    id: Value<'a>,
    object: Value<'a>,
    event_type: Value<'a>,
    api_version: Value<'a>,
    created: Value<'a>,
    account: Value<'a>,
    livemode: Value<'a>,
}

#[derive(Debug, Default)]
enum Value<'a> {
    #[default]
    Nothing,
    Text(Cow<'a, str>),
    Number(i64),
    Flag(bool),
    Other,
}

/// What can be wrong with a text that must be usable as a key.
enum Unusable {
    Missing,
    TooLong,
    Unprintable,
}

impl Fields<'_> {
    fn head(self) -> Result<EventHead, NotAnEvent> {
        let form = match &self.object {
            Value::Text(it) if it == "event" => EventForm::Snapshot,
            Value::Text(it) if it == "v2.core.event" => EventForm::Thin,
            Value::Text(_) | Value::Nothing | Value::Number(_) | Value::Flag(_) | Value::Other => {
                return Err(NotAnEvent::WrongObject);
            }
        };
        let id = self.id.key().map_err(|it| match it {
            Unusable::Missing => NotAnEvent::NoId,
            Unusable::TooLong => NotAnEvent::IdTooLong,
            Unusable::Unprintable => NotAnEvent::IdUnprintable,
        })?;
        let event_type = self.event_type.key().map_err(|it| match it {
            Unusable::Missing => NotAnEvent::NoType,
            Unusable::TooLong => NotAnEvent::TypeTooLong,
            Unusable::Unprintable => NotAnEvent::TypeUnprintable,
        })?;
        let created = match self.created {
            Value::Number(seconds) => Timestamp::from_unix_seconds(seconds).ok(),
            Value::Text(text) => Timestamp::parse_rfc3339(&text),
            Value::Nothing | Value::Flag(_) | Value::Other => None,
        };
        let livemode = match self.livemode {
            Value::Flag(flag) => Some(flag),
            Value::Nothing | Value::Text(_) | Value::Number(_) | Value::Other => None,
        };
        Ok(EventHead {
            id,
            form,
            event_type,
            api_version: self.api_version.optional_key(NotAnEvent::VersionUnusable)?,
            created,
            account: self.account.optional_key(NotAnEvent::AccountUnusable)?,
            livemode,
        })
    }
}

impl Value<'_> {
    fn key(self) -> Result<String, Unusable> {
        match self {
            Self::Text(text) if text.is_empty() => Err(Unusable::Missing),
            Self::Text(text) if text.len() > TEXT_BYTES_MAX => Err(Unusable::TooLong),
            Self::Text(text) if text.chars().any(char::is_control) => Err(Unusable::Unprintable),
            Self::Text(text) => Ok(text.into_owned()),
            Self::Nothing | Self::Number(_) | Self::Flag(_) | Self::Other => Err(Unusable::Missing),
        }
    }

    fn optional_key(self, unusable: NotAnEvent) -> Result<Option<String>, NotAnEvent> {
        match self {
            Self::Nothing => Ok(None),
            Self::Text(_) | Self::Number(_) | Self::Flag(_) | Self::Other => {
                self.key().map(Some).map_err(|_| unusable)
            }
        }
    }
}

/// Reads the fields of an object, and passes over anything else.
struct Head;

impl<'de> Visitor<'de> for Head {
    type Value = Option<Fields<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key_seed(AnyValue)? {
            let Value::Text(name) = name else { continue };
            let place = match &*name {
                "id" => &mut fields.id,
                "object" => &mut fields.object,
                "type" => &mut fields.event_type,
                "api_version" => &mut fields.api_version,
                "created" => &mut fields.created,
                "account" => &mut fields.account,
                "livemode" => &mut fields.livemode,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *place = map.next_value_seed(AnyValue)?;
        }
        Ok(Some(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        AnyValue.visit_seq(seq).map(|_| None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Reads a single value, and passes over a list or an object without building it.
struct AnyValue;

impl<'de> DeserializeSeed<'de> for AnyValue {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value<'de>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(number).map_or(Value::Other, Value::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value<'de>, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVENT: &str = r#"{"id":"evt_1","object":"event","account":"acct_1","api_version":"2026-10-28.endive","created":1700000000,"data":{"object":{"id":"in_1","lines":[1,2,{"a":null}]}},"livemode":false,"pending_webhooks":1,"request":{"id":null},"type":"invoice.paid"}"#;

    fn refused(body: impl AsRef<[u8]>, expected: NotAnEvent) {
        let body = body.as_ref();
        assert_eq!(EventHead::read(body), Err(expected), "{}", String::from_utf8_lossy(body));
    }

    fn head(body: &str) -> EventHead {
        EventHead::read(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_whole_event_is_read() {
        assert_eq!(
            head(EVENT),
            EventHead {
                id: "evt_1".to_owned(),
                form: EventForm::Snapshot,
                event_type: "invoice.paid".to_owned(),
                api_version: Some("2026-10-28.endive".to_owned()),
                created: Timestamp::from_unix_seconds(1_700_000_000).ok(),
                account: Some("acct_1".to_owned()),
                livemode: Some(false),
            }
        );
    }

    #[test]
    fn a_thin_event_is_read() {
        let it = head(
            r#"{"id":"evt_2","object":"v2.core.event","type":"v1.billing.meter.no_meter_found","created":"2026-10-28T12:00:00.5Z","livemode":true}"#,
        );
        assert_eq!((it.form, it.livemode, it.api_version), (EventForm::Thin, Some(true), None));
        assert_eq!(it.created, Timestamp::parse_rfc3339("2026-10-28T12:00:00.5Z"));
    }

    #[test]
    fn what_is_missing_new_or_strange_beside_id_and_type_does_not_matter() {
        let bare = head(r#" {"type":"x","id":"e","object":"event"} "#);
        assert_eq!((bare.created, bare.account, bare.livemode), (None, None, None));
        let strange = head(
            r#"{"object":"event","id":"e","type":"a","created":[1],"livemode":"no","account":null,"api_version":null,"id":"f","type":"\u0062","later":{"deep":[[[]]]},"created":{"a":{}}}"#,
        );
        assert_eq!((strange.id.as_str(), strange.event_type.as_str()), ("f", "b"));
        assert_eq!((strange.created, strange.account, strange.livemode), (None, None, None));
        for (created, known) in
            [("-1", true), ("1.5", false), ("18446744073709551615", false), ("\"now\"", false)]
        {
            let body = format!(r#"{{"object":"event","id":"e","type":"a","created":{created}}}"#);
            assert_eq!(head(&body).created.is_some(), known, "{created}");
        }
    }

    #[test]
    fn depth_is_passed_over_without_recursion() {
        let (open, close) = ("[".repeat(400_000), "]".repeat(400_000));
        let it = head(&format!(r#"{{"object":"event","data":{open}{close},"id":"e","type":"a"}}"#));
        assert_eq!(it.id, "e");
        refused(format!("{open}{close}"), NotAnEvent::NotAnObject);
        refused(&open, NotAnEvent::NotJson);
        refused("{\"id\":".repeat(400_000), NotAnEvent::NotJson);
    }

    #[test]
    fn what_is_no_event_is_named() {
        let with =
            |id: &str, kind: &str| format!(r#"{{"object":"event","id":{id},"type":{kind}}}"#);
        let long = format!("\"{}\"", "a".repeat(256));
        let longest = format!("\"{}\"", "a".repeat(255));
        refused(b"\xff\xfe", NotAnEvent::NotUtf8);
        refused(b"\x1f\x8b\x08\x00", NotAnEvent::NotUtf8);
        refused("", NotAnEvent::NotJson);
        refused("hello", NotAnEvent::NotJson);
        refused(&EVENT[..EVENT.len() - 1], NotAnEvent::NotJson);
        refused(format!("{EVENT}{EVENT}"), NotAnEvent::NotJson);
        refused("\u{feff}{}", NotAnEvent::NotJson);
        for body in ["[]", "1", "-1", "1.5", "\"event\"", "null", "true"] {
            refused(body, NotAnEvent::NotAnObject);
        }
        refused("{}", NotAnEvent::WrongObject);
        refused(r#"{"object":"invoice","id":"in_1","type":"a"}"#, NotAnEvent::WrongObject);
        refused(r#"{"object":{"object":"event"},"id":"e","type":"a"}"#, NotAnEvent::WrongObject);
        refused(r#"{"object":"event","type":"a"}"#, NotAnEvent::NoId);
        refused(r#"{"data":{"id":"e"},"object":"event","type":"a"}"#, NotAnEvent::NoId);
        for id in ["null", "\"\"", "1", "[\"e\"]", "{\"id\":\"e\"}", "true"] {
            refused(with(id, "\"a\""), NotAnEvent::NoId);
        }
        refused(with(&long, "\"a\""), NotAnEvent::IdTooLong);
        assert!(EventHead::read(with(&longest, &longest).as_bytes()).is_ok());
        refused(with(r#""e\u0000""#, "\"a\""), NotAnEvent::IdUnprintable);
        refused(with(r#""e\n""#, "\"a\""), NotAnEvent::IdUnprintable);
        refused(r#"{"object":"event","id":"e"}"#, NotAnEvent::NoType);
        refused(with("\"e\"", "7"), NotAnEvent::NoType);
        refused(with("\"e\"", &long), NotAnEvent::TypeTooLong);
        refused(with("\"e\"", r#""a\u0000""#), NotAnEvent::TypeUnprintable);
        let and = |more: &str| format!(r#"{{"object":"event","id":"e","type":"a",{more}}}"#);
        refused(and(r#""account":7"#), NotAnEvent::AccountUnusable);
        refused(and(r#""account":"""#), NotAnEvent::AccountUnusable);
        refused(and(r#""account":"a\u0000""#), NotAnEvent::AccountUnusable);
        refused(and(&format!(r#""api_version":{long}"#)), NotAnEvent::VersionUnusable);
    }

    proptest! {
        #[test]
        fn changed_bytes_are_answered(
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
            end in any::<proptest::sample::Index>(),
        ) {
            let mut body = EVENT.as_bytes().to_vec();
            for (place, byte) in changes {
                let place = place.index(body.len());
                body[place] = byte;
            }
            if let Ok(head) = EventHead::read(&body) {
                prop_assert!((1..=TEXT_BYTES_MAX).contains(&head.id.len()));
                prop_assert!((1..=TEXT_BYTES_MAX).contains(&head.event_type.len()));
            }
            body.truncate(end.index(body.len()));
            prop_assert!(EventHead::read(&body).is_err());
        }

        #[test]
        fn any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(EventHead::read(&body).is_err());
        }
    }
}
