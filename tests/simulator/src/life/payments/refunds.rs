//! Refunds: asked for, later confirmed or come back. A refund changes neither the invoice that
//! the charge paid nor its subscription.

use crate::agenda::Task;
use crate::life::LifeError;
use crate::model::balance_transaction::Movement;
use crate::model::card::Card;
use crate::model::charge::{Charge, ChargeStatus};
use crate::model::refund::{Refund, RefundStatus};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;
use serde::Deserialize;

/// A refund to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewRefund {
    /// All that is left, unless it is said.
    pub(crate) amount: Option<i64>,
    pub(crate) charge: String,
    pub(crate) metadata: Metadata,
    pub(crate) reason: Option<String>,
}

/// What becomes of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundEnd {
    /// The bank took it and tells by which number.
    Confirmed,
    /// It came back.
    Failed,
    /// The customer has to say where to.
    NeedsAction,
}

impl World {
    pub(crate) fn create_refund(&mut self, new: NewRefund) -> Result<String, LifeError> {
        let (amount, card) = self.refundable(&new)?;
        let held = self.known_charge(&new.charge, "charge")?.clone();
        let id = self.ids.long("re_");
        let pending = matches!(card, Card::RefundPending) || card.is_delayed();
        let refund = Refund {
            id: id.clone(),
            created: self.now,
            amount,
            balance_transaction: None,
            charge: held.id.clone(),
            currency: held.currency.clone(),
            failure_reason: None,
            failure_transaction: None,
            intent: held.intent.clone(),
            metadata: new.metadata,
            reason: new.reason,
            reference: None,
            status: if pending { RefundStatus::Pending } else { RefundStatus::Succeeded },
        };
        self.refunds.insert(&id, refund);
        self.refunds_of.entry(held.id.clone()).or_default().push(id.clone());
        let moved = self.move_balance(Movement::Refund, (-amount, 0), &held.currency, &id);
        self.edit::<Refund>(&id, |refund| refund.balance_transaction = Some(moved));
        self.edit::<Charge>(&held.id, |charge| charge.amount_refunded += amount);
        self.emit::<Refund>("refund.created", &id);
        self.emit::<Charge>("charge.refunded", &held.id);
        let due = self.now + self.rules.payments.refund_seconds;
        self.agenda.plan(due, Task::SettleRefund { refund: id.clone() });
        Ok(id)
    }

    /// How much of a charge a refund takes, and how its bank behaves.
    fn refundable(&self, new: &NewRefund) -> Result<(i64, Card), LifeError> {
        let held = self.known_charge(&new.charge, "charge")?;
        let refused = |code, message: String| Err(LifeError::NotNow { code, message });
        if self.open_dispute_of(&held.id).is_some() {
            return refused(
                Some("refund_disputed_payment"),
                "You cannot refund a disputed payment.".to_owned(),
            );
        }
        if held.status != ChargeStatus::Succeeded || !held.captured {
            return refused(
                Some("charge_not_refundable"),
                format!("Charge {} has not been paid and cannot be refunded.", held.id),
            );
        }
        let left = held.amount_captured - held.amount_refunded;
        if left <= 0 {
            return refused(
                Some("charge_already_refunded"),
                format!("Charge {} has already been refunded.", held.id),
            );
        }
        let amount = new.amount.unwrap_or(left);
        if !(1..=left).contains(&amount) {
            return Err(LifeError::Invalid {
                param: "amount",
                message: format!(
                    "Refund amount ({amount}) is greater than unrefunded amount on charge \
                     ({left}), or is not positive."
                ),
            });
        }
        let card = self.payment_methods.get(&held.method).map_or(Card::Good, |held| held.card);
        Ok((amount, card))
    }

    pub(crate) fn settle_refund_when_due(&mut self, id: &str) {
        let charge = self.refunds.get(id).and_then(|held| self.charges.get(&held.charge));
        let method = charge.and_then(|held| self.payment_methods.get(&held.method));
        let end = match method.map(|held| held.card) {
            Some(Card::RefundFails) => RefundEnd::Failed,
            Some(_) | None => RefundEnd::Confirmed,
        };
        // One that has come to another end by then is left alone.
        let _ = self.settle_refund(id, end);
    }

    /// Brings a refund to an end.
    pub(crate) fn settle_refund(&mut self, id: &str, end: RefundEnd) -> Result<(), LifeError> {
        let held = self.known_refund(id)?;
        let settled = !held.status.counts()
            || (end == RefundEnd::Confirmed && held.reference.is_some())
            || (end == RefundEnd::NeedsAction && held.status != RefundStatus::Pending);
        if settled {
            return Err(LifeError::NotNow {
                code: None,
                message: format!("Refund {id} has a status of {}.", held.status.as_str()),
            });
        }
        match end {
            RefundEnd::Confirmed => {
                let reference = self.ids.short("refund_reference");
                let reference: String =
                    reference.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
                self.update::<Refund>("refund.updated", id, |held| {
                    held.status = RefundStatus::Succeeded;
                    held.reference = Some(reference);
                });
            }
            RefundEnd::Failed => self.undo_refund(id, RefundStatus::Failed),
            RefundEnd::NeedsAction => self.update::<Refund>("refund.updated", id, |held| {
                held.status = RefundStatus::RequiresAction;
            }),
        }
        Ok(())
    }

    /// Brings the money of a refund back to the account.
    fn undo_refund(&mut self, id: &str, status: RefundStatus) {
        let Some(held) = self.refunds.get(id).cloned() else { return };
        let failed = status == RefundStatus::Failed;
        let moved =
            self.move_balance(Movement::RefundFailure, (held.amount, 0), &held.currency, id);
        let before = self.portrait::<Refund>(id);
        self.edit::<Refund>(id, |held| {
            held.status = status;
            held.failure_reason = failed.then(|| "expired_or_canceled_card".to_owned());
            held.failure_transaction = Some(moved);
        });
        if failed {
            self.emit::<Refund>("refund.failed", id);
        } else {
            self.emit_updated::<Refund>("refund.updated", id, &before);
        }
        self.update::<Charge>("charge.updated", &held.charge, |charge| {
            charge.amount_refunded -= held.amount;
        });
    }

    /// Cancels a refund that waits for the customer.
    pub(crate) fn cancel_refund(&mut self, id: &str) -> Result<(), LifeError> {
        let held = self.known_refund(id)?;
        if held.status != RefundStatus::RequiresAction {
            return Err(LifeError::NotNow {
                code: None,
                message: format!(
                    "You cannot cancel this refund because it has a status of {}. Only a refund \
                     with a status of requires_action may be canceled.",
                    held.status.as_str()
                ),
            });
        }
        self.undo_refund(id, RefundStatus::Canceled);
        Ok(())
    }

    pub(crate) fn update_refund(&mut self, id: &str, metadata: &Metadata) -> Result<(), LifeError> {
        self.known_refund(id)?;
        self.update::<Refund>("refund.updated", id, |held| {
            merge_metadata(&mut held.metadata, metadata);
        });
        Ok(())
    }

    fn known_refund(&self, id: &str) -> Result<&Refund, LifeError> {
        self.refunds.get(id).ok_or_else(|| LifeError::Missing {
            kind: "refund",
            id: id.to_owned(),
            param: "id",
        })
    }
}
