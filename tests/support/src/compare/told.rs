//! Which tables can be held against the truth, and how far.

use counterfoil_fields::Table;

/// What the truth knows of a table's rows, and what events told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Each object came with an event: each has a row.
    All,
    /// Some came without one: whatever row there is must be right. The reason says which came
    /// without.
    Some(&'static str),
    /// The truth has nothing to hold the rows against, for this reason.
    Untold(&'static str),
}

const TOLD: &[(&str, Told)] = &[
    ("entitlement_features", Told::Some("features send no events")),
    ("billing_alerts", Told::Some("an alert's own events tell only that it was triggered")),
    ("checkout_sessions", Told::Some("the opening of a session sends no event")),
    ("payment_methods", Told::Some("a method that nobody has attached sends no event")),
    ("invoice_payments", Told::Some("a payment that is not paid yet sends no event")),
    ("discounts", Told::Some("a discount of an invoice or its item sends no event")),
    (
        "checkout_session_lines",
        Told::Untold("lines are shown on request only, and not in the truth"),
    ),
    ("active_entitlement_summaries", Told::Untold("the truth lists entitlements one by one")),
    ("active_entitlements", Told::Untold("the truth does not say whose an entitlement is")),
    (
        "billing_alerts_triggered",
        Told::Untold("that one was triggered is shown by its event alone"),
    ),
    ("early_fraud_warnings", Told::Untold("a warning is shown by its event alone")),
];

/// Columns that change without an event, and why: a row shows what they were at the last one.
const SILENT: &[(&str, &str, &str)] = &[
    ("charges", "disputed", "the dispute sends events, and its charge none"),
    ("coupons", "times_redeemed", "who redeems a coupon does not update it"),
    ("coupons", "valid", "it follows from the time and from how often it was redeemed"),
    ("disputes", "evidence_details_past_due", "it follows from the time"),
    ("invoice_items", "invoice", "there is no event for an item that is put on its invoice"),
    ("promotion_codes", "active", "it follows from the time and from its coupon"),
    ("promotion_codes", "times_redeemed", "who redeems a code does not update it"),
];

/// Whether a column changes without an event.
pub(super) fn is_silent(table: &Table, column: &str) -> bool {
    SILENT.iter().any(|it| it.0 == table.name && it.1 == column)
}

pub(super) fn told(table: &Table) -> Told {
    TOLD.iter().find(|it| it.0 == table.name).map_or(Told::All, |it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exception_is_there_and_has_a_reason() {
        let tables = counterfoil_fields::tables().unwrap();
        for (name, told) in TOLD {
            assert!(tables.iter().any(|it| it.name == *name), "{name}");
            let (Told::Some(reason) | Told::Untold(reason)) = told else { panic!("{name}") };
            assert!(reason.len() > 10, "{name}: {reason}");
        }
        for (name, column, reason) in SILENT {
            let table = tables.iter().find(|it| it.name == *name).unwrap();
            assert!(table.columns.iter().any(|it| it.name == *column), "{name}.{column}");
            assert!(reason.len() > 10, "{name}.{column}: {reason}");
        }
    }
}
