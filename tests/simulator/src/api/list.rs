//! Lists and their pages (STRIPE.md 7.6): newest first, cut by `limit`, walked by the id of the
//! last or first object seen, filtered by ranges of `created`.

use super::error::ApiError;
use super::form::Form;
use serde_json::{Map, Value};

const LIMIT_DEFAULT: i64 = 10;
const LIMIT_MAX: i64 = 100;

/// The parameters that every list takes.
pub(super) const PAGING: &[&str] = &["limit", "starting_after", "ending_before"];

/// A range of creation seconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Created {
    from: i64,
    to: i64,
}

impl Created {
    /// `created=…` or `created[gt|gte|lt|lte]=…`.
    pub(super) fn parse(form: &Form) -> Result<Self, ApiError> {
        if let Some(exact) = form.integer("created")? {
            return Ok(Self { from: exact, to: exact });
        }
        let range = form.inner("created");
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
}

/// Rows, oldest first, and how to find one.
pub(super) struct Rows<'a, T> {
    pub(super) oldest_first: &'a [T],
    pub(super) place: &'a dyn Fn(&str) -> Option<usize>,
    pub(super) kind: &'a str,
}

/// One page of those rows that `keep` holds on to.
pub(super) fn page<T>(
    from: &Rows<'_, T>,
    form: &Form,
    url: &str,
    keep: impl Fn(&T) -> bool,
    render: impl Fn(&T) -> Value,
) -> Result<Value, ApiError> {
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
    let (mut found, has_more) = match (after, before) {
        (Some(_), Some(_)) => {
            let message = "You can only specify one of these parameters: starting_after, \
                           ending_before.";
            return Err(ApiError::invalid("ending_before", message));
        }
        // Walking towards the newest takes the oldest of them first.
        (None, Some(place)) => {
            let newer = from.oldest_first.get(place + 1..).unwrap_or_default();
            let (mut found, more) = take(newer.iter(), limit, keep);
            found.reverse();
            (found, more)
        }
        (after, None) => {
            let older = from
                .oldest_first
                .get(..after.unwrap_or(from.oldest_first.len()))
                .unwrap_or_default();
            take(older.iter().rev(), limit, keep)
        }
    };
    let data = found.drain(..).map(render).collect();
    Ok(Value::Object(Map::from_iter([
        ("object".to_owned(), Value::from("list")),
        ("data".to_owned(), Value::Array(data)),
        ("has_more".to_owned(), Value::from(has_more)),
        ("url".to_owned(), Value::from(url)),
    ])))
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
