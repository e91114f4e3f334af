//! Tax ids. What a government is asked about stays pending: nobody answers here.

use super::{Object, View, extend};
use crate::model::table::Table;
use crate::model::tax_id::TaxId;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for TaxId {
    const KIND: &'static str = "tax_id";
    const PLURAL: &'static str = "tax_ids";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn table(world: &World) -> &Table<Self> {
        &world.tax_ids
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.tax_ids
    }

    fn render(&self, _world: &World, view: View<'_>) -> Value {
        let verification = self.is_verified().then(
            || json!({ "status": "pending", "verified_address": null, "verified_name": null }),
        );
        let mut owner = json!({ "customer": self.customer, "type": "customer" });
        let mut body = json!({
            "id": self.id,
            "object": Self::KIND,
            "country": self.country,
            "created": self.created,
            "customer": self.customer,
            "livemode": false,
            "type": self.kind,
            "value": self.value,
            "verification": verification,
        });
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut owner, json!({ "customer_account": null }));
            extend(&mut body, json!({ "customer_account": null }));
        }
        extend(&mut body, json!({ "owner": owner }));
        body
    }
}
