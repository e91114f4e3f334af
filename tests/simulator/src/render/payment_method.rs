//! Payment methods.

use super::payment::{account, billing_details};
use super::{Object, View, extend, put};
use crate::model::payment_method::{MethodKind, PaymentMethod};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for PaymentMethod {
    const KIND: &'static str = "payment_method";
    const PLURAL: &'static str = "payment_methods";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.payment_methods
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.payment_methods
    }

    fn render(&self, _world: &World, view: View<'_>) -> Value {
        let mut body = json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing_details(&self.billing_details),
            "created": self.created,
            "customer": self.customer,
            "livemode": false,
            "metadata": self.metadata,
            "type": self.kind.as_str(),
        });
        let mut account = account(self);
        extend(&mut account, own_fields(self));
        put(&mut body, self.kind.as_str(), account);
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        body
    }
}

/// What a method shows of its account and a charge does not.
fn own_fields(held: &PaymentMethod) -> Value {
    match held.kind {
        MethodKind::Card => json!({
            "display_brand": held.face.brand,
            "generated_from": null,
            "networks": { "available": [held.face.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
        }),
        MethodKind::SepaDebit => {
            json!({ "generated_from": { "charge": null, "setup_attempt": null } })
        }
        MethodKind::UsBankAccount => json!({
            "financial_connections_account": null,
            "networks": { "preferred": "ach", "supported": ["ach"] },
            "status_details": {},
        }),
    }
}
