//! `/v1/billing/credit_grants`.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::life::{Expiry, LifeError, NewCreditGrant};
use crate::model::credit::{CreditCategory, CreditGrant, CreditScope};
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["billing", "credit_grants"], kind: CreditGrant::KIND, inner: &[], route };

/// How many prices a scope may name.
const PRICES_MAX: usize = 20;

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<CreditGrant>(world, id),
        (Verb::Post, []) => {
            create(world, &call.form).and_then(|id| call.show::<CreditGrant>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<CreditGrant>(world, id))
        }
        (Verb::Post, [id, "expire"]) => end(call, world, id, World::expire_credit_grant),
        (Verb::Post, [id, "void"]) => end(call, world, id, World::void_credit_grant),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(&[PAGING, &["customer"]].concat())?;
    let customer = call.form.text("customer");
    call.list::<CreditGrant>(world, |held| {
        fits(customer, &held.customer)
            && (customer.is_some() || clock_of(world, &held.customer).is_none())
    })
}

const GRANT: &[&str] = &[
    "amount",
    "applicability_config",
    "category",
    "customer",
    "effective_at",
    "expires_at",
    "metadata",
    "name",
    "priority",
];

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(GRANT)?;
    let (amount, currency) = amount(form)?;
    let config = form.inner("applicability_config");
    config.only(&["scope"])?;
    let scope = scope(&config.inner("scope"))?
        .ok_or_else(|| ApiError::missing_parameter("applicability_config[scope]"))?;
    Ok(world.create_credit_grant(NewCreditGrant {
        amount,
        category: category(form)?,
        currency,
        customer: form.required("customer")?.to_owned(),
        effective_at: form.integer("effective_at")?,
        expires_at: form.integer("expires_at")?,
        metadata: form.map("metadata"),
        name: form.owned("name").filter(|name| !name.is_empty()),
        priority: form.integer("priority")?,
        scope,
    })?)
}

fn amount(form: &Form) -> Result<(i64, String), ApiError> {
    let amount = form.inner("amount");
    amount.only(&["monetary", "type"])?;
    let kind = amount.required("type")?;
    if kind != "monetary" {
        let message = format!("Invalid amount[type]: must be monetary. You passed {kind}.");
        return Err(ApiError::invalid("amount[type]", &message));
    }
    let monetary = amount.inner("monetary");
    monetary.only(&["currency", "value"])?;
    let value = monetary
        .integer("value")?
        .ok_or_else(|| ApiError::missing_parameter("amount[monetary][value]"))?;
    let currency = monetary.required("currency")?.to_lowercase();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
        let message = format!("Invalid currency: {currency}");
        return Err(ApiError::invalid("amount[monetary][currency]", &message));
    }
    Ok((value, currency))
}

fn category(form: &Form) -> Result<CreditCategory, ApiError> {
    match form.text("category").filter(|text| !text.is_empty()) {
        None => Ok(CreditCategory::default()),
        Some(text) => CreditCategory::parse(text).ok_or_else(|| {
            let message =
                format!("Invalid category: must be one of paid or promotional. You passed {text}.");
            ApiError::invalid("category", &message)
        }),
    }
}

/// What credits pay for, by the parameters of a scope; none where there are none.
pub(super) fn scope(form: &Form) -> Result<Option<CreditScope>, ApiError> {
    form.only(&["price_type", "prices"])?;
    let mut prices = Vec::new();
    for entry in form.list("prices") {
        entry.only(&["id"])?;
        prices.push(entry.required("id")?.to_owned());
    }
    match (form.text("price_type"), prices.is_empty()) {
        (None, true) => Ok(None),
        (Some("metered"), true) => Ok(Some(CreditScope::Metered)),
        (Some(other), true) => {
            let message = format!("Invalid price_type: must be metered. You passed {other}.");
            Err(ApiError::invalid("applicability_config[scope][price_type]", &message))
        }
        (None, false) if prices.len() > PRICES_MAX => {
            let message = format!("A scope can name at most {PRICES_MAX} prices.");
            Err(ApiError::invalid("applicability_config[scope][prices]", &message))
        }
        (None, false) => Ok(Some(CreditScope::Prices(prices))),
        (Some(_), false) => {
            let message = "You may only specify one of these parameters: price_type, prices.";
            Err(ApiError::invalid("applicability_config[scope]", message))
        }
    }
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["expires_at", "metadata"])?;
    let expiry = match form.text("expires_at") {
        Some("") => Some(Expiry::Never),
        Some(_) | None => form.integer("expires_at")?.map(Expiry::At),
    };
    Ok(world.update_credit_grant(id, expiry, &form.map("metadata"))?)
}

fn end(
    call: &Call<'_>,
    world: &mut World,
    id: &str,
    how: fn(&mut World, &str) -> Result<(), LifeError>,
) -> Answered {
    call.form.only(&[])?;
    how(world, id)?;
    call.show::<CreditGrant>(world, id)
}
