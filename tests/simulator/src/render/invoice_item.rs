//! Invoice items. Since 2025-03-31.basil the subscription of one is under `parent`, and its price
//! under `pricing`.

use super::invoice_line::pricing;
use super::{Object, View, extend, price};
use crate::model::decimal::Decimal;
use crate::model::invoice::InvoiceItem;
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for InvoiceItem {
    const KIND: &'static str = "invoiceitem";
    const PLURAL: &'static str = "invoiceitems";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.date
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn table(world: &World) -> &Table<Self> {
        &world.invoice_items
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.invoice_items
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let mut body = json!({
            "id": self.id,
            "object": "invoiceitem",
            "amount": self.amount,
            "currency": self.currency,
            "customer": self.customer,
            "date": self.date,
            "description": self.description,
            "discountable": self.discountable,
            "discounts": self.discounts,
            "invoice": self.invoice,
            "livemode": false,
            "metadata": self.metadata,
            "period": { "end": self.period_end, "start": self.period_start },
            "proration": self.proration,
            "quantity": self.quantity.truncated(),
            "tax_rates": [],
            "test_clock": world.clock_of(&self.customer).map(|clock| clock.id.as_str()),
        });
        let sold = self.price.as_ref().and_then(|price| world.prices.get(price));
        let more = if view.version.has(since::BASIL) {
            json!({
                "parent": self.subscription.as_ref().map(|subscription| json!({
                    "subscription_details": {
                        "subscription": subscription,
                        "subscription_item": self.subscription_item,
                    },
                    "type": "subscription_details",
                })),
                "pricing": pricing(self.price.as_deref(), self.unit_amount, world),
            })
        } else {
            json!({
                "plan": sold.map_or(Value::Null, |sold| price::plan(sold, view)),
                "price": sold.map_or(Value::Null, |sold| price::price(sold, view)),
                "subscription": self.subscription,
                "subscription_item": self.subscription_item,
                "unit_amount": self.unit_amount.and_then(Decimal::as_whole),
                "unit_amount_decimal": price::text(self.unit_amount),
            })
        };
        extend(&mut body, more);
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        if view.version.has(since::DAHLIA) {
            extend(&mut body, json!({ "quantity_decimal": self.quantity.to_string() }));
        }
        body
    }
}
