//! Lists of version 2 (STRIPE.md 7.6): newest first, cut by `limit`, walked by the addresses of
//! the next and the previous page, which keep the filters they were asked with.

use super::Call;
use crate::api::error::ApiError;
use crate::api::percent::encode;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Unverified: the length of a page that asks for none, and of the longest.
const LIMIT_DEFAULT: i64 = 20;
const LIMIT_MAX: i64 = 100;

/// The parameters that every list takes.
pub(super) const PAGING: &[&str] = &["limit", "page"];

/// What a page's token begins with, before the id of the object it borders on.
const AFTER: &str = "page_after_";
const BEFORE: &str = "page_before_";

/// Rows, oldest first, and how one is found and named.
pub(super) struct Rows<'a, T> {
    pub(super) oldest_first: &'a [T],
    pub(super) place: &'a dyn Fn(&str) -> Option<usize>,
    pub(super) id: fn(&T) -> &str,
}

/// One page of those rows that `keep` holds on to.
pub(super) fn page<T>(
    from: &Rows<'_, T>,
    call: &Call<'_>,
    keep: impl Fn(&T) -> bool,
    render: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let limit = call.params.integer("limit")?.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("Invalid value for limit: it must be between 1 and {LIMIT_MAX}.");
        return Err(ApiError::invalid("limit", &message));
    }
    let limit = usize::try_from(limit).unwrap_or(1);
    let token = call.params.text("page")?.unwrap_or_default();
    let invalid = || ApiError::invalid("page", "Invalid value for page: it names no page.");
    let placed = |id: &str| (from.place)(id).ok_or_else(invalid);
    let all = from.oldest_first.len();
    let found: Vec<&T> = if let Some(id) = token.strip_prefix(BEFORE) {
        let newer = from.oldest_first.get(placed(id)? + 1..).unwrap_or_default();
        let mut found: Vec<&T> = newer.iter().filter(|row| keep(row)).take(limit).collect();
        found.reverse();
        found
    } else {
        let end = match token.strip_prefix(AFTER) {
            Some(id) => placed(id)?,
            None if token.is_empty() => all,
            None => return Err(invalid()),
        };
        let older = from.oldest_first.get(..end).unwrap_or_default();
        older.iter().rev().filter(|row| keep(row)).take(limit).collect()
    };
    let bordering = |row: Option<&&T>, before: bool| {
        let id = (from.id)(row?);
        let place = (from.place)(id)?;
        let beyond = if before { place + 1..all } else { 0..place };
        let more = from.oldest_first.get(beyond)?.iter().any(&keep);
        let side = if before { BEFORE } else { AFTER };
        more.then(|| address(call, &format!("{side}{id}")))
    };
    Ok(json!({
        "data": found.iter().map(|row| render(row)).collect::<Vec<Value>>(),
        "next_page_url": bordering(found.last(), false),
        "previous_page_url": bordering(found.first(), true),
    }))
}

/// The same list at another page.
fn address(call: &Call<'_>, page: &str) -> String {
    let mut address = format!("{}?", call.path);
    for (name, value) in call.params.pairs() {
        if name != "page" {
            // Writing into a text cannot fail.
            let _ = write!(address, "{}={}&", encode(&name), encode(&value));
        }
    }
    address.push_str("page=");
    address.push_str(page);
    address
}
