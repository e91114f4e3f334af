//! Lists and their pages (STRIPE.md 7.6): newest first, cut by `limit`, walked by the id of the
//! last or first object seen, filtered by ranges of `created`.

use super::error::ApiError;
use super::form::Form;
use serde_json::{Map, Value};
use std::ops;

const LIMIT_DEFAULT: i64 = 10;
const LIMIT_MAX: i64 = 100;

/// The parameters that every list takes.
pub(super) const PAGING: &[&str] = &["limit", "starting_after", "ending_before"];

/// A range of seconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Within {
    from: i64,
    to: i64,
}

impl Within {
    /// `created=…` or `created[gt|gte|lt|lte]=…`.
    pub(super) fn parse(form: &Form, name: &'static str) -> Result<Self, ApiError> {
        if let Some(exact) = form.integer(name)? {
            return Ok(Self { from: exact, to: exact });
        }
        let range = form.inner(name);
        range.only(&["gt", "gte", "lt", "lte"])?;
        let gt = range.integer("gt")?.map(|second| second.saturating_add(1));
        let lt = range.integer("lt")?.map(|second| second.saturating_sub(1));
        let from = gt.max(range.integer("gte")?).unwrap_or(i64::MIN);
        let to = match (lt, range.integer("lte")?) {
            (Some(lt), Some(lte)) => lt.min(lte),
            (one, other) => one.or(other).unwrap_or(i64::MAX),
        };
        Ok(Self { from, to })
    }

    pub(super) fn holds(self, second: i64) -> bool {
        (self.from..=self.to).contains(&second)
    }

    /// Whether it holds a second that may be absent, which only an unbounded range does.
    pub(super) fn holds_some(self, second: Option<i64>) -> bool {
        match second {
            Some(second) => self.holds(second),
            None => (self.from, self.to) == (i64::MIN, i64::MAX),
        }
    }
}

/// Rows, oldest first, and how to find one.
pub(super) struct Rows<'a, T> {
    pub(super) oldest_first: &'a [T],
    pub(super) place: &'a dyn Fn(&str) -> Option<usize>,
    pub(super) kind: &'a str,
    /// The places that can be on a page at all.
    span: ops::Range<usize>,
}

impl<'a, T> Rows<'a, T> {
    pub(super) fn new(
        oldest_first: &'a [T],
        place: &'a dyn Fn(&str) -> Option<usize>,
        kind: &'a str,
    ) -> Self {
        Self { oldest_first, place, kind, span: 0..oldest_first.len() }
    }

    /// Leaves out what is at no place from the first to the last of these.
    pub(super) fn among(mut self, places: impl Iterator<Item = usize> + Clone) -> Self {
        let first = places.clone().min().unwrap_or(self.span.end);
        let end = places.max().map_or(first, |last| last + 1);
        self.span = self.span.start.max(first)..self.span.end.min(end);
        self
    }

    /// Leaves out what cannot be of these seconds. The rows have to be in the order of the
    /// seconds that `created` tells.
    pub(super) fn made_within(mut self, range: Within, created: impl Fn(&T) -> i64) -> Self {
        self.span = self.oldest_first.partition_point(|row| created(row) < range.from)
            ..self.oldest_first.partition_point(|row| created(row) <= range.to);
        self
    }
}

/// The rows of one page, and whether there are more behind it.
pub(super) struct Page<'a, T> {
    pub(super) rows: Vec<&'a T>,
    pub(super) has_more: bool,
}

/// One page of those rows that `keep` holds on to.
pub(super) fn page<T>(
    from: &Rows<'_, T>,
    form: &Form,
    url: &str,
    keep: impl Fn(&T) -> bool,
    render: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
    let Page { rows, has_more } = cut(from, form, keep)?;
    let data = rows.into_iter().map(render).collect();
    Ok(Value::Object(Map::from_iter([
        ("object".to_owned(), Value::from("list")),
        ("data".to_owned(), Value::Array(data)),
        ("has_more".to_owned(), Value::from(has_more)),
        ("url".to_owned(), Value::from(url)),
    ])))
}

/// Cuts a page out of those rows that `keep` holds on to.
pub(super) fn cut<'a, T>(
    from: &Rows<'a, T>,
    form: &Form,
    keep: impl Fn(&T) -> bool,
) -> Result<Page<'a, T>, ApiError> {
    let limit = form.integer("limit")?.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("Invalid integer: limit must be between 1 and {LIMIT_MAX}");
        return Err(ApiError::invalid("limit", &message));
    }
    let limit = usize::try_from(limit).unwrap_or(1);
    let cursor = |name: &'static str| {
        form.text(name)
            .filter(|id| !id.is_empty())
            .map(|id| (from.place)(id).ok_or_else(|| missing_cursor(from.kind, id, name)))
            .transpose()
    };
    let (after, before) = (cursor("starting_after")?, cursor("ending_before")?);
    let span = &from.span;
    let (rows, has_more) = match (after, before) {
        (Some(_), Some(_)) => {
            let message = "You can only specify one of these parameters: starting_after, \
                           ending_before.";
            return Err(ApiError::invalid("ending_before", message));
        }
        // Walking towards the newest takes the oldest of them first.
        (None, Some(place)) => {
            let newer = from.oldest_first.get(span.start.max(place + 1)..span.end);
            let (mut found, more) = take(newer.unwrap_or_default().iter(), limit, keep);
            found.reverse();
            (found, more)
        }
        (after, None) => {
            let end = after.map_or(span.end, |place| place.min(span.end));
            let older = from.oldest_first.get(span.start..end).unwrap_or_default();
            take(older.iter().rev(), limit, keep)
        }
    };
    Ok(Page { rows, has_more })
}

fn take<'a, T: 'a>(
    rows: impl Iterator<Item = &'a T>,
    limit: usize,
    keep: impl Fn(&T) -> bool,
) -> (Vec<&'a T>, bool) {
    let mut found: Vec<&T> = rows.filter(|row| keep(row)).take(limit + 1).collect();
    let has_more = found.len() > limit;
    found.truncate(limit);
    (found, has_more)
}

/// A cursor that names no object of the list; the exact code is not published.
fn missing_cursor(kind: &str, id: &str, param: &'static str) -> ApiError {
    let mut error = ApiError::missing(kind, id, param);
    error.status = http::StatusCode::BAD_REQUEST;
    error
}
