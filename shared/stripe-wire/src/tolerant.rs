//! The shapes in which an event's envelope writes one and the same thing.

use std::fmt;

use counterfoil_domain::Timestamp;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de::Error as _};

/// Text without NUL, which Postgres cannot hold: each becomes U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }))
    }
}

/// A v1 time: whole seconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        Timestamp::from_unix_seconds(seconds).map(Self).map_err(D::Error::custom)
    }
}

/// A reference to another object: its id, or, where the sender expanded it, the object itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ref(pub Text);

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RefVisitor;
        impl<'de> Visitor<'de> for RefVisitor {
            type Value = Ref;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id or an object with an id")
            }

            fn visit_str<E: de::Error>(self, id: &str) -> Result<Ref, E> {
                Ok(Ref(Text(id.replace('\0', "\u{FFFD}"))))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ref, A::Error> {
                let mut id = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "id" {
                        id = Some(map.next_value::<Text>()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                id.map(Ref).ok_or_else(|| A::Error::missing_field("id"))
            }
        }
        deserializer.deserialize_any(RefVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(json: &str) -> Option<T> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn text_holds_no_nul() {
        assert_eq!(read::<Text>(r#""a\u0000b""#), Some(Text("a\u{FFFD}b".to_owned())));
        assert_eq!(read::<Ref>(r#""a\u0000""#), Some(Ref(Text("a\u{FFFD}".to_owned()))));
    }

    #[test]
    fn a_reference_is_an_id_or_an_object() {
        let cus = Some(Ref(Text("cus_1".to_owned())));
        assert_eq!(read::<Ref>(r#""cus_1""#), cus);
        assert_eq!(read::<Ref>(r#"{"object":"customer","id":"cus_1","deleted":true}"#), cus);
        assert_eq!(read::<Ref>(r#"{"object":"customer"}"#), None);
        assert_eq!(read::<Ref>("7"), None);
    }
}
