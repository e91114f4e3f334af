//! A message before it is published: always persistent, always mandatory.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;

/// The longest text a header carries, in bytes; longer ones are cut at a character's boundary.
///
/// All headers of a message must fit in one frame of the protocol (128 KiB here). One that does not
/// makes the broker close the connection, and everybody else's publishes break with it. So the
/// bound is held where headers are made.
pub const HEADER_BYTES_MAX: usize = 4_096;

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// A text of at most [`HEADER_BYTES_MAX`] bytes.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// A small map of typed headers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(BTreeMap<Cow<'static, str>, HeaderValue>);

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a text; it is cut after [`HEADER_BYTES_MAX`] bytes.
    pub fn set_text(&mut self, name: impl Into<Cow<'static, str>>, text: impl Into<String>) {
        let mut text = text.into();
        text.truncate(text.floor_char_boundary(HEADER_BYTES_MAX));
        self.0.insert(name.into(), HeaderValue::Text(text));
    }

    /// Sets a number.
    pub fn set_number(&mut self, name: impl Into<Cow<'static, str>>, number: i64) {
        self.0.insert(name.into(), HeaderValue::Number(number));
    }

    /// Sets a flag.
    pub fn set_flag(&mut self, name: impl Into<Cow<'static, str>>, flag: bool) {
        self.0.insert(name.into(), HeaderValue::Flag(flag));
    }

    /// The text under this name, if there is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            HeaderValue::Text(text) => Some(text),
            HeaderValue::Number(_) | HeaderValue::Flag(_) => None,
        }
    }

    /// The number under this name, if there is one.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            HeaderValue::Number(number) => Some(*number),
            HeaderValue::Text(_) | HeaderValue::Flag(_) => None,
        }
    }

    /// The flag under this name, if there is one.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            HeaderValue::Flag(flag) => Some(*flag),
            HeaderValue::Text(_) | HeaderValue::Number(_) => None,
        }
    }

    /// Every header, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Takes the map apart.
    pub(crate) fn into_parts(self) -> impl Iterator<Item = (Cow<'static, str>, HeaderValue)> {
        self.0.into_iter()
    }

    /// Takes a header out.
    pub(crate) fn remove(&mut self, name: &str) -> Option<HeaderValue> {
        self.0.remove(name)
    }
}

/// A message to publish. It is stored on disk by the broker before it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What the message is about, such as the event's id. It survives retries and parking. At
    /// most [`HEADER_BYTES_MAX`] bytes; the rest is cut.
    pub id: String,
    /// What form the body has; at most 255 bytes, the rest is cut.
    pub kind: String,
    /// Facts beside the body.
    pub headers: Headers,
    /// The body, published as it is.
    pub body: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_keep_their_types_and_are_cut_at_the_bound() {
        let mut headers = Headers::new();
        headers.set_text("text", "a");
        headers.set_number("number", -1);
        headers.set_flag("flag", true);
        headers.set_text("long", format!("{}äx", "a".repeat(HEADER_BYTES_MAX - 1)));
        assert_eq!(headers.text("text"), Some("a"));
        assert_eq!(headers.number("text"), None);
        assert_eq!(headers.number("number"), Some(-1));
        assert_eq!(headers.flag("number"), None);
        assert_eq!(headers.flag("flag"), Some(true));
        assert_eq!(headers.text("flag"), None);
        assert_eq!(headers.text("long").map(str::len), Some(HEADER_BYTES_MAX - 1));
        assert_eq!(headers.text("absent"), None);
    }
}
