//! Charges: what can be changed of them. They are made by attempts.

use crate::life::LifeError;
use crate::life::customers::set_text;
use crate::model::charge::Charge;
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// A change to a charge.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChargeChange {
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) receipt_email: Option<String>,
}

impl World {
    pub(crate) fn update_charge(
        &mut self,
        id: &str,
        change: ChargeChange,
    ) -> Result<(), LifeError> {
        self.known_charge(id, "id")?;
        self.update::<Charge>("charge.updated", id, |held| {
            set_text(&mut held.description, change.description);
            set_text(&mut held.receipt_email, change.receipt_email);
            merge_metadata(&mut held.metadata, &change.metadata);
        });
        Ok(())
    }

    pub(crate) fn known_charge(&self, id: &str, param: &'static str) -> Result<&Charge, LifeError> {
        self.charges.get(id).ok_or_else(|| LifeError::Missing {
            kind: "charge",
            id: id.to_owned(),
            param,
        })
    }
}
