//! Disputes: opened by a bank, answered with evidence, decided. A chargeback takes the money of
//! its charge at once and gives it back if it is won; an inquiry only asks.

use super::ledger::DISPUTE_FEE;
use crate::agenda::Task;
use crate::calendar::SECONDS_PER_DAY;
use crate::life::{Cancel, LifeError};
use crate::model::balance_transaction::Movement;
use crate::model::card::Card;
use crate::model::charge::{Charge, ChargeStatus};
use crate::model::dispute::{Dispute, DisputeStatus};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How long after the charge of a test card its dispute is opened.
const OPENED_AFTER_SECONDS: i64 = 2;
/// How long after its evidence a test's own words decide a dispute.
const DECIDED_AFTER_SECONDS: i64 = 1;
/// How long evidence is taken.
const RESPONSE_SECONDS: i64 = 9 * SECONDS_PER_DAY;
/// How long after a dispute its subscription is cancelled, where the account is set so.
const CANCELLED_AFTER_SECONDS: i64 = 3_600;
/// The evidence by which a test decides (`uncategorized_text`).
const WINNING: &str = "winning_evidence";
const LOSING: &str = "losing_evidence";

/// How a dispute is opened.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DisputeOpening {
    /// How much of the charge, in the minor unit; all of it if not said.
    pub amount: Option<i64>,
    /// Whether the bank only asks, and takes no money.
    pub inquiry: bool,
    /// Stripe's word for why: `fraudulent`, `product_not_received` and so on.
    pub reason: String,
}

impl Default for DisputeOpening {
    fn default() -> Self {
        Self { amount: None, inquiry: false, reason: "fraudulent".to_owned() }
    }
}

impl World {
    /// Has the bank of a test card dispute its charge.
    pub(super) fn plan_dispute(&mut self, charge: &str) {
        let method = self.charges.get(charge).map(|held| held.method.as_str());
        let disputes = method.and_then(|id| self.payment_methods.get(id)).is_some_and(|held| {
            matches!(held.card, Card::Disputed | Card::DisputedAsNotReceived | Card::Inquired)
        });
        if disputes {
            let due = self.now + OPENED_AFTER_SECONDS;
            self.agenda.plan(due, Task::OpenDispute { charge: charge.to_owned() });
        }
    }

    pub(crate) fn open_planned_dispute(&mut self, charge: &str) {
        let method = self.charges.get(charge).map(|held| held.method.as_str());
        let card = method.and_then(|id| self.payment_methods.get(id)).map(|held| held.card);
        let reason = match card {
            Some(Card::DisputedAsNotReceived) => "product_not_received",
            Some(_) | None => "fraudulent",
        };
        let inquiry = card == Some(Card::Inquired);
        let opening = DisputeOpening { amount: None, inquiry, reason: reason.to_owned() };
        // A charge that was refunded or disputed meanwhile is left alone.
        let _ = self.open_dispute(charge, opening);
    }

    /// Disputes a charge.
    pub(crate) fn open_dispute(
        &mut self,
        charge: &str,
        opening: DisputeOpening,
    ) -> Result<String, LifeError> {
        let held = self.known_charge(charge, "charge")?.clone();
        let amount = opening.amount.unwrap_or(held.amount_captured);
        let refused =
            |message: &str| Err(LifeError::NotNow { code: None, message: message.to_owned() });
        if held.status != ChargeStatus::Succeeded || !held.captured {
            return refused("Only a paid charge can be disputed.");
        }
        if self.disputes_of.contains_key(charge) {
            return refused("The charge is disputed already.");
        }
        if !(1..=held.amount_captured).contains(&amount) {
            return Err(LifeError::Invalid {
                param: "amount",
                message: "A dispute is about the charge or a part of it.".to_owned(),
            });
        }
        let id = self.ids.long("dp_");
        let due_by = self.now + RESPONSE_SECONDS;
        let dispute = Dispute {
            id: id.clone(),
            created: self.now,
            amount,
            balance_transactions: Vec::new(),
            charge: charge.to_owned(),
            currency: held.currency.clone(),
            due_by,
            evidence: BTreeMap::new(),
            inquiry: opening.inquiry,
            intent: held.intent.clone(),
            metadata: Metadata::new(),
            reason: opening.reason,
            status: if opening.inquiry {
                DisputeStatus::WarningNeedsResponse
            } else {
                DisputeStatus::NeedsResponse
            },
            submission_count: 0,
        };
        self.disputes.insert(&id, dispute);
        self.disputes_of.insert(charge.to_owned(), id.clone());
        self.edit::<Charge>(charge, |held| held.disputed = true);
        if !opening.inquiry {
            self.move_disputed(&id, Movement::DisputeWithdrawn);
        }
        self.emit::<Dispute>("charge.dispute.created", &id);
        if !opening.inquiry {
            self.emit::<Dispute>("charge.dispute.funds_withdrawn", &id);
        }
        self.agenda.plan(due_by, Task::DisputeDue { dispute: id.clone() });
        if self.rules.payments.cancel_disputed && self.clock_of(charge).is_none() {
            let due = self.now + CANCELLED_AFTER_SECONDS;
            self.agenda.plan(due, Task::CancelDisputed { charge: charge.to_owned() });
        }
        Ok(id)
    }

    fn move_disputed(&mut self, id: &str, movement: Movement) {
        let Some(held) = self.disputes.get(id) else { return };
        let sign = if movement == Movement::DisputeWithdrawn { -1 } else { 1 };
        let (amount, fee) = (sign * held.amount, -sign * DISPUTE_FEE);
        let currency = held.currency.clone();
        let moved = self.move_balance(movement, (amount, fee), &currency, id);
        self.edit::<Dispute>(id, |held| held.balance_transactions.push(moved));
    }

    /// The dispute that stands against refunds of a charge.
    pub(super) fn open_dispute_of(&self, charge: &str) -> Option<&Dispute> {
        let held = self.disputes.get(self.disputes_of.get(charge)?)?;
        held.status.bars_refunds().then_some(held)
    }

    /// Adds evidence, and sends it to the bank unless it is only staged. An empty text takes a
    /// piece back.
    pub(crate) fn update_dispute(
        &mut self,
        id: &str,
        evidence: &BTreeMap<String, String>,
        metadata: &Metadata,
        submits: bool,
    ) -> Result<(), LifeError> {
        let held = self.known_dispute(id)?;
        if !evidence.is_empty() && (held.status.is_closed() || held.submission_count > 0) {
            return Err(LifeError::NotNow {
                code: None,
                message: "This dispute's evidence has been submitted, or it is already closed."
                    .to_owned(),
            });
        }
        let submits = submits && !evidence.is_empty();
        self.update::<Dispute>("charge.dispute.updated", id, |held| {
            merge_metadata(&mut held.evidence, evidence);
            merge_metadata(&mut held.metadata, metadata);
            if submits {
                held.submission_count += 1;
                held.status = if held.inquiry {
                    DisputeStatus::WarningUnderReview
                } else {
                    DisputeStatus::UnderReview
                };
            }
        });
        if submits {
            let says = |word: &str| {
                self.disputes
                    .get(id)
                    .is_some_and(|held| held.evidence.values().any(|it| it == word))
            };
            let decides = says(WINNING) || says(LOSING);
            let wait = if decides {
                DECIDED_AFTER_SECONDS
            } else {
                self.rules.payments.dispute_review_seconds
            };
            self.agenda.plan(self.now + wait, Task::DecideDispute { dispute: id.to_owned() });
        }
        Ok(())
    }

    /// The last day for evidence: without any the dispute is lost, and an inquiry over.
    pub(crate) fn end_unanswered_dispute(&mut self, id: &str) {
        let unanswered = self.disputes.get(id).is_some_and(|held| held.submission_count == 0);
        if unanswered {
            // One that is closed already stays as it is.
            let _ = self.decide_dispute(id, false);
        }
    }

    pub(crate) fn decide_reviewed_dispute(&mut self, id: &str) {
        let won = self
            .disputes
            .get(id)
            .is_some_and(|held| held.evidence.values().any(|text| text == WINNING));
        // One that was decided meanwhile stays as it is.
        let _ = self.decide_dispute(id, won);
    }

    /// Decides a dispute; an inquiry is closed either way.
    pub(crate) fn decide_dispute(&mut self, id: &str, won: bool) -> Result<(), LifeError> {
        let held = self.known_dispute(id)?;
        if held.status.is_closed() {
            return Err(LifeError::NotNow {
                code: None,
                message: "This dispute is already closed.".to_owned(),
            });
        }
        let inquiry = held.inquiry;
        self.edit::<Dispute>(id, |held| {
            held.status = match (inquiry, won) {
                (true, _) => DisputeStatus::WarningClosed,
                (false, true) => DisputeStatus::Won,
                (false, false) => DisputeStatus::Lost,
            };
        });
        self.emit::<Dispute>("charge.dispute.closed", id);
        if won && !inquiry {
            self.move_disputed(id, Movement::DisputeReinstated);
            self.emit::<Dispute>("charge.dispute.funds_reinstated", id);
        }
        Ok(())
    }

    /// Ends the subscription that a disputed charge paid.
    pub(crate) fn cancel_disputed(&mut self, charge: &str) {
        let invoice = self.charges.get(charge).and_then(|held| held.invoice.as_ref());
        let subscription =
            invoice.and_then(|id| self.invoices.get(id)).and_then(|held| held.subscription.clone());
        let Some(subscription) = subscription else { return };
        if self.live_subscription(&subscription).is_ok() {
            self.end_now(&subscription, Some("payment_disputed"), Cancel::default());
        }
    }

    fn known_dispute(&self, id: &str) -> Result<&Dispute, LifeError> {
        self.disputes.get(id).ok_or_else(|| LifeError::Missing {
            kind: "dispute",
            id: id.to_owned(),
            param: "id",
        })
    }
}
