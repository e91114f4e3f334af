//! The envelope of an event, in snapshot and in thin form.
//!
//! Stripe promises little about it (STRIPE.md section 2.3), so only the id and the type are
//! required; the object stays unread until its type is known to be one we keep.

use counterfoil_domain::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::tolerant::{Text, Time};

/// An event as received. The object inside is not read yet.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// `evt_…`
    pub id: String,
    /// The type, such as `invoice.paid`; thin events have types of their own.
    pub event_type: String,
    /// The second in which Stripe made the event.
    pub created: Timestamp,
    /// The version its body is rendered by; thin events have none.
    pub api_version: Option<String>,
    /// Only with Connect: the account it belongs to.
    pub account: Option<String>,
    /// Whether it is of live mode.
    pub livemode: Option<bool>,
    /// What it is about.
    pub content: Content<'a>,
}

/// What an event carries.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// The object as it was when the event was made.
    Snapshot {
        /// The object, unread. `None` where the event carries none.
        object: Option<&'a RawValue>,
        /// What an `*.updated` event says the object was before.
        previous_attributes: Option<&'a RawValue>,
    },
    /// Only a reference to the object (`v2.core.event`).
    Thin {
        /// The object it is about; some thin events are about none.
        related_object: Option<Related>,
    },
}

/// The object that a thin event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Related {
    /// Its id. What an account or customer has one of has none.
    pub id: Option<String>,
    /// Stripe's name of its kind.
    pub object: Option<String>,
}

/// Of whom an event speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The object's id; previews and summaries have none.
    pub id: Option<String>,
    /// The customer's id.
    pub customer: Option<String>,
}

/// Why a body is no event that can be read.
#[derive(Debug, thiserror::Error)]
#[error("the body is no event that can be read")]
pub struct Unreadable(#[from] serde_json::Error);

impl<'a> Event<'a> {
    /// Reads the envelope. The body must be the bytes that were received.
    pub fn read(body: &'a [u8]) -> Result<Self, Unreadable> {
        let wire: Wire<'a> = serde_json::from_slice(body)?;
        let created = match wire.created {
            Created::Seconds(it) => it.0,
            Created::Text(text) => Timestamp::parse_rfc3339(&text).ok_or_else(|| {
                <serde_json::Error as serde::de::Error>::custom("`created` is no time")
            })?,
        };
        let content = if wire.object.as_deref() == Some(THIN) {
            Content::Thin {
                related_object: wire.related_object.map(|it| Related {
                    id: it.id.map(|it| it.0),
                    object: it.r#type.map(|it| it.0),
                }),
            }
        } else {
            let data = wire.data.unwrap_or_default();
            Content::Snapshot { object: data.object, previous_attributes: data.previous_attributes }
        };
        Ok(Self {
            id: wire.id.0,
            event_type: wire.r#type.0,
            created,
            api_version: wire.api_version.map(|it| it.0),
            account: wire.account.map(|it| it.0),
            livemode: wire.livemode,
            content,
        })
    }

    /// Of whom it speaks. Reads the object for it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match &self.content {
            Content::Snapshot { object, .. } => object.map(Subject::of).unwrap_or_default(),
            Content::Thin { related_object } => {
                let id = related_object.as_ref().and_then(|it| it.id.clone());
                Subject { id, customer: None }
            }
        }
    }
}

impl Subject {
    /// Objects we cannot read otherwise still have a subject, so a failure to read one is none.
    fn of(object: &RawValue) -> Self {
        let Ok(wire) = serde_json::from_str::<SubjectWire>(object.get()) else {
            return Self::default();
        };
        let id = wire.id.map(|it| it.0);
        let customer = match wire.object.as_deref() {
            Some("customer") => id.clone(),
            _ => wire.customer.map(|it| it.0.0),
        };
        Self { id, customer }
    }
}

/// The `object` of a thin event.
pub const THIN: &str = "v2.core.event";

#[derive(Deserialize)]
struct Wire<'a> {
    id: Text,
    r#type: Text,
    object: Option<String>,
    created: Created,
    api_version: Option<Text>,
    account: Option<Text>,
    livemode: Option<bool>,
    #[serde(borrow)]
    data: Option<DataWire<'a>>,
    related_object: Option<RelatedWire>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Created {
    Seconds(Time),
    Text(String),
}

#[derive(Deserialize, Default)]
struct DataWire<'a> {
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_attributes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RelatedWire {
    id: Option<Text>,
    r#type: Option<Text>,
}

#[derive(Deserialize)]
struct SubjectWire {
    id: Option<Text>,
    object: Option<String>,
    #[serde(default)]
    customer: Option<crate::tolerant::Ref>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot() {
        let body = br#"{"id":"evt_1","object":"event","type":"customer.updated","created":12,
            "livemode":false,"api_version":"2020-08-27","data":{"object":{"id":"cus_1",
            "object":"customer"},"previous_attributes":{"name":null}},"request":null}"#;
        let event = Event::read(body).unwrap();
        assert_eq!((event.id.as_str(), event.created.unix_seconds()), ("evt_1", 12));
        let customer = Some("cus_1".to_owned());
        assert_eq!(event.subject(), Subject { id: customer.clone(), customer });
        let Content::Snapshot { previous_attributes, .. } = event.content else { panic!() };
        assert_eq!(previous_attributes.unwrap().get(), r#"{"name":null}"#);
    }

    #[test]
    fn a_thin_event() {
        let body = br#"{"id":"evt_2","object":"v2.core.event","type":"v1.invoice.paid",
            "created":"2026-10-28T12:00:00.5Z","livemode":true,
            "related_object":{"id":"in_1","type":"invoice","url":"/v1/invoices/in_1"}}"#;
        let event = Event::read(body).unwrap();
        assert_eq!(event.subject().id.as_deref(), Some("in_1"));
        assert_eq!(event.created.to_string(), "2026-10-28T12:00:00.5Z");
        let related = Related { id: Some("in_1".to_owned()), object: Some("invoice".to_owned()) };
        let Content::Thin { related_object } = event.content else { panic!() };
        assert_eq!(related_object, Some(related));
    }

    #[test]
    fn an_object_without_id_and_an_event_without_data() {
        for data in
            [r#""data":{"object":{"object":"invoice","customer":"cus_1"}},"#, "", r#""data":{},"#]
        {
            let body = format!(r#"{{"id":"evt_1","type":"invoice.upcoming",{data}"created":1}}"#);
            assert_eq!(Event::read(body.as_bytes()).unwrap().subject().id, None);
        }
    }

    #[test]
    fn what_is_no_event() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"id":"evt_1"}"#,
            r#"{"id":1,"type":"a","created":1}"#,
            r#"{"id":"evt_1","type":"a","created":"soon"}"#,
            r#"{"id":"evt_1","type":"a","created":99999999999999}"#,
        ] {
            assert!(Event::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
