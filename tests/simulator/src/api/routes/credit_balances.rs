//! `/v1/billing/credit_balance_summary` and `/v1/billing/credit_balance_transactions`.

use super::credit_grants::scope;
use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::list::PAGING;
use crate::model::credit::{CreditGrant, CreditScope, CreditTransaction};
use crate::render::{self, Object};
use crate::world::World;

pub(super) const SUMMARY: Resource = Resource {
    prefix: &["billing", "credit_balance_summary"],
    kind: "billing.credit_balance_summary",
    inner: &[],
    route: summary,
};

pub(super) const TRANSACTIONS: Resource = Resource {
    prefix: &["billing", "credit_balance_transactions"],
    kind: CreditTransaction::KIND,
    inner: &[],
    route: transactions,
};

fn summary(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => summarize(call, world),
        _ => return None,
    })
}

fn transactions(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<CreditTransaction>(world, id),
        _ => return None,
    })
}

/// Which grants a summary is about.
enum Filter {
    One(String),
    Scope(CreditScope),
}

fn summarize(call: &Call<'_>, world: &World) -> Answered {
    let form = &call.form;
    form.only(&["customer", "filter"])?;
    let customer = form.required("customer")?;
    world.live_customer(customer, "customer")?;
    let filter = filter(call)?;
    if let Filter::One(id) = &filter {
        let of_another = world.known_grant(id).map_or(true, |held| held.customer != customer);
        if of_another {
            let mut error = ApiError::missing(CreditGrant::KIND, id, "filter[credit_grant]");
            error.status = http::StatusCode::BAD_REQUEST;
            return Err(error);
        }
    }
    let is_meant = |held: &&CreditGrant| match &filter {
        Filter::One(id) => held.id == *id,
        Filter::Scope(CreditScope::Metered) => held.scope == CreditScope::Metered,
        Filter::Scope(CreditScope::Prices(prices)) => match &held.scope {
            CreditScope::Metered => false,
            CreditScope::Prices(_) => prices.iter().any(|price| held.scope.holds(price)),
        },
    };
    let grants: Vec<&CreditGrant> = world.grants_of(customer).filter(is_meant).collect();
    let now = world.clock_of(customer).map_or(world.now, |clock| clock.frozen_time);
    Ok(render::credit::summary(customer, &grants, now, call.view()))
}

fn filter(call: &Call<'_>) -> Result<Filter, ApiError> {
    let filter = call.form.inner("filter");
    if filter.is_empty() {
        return Err(ApiError::missing_parameter("filter"));
    }
    filter.only(&["applicability_scope", "credit_grant", "type"])?;
    match filter.required("type")? {
        "applicability_scope" => {
            let scope = scope(&filter.inner("applicability_scope"))?;
            let missing = || ApiError::missing_parameter("filter[applicability_scope]");
            scope.map(Filter::Scope).ok_or_else(missing)
        }
        "credit_grant" => Ok(Filter::One(filter.required("credit_grant")?.to_owned())),
        other => {
            let message = format!(
                "Invalid filter[type]: must be one of applicability_scope or credit_grant. You \
                 passed {other}."
            );
            Err(ApiError::invalid("filter[type]", &message))
        }
    }
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(&[PAGING, &["credit_grant", "customer"]].concat())?;
    let (customer, grant) = (call.form.text("customer"), call.form.text("credit_grant"));
    let is_asked_for = customer.is_some() || grant.is_some();
    call.list::<CreditTransaction>(world, |held| {
        fits(customer, &held.customer)
            && fits(grant, &held.grant)
            && (is_asked_for || clock_of(world, &held.customer).is_none())
    })
}
