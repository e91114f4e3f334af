//! The W3C `traceparent` header: which trace a request belongs to.
//!
//! Read from whoever calls, written to messages, so that one trace runs from the webhook to the
//! row. A header that is not exactly right is dropped: a wrong trace is worse than none.

use std::fmt;

/// A trace and the span in it that caused the present work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

/// The flag of a trace that its caller records.
const SAMPLED: u8 = 0x01;

impl TraceParent {
    /// Reads a header value as the W3C recommendation "Trace Context" says: lowercase hex, no zero
    /// ids, version `ff` refused, later versions read by the fields of version `00`.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let parent_id = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = u8::try_from(hex(parts.next()?, 2)?).ok()?;
        let has_more = parts.next().is_some();
        if version == 0xff || (version == 0 && has_more) || trace_id == 0 || parent_id == 0 {
            return None;
        }
        Some(Self { trace_id, parent_id, flags })
    }

    /// The id of the whole trace, as 32 hex digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// Whether the caller records this trace.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

impl fmt::Display for TraceParent {
    /// Writes the header value in version `00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags)
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lowercase = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    if text.len() != digits || !text.bytes().all(lowercase) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn check(header: &str, written: Option<&str>) {
        assert_eq!(
            TraceParent::parse(header).map(|it| it.to_string()).as_deref(),
            written,
            "{header:?}"
        );
    }

    #[test]
    fn only_an_exact_header_is_a_trace() {
        check(GOOD, Some(GOOD));
        check(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
        );
        check("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what", Some(GOOD));
        check("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what", None);
        check("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
        check("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", None);
        check("00-00000000000000000000000000000000-b7ad6b7169203331-01", None);
        check("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", None);
        check("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", None);
        check("00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01", None);
        check("+0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
        check("", None);
    }

    #[test]
    fn what_a_trace_tells() {
        let it = TraceParent::parse(GOOD).unwrap();
        assert_eq!(it.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert!(it.is_sampled());
    }
}
