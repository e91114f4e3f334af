//! `/v1/payment_intents`.

use super::payment_methods::method_of;
use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::payments::{Confirm, IntentChange, NewIntent};
use crate::model::payment_intent::{AutomaticMethods, Capture, PaymentIntent};
use crate::render::Object;
use crate::version::{ApiVersion, since};
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["payment_intents"], kind: PaymentIntent::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    let form = &call.form;
    let shown = |world: &World, id: &str| call.show::<PaymentIntent>(world, id);
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<PaymentIntent>(world),
        (Verb::Get, [id]) => form.only(&["client_secret"]).and_then(|()| shown(world, id)),
        (Verb::Post, []) => create(call, world).and_then(|id| shown(world, &id)),
        (Verb::Post, [id]) => update(world, id, form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "confirm"]) => confirm(world, id, form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "cancel"]) => cancel(world, id, form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "capture"]) => capture(world, id, form).and_then(|()| shown(world, id)),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["customer"])?;
    let customer = call.form.text("customer");
    call.list::<PaymentIntent>(world, |held| {
        let payer = held.customer.as_deref().unwrap_or_default();
        (customer.is_some() || clock_of(world, payer).is_none()) && fits(customer, payer)
    })
}

/// What an intent is confirmed with, beside its method.
const CONFIRM: &[&str] =
    &["error_on_requires_action", "mandate_data", "off_session", "use_stripe_sdk"];
/// How the customer pays.
const METHOD: &[&str] = &["payment_method", "payment_method_data", "return_url"];
const INTENT: &[&str] = &[
    "amount",
    "capture_method",
    "currency",
    "customer",
    "description",
    "metadata",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
];

/// The parameter that names the types of methods: renamed in 2026-09-30.endive.
pub(super) fn types_parameter(version: &ApiVersion) -> &'static str {
    if version.has(since::ENDIVE) { "allowed_payment_method_types" } else { "payment_method_types" }
}

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    let types = types_parameter(call.version);
    let more = ["automatic_payment_methods", "confirm", types];
    form.only(&[INTENT, METHOD, CONFIRM, &more].concat())?;
    let amount = amount(form)?.ok_or_else(|| ApiError::missing_parameter("amount"))?;
    let currency = form.required("currency")?.to_lowercase();
    check_smallest(amount, &currency)?;
    let customer = payer(world, form)?;
    let confirms = form.boolean("confirm")?.unwrap_or(false);
    let how = confirmation(form)?;
    if !confirms && (form.text("off_session").is_some() || form.text("return_url").is_some()) {
        let name = if form.text("off_session").is_some() { "off_session" } else { "return_url" };
        let message =
            format!("You cannot use `{name}` without `confirm=true`. Pass it to confirm instead.");
        return Err(ApiError::invalid(name, &message));
    }
    let capture = capture_method(form)?;
    let named: Vec<String> = form.values(types).into_iter().map(str::to_owned).collect();
    // Since 2023-08-16 the account's own choice of methods is meant when nothing is said.
    let by_default = call.version.has(since::AUTOMATIC_METHODS) && named.is_empty();
    let automatic_methods = automatic_methods(form, by_default)?;
    let method = method_of(world, form)?;
    let id = world.create_intent(NewIntent {
        amount,
        allowed_types: (!named.is_empty()).then(|| named.clone()),
        automatic_methods,
        capture,
        currency,
        customer,
        description: form.owned("description"),
        metadata: form.map("metadata"),
        method,
        method_types: if automatic_methods.is_some() { every_type() } else { named },
        receipt_email: form.owned("receipt_email"),
        setup_future_usage: form.owned("setup_future_usage"),
        statement_descriptor: form.owned("statement_descriptor"),
        ..NewIntent::default()
    });
    if confirms {
        world.confirm_intent(&id, how)?;
    }
    Ok(id)
}

fn every_type() -> Vec<String> {
    ["card", "sepa_debit", "us_bank_account"].map(str::to_owned).to_vec()
}

fn amount(form: &Form) -> Result<Option<i64>, ApiError> {
    let amount = form.integer("amount")?;
    if amount.is_some_and(|amount| amount < 1) {
        return Err(ApiError::too_small_integer("amount"));
    }
    Ok(amount)
}

/// The smallest sum that is charged, for the two currencies whose minimum is 0.50.
fn check_smallest(amount: i64, currency: &str) -> Result<(), ApiError> {
    let sign = match currency {
        "usd" => "$0.50 usd",
        "eur" => "€0.50 eur",
        _ => return Ok(()),
    };
    if amount < 50 { Err(ApiError::amount_too_small(sign)) } else { Ok(()) }
}

/// The customer that a call names, if it names one.
pub(super) fn payer(world: &World, form: &Form) -> Result<Option<String>, ApiError> {
    let Some(id) = form.text("customer").filter(|id| !id.is_empty()) else { return Ok(None) };
    world.live_customer(id, "customer")?;
    Ok(Some(id.to_owned()))
}

/// Whether Stripe chooses the methods: as it is said, or as it is where nothing is.
pub(super) fn automatic_methods(
    form: &Form,
    by_default: bool,
) -> Result<Option<AutomaticMethods>, ApiError> {
    let given = form.inner("automatic_payment_methods");
    if given.is_empty() {
        return Ok(by_default.then_some(AutomaticMethods { allow_redirects: true }));
    }
    given.only(&["allow_redirects", "enabled"])?;
    let enabled = given.boolean("enabled")?;
    let enabled = enabled.ok_or_else(|| ApiError::missing_parameter(&given.name("enabled")))?;
    let allow_redirects = given.text("allow_redirects") != Some("never");
    Ok(enabled.then_some(AutomaticMethods { allow_redirects }))
}

fn capture_method(form: &Form) -> Result<Capture, ApiError> {
    match form.text("capture_method") {
        None | Some("automatic_async") => Ok(Capture::AutomaticAsync),
        Some("automatic") => Ok(Capture::Automatic),
        Some("manual") => Ok(Capture::Manual),
        Some(_) => Err(ApiError::invalid("capture_method", "Invalid capture_method")),
    }
}

fn confirmation(form: &Form) -> Result<Confirm, ApiError> {
    let off_session = match form.text("off_session") {
        Some("one_off" | "recurring") => true,
        Some(_) | None => form.boolean("off_session")?.unwrap_or(false),
    };
    Ok(Confirm {
        error_on_action: form.boolean("error_on_requires_action")?.unwrap_or(false),
        method: None,
        off_session,
        return_url: form.owned("return_url"),
    })
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&[INTENT, &["payment_method", "payment_method_data"]].concat())?;
    world.known_intent(id)?;
    let customer = payer(world, form)?;
    let amount = amount(form)?;
    let capture = form.text("capture_method").map(|_| capture_method(form)).transpose()?;
    let method = method_of(world, form)?;
    Ok(world.update_intent(
        id,
        IntentChange {
            amount,
            capture,
            currency: form.owned("currency"),
            customer,
            description: form.owned("description"),
            metadata: form.map("metadata"),
            method,
            receipt_email: form.owned("receipt_email"),
            setup_future_usage: form.owned("setup_future_usage"),
            statement_descriptor: form.owned("statement_descriptor"),
        },
    )?)
}

fn confirm(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    let more = ["capture_method", "client_secret", "receipt_email", "setup_future_usage"];
    form.only(&[METHOD, CONFIRM, &more].concat())?;
    world.known_intent(id)?;
    let how = confirmation(form)?;
    let capture = form.text("capture_method").map(|_| capture_method(form)).transpose()?;
    let method = method_of(world, form)?;
    world.update_intent(
        id,
        IntentChange {
            capture,
            receipt_email: form.owned("receipt_email"),
            setup_future_usage: form.owned("setup_future_usage"),
            ..IntentChange::default()
        },
    )?;
    Ok(world.confirm_intent(id, Confirm { method, ..how })?)
}

fn cancel(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["cancellation_reason"])?;
    let reason = form.text("cancellation_reason");
    let known = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    if reason.is_some_and(|reason| !known.contains(&reason)) {
        return Err(ApiError::invalid("cancellation_reason", "Invalid cancellation_reason"));
    }
    Ok(world.cancel_intent(id, reason)?)
}

fn capture(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["amount_to_capture", "metadata", "statement_descriptor"])?;
    world.capture_intent(id, form.integer("amount_to_capture")?)?;
    let metadata = form.map("metadata");
    Ok(world.update_intent(id, IntentChange { metadata, ..IntentChange::default() })?)
}
