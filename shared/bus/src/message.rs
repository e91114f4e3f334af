//! A message before it is published: always persistent, always mandatory.

use bytes::Bytes;
use lapin::types::{AMQPValue, FieldTable};

use crate::wire::short;

/// The longest text a header carries, in bytes; longer ones are cut at a character's boundary.
///
/// All headers of a message must fit in one frame of the protocol (128 KiB here). One that does not
/// makes the broker close the connection, and everybody else's publishes break with it. So the
/// bound is held where headers are made.
pub const HEADER_BYTES_MAX: usize = 4_096;

/// A small map of typed headers.
///
/// It is kept in the protocol's own form, so that a message's headers are built once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Headers(FieldTable);

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a text; it is cut after [`HEADER_BYTES_MAX`] bytes.
    pub fn set_text(&mut self, name: &str, text: impl Into<String>) {
        let mut text = text.into();
        text.truncate(text.floor_char_boundary(HEADER_BYTES_MAX));
        self.set(name, AMQPValue::LongString(text.into()));
    }

    /// Sets a number.
    pub fn set_number(&mut self, name: &str, number: i64) {
        self.set(name, AMQPValue::LongLongInt(number));
    }

    /// Sets a flag.
    pub fn set_flag(&mut self, name: &str, flag: bool) {
        self.set(name, AMQPValue::Boolean(flag));
    }

    /// The text under this name, if there is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.0.inner().get(name)?.as_long_string()?.as_bytes()).ok()
    }

    /// The number under this name, if there is one.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.0.inner().get(name)?.as_long_long_int()
    }

    /// The flag under this name, if there is one.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.inner().get(name)?.as_bool()
    }

    /// How many headers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.inner().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.inner().is_empty()
    }

    /// The headers in the protocol's form.
    pub(crate) fn into_table(self) -> FieldTable {
        self.0
    }

    fn set(&mut self, name: &str, value: AMQPValue) {
        self.0.insert(short(name.to_owned()), value);
    }
}

/// A message to publish. It is stored on disk by the broker before it is confirmed.
#[derive(Debug, Clone, PartialEq)]
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
