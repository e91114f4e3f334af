//! Whether what differed is drift, once everything that was on its way has had time to arrive.

use crate::absorb::{Held, Ruling, Seen, rule};
use crate::freshness::Sighting;
use crate::mirror::{ObjectKind, Projection, Row, Value};
use crate::reconcile::finding::FindingType;
use std::collections::BTreeMap;

/// What is weighed.
#[derive(Debug, Clone, Copy)]
pub struct Weighing<'a> {
    /// What is held by now.
    pub held: Option<Held>,
    /// When and what Stripe showed.
    pub sighting: Sighting,
    /// What that means.
    pub projection: &'a Projection,
    /// Whether the rows' columns differ. Contents may differ in ways that no column shows.
    pub columns_differ: bool,
    /// Whether children differ in being there.
    pub children_differ: bool,
    /// Why no event told of what differs, where none did.
    pub untold: Option<&'static str>,
}

/// What a difference turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighed {
    /// It is none any more: an event brought it meanwhile, or a later state.
    Explained(&'static str),
    /// Stripe's state is right and ours is old, in a way that happens in a healthy system; it is
    /// absorbed and not counted as drift.
    Ordinary(&'static str),
    /// The halves differ.
    Drift(FindingType),
}

/// The event arrived while the run waited.
const ARRIVED: &str = "its event arrived meanwhile";
/// The object is not held and is gone there.
const GONE_ON_BOTH_SIDES: &str = "it is gone on both sides";
/// Nothing that is kept differs.
const NOTHING_KEPT_DIFFERS: &str = "nothing that is kept of it differs";
/// A checkout or a first payment that nobody finished.
const ABANDONED: &str = "a checkout that nobody finished";
/// An object of a test clock, whose time runs as somebody moves it.
const TEST_CLOCK: &str = "it lives by a test clock";

/// Weighs one difference. The same rule that judges events says whether the sighting is newer than
/// what is held.
#[must_use]
pub fn weigh(it: Weighing<'_>) -> Weighed {
    let deletes = it.projection.change.is_deletion();
    match it.held {
        None if deletes => return Weighed::Explained(GONE_ON_BOTH_SIDES),
        Some(held) if held.deleted && deletes => return Weighed::Explained(GONE_ON_BOTH_SIDES),
        // A customer without entitlements is told of by no event.
        None if it.projection.kind == ObjectKind::ActiveEntitlementSummary
            && it.projection.children.iter().all(|it| it.rows.is_empty()) =>
        {
            return Weighed::Explained(NOTHING_KEPT_DIFFERS);
        }
        None | Some(_) => {}
    }
    let seen = Seen { sighting: it.sighting, projection: Some(it.projection), asked: true };
    let ruled = rule(it.held, &[seen], &BTreeMap::new(), false);
    let newer = ruled.write.is_some() && ruled.rulings.first() != Some(&Ruling::Duplicate);
    if !newer {
        return Weighed::Explained(ARRIVED);
    }
    if let Some(why) = it.projection.change.row().and_then(ordinary).or(it.untold) {
        return Weighed::Ordinary(why);
    }
    let held = it.held.filter(|held| !held.deleted);
    let entitlement = it.projection.kind == ObjectKind::ActiveEntitlementSummary;
    match (held, deletes) {
        _ if entitlement => Weighed::Drift(FindingType::Entitlement),
        (None, _) => Weighed::Drift(FindingType::MissingHere),
        (Some(_), true) => Weighed::Drift(FindingType::MissingThere),
        (Some(_), false) if it.columns_differ => Weighed::Drift(FindingType::FieldDiffers),
        (Some(_), false) if it.children_differ => Weighed::Drift(FindingType::RemovedChild),
        (Some(_), false) => Weighed::Explained(NOTHING_KEPT_DIFFERS),
    }
}

/// Why an object's state may be missed without anybody being wrong.
fn ordinary(row: &Row) -> Option<&'static str> {
    if row.text("test_clock").is_some() {
        return Some(TEST_CLOCK);
    }
    let status = row.text("status");
    match row.table.name {
        "checkout_sessions" if status == Some("expired") => Some(ABANDONED),
        "subscriptions" if status == Some("incomplete_expired") => Some(ABANDONED),
        "payment_intents" | "setup_intents"
            if status == Some("canceled")
                && matches!(row.get("cancellation_reason"), Some(Value::Text(it)) if it == "abandoned" || it == "automatic") =>
        {
            Some(ABANDONED)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::freshness::Digest;
    use crate::mirror::{Change, Column, Owner, Table, Type};
    use crate::timestamp::Timestamp;

    static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
        name: "subscriptions",
        parent: None,
        owner: Owner::Column("customer"),
        columns: ["status", "test_clock"]
            .map(|name| Column { name, of: Type::Text, personal: false })
            .to_vec(),
    });

    fn sighting(at: i64, byte: u8) -> Sighting {
        let second = Timestamp::from_unix_seconds(at).unwrap();
        Sighting { second, digest: Digest::from_bytes([byte; 16]) }
    }

    fn held(at: i64, byte: u8, deleted: bool) -> Held {
        Held { sighting: sighting(at, byte), deleted }
    }

    fn shown(status: Option<&str>, clock: Option<&str>) -> Projection {
        let text = |it: Option<&str>| it.map(|it| Value::Text(it.to_owned()));
        let row =
            Row { table: &TABLE, id: "sub_1".to_owned(), values: vec![text(status), text(clock)] };
        let change = if status.is_some() { Change::Present(row) } else { Change::Gone };
        let digest = Digest::from_bytes([2; 16]);
        let kind = ObjectKind::Subscription;
        let id = "sub_1".to_owned();
        Projection { kind, id, change, children: Vec::new(), hidden: false, digest }
    }

    /// Stripe showed it in second 10; whether columns and children differ.
    #[track_caller]
    fn check(
        held: impl Into<Option<Held>>,
        projection: &Projection,
        differ: (bool, bool),
        expected: Weighed,
    ) {
        let (columns_differ, children_differ) = differ;
        let (sighting, held) = (sighting(10, 2), held.into());
        let untold = None;
        let it = Weighing { held, sighting, projection, columns_differ, children_differ, untold };
        assert_eq!(weigh(it), expected);
    }

    #[test]
    fn what_arrived_meanwhile_is_no_drift() {
        let active = shown(Some("active"), None);
        check(held(10, 2, false), &active, (false, false), Weighed::Explained(ARRIVED));
        check(held(5, 2, false), &active, (false, false), Weighed::Explained(NOTHING_KEPT_DIFFERS));
        check(held(12, 3, false), &active, (true, false), Weighed::Explained(ARRIVED));
        // Of the same second and otherwise: the next run will tell.
        check(held(10, 3, false), &active, (true, false), Weighed::Explained(ARRIVED));
    }

    #[test]
    fn what_stays_different_is_drift() {
        use FindingType::{FieldDiffers, MissingHere, MissingThere, RemovedChild};
        let (active, gone) = (shown(Some("active"), None), shown(None, None));
        check(held(5, 1, false), &active, (true, true), Weighed::Drift(FieldDiffers));
        check(held(5, 1, false), &active, (false, true), Weighed::Drift(RemovedChild));
        check(held(5, 1, true), &active, (true, false), Weighed::Drift(MissingHere));
        check(None, &active, (false, false), Weighed::Drift(MissingHere));
        check(held(5, 1, false), &gone, (false, false), Weighed::Drift(MissingThere));
        check(held(5, 1, true), &gone, (false, false), Weighed::Explained(GONE_ON_BOTH_SIDES));
        check(None, &gone, (false, false), Weighed::Explained(GONE_ON_BOTH_SIDES));
    }

    #[test]
    fn what_is_ordinary_is_no_drift() {
        let abandoned = shown(Some("incomplete_expired"), None);
        check(held(5, 1, false), &abandoned, (true, false), Weighed::Ordinary(ABANDONED));
        check(None, &abandoned, (false, false), Weighed::Ordinary(ABANDONED));
        let clock = shown(Some("active"), Some("clock_1"));
        check(held(5, 1, false), &clock, (true, false), Weighed::Ordinary(TEST_CLOCK));
    }
    #[test]
    fn what_no_event_told_of_is_no_drift() {
        let active = shown(Some("active"), None);
        let it = Weighing {
            held: Some(held(5, 1, false)),
            sighting: sighting(10, 2),
            projection: &active,
            columns_differ: true,
            children_differ: false,
            untold: Some("nobody says so"),
        };
        assert_eq!(weigh(it), Weighed::Ordinary("nobody says so"));
        // What is held already stays explained.
        let it = Weighing { held: Some(held(12, 2, false)), ..it };
        assert_eq!(weigh(it), Weighed::Explained(ARRIVED));
    }
}
