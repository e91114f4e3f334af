//! The shapes in which Stripe writes one and the same thing.

use std::collections::BTreeMap;
use std::fmt;

use counterfoil_domain::Timestamp;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

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

/// An exact decimal numeral, written as a string or as a number. Never a float on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(pub String);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <Box<RawValue>>::deserialize(deserializer)?;
        let numeral = raw.get().trim_matches('"');
        if is_decimal(numeral) {
            Ok(Self(numeral.to_owned()))
        } else {
            Err(D::Error::invalid_value(Unexpected::Other("other text"), &"a decimal numeral"))
        }
    }
}

/// Digits with at most one point between them and an optional sign; no exponent, no blanks, and no
/// longer than any amount Stripe writes (12 decimals, STRIPE.md section 5.3).
fn is_decimal(numeral: &str) -> bool {
    let digits = numeral.strip_prefix('-').unwrap_or(numeral);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    numeral.len() <= 40 && all_digits(whole) && all_digits(fraction)
}

/// Metadata. A key with null, as `previous_attributes` writes a key that was not there, is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata(pub BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MetadataVisitor;
        impl<'de> Visitor<'de> for MetadataVisitor {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<Text, Option<Text>>()? {
                    if let Some(value) = value {
                        all.insert(key.0, value.0);
                    }
                }
                Ok(Metadata(all))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Metadata, E> {
                Ok(Metadata::default())
            }

            // Some SDKs write an empty map as an empty list.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Metadata, A::Error> {
                match seq.next_element::<IgnoredAny>()? {
                    None => Ok(Metadata::default()),
                    Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
                }
            }
        }
        deserializer.deserialize_any(MetadataVisitor)
    }
}

/// Any JSON, kept as text that Postgres takes as jsonb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(pub String);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <Box<RawValue>>::deserialize(deserializer)?;
        let value: serde_json::Value = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
        Ok(Self(value.to_string().replace("\\u0000", "\\ufffd")))
    }
}

/// A list object: its entries, and whether there are more than these.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct List<T> {
    /// The entries shown. `None` where the list shows none of them, which is not the same as to
    /// have none.
    pub data: Option<Vec<T>>,
    /// Whether the object has more entries than are shown here; not so unless it says so.
    pub has_more: Option<bool>,
}

impl<T> List<T> {
    /// Whether these are all entries that there are.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.data.is_some() && self.has_more != Some(true)
    }

    /// The entries shown.
    #[must_use]
    pub fn entries(self) -> Vec<T> {
        self.data.unwrap_or_default()
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
        assert_eq!(read::<Json>(r#"{"a":"\u0000"}"#), Some(Json(r#"{"a":"\ufffd"}"#.to_owned())));
    }

    #[test]
    fn a_reference_is_an_id_or_an_object() {
        let cus = Some(Ref(Text("cus_1".to_owned())));
        assert_eq!(read::<Ref>(r#""cus_1""#), cus);
        assert_eq!(read::<Ref>(r#"{"object":"customer","id":"cus_1","deleted":true}"#), cus);
        assert_eq!(read::<Ref>(r#"{"object":"customer"}"#), None);
        assert_eq!(read::<Ref>("7"), None);
    }

    #[test]
    fn decimals_stay_exact() {
        for (json, numeral) in [
            (r#""0.000000000001""#, Some("0.000000000001")),
            ("12.10", Some("12.10")),
            ("-5", Some("-5")),
            (r#""1e5""#, None),
            ("1e5", None),
            (r#""""#, None),
            (r#""1.""#, None),
            (r#""NaN""#, None),
            ("true", None),
        ] {
            assert_eq!(read::<Decimal>(json).map(|it| it.0), numeral.map(str::to_owned), "{json}");
        }
    }

    #[test]
    fn a_list_without_its_entries_is_no_empty_list() {
        for (json, complete) in [
            (r#"{"data":[],"has_more":false}"#, true),
            (r#"{"data":["a"]}"#, true),
            (r#"{"data":["a"],"has_more":null}"#, true),
            (r#"{"data":["a"],"has_more":true}"#, false),
            (r#"{"data":null,"has_more":false}"#, false),
            (r#"{"object":"list","url":"/v1/x"}"#, false),
        ] {
            let list: Option<List<String>> = read(json);
            assert_eq!(list.map(|it| it.is_whole()), Some(complete), "{json}");
        }
    }

    #[test]
    fn metadata_in_its_odd_forms() {
        let one = Metadata(BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        assert_eq!(read::<Metadata>(r#"{"a":"b","gone":null}"#), Some(one));
        assert_eq!(read::<Metadata>("null"), Some(Metadata::default()));
        assert_eq!(read::<Metadata>("[]"), Some(Metadata::default()));
        assert_eq!(read::<Metadata>(r#"["a"]"#), None);
    }
}
