//! Prices, and the plans that older bodies and `plan.*` events show for the same thing.

use super::{Object, View, extend};
use crate::model::price::Price;
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

impl Object for Price {
    const KIND: &'static str = "price";
    const PLURAL: &'static str = "prices";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.prices
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.prices
    }

    fn render(&self, _world: &World, view: View<'_>) -> Value {
        price(self, view)
    }
}

/// Prices and plans as they were written while one answer was made: many subscriptions name few
/// prices.
#[derive(Debug, Default)]
pub(crate) struct PriceBook {
    written: HashMap<String, (Arc<RawValue>, Arc<RawValue>)>,
}

impl PriceBook {
    /// The plan and the price of an id; both null for a price that is not there.
    pub(super) fn shown(
        &mut self,
        id: &str,
        world: &World,
        view: View<'_>,
    ) -> (Arc<RawValue>, Arc<RawValue>) {
        if let Some(pair) = self.written.get(id) {
            return pair.clone();
        }
        let held = world.prices.get(id);
        let plan = held.map_or(Value::Null, |held| plan(held, view));
        let price = held.map_or(Value::Null, |held| price(held, view));
        let pair = (written(&plan), written(&price));
        self.written.insert(id.to_owned(), pair.clone());
        pair
    }
}

/// A value as its JSON text; a value always has one.
fn written(value: &Value) -> Arc<RawValue> {
    let raw = serde_json::value::to_raw_value(value);
    raw.unwrap_or_else(|_| RawValue::NULL.to_owned()).into()
}

pub(crate) fn price(price: &Price, view: View<'_>) -> Value {
    let recurring = price.recurring.as_ref().map(|recurring| {
        let mut body = json!({
            "interval": recurring.interval.as_str(),
            "interval_count": recurring.interval_count,
            "meter": recurring.meter,
            "trial_period_days": null,
            "usage_type": usage_type(price),
        });
        if !view.version.has(since::BASIL) {
            extend(&mut body, json!({ "aggregate_usage": null }));
        }
        body
    });
    json!({
        "id": price.id,
        "object": "price",
        "active": price.active,
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": price.lookup_key,
        "metadata": price.metadata,
        "nickname": price.nickname,
        "product": price.product,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": null,
        "transform_quantity": null,
        "type": if recurring.is_some() { "recurring" } else { "one_time" },
        "unit_amount": price.unit_amount,
        "unit_amount_decimal": price.unit_amount.to_string(),
    })
}

/// The plan that stands for a recurring price; null for any other.
pub(crate) fn plan(price: &Price, view: View<'_>) -> Value {
    let Some(recurring) = &price.recurring else {
        return Value::Null;
    };
    let mut body = json!({
        "id": price.id,
        "object": "plan",
        "active": price.active,
        "amount": price.unit_amount,
        "amount_decimal": price.unit_amount.to_string(),
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "interval": recurring.interval.as_str(),
        "interval_count": recurring.interval_count,
        "livemode": false,
        "metadata": price.metadata,
        "meter": recurring.meter,
        "nickname": price.nickname,
        "product": price.product,
        "tiers_mode": null,
        "transform_usage": null,
        "trial_period_days": null,
        "usage_type": usage_type(price),
    });
    if !view.version.has(since::BASIL) {
        extend(&mut body, json!({ "aggregate_usage": null }));
    }
    body
}

fn usage_type(price: &Price) -> &'static str {
    if price.is_metered() { "metered" } else { "licensed" }
}
