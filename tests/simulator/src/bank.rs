//! What banks and customers do to payments from outside: pass 3D Secure, carry a debit out,
//! dispute a charge, take a refund. Nobody asked for it over the API, so its events name no
//! request.

use crate::life::{DisputeOpening, LifeError, RefundEnd};
use crate::simulator::Simulator;
use crate::world::World;

impl Simulator {
    fn by_itself<R>(&self, id: &str, work: impl FnOnce(&mut World) -> R) -> R {
        self.with_world(|world| world.in_time_of(id, work))
    }

    /// The customer passes the 3D Secure that a payment intent or a setup intent waits for, or
    /// fails it.
    ///
    /// # Errors
    ///
    /// When there is no such intent, or it does not wait for this.
    pub fn authenticate(&self, intent: &str, passes: bool) -> Result<(), LifeError> {
        self.by_itself(intent, |world| {
            if world.setup_intents.get(intent).is_some() {
                world.authenticate_setup_intent(intent, passes)
            } else {
                world.authenticate_intent(intent, passes)
            }
        })
    }

    /// Ends the bank debit that a payment intent waits for, before its time.
    ///
    /// # Errors
    ///
    /// When there is no such intent, or it is not processing.
    pub fn settle_payment(&self, intent: &str, succeeds: bool) -> Result<(), LifeError> {
        self.by_itself(intent, |world| world.settle_by_bank(intent, succeeds))
    }

    /// A bank disputes a charge; the id of the dispute.
    ///
    /// # Errors
    ///
    /// When there is no such charge, or it is not paid or is disputed already.
    pub fn open_dispute(&self, charge: &str, opening: DisputeOpening) -> Result<String, LifeError> {
        self.by_itself(charge, |world| world.open_dispute(charge, opening))
    }

    /// A card network warns that a charge may be fraud; the id of the warning.
    ///
    /// # Errors
    ///
    /// When there is no such charge.
    pub fn warn_of_fraud(&self, charge: &str) -> Result<String, LifeError> {
        self.by_itself(charge, |world| world.warn_of_fraud(charge))
    }

    /// A bank decides a dispute; an inquiry is closed either way.
    ///
    /// # Errors
    ///
    /// When there is no such dispute, or it is closed.
    pub fn decide_dispute(&self, dispute: &str, won: bool) -> Result<(), LifeError> {
        self.by_itself(dispute, |world| world.decide_dispute(dispute, won))
    }

    /// A bank confirms a refund, refuses it, or asks the customer about it.
    ///
    /// # Errors
    ///
    /// When there is no such refund, or it has come to its end.
    pub fn settle_refund(&self, refund: &str, end: RefundEnd) -> Result<(), LifeError> {
        self.by_itself(refund, |world| world.settle_refund(refund, end))
    }
}
