//! The account's own balance, as far as charges, refunds and disputes show it.

use crate::agenda::Task;
use crate::model::balance_transaction::{BalanceTransaction, Movement};
use crate::model::charge::{Charge, ChargeStatus};
use crate::model::checkout::Mode;
use crate::model::payment_intent::{Capture, PaymentIntent};
use crate::model::payment_method::MethodKind;
use crate::world::World;

/// How long after an asynchronous capture its balance transaction is known.
const BALANCED_AFTER_SECONDS: i64 = 2;
/// What a disputed charge costs beside its money.
pub(super) const DISPUTE_FEE: i64 = 1_500;

impl World {
    /// Moves money of the account; the id of the movement.
    pub(super) fn move_balance(
        &mut self,
        movement: Movement,
        (amount, fee): (i64, i64),
        currency: &str,
        source: &str,
    ) -> String {
        let id = self.ids.long("txn_");
        let moved = BalanceTransaction {
            id: id.clone(),
            created: self.now,
            amount,
            currency: currency.to_owned(),
            fee,
            movement,
            source: source.to_owned(),
        };
        self.balance_transactions.insert(&id, moved);
        id
    }

    /// Brings the money of a captured charge to the account: at once, or a little later and with
    /// a word where its intent captures asynchronously. A checkout that sells no subscription
    /// brings it itself, when the session is complete.
    pub(super) fn balance_charge(&mut self, charge: &str) {
        let intent = self.charges.get(charge).map(|held| held.intent.as_str());
        let held: Option<&PaymentIntent> = intent.and_then(|id| self.payment_intents.get(id));
        let session = held.and_then(|held| held.checkout_session.as_ref());
        let mode = session.and_then(|id| self.checkout_sessions.get(id)).map(|it| it.offer.mode);
        if mode == Some(Mode::Payment) {
            return;
        }
        let later = held.is_some_and(|held| held.capture == Capture::AutomaticAsync);
        if later && mode.is_none() {
            let due = self.now + BALANCED_AFTER_SECONDS;
            self.agenda.plan(due, Task::BalanceCharge { charge: charge.to_owned() });
        } else {
            self.bring_charge(charge);
        }
    }

    pub(crate) fn balance_charge_late(&mut self, charge: &str) {
        let before = self.portrait::<Charge>(charge);
        self.bring_charge(charge);
        self.emit_updated::<Charge>("charge.updated", charge, &before);
    }

    fn bring_charge(&mut self, id: &str) {
        let Some(held) = self.charges.get(id) else { return };
        if held.status != ChargeStatus::Succeeded || held.balance_transaction.is_some() {
            return;
        }
        let (amount, currency) = (held.amount_captured, held.currency.clone());
        let method = self.payment_methods.get(&held.method);
        let is_debit = method.is_some_and(|held| held.kind != MethodKind::Card);
        let movement = if is_debit { Movement::Payment } else { Movement::Charge };
        let fee = if is_debit { debit_fee(amount) } else { card_fee(amount) };
        let moved = self.move_balance(movement, (amount, fee), &currency, id);
        self.edit::<Charge>(id, |held| held.balance_transaction = Some(moved));
    }
}

/// 2.9 % and 30 of the minor unit, rounded half up.
fn card_fee(amount: i64) -> i64 {
    (amount.saturating_mul(29) + 500) / 1_000 + 30
}

/// 0.8 %, at most 500 of the minor unit.
fn debit_fee(amount: i64) -> i64 {
    ((amount.saturating_mul(8) + 500) / 1_000).min(500)
}

#[cfg(test)]
mod tests {
    use super::{card_fee, debit_fee};

    #[test]
    fn fees_are_whole_amounts_of_the_minor_unit() {
        assert_eq!(card_fee(2_000), 88);
        assert_eq!(card_fee(50), 31);
        assert_eq!(debit_fee(2_000), 16);
        assert_eq!(debit_fee(1_000_000), 500);
    }
}
