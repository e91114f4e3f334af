//! Walks over every path of the simulator, and the proof that the judging can fail.

#![cfg(test)]

mod caller;
mod catalogue;
mod clocks;
mod credit_notes;
mod credits;
mod customers;
mod entitlements;
mod hooks;
mod hosted;
mod invoices;
mod judge;
mod payments;
mod refusals;
mod schedules;
mod subscriptions;
mod usage;
mod walk;

use counterfoil_stripe_types::paths::Subject;

/// The subjects whose walk exists; the paths of any other have to be excused one by one.
const WALKED: &[Subject] = &[
    Subject::Catalogue,
    Subject::Clocks,
    Subject::CreditNotes,
    Subject::Credits,
    Subject::Customers,
    Subject::Entitlements,
    Subject::Hooks,
    Subject::Hosted,
    Subject::Invoices,
    Subject::Payments,
    Subject::Schedules,
    Subject::Subscriptions,
    Subject::Usage,
];

#[test]
fn every_subject_is_walked() {
    let unwalked = Subject::ALL.iter().filter(|subject| !WALKED.contains(subject));
    for row in unwalked.flat_map(|subject| subject.paths()) {
        assert!(walk::excuse(row).is_some(), "{row} is served by now, and no walk goes there");
    }
}
