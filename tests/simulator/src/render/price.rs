//! Prices, and the plans that older bodies and `plan.*` events show for the same thing.

use super::{Object, View, extend};
use crate::model::decimal::Decimal;
use crate::model::price::{Amounts, Price, Tier, TransformQuantity};
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
            "trial_period_days": recurring.trial_period_days,
            "usage_type": usage_type(price),
        });
        if !view.version.has(since::BASIL) {
            extend(&mut body, json!({ "aggregate_usage": aggregate_usage(price) }));
        }
        body
    });
    let transform = price.transform_quantity.map(transform);
    let mut body = json!({
        "id": price.id,
        "object": "price",
        "active": price.active,
        "billing_scheme": billing_scheme(&price.amounts),
        "created": price.created,
        "currency": price.currency,
        "livemode": false,
        "lookup_key": price.lookup_key,
        "metadata": price.metadata,
        "nickname": price.nickname,
        "product": price.product,
        "recurring": recurring,
        "tax_behavior": price.tax_behavior.as_str(),
        "tiers_mode": tiers_mode(&price.amounts),
        "transform_quantity": transform,
        "type": if price.recurring.is_some() { "recurring" } else { "one_time" },
    });
    extend(&mut body, charged(&price.amounts));
    body
}

/// The plan that stands for a recurring price; null for any other.
pub(crate) fn plan(price: &Price, view: View<'_>) -> Value {
    let Some(recurring) = &price.recurring else {
        return Value::Null;
    };
    let unit = price.amounts.unit();
    let mut body = json!({
        "id": price.id,
        "object": "plan",
        "active": price.active,
        "amount": unit.and_then(Decimal::as_whole),
        "amount_decimal": text(unit),
        "billing_scheme": billing_scheme(&price.amounts),
        "created": price.created,
        "currency": price.currency,
        "interval": recurring.interval.as_str(),
        "interval_count": recurring.interval_count,
        "livemode": false,
        "metadata": price.metadata,
        "meter": recurring.meter,
        "nickname": price.nickname,
        "product": price.product,
        "tiers_mode": tiers_mode(&price.amounts),
        "transform_usage": price.transform_quantity.map(transform),
        "trial_period_days": recurring.trial_period_days,
        "usage_type": usage_type(price),
    });
    if !view.version.has(since::BASIL) {
        extend(&mut body, json!({ "aggregate_usage": aggregate_usage(price) }));
    }
    body
}

/// The tiers of a price, which only expanding shows; null where it has none.
pub(crate) fn tiers(price: &Price) -> Value {
    match &price.amounts {
        Amounts::Tiered { tiers, .. } => tiers.iter().map(tier).collect(),
        Amounts::PerUnit(_) | Amounts::Custom { .. } => Value::Null,
    }
}

/// What a price charges in each currency, which only expanding shows. Its own is among them.
pub(crate) fn currency_options(price: &Price) -> Value {
    let own = (price.currency.as_str(), &price.amounts, price.tax_behavior);
    let others = price.currency_options.iter();
    let others = others.map(|(name, held)| (name.as_str(), &held.amounts, held.tax_behavior));
    let options = std::iter::once(own).chain(others).map(|(currency, amounts, tax_behavior)| {
        let mut option = json!({ "tax_behavior": tax_behavior.as_str() });
        extend(&mut option, charged(amounts));
        if let Amounts::Tiered { tiers, .. } = amounts {
            extend(&mut option, json!({ "tiers": tiers.iter().map(tier).collect::<Value>() }));
        }
        (currency.to_owned(), option)
    });
    Value::Object(options.collect())
}

/// The fields that say what a price charges.
fn charged(amounts: &Amounts) -> Value {
    let unit = amounts.unit();
    let custom = match amounts {
        Amounts::Custom { maximum, minimum, preset } => {
            json!({ "maximum": maximum, "minimum": minimum, "preset": preset })
        }
        Amounts::PerUnit(_) | Amounts::Tiered { .. } => Value::Null,
    };
    json!({
        "custom_unit_amount": custom,
        "unit_amount": unit.and_then(Decimal::as_whole),
        "unit_amount_decimal": text(unit),
    })
}

fn tier(held: &Tier) -> Value {
    json!({
        "flat_amount": held.flat.and_then(Decimal::as_whole),
        "flat_amount_decimal": text(held.flat),
        "unit_amount": held.unit.and_then(Decimal::as_whole),
        "unit_amount_decimal": text(held.unit),
        "up_to": held.up_to,
    })
}

/// An amount as decimal fields show it.
pub(super) fn text(amount: Option<Decimal>) -> Option<String> {
    amount.map(|amount| amount.to_string())
}

fn transform(held: TransformQuantity) -> Value {
    json!({ "divide_by": held.divide_by, "round": if held.round_up { "up" } else { "down" } })
}

fn billing_scheme(amounts: &Amounts) -> &'static str {
    match amounts {
        Amounts::Tiered { .. } => "tiered",
        Amounts::PerUnit(_) | Amounts::Custom { .. } => "per_unit",
    }
}

fn tiers_mode(amounts: &Amounts) -> Option<&'static str> {
    match amounts {
        Amounts::Tiered { mode, .. } => Some(mode.as_str()),
        Amounts::PerUnit(_) | Amounts::Custom { .. } => None,
    }
}

fn usage_type(price: &Price) -> &'static str {
    if price.is_metered() { "metered" } else { "licensed" }
}

/// How usage records were summed up before there were meters.
fn aggregate_usage(price: &Price) -> Option<&'static str> {
    let records = price.recurring.as_ref().is_some_and(|it| it.metered && it.meter.is_none());
    records.then_some("sum")
}
