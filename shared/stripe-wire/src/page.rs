//! A page of a list, its entries unread.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A page of one of Stripe's lists, of either API version (STRIPE.md section 7.6).
#[derive(Debug)]
pub struct Page<'a> {
    /// The entries as they were sent.
    pub entries: Vec<&'a RawValue>,
    /// Whether more follow.
    pub has_more: bool,
    /// Version 2 alone: the path and query of the next page.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(default)]
    has_more: Option<bool>,
    #[serde(default)]
    next_page_url: Option<String>,
}

impl<'a> Page<'a> {
    /// Reads a page. `None` where it is none: what says neither whether more follow nor where is
    /// not taken for the end of a list.
    #[must_use]
    pub fn read(body: &'a str) -> Option<Self> {
        let it: Form<'a> = serde_json::from_str(body).ok()?;
        let second = it.has_more.is_none() && body.contains("\"next_page_url\"");
        let has_more = match it.has_more {
            Some(more) => more,
            None if second => it.next_page_url.is_some(),
            None => return None,
        };
        Some(Self { entries: it.data, has_more, next: it.next_page_url })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_both_versions() {
        let page =
            Page::read(r#"{"object":"list","data":[{"id":"a"},2],"has_more":true}"#).unwrap();
        let entries: Vec<&str> = page.entries.iter().map(|it| it.get()).collect();
        assert_eq!((entries, page.has_more), (vec![r#"{"id":"a"}"#, "2"], true));
        let page = Page::read(r#"{"data":[],"next_page_url":"/v2/x?page=1"}"#).unwrap();
        assert_eq!((page.has_more, page.next.as_deref()), (true, Some("/v2/x?page=1")));
        let page = Page::read(r#"{"data":[],"next_page_url":null}"#).unwrap();
        assert_eq!((page.has_more, page.next), (false, None));
    }

    #[test]
    fn what_is_no_page_is_not_taken_for_an_empty_one() {
        for body in ["", "{}", r#"{"data":[]}"#, r#"{"data":{},"has_more":false}"#, "[]"] {
            assert!(Page::read(body).is_none(), "{body}");
        }
    }
}
