//! `/v1/prices`.

use super::products::product_data;
use super::{Answered, Call, Resource, Verb, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{NewPrice, PriceChange};
use crate::model::decimal::Decimal;
use crate::model::price::{
    Amounts, CurrencyOption, Interval, Price, TaxBehavior, Tier, TiersMode, TransformQuantity,
};
use crate::render::Object;
use crate::version::since;
use crate::world::World;
use std::collections::BTreeMap;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["prices"], kind: Price::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<Price>(world),
        (Verb::Get, [id]) => call.retrieve::<Price>(world, id),
        (Verb::Post, []) => create(call, world).and_then(|id| call.show::<Price>(world, &id)),
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<Price>(world, id))
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["active", "currency", "lookup_keys", "product", "recurring", "type"])?;
    let form = &call.form;
    let active = form.boolean("active")?;
    let keys = form.values("lookup_keys");
    if keys.len() > LOOKUP_KEYS_MAX {
        return Err(ApiError::invalid("lookup_keys", "Only up to 10 lookup keys can be given."));
    }
    let rhythm = form.inner("recurring");
    rhythm.only(&["interval", "meter", "usage_type"])?;
    let recurs_so = |held: &Price| {
        let Some(recurring) = &held.recurring else { return rhythm.is_empty() };
        let usage_type = if recurring.metered { "metered" } else { "licensed" };
        fits(rhythm.text("interval"), recurring.interval.as_str())
            && fits(rhythm.text("usage_type"), usage_type)
            && (rhythm.text("meter").is_none()
                || rhythm.text("meter") == recurring.meter.as_deref())
    };
    call.list::<Price>(world, |held| {
        let kind = if held.recurring.is_some() { "recurring" } else { "one_time" };
        active.is_none_or(|active| active == held.active)
            && fits(form.text("product"), &held.product)
            && fits(form.text("type"), kind)
            && fits(form.text("currency"), &held.currency)
            && recurs_so(held)
            && (keys.is_empty()
                || held.lookup_key.as_deref().is_some_and(|key| keys.contains(&key)))
    })
}

const LOOKUP_KEYS_MAX: usize = 10;
const LOOKUP_KEY_LENGTH_MAX: usize = 200;

/// What says how much is charged.
const AMOUNTS: &[&str] = &["custom_unit_amount", "tiers", "unit_amount", "unit_amount_decimal"];

/// What only a price of its own is given.
const OWN: &[&str] = &[
    "active",
    "billing_scheme",
    "lookup_key",
    "metadata",
    "nickname",
    "product",
    "product_data",
    "tiers_mode",
    "transfer_lookup_key",
    "transform_quantity",
];

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    form.only(&[OWN, PRICE_DATA, AMOUNTS].concat())?;
    let recurring = form.inner("recurring");
    recurring.only(&["interval", "interval_count", "meter", "trial_period_days", "usage_type"])?;
    let metered = usage_type(&recurring, call)?;
    let product_data = form.inner("product_data");
    let mut new = price_data(form)?;
    new.inactive = form.boolean("active")? == Some(false);
    new.lookup_key = lookup_key(form)?;
    new.meter = recurring.owned("meter");
    new.metered = metered;
    new.nickname = form.owned("nickname");
    new.transfer_lookup_key = form.boolean("transfer_lookup_key")?.unwrap_or(false);
    new.transform_quantity = transform_quantity(&form.inner("transform_quantity"))?;
    new.trial_period_days = recurring.integer("trial_period_days")?;
    if product_data.is_empty() {
        form.required("product")?.clone_into(&mut new.product);
    } else {
        let wanted = self::product_data(&product_data)?;
        new.product_data = Some(Box::new(wanted));
    }
    Ok(world.create_price(new)?)
}

/// What a price made in passing is given, beside what says how much is charged.
const PRICE_DATA: &[&str] =
    &["currency", "currency_options", "metadata", "recurring", "tax_behavior"];

/// A price that is made with something else, such as a product's default price: without a name,
/// a meter or tiers. Its product is set by what it is made for.
pub(super) fn inline_price(form: &Form) -> Result<NewPrice, ApiError> {
    form.only(
        &[PRICE_DATA, &["custom_unit_amount", "product", "unit_amount", "unit_amount_decimal"]]
            .concat(),
    )?;
    form.inner("recurring").only(&["interval", "interval_count"])?;
    let mut new = price_data(form)?;
    new.product = form.owned("product").unwrap_or_default();
    Ok(new)
}

/// What a price made in passing charges, and how often. Its product is set by its maker.
pub(super) fn price_data(form: &Form) -> Result<NewPrice, ApiError> {
    let recurring = form.inner("recurring");
    let rhythm = if recurring.is_empty() {
        None
    } else {
        let interval = recurring.required("interval")?;
        let interval = Interval::parse(interval)
            .ok_or_else(|| ApiError::invalid("recurring[interval]", "Invalid interval"))?;
        Some((interval, recurring.positive("interval_count")?.unwrap_or(1)))
    };
    let amounts = amounts(form)?.ok_or_else(|| ApiError::missing_parameter("unit_amount"))?;
    Ok(NewPrice {
        amounts: Some(amounts),
        currency: form.required("currency")?.to_lowercase(),
        currency_options: currency_options(form)?
            .into_iter()
            .filter_map(|(currency, option)| Some((currency, option?)))
            .collect(),
        metadata: form.map("metadata"),
        recurring: rhythm,
        tax_behavior: tax_behavior(form)?,
        ..NewPrice::default()
    })
}

/// Whether the price is metered; since 2025-03-31.basil only a meter can count the usage.
fn usage_type(recurring: &Form, call: &Call<'_>) -> Result<bool, ApiError> {
    let meter = recurring.text("meter").is_some_and(|meter| !meter.is_empty());
    match (recurring.text("usage_type"), meter) {
        (None | Some("licensed"), false) => Ok(false),
        (Some("metered"), true) => Ok(true),
        (Some("metered"), false) if !call.version.has(since::BASIL) => Ok(true),
        (Some("metered"), false) => Err(ApiError::invalid(
            "recurring[meter]",
            "Metered prices must be backed by a meter: `recurring[meter]` is required.",
        )),
        (None | Some("licensed"), true) => Err(ApiError::invalid(
            "recurring[usage_type]",
            "`recurring[usage_type]` must be `metered` for a price with a meter.",
        )),
        (Some(_), _) => Err(ApiError::invalid(
            "recurring[usage_type]",
            "Invalid recurring[usage_type]: must be one of licensed or metered",
        )),
    }
}

/// What is charged; none where nothing is said of it.
fn amounts(form: &Form) -> Result<Option<Amounts>, ApiError> {
    let custom = form.inner("custom_unit_amount");
    custom.only(&["enabled", "maximum", "minimum", "preset"])?;
    let tiers = form.list("tiers");
    let unit = decimal_of(form, "unit_amount", "unit_amount_decimal")?;
    let tiered = form.text("billing_scheme") == Some("tiered");
    if !matches!(form.text("billing_scheme"), None | Some("per_unit" | "tiered")) {
        return Err(ApiError::invalid("billing_scheme", "Invalid billing_scheme"));
    }
    if !custom.is_empty() {
        if custom.boolean("enabled")? != Some(true) {
            return Err(ApiError::invalid("custom_unit_amount[enabled]", "Must be true"));
        }
        return Ok(Some(Amounts::Custom {
            maximum: custom.integer("maximum")?,
            minimum: custom.integer("minimum")?,
            preset: custom.integer("preset")?,
        }));
    }
    if tiered || !tiers.is_empty() {
        let scheme_missing = !tiered && form.text("billing_scheme").is_some();
        if scheme_missing {
            let message = "`tiers` can only be set when `billing_scheme` is `tiered`.";
            return Err(ApiError::invalid("tiers", message));
        }
        if unit.is_some() {
            let message = "`unit_amount` cannot be set when `billing_scheme` is `tiered`.";
            return Err(ApiError::invalid("unit_amount", message));
        }
        if tiers.is_empty() {
            return Err(ApiError::missing_parameter("tiers"));
        }
        let mode = match form.text("tiers_mode") {
            Some("graduated") => TiersMode::Graduated,
            Some("volume") => TiersMode::Volume,
            None if form.is_inner() => TiersMode::Graduated,
            None => return Err(ApiError::missing_parameter("tiers_mode")),
            Some(_) => return Err(ApiError::invalid("tiers_mode", "Invalid tiers_mode")),
        };
        let tiers = tiers.iter().map(tier).collect::<Result<_, _>>()?;
        return Ok(Some(Amounts::Tiered { mode, tiers }));
    }
    Ok(unit.map(Amounts::PerUnit))
}

fn tier(form: &Form) -> Result<Tier, ApiError> {
    form.only(&[
        "flat_amount",
        "flat_amount_decimal",
        "unit_amount",
        "unit_amount_decimal",
        "up_to",
    ])?;
    let up_to = match form.required("up_to")? {
        "inf" => None,
        _ => form.integer("up_to")?,
    };
    Ok(Tier {
        flat: charged(form, "flat_amount", "flat_amount_decimal")?,
        unit: charged(form, "unit_amount", "unit_amount_decimal")?,
        up_to,
    })
}

/// An amount of a tier, which is never negative.
fn charged(
    form: &Form,
    whole: &'static str,
    decimal: &'static str,
) -> Result<Option<Decimal>, ApiError> {
    match decimal_of(form, whole, decimal)? {
        Some(amount) if amount < Decimal::ZERO => {
            Err(ApiError::invalid(&form.name(whole), "Invalid non-negative integer"))
        }
        amount => Ok(amount),
    }
}

/// An amount that is given whole or as a decimal, but not as both.
pub(super) fn decimal_of(
    form: &Form,
    whole: &'static str,
    decimal: &'static str,
) -> Result<Option<Decimal>, ApiError> {
    match (form.integer(whole)?, form.decimal(decimal)?) {
        (Some(_), Some(_)) => {
            let message =
                format!("You may only specify one of these parameters: {whole}, {decimal}.");
            Err(ApiError::invalid(decimal, &message))
        }
        (Some(whole), None) => Ok(Some(Decimal::whole(whole))),
        (None, decimal) => Ok(decimal),
    }
}

/// Options by currency; an empty value takes a currency away.
fn currency_options(form: &Form) -> Result<BTreeMap<String, Option<CurrencyOption>>, ApiError> {
    let options = form.inner("currency_options");
    let mut found = BTreeMap::new();
    for currency in options.names() {
        let option = options.inner(&currency);
        if option.is_empty() {
            found.insert(currency.to_lowercase(), None);
            continue;
        }
        option.only(&[AMOUNTS, &["tax_behavior"]].concat())?;
        let tax_behavior = tax_behavior(&option)?;
        let amounts = amounts(&option)?.ok_or_else(|| {
            ApiError::missing_parameter(&format!("currency_options[{currency}][unit_amount]"))
        })?;
        found.insert(currency.to_lowercase(), Some(CurrencyOption { amounts, tax_behavior }));
    }
    Ok(found)
}

pub(super) fn tax_behavior(form: &Form) -> Result<TaxBehavior, ApiError> {
    match form.text("tax_behavior") {
        None | Some("unspecified") => Ok(TaxBehavior::Unspecified),
        Some("exclusive") => Ok(TaxBehavior::Exclusive),
        Some("inclusive") => Ok(TaxBehavior::Inclusive),
        Some(_) => Err(ApiError::invalid(
            "tax_behavior",
            "Invalid tax_behavior: must be one of exclusive, inclusive, or unspecified",
        )),
    }
}

fn transform_quantity(form: &Form) -> Result<Option<TransformQuantity>, ApiError> {
    if form.is_empty() {
        return Ok(None);
    }
    form.only(&["divide_by", "round"])?;
    let divide_by = form
        .integer("divide_by")?
        .ok_or_else(|| ApiError::missing_parameter("transform_quantity[divide_by]"))?;
    let round_up = match form.required("round")? {
        "up" => true,
        "down" => false,
        _ => {
            let message = "Invalid transform_quantity[round]: must be one of up or down";
            return Err(ApiError::invalid("transform_quantity[round]", message));
        }
    };
    Ok(Some(TransformQuantity { divide_by, round_up }))
}

fn lookup_key(form: &Form) -> Result<Option<String>, ApiError> {
    let key = form.owned("lookup_key");
    if key.as_ref().is_some_and(|key| key.chars().count() > LOOKUP_KEY_LENGTH_MAX) {
        let message = format!("Invalid string: must be at most {LOOKUP_KEY_LENGTH_MAX} characters");
        return Err(ApiError::invalid("lookup_key", &message));
    }
    Ok(key)
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&[
        "active",
        "currency_options",
        "lookup_key",
        "metadata",
        "nickname",
        "tax_behavior",
        "transfer_lookup_key",
    ])?;
    Ok(world.update_price(
        id,
        PriceChange {
            active: form.boolean("active")?,
            currency_options: currency_options(form)?,
            lookup_key: lookup_key(form)?,
            metadata: form.map("metadata"),
            nickname: form.owned("nickname"),
            tax_behavior: tax_behavior(form)?,
            transfer_lookup_key: form.boolean("transfer_lookup_key")?.unwrap_or(false),
        },
    )?)
}
