//! One part of a list, read, against the rows that should be in it.

use std::collections::BTreeMap;

use counterfoil_domain::mirror::{ObjectKind, Projection, Value};
use counterfoil_domain::reconcile::{HeldHead, Leaf, ShownHead, Suspicion, compare_leaf};
use counterfoil_domain::{Scope, Timestamp};
use counterfoil_projection::{ProjectionError, project};
use counterfoil_store::{HeldRow, Seen, Store, Suspect};
use counterfoil_stripe_client::{Listed, Listing, StripeError};
use counterfoil_stripe_wire::page::Page;

use crate::call::Shown;
use crate::compare::{HeldChildren, compare_rows};
use crate::turn::JobError;

/// An entry of a page.
pub(super) struct Entry<'a> {
    pub(super) text: &'a str,
    pub(super) projection: Projection,
    /// The second in which it was made.
    pub(super) made: Option<i64>,
}

/// What a step gathers before it notes where it is.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) pages: i64,
    pub(super) objects: i64,
    pub(super) known: u64,
    pub(super) suspects: Vec<Suspect>,
    pub(super) seen: Vec<Seen>,
}

/// Compares entries with what is held of them and of what else should be among them, column by column
/// and child by child. Answers the sum of the rows' prints, where nothing differs at all.
pub(super) async fn compare(
    store: &Store,
    scope: &Scope,
    kind: ObjectKind,
    entries: &[&Entry<'_>],
    (held, second): (&[HeldRow], Timestamp),
    gathered: &mut Gathered,
) -> Result<Option<i128>, JobError> {
    let ids: Vec<&str> = held.iter().map(|it| it.row.id.as_str()).collect();
    let children = HeldChildren::read(store, kind, &ids, scope).await?;
    let by_id: BTreeMap<&str, &HeldRow> = ids.iter().copied().zip(held).collect();
    let mut shown = Vec::with_capacity(entries.len());
    for it in entries {
        let projection = &it.projection;
        let held = by_id.get(projection.id.as_str()).copied();
        let alike = held.is_some() && !projection.change.is_deletion() && {
            !compare_rows(store, scope, (held, &children), projection).await?.differs()
        };
        let complete = projection.is_complete() && !projection.hidden;
        shown.push(ShownHead { id: &projection.id, alike, complete });
    }
    let heads: Vec<HeldHead<'_>> = held
        .iter()
        .map(|it| HeldHead { id: &it.row.id, second: it.sighted_at, deleted: it.deleted })
        .collect();
    let equal = suspect(kind, entries, (&shown, &heads), second, gathered);
    let prints = held.iter().chain(children.all()).map(|it| i128::from(it.print));
    Ok(equal.then(|| prints.sum()))
}

/// Notes what is to be looked at more closely. Answers whether nothing differs at all.
pub(super) fn suspect(
    kind: ObjectKind,
    entries: &[&Entry<'_>],
    (shown, held): (&[ShownHead<'_>], &[HeldHead<'_>]),
    second: Timestamp,
    gathered: &mut Gathered,
) -> bool {
    let Leaf { suspects, known, equal } = compare_leaf(shown, held, second);
    gathered.known += known;
    gathered.objects += i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if suspects.is_empty() {
        return equal;
    }
    let by_id: BTreeMap<&str, &&Entry<'_>> =
        entries.iter().map(|it| (it.projection.id.as_str(), it)).collect();
    for (id, suspicion) in suspects {
        // What was not shown whole is asked for by itself.
        let shown = by_id.get(id.as_str()).filter(|_| suspicion == Suspicion::Shown);
        gathered.suspects.push(Suspect {
            kind,
            shown_at: shown.map(|_| second),
            body: shown.map(|it| it.text.to_owned()),
            id,
            suspicion,
        });
    }
    equal
}

/// A page, its entries read.
pub(super) struct Entries<'a> {
    pub(super) all: Vec<Entry<'a>>,
    pub(super) has_more: bool,
    /// Whether one was left out because it could not be read: its row is then asked for by itself, and
    /// that answer says what is wrong.
    pub(super) left_out: bool,
}

/// Reads the entries of a page.
pub(super) fn entries<'a>(
    kind: ObjectKind,
    listing: Listing,
    made: &str,
    listed: &'a Shown<Listed>,
) -> Result<Entries<'a>, JobError> {
    let page = read(listing, &listed.it)?;
    let count = page.entries.len();
    let read = page.entries.into_iter().filter_map(|it| match entry(kind, it.get(), made) {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::warn!(kind = kind.as_str(), %error, "an entry of a list cannot be read");
            None
        }
    });
    let all: Vec<Entry<'a>> = read.collect();
    Ok(Entries { left_out: all.len() < count, has_more: page.has_more, all })
}

pub(super) fn entry<'a>(
    kind: ObjectKind,
    text: &'a str,
    made: &str,
) -> Result<Entry<'a>, ProjectionError> {
    let projection = project(kind, text, false)?;
    let made = match projection.change.row().and_then(|it| it.get(made)) {
        Some(Value::Time(it)) => Some(it.unix_seconds()),
        _ => None,
    };
    Ok(Entry { text, projection, made })
}

pub(super) fn read(listing: Listing, listed: &Listed) -> Result<Page<'_>, JobError> {
    Page::read(&listed.body).ok_or_else(|| unreadable(listing))
}

pub(super) fn unreadable(listing: Listing) -> JobError {
    let what = "it is no page of a list";
    JobError::Stripe(StripeError::Unreadable { operation: listing.operation, what })
}

/// The second of the oldest entry. A page that is not the last, and of which nothing says when it
/// was made, would be taken for the end of its list.
pub(super) fn oldest(
    listing: Listing,
    entries: &[Entry<'_>],
    has_more: bool,
) -> Result<Option<i64>, JobError> {
    let oldest = entries.iter().filter_map(|it| it.made).min();
    if has_more && oldest.is_none() { Err(unreadable(listing)) } else { Ok(oldest) }
}

pub(super) fn id_of(text: &str) -> Option<String> {
    let it: serde_json::Value = serde_json::from_str(text).ok()?;
    it["id"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use counterfoil_stripe_client::listing_of;

    use super::*;

    #[test]
    fn an_entry_that_cannot_be_read_is_told_of() {
        let kind = ObjectKind::Customer;
        let listing = listing_of(kind).unwrap();
        let left_out = |data: &str| {
            let body = format!(r#"{{"data":[{data}],"has_more":true}}"#);
            let it = Listed { body, date: Timestamp::EPOCH };
            let shown = Shown { it, second: Timestamp::EPOCH };
            let page = entries(kind, listing, "created", &shown).unwrap();
            (page.all.len(), page.has_more, page.left_out)
        };
        assert_eq!(left_out(r#"{"id":"cus_1","created":5}"#), (1, true, false));
        assert_eq!(left_out(r#"{"id":"cus_1","created":5},{"name":"nobody"}"#), (1, true, true));
    }
}
