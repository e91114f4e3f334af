//! Customers.

use super::{Object, View, deleted, extend};
use crate::model::customer::Customer;
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Customer {
    const KIND: &'static str = "customer";
    const PLURAL: &'static str = "customers";

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
        &world.customers
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.customers
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        if self.deleted {
            return deleted(Self::KIND, &self.id);
        }
        last_state(self, world, view)
    }
}

/// The customer with all its fields, deleted or not.
pub(crate) fn last_state(customer: &Customer, world: &World, view: View<'_>) -> Value {
    let discount = customer.discount.as_ref().and_then(|id| world.discounts.get(id));
    let discount = discount.map(|held| held.render(world, view));
    let mut body = json!({
        "id": customer.id,
        "object": "customer",
        "address": customer.address,
        "balance": customer.balance,
        "created": customer.created,
        "currency": customer.currency,
        "default_source": null,
        "delinquent": customer.delinquent,
        "description": customer.description,
        "discount": discount,
        "email": customer.email,
        "invoice_prefix": customer.invoice_prefix,
        "invoice_settings": {
            "custom_fields": null,
            "default_payment_method": customer.default_payment_method,
            "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": customer.metadata,
        "name": customer.name,
        "next_invoice_sequence": customer.next_invoice_sequence,
        "phone": customer.phone,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": customer.test_clock,
    });
    if view.version.has(since::CUSTOMER_ACCOUNT) {
        extend(&mut body, json!({ "customer_account": null }));
    }
    body
}
