//! What Stripe makes without an event. That such an object is not held is no delivery missed: lists
//! and later events bring it.

use counterfoil_domain::mirror::Row;

/// Objects that no event tells of, by table: all of them, or those with this in a column.
const SILENT: &[(&str, Option<(&str, &str)>, &str)] = &[
    ("entitlement_features", None, "features send no events"),
    ("billing_alerts", None, "an alert's events tell only that it was triggered"),
    ("checkout_sessions", Some(("status", "open")), "the opening of a session sends no event"),
    ("invoice_payments", Some(("status", "open")), "a payment that is not paid yet sends no event"),
    (
        "invoice_payments",
        Some(("status", "canceled")),
        "a payment that was never paid sends no event",
    ),
];

/// Why no event told of an object as it is shown. `None` where one did.
#[must_use]
pub fn untold(row: &Row) -> Option<&'static str> {
    SILENT
        .iter()
        .filter(|it| it.0 == row.table.name)
        .find(|(_, only, _)| only.is_none_or(|(column, value)| row.text(column) == Some(value)))
        .map(|it| it.2)
}

#[cfg(test)]
mod tests {
    use counterfoil_domain::mirror::ObjectKind;

    use super::*;
    use crate::project::project;

    fn untold_of(kind: ObjectKind, body: &str) -> Option<&'static str> {
        untold(project(kind, body, false).unwrap().change.row().unwrap())
    }

    #[test]
    fn what_no_event_told_of() {
        let open = r#"{"id":"cs_1","status":"open"}"#;
        let complete = r#"{"id":"cs_1","status":"complete"}"#;
        assert!(untold_of(ObjectKind::CheckoutSession, open).is_some());
        assert!(untold_of(ObjectKind::CheckoutSession, complete).is_none());
        assert!(untold_of(ObjectKind::EntitlementFeature, r#"{"id":"feat_1"}"#).is_some());
        assert!(untold_of(ObjectKind::Customer, r#"{"id":"cus_1"}"#).is_none());
    }

    #[test]
    fn every_entry_is_a_column_of_a_table() {
        for (table, only, why) in SILENT {
            let table = crate::object::tables().find(|it| it.name == *table).unwrap();
            assert!(why.len() > 10);
            if let Some((column, _)) = only {
                assert!(table.columns.iter().any(|it| it.name == *column), "{column}");
            }
        }
    }
}
