//! What Stripe makes, or brings into a state, without an event. That such an object is not held, or not
//! in that state, is no delivery missed: lists and later events bring it.

use counterfoil_domain::mirror::Row;

/// Objects that no event tells of.
struct Silent {
    /// Their table.
    table: &'static str,
    /// Only those with this value in this column; else all.
    only: Option<(&'static str, &'static str)>,
    why: &'static str,
}

const fn all(table: &'static str, why: &'static str) -> Silent {
    Silent { table, only: None, why }
}

const fn with(table: &'static str, status: &'static str, why: &'static str) -> Silent {
    Silent { table, only: Some(("status", status)), why }
}

const SILENT: &[Silent] = &[
    all("entitlement_features", "features send no events"),
    all("billing_alerts", "an alert's events tell only that it was triggered"),
    with("checkout_sessions", "open", "the opening of a session sends no event"),
    with("invoice_payments", "open", "a payment that is not paid yet sends no event"),
    with("invoice_payments", "canceled", "a payment that was never paid sends no event"),
];

/// Why no event told of an object as it is shown. `None` where one did.
#[must_use]
pub fn untold(row: &Row) -> Option<&'static str> {
    SILENT
        .iter()
        .filter(|it| it.table == row.table.name)
        .find(|it| it.only.is_none_or(|(column, value)| row.text(column) == Some(value)))
        .map(|it| it.why)
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
        for Silent { table, only, why } in SILENT {
            let table = crate::object::tables().find(|it| it.name == *table).unwrap();
            assert!(why.len() > 10);
            if let Some((column, _)) = only {
                assert!(table.columns.iter().any(|it| it.name == *column), "{column}");
            }
        }
    }
}
