//! Early fraud warnings: a card network says that a charge may be disputed soon. They are told by
//! an event alone; no path of the simulator reads them back.

use crate::life::LifeError;
use crate::world::World;
use serde_json::json;

impl World {
    /// A card network warns of a charge; the id of the warning.
    pub(crate) fn warn_of_fraud(&mut self, charge: &str) -> Result<String, LifeError> {
        let held = self.known_charge(charge, "charge")?;
        let (intent, actionable) = (held.intent.clone(), !held.disputed && !held.is_refunded());
        let id = self.ids.long("issfr_");
        let warning = json!({
            "id": id,
            "object": "radar.early_fraud_warning",
            "actionable": actionable,
            "charge": charge,
            "created": self.now,
            "fraud_type": "misc",
            "livemode": false,
            "payment_intent": intent,
        });
        self.emit_raw("radar.early_fraud_warning.created", &warning);
        Ok(id)
    }
}
