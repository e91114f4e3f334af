//! `/v1/invoices/create_preview`: the invoice that something would make. What is asked for is done
//! in a rehearsal, by the code that would do it in earnest, and nothing of it stays but the
//! preview itself, so that its lines can be read for a while.

use super::invoice_items::new_item;
use super::{Answered, Call, discounts, subscription_terms as terms};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{Cancel, Resume};
use crate::model::invoice::Invoice;
use crate::render::Object;
use crate::world::World;

pub(super) fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let form = &call.form;
    let known = &[
        "automatic_tax",
        "currency",
        "customer",
        "customer_details",
        "invoice_items",
        "issuer",
        "on_behalf_of",
        "preview_mode",
        "subscription",
        "subscription_details",
    ];
    discounts::only(form, call.version, known)?;
    let subscription = form.owned("subscription").filter(|id| !id.is_empty());
    let owner = match &subscription {
        Some(id) => Some(world.known_subscription(id)?.customer.clone()),
        None => None,
    };
    let named = form.owned("customer").filter(|id| !id.is_empty());
    let Some(customer) = named.or(owner) else {
        return Err(ApiError::missing_parameter("customer"));
    };
    world.live_customer(&customer, "customer")?;
    let (shown, preview) = world.rehearse(&customer, |stage| {
        let preview = rehearsed(call, stage, &customer, subscription.as_deref())?;
        Ok::<_, ApiError>((preview.render(stage, call.view()), preview))
    })?;
    world.keep_preview(preview);
    Ok(shown)
}

fn rehearsed(
    call: &Call<'_>,
    stage: &mut World,
    customer: &str,
    subscription: Option<&str>,
) -> Result<Invoice, ApiError> {
    let form = &call.form;
    for entry in form.list("invoice_items") {
        let mut item = new_item(&entry, call.version, &[])?;
        customer.clone_into(&mut item.customer);
        item.subscription = subscription.map(str::to_owned);
        stage.create_invoice_item(item)?;
    }
    let details = form.inner("subscription_details");
    Ok(match subscription {
        Some(id) if details.is_empty() => stage.preview_renewal(id)?,
        Some(id) => changed(call, stage, id, &details)?,
        None if details.is_empty() => stage.preview_customer(customer)?,
        None => begun(call, stage, customer, &details)?,
    })
}

/// What of a subscription can be previewed; some of it is for new ones only, some for changes.
const DETAILS: &[&str] = &[
    "billing_cycle_anchor",
    "billing_mode",
    "cancel_at",
    "cancel_at_period_end",
    "cancel_now",
    "items",
    "proration_behavior",
    "proration_date",
    "resume_at",
    "start_date",
    "trial_end",
];

/// The invoice that a change to a subscription would make.
fn changed(
    call: &Call<'_>,
    stage: &mut World,
    id: &str,
    details: &Form,
) -> Result<Invoice, ApiError> {
    details.only(DETAILS)?;
    if details.boolean("cancel_now")?.unwrap_or(false) {
        let prorate = details.text("proration_behavior").is_some_and(|how| how != "none");
        let how = Cancel { invoice_now: true, prorate, ..Cancel::default() };
        return Ok(stage.preview_end(id, how)?);
    }
    if details.text("resume_at").is_some() {
        return Ok(stage.preview_resumed(id, Resume::default())?);
    }
    let held = stage.known_subscription(id)?.clone();
    let details = details.without(&["cancel_now", "start_date", "billing_mode"]);
    let mut change = terms::change(stage, &held, &details, call.version)?;
    change.discounts = discounts::wanted(&call.form, call.version)?;
    Ok(stage.preview_change(id, change)?)
}

/// The first invoice of a subscription that is begun now.
fn begun(
    call: &Call<'_>,
    stage: &mut World,
    customer: &str,
    details: &Form,
) -> Result<Invoice, ApiError> {
    details.only(DETAILS)?;
    let gone = &["cancel_now", "proration_date", "resume_at", "start_date"];
    let details = details.without(gone).with("customer", customer);
    let mut new = terms::new_subscription(stage, &details, call.version)?;
    new.discounts = discounts::wanted(&call.form, call.version)?.unwrap_or_default();
    Ok(stage.preview_new(&new)?)
}
