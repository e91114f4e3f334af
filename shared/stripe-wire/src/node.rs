//! An object's JSON as a tree that borrows from the body.
//!
//! Versions differ in what they show and where, so fields are looked up by path in whatever came,
//! and read as what they should be. What is missing or null is not known; what has a shape that no
//! version gives it is an error. Whole numbers are exact; other numbers are marked, and
//! [`numeral`] finds their digits in the body, so that nothing that is counted with was ever a float.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use counterfoil_domain::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A value of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A whole number within 64 bits.
    Integer(i64),
    /// Any other number, by the shortest digits that a double of it has. Good for showing;
    /// [`numeral`] has the digits that were written.
    Numeral(String),
    /// Text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// An object, in the order of the body. The last of several entries of one key counts.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// A value has a shape that no version of Stripe's API gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has a shape that no version of Stripe's API gives it")]
pub struct WrongShape;

/// What a field holds, if it is shown.
pub type Field<T> = Result<Option<T>, WrongShape>;

impl<'a> Node<'a> {
    /// Reads a body.
    pub fn read(body: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(body)
    }

    /// The entry of an object, null or not.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries.iter().rev().find(|it| it.0 == key).map(|it| &it.1),
            Self::Null
            | Self::Flag(_)
            | Self::Integer(_)
            | Self::Numeral(_)
            | Self::Text(_)
            | Self::List(_) => None,
        }
    }

    /// What lies at a path of keys joined by points. What is missing on the way, null, or only
    /// named by its id is not shown.
    pub fn at(&self, path: &str) -> Field<&Self> {
        let mut node = self;
        for key in path.split('.') {
            match node {
                Self::Object(_) => match node.get(key) {
                    Some(Self::Null) | None => return Ok(None),
                    Some(next) => node = next,
                },
                // A reference that was not expanded.
                Self::Text(_) => return Ok(None),
                Self::Null
                | Self::Flag(_)
                | Self::Integer(_)
                | Self::Numeral(_)
                | Self::List(_) => {
                    return Err(WrongShape);
                }
            }
        }
        Ok(Some(node))
    }

    /// Text without NUL, which Postgres cannot hold: each becomes U+FFFD.
    pub fn text(&self) -> Result<String, WrongShape> {
        match self {
            Self::Text(text) => Ok(clean(text)),
            Self::Null
            | Self::Flag(_)
            | Self::Integer(_)
            | Self::Numeral(_)
            | Self::List(_)
            | Self::Object(_) => Err(WrongShape),
        }
    }

    /// A reference to another object: its id, or, where the sender expanded it, the object itself.
    pub fn reference(&self) -> Result<String, WrongShape> {
        match self {
            Self::Text(id) => Ok(clean(id)),
            Self::Object(_) => self.get("id").ok_or(WrongShape)?.text(),
            Self::Null | Self::Flag(_) | Self::Integer(_) | Self::Numeral(_) | Self::List(_) => {
                Err(WrongShape)
            }
        }
    }

    /// A whole number.
    pub fn integer(&self) -> Result<i64, WrongShape> {
        if let Self::Integer(it) = self { Ok(*it) } else { Err(WrongShape) }
    }

    /// Yes or no.
    pub fn flag(&self) -> Result<bool, WrongShape> {
        if let Self::Flag(it) = self { Ok(*it) } else { Err(WrongShape) }
    }

    /// A v1 time: whole seconds since the epoch.
    pub fn time(&self) -> Result<Timestamp, WrongShape> {
        Timestamp::from_unix_seconds(self.integer()?).map_err(|_| WrongShape)
    }

    /// The entries of a list.
    pub fn list(&self) -> Result<&[Self], WrongShape> {
        if let Self::List(it) = self { Ok(it) } else { Err(WrongShape) }
    }

    /// The ids of a list of references, as JSON.
    pub fn references(&self) -> Result<String, WrongShape> {
        let ids: Vec<String> =
            self.list()?.iter().map(Self::reference).collect::<Result<_, _>>()?;
        serde_json::to_string(&ids).map_err(|_| WrongShape)
    }

    /// Metadata: a map of texts, as JSON with its keys in order. A key with null, as
    /// `previous_attributes` writes a key that was not there, is dropped; an empty map may be
    /// written as an empty list.
    pub fn metadata(&self) -> Result<String, WrongShape> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        match self {
            Self::Object(entries) => {
                for (key, value) in entries {
                    match value {
                        Self::Null => all.remove(&clean(key)),
                        Self::Text(text) => all.insert(clean(key), clean(text)),
                        Self::Flag(_)
                        | Self::Integer(_)
                        | Self::Numeral(_)
                        | Self::List(_)
                        | Self::Object(_) => return Err(WrongShape),
                    };
                }
            }
            Self::List(entries) if entries.is_empty() => {}
            Self::Null
            | Self::Flag(_)
            | Self::Integer(_)
            | Self::Numeral(_)
            | Self::Text(_)
            | Self::List(_) => return Err(WrongShape),
        }
        serde_json::to_string(&all).map_err(|_| WrongShape)
    }

    /// Any JSON in its canonical form: keys in order, no blanks, no NUL. Nothing that is
    /// counted with is kept in this form: numbers that are not whole have the digits of a double.
    pub fn json(&self) -> Result<String, WrongShape> {
        let mut text = String::new();
        self.write_json(&mut text)?;
        Ok(text)
    }

    fn write_json(&self, out: &mut String) -> Result<(), WrongShape> {
        match self {
            Self::Null => out.push_str("null"),
            Self::Flag(it) => out.push_str(if *it { "true" } else { "false" }),
            Self::Integer(it) => out.push_str(&it.to_string()),
            Self::Numeral(it) => out.push_str(it),
            Self::Text(it) => write_text(it, out)?,
            Self::List(entries) => {
                out.push('[');
                for (at, entry) in entries.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    entry.write_json(out)?;
                }
                out.push(']');
            }
            Self::Object(entries) => {
                let sorted: BTreeMap<&str, &Node<'_>> =
                    entries.iter().map(|(key, value)| (key.as_ref(), value)).collect();
                out.push('{');
                for (at, (key, value)) in sorted.into_iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(key, out)?;
                    out.push(':');
                    value.write_json(out)?;
                }
                out.push('}');
            }
        }
        Ok(())
    }
}

fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.to_owned() }
}

fn write_text(text: &str, out: &mut String) -> Result<(), WrongShape> {
    out.push_str(&serde_json::to_string(&clean(text)).map_err(|_| WrongShape)?);
    Ok(())
}

/// One step of a path into a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The entry of an object.
    Key(&'a str),
    /// The entry of a list.
    Place(usize),
}

/// The digits of a number as the body writes them. `None` where the path leads to no number.
#[must_use]
pub fn numeral<'a>(body: &'a str, path: &[Step<'_>]) -> Option<&'a str> {
    let mut here = body.trim();
    for step in path {
        let next: &RawValue = match step {
            Step::Key(key) => {
                let all: BTreeMap<Cow<'a, str>, &'a RawValue> = serde_json::from_str(here).ok()?;
                all.get(*key).copied()?
            }
            Step::Place(place) => {
                let all: Vec<&'a RawValue> = serde_json::from_str(here).ok()?;
                all.get(*place).copied()?
            }
        };
        here = next.get();
    }
    is_decimal(here).then_some(here)
}

/// Digits with at most one point between them and an optional sign; no exponent, no blanks, and no
/// longer than any amount Stripe writes (12 decimals, STRIPE.md section 5.3).
#[must_use]
pub fn is_decimal(numeral: &str) -> bool {
    let digits = numeral.strip_prefix('-').unwrap_or(numeral);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    numeral.len() <= 40 && all_digits(whole) && all_digits(fraction)
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, it: bool) -> Result<Node<'de>, E> {
        Ok(Node::Flag(it))
    }

    fn visit_i64<E: Error>(self, it: i64) -> Result<Node<'de>, E> {
        Ok(Node::Integer(it))
    }

    fn visit_u64<E: Error>(self, it: u64) -> Result<Node<'de>, E> {
        Ok(i64::try_from(it).map_or_else(|_| Node::Numeral(it.to_string()), Node::Integer))
    }

    fn visit_f64<E: Error>(self, it: f64) -> Result<Node<'de>, E> {
        Ok(Node::Numeral(it.to_string()))
    }

    fn visit_borrowed_str<E: Error>(self, it: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(it)))
    }

    fn visit_str<E: Error>(self, it: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(it.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = seq.next_element()? {
            entries.push(entry);
        }
        Ok(Node::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut entries = Vec::with_capacity(16);
        while let Some(Key(key)) = map.next_key()? {
            entries.push((key, map.next_value()?));
        }
        Ok(Node::Object(entries))
    }
}

/// A key, borrowed where it is written without escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, it: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(it)))
            }

            fn visit_str<E: Error>(self, it: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(it.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node<'_> {
        Node::read(json).unwrap()
    }

    #[test]
    fn text_holds_no_nul() {
        assert_eq!(node(r#""a\u0000b""#).text(), Ok("a\u{FFFD}b".to_owned()));
        assert_eq!(node(r#""a\u0000""#).reference(), Ok("a\u{FFFD}".to_owned()));
        assert_eq!(node(r#"{"a":"\u0000"}"#).json(), Ok("{\"a\":\"\u{FFFD}\"}".to_owned()));
    }

    #[test]
    fn a_reference_is_an_id_or_an_object() {
        let cus = Ok("cus_1".to_owned());
        assert_eq!(node(r#""cus_1""#).reference(), cus);
        assert_eq!(node(r#"{"object":"customer","id":"cus_1"}"#).reference(), cus);
        assert_eq!(node(r#"{"object":"customer"}"#).reference(), Err(WrongShape));
        assert_eq!(node("7").reference(), Err(WrongShape));
        assert_eq!(node(r#"["a",{"id":"b"}]"#).references(), Ok(r#"["a","b"]"#.to_owned()));
    }

    #[test]
    fn paths_end_where_nothing_is_shown_and_fail_where_something_else_is() {
        let it = node(r#"{"a":{"b":1,"c":null},"d":"id","e":7,"a":{"b":2}}"#);
        assert_eq!(it.at("a.b"), Ok(Some(&Node::Integer(2))), "the last of one key counts");
        assert_eq!(it.at("a.c"), Ok(None));
        assert_eq!(it.at("d.deep"), Ok(None));
        assert_eq!(it.at("x.y"), Ok(None));
        assert_eq!(it.at("e.deep"), Err(WrongShape));
    }

    #[test]
    fn numbers_stay_exact() {
        let body = r#"{"a":12.10,"b":[{"c":0.000000000001}],"d":9223372036854775808,"e":1e5}"#;
        let it = node(body);
        assert!(matches!(it.get("a"), Some(Node::Numeral(_))));
        assert_eq!(it.get("d"), Some(&Node::Numeral("9223372036854775808".to_owned())));
        assert_eq!(numeral(body, &[Step::Key("a")]), Some("12.10"));
        let deep = [Step::Key("b"), Step::Place(0), Step::Key("c")];
        assert_eq!(numeral(body, &deep), Some("0.000000000001"));
        assert_eq!(numeral(body, &[Step::Key("e")]), None);
        assert_eq!(numeral(body, &[Step::Key("b")]), None);
        for (text, decimal) in
            [("-5", true), ("0.5", true), ("1.", false), ("", false), ("NaN", false), ("+1", false)]
        {
            assert_eq!(is_decimal(text), decimal, "{text}");
        }
    }

    #[test]
    fn metadata_in_its_odd_forms() {
        let some = Ok(r#"{"a":"b"}"#.to_owned());
        assert_eq!(node(r#"{"gone":null,"a":"b"}"#).metadata(), some);
        assert_eq!(node("[]").metadata(), Ok("{}".to_owned()));
        assert_eq!(node(r#"["a"]"#).metadata(), Err(WrongShape));
        assert_eq!(node(r#"{"a":1}"#).metadata(), Err(WrongShape));
    }

    #[test]
    fn json_has_one_form() {
        assert_eq!(
            node(r#"{"b": [1, true, null], "a": "\"x"}"#).json(),
            node(r#"{"a":"\"x","b":[1,true,null]}"#).json()
        );
        assert_eq!(node("[1.50]").json(), Ok("[1.5]".to_owned()));
    }
}
