//! What a new checkout session is asked to be: the parameters of
//! `POST /v1/checkout/sessions`, each checked before anything is made.

use super::Call;
use super::checkout_lines::{self, Asked};
use super::subscription_settings::trial_settings;
use super::subscription_terms::billing_mode;
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::calendar::SECONDS_PER_DAY;
use crate::model::checkout::{CheckoutDiscount, IntentData, Mode, Offer, SubscriptionData, UiMode};
use crate::version::{ApiVersion, since};
use crate::world::World;

const PARAMETERS: &[&str] = &[
    "allow_promotion_codes",
    "automatic_tax",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "currency",
    "customer",
    "customer_creation",
    "customer_email",
    "customer_update",
    "discounts",
    "expires_at",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "payment_method_collection",
    "phone_number_collection",
    "return_url",
    "setup_intent_data",
    "submit_type",
    "subscription_data",
    "success_url",
    "tax_id_collection",
    "ui_mode",
];
const OPEN_SECONDS_MIN: i64 = 30 * 60;
const OPEN_SECONDS_MAX: i64 = 24 * 3_600;
const TRIAL_SECONDS_MIN: i64 = 2 * SECONDS_PER_DAY;
/// What a setting that Stripe shortens is cut at; the limit is not published.
const REFERENCE_CHARACTERS_MAX: usize = 200;

/// Opens the session that a call asks for.
pub(super) fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    let types = if call.version.has(since::ENDIVE) {
        "allowed_payment_method_types"
    } else {
        "payment_method_types"
    };
    form.only(&[PARAMETERS, &[types]].concat())?;
    let mode = mode(form)?;
    let ui_mode = ui_mode(form, call.version)?;
    urls(form, ui_mode)?;
    who(form, world, mode)?;
    not_both(form, "allow_promotion_codes", "discounts")?;
    let lines = checkout_lines::asked(form, world, mode)?;
    let expires_at = expires_at(form, world.now)?;
    let named: Option<Vec<String>> = named_types(form, types);
    let offer = Offer {
        allow_promotion_codes: form.boolean("allow_promotion_codes")?,
        allowed_payment_method_types: named.clone(),
        automatic_tax: enabled(form, "automatic_tax")?,
        begins_early: !call.version.has(since::LATE_INTENT),
        billing_address_collection: form
            .choice("billing_address_collection", &["auto", "required"])?
            .map(str::to_owned),
        cancel_url: form.owned("cancel_url"),
        client_reference_id: reference(form)?,
        currency: currency(form, world, &lines),
        customer: form.owned("customer"),
        customer_creation: customer_creation(form, mode, call.version)?,
        customer_email: form.owned("customer_email"),
        customer_update: customer_update(form)?,
        discounts: discounts(form)?,
        intent_data: intent_data(form, mode)?,
        locale: form.owned("locale"),
        metadata: form.map("metadata"),
        mode,
        payment_method_collection: collection(form, mode)?,
        payment_method_types: named.unwrap_or_else(|| vec!["card".to_owned()]),
        phone_number_collection: enabled(form, "phone_number_collection")?,
        return_url: form.owned("return_url"),
        submit_type: form
            .choice("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?
            .map(str::to_owned),
        subscription_data: subscription_data(form, world.now, mode, call.version)?,
        subscribes_first: !call.version.has(since::BASIL),
        success_url: form.owned("success_url"),
        tax_id_collection: enabled(form, "tax_id_collection")?,
        ui_mode,
    };
    world.check_offered_discounts(&offer, checkout_lines::amount(&lines, world))?;
    let wishes = checkout_lines::made(lines, world)?;
    Ok(world.open_checkout(offer, wishes, expires_at))
}

fn mode(form: &Form) -> Result<Mode, ApiError> {
    form.required("mode")?;
    form.choice("mode", &["payment", "setup", "subscription"])?
        .and_then(Mode::parse)
        .ok_or_else(|| ApiError::missing_parameter("mode"))
}

/// Where the page is shown; the names were others before 2026-03-25.dahlia, and are errors since.
fn ui_mode(form: &Form, version: &ApiVersion) -> Result<UiMode, ApiError> {
    let names: &[(&str, UiMode)] = if version.has(since::DAHLIA) {
        &[
            ("elements", UiMode::Elements),
            ("embedded_page", UiMode::EmbeddedPage),
            ("form", UiMode::Form),
            ("hosted_page", UiMode::HostedPage),
        ]
    } else {
        &[
            ("custom", UiMode::Elements),
            ("embedded", UiMode::EmbeddedPage),
            ("hosted", UiMode::HostedPage),
        ]
    };
    let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let given = form.choice("ui_mode", &known)?;
    let found = names.iter().find(|(name, _)| Some(*name) == given);
    Ok(found.map_or(UiMode::HostedPage, |(_, mode)| *mode))
}

/// A hosted page goes back by `success_url`, any other by `return_url`.
fn urls(form: &Form, ui_mode: UiMode) -> Result<(), ApiError> {
    let (needed, refused): (&'static str, &[&'static str]) = match ui_mode {
        UiMode::HostedPage => ("success_url", &["return_url"]),
        UiMode::Elements | UiMode::EmbeddedPage | UiMode::Form => {
            ("return_url", &["success_url", "cancel_url"])
        }
    };
    form.required(needed)?;
    for name in refused {
        if form.text(name).is_some() {
            let shown = ui_mode.as_str();
            let message = format!("`{name}` can not be passed with `ui_mode` `{shown}`.");
            return Err(ApiError::invalid(name, &message));
        }
    }
    for name in ["success_url", "cancel_url", "return_url"] {
        if let Some(url) = form.text(name) {
            check_url(name, url)?;
        }
    }
    Ok(())
}

/// Refuses what a browser could not be sent to.
pub(super) fn check_url(name: &str, url: &str) -> Result<(), ApiError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let clean = |letter: char| !letter.is_whitespace() && !letter.is_control();
    match rest {
        Some(rest) if !rest.is_empty() && rest.chars().all(clean) => Ok(()),
        Some(_) | None => Err(ApiError::invalid_url(name)),
    }
}

/// Who will pay: a customer that exists, or an address for a new one.
fn who(form: &Form, world: &World, mode: Mode) -> Result<(), ApiError> {
    if let Some(customer) = form.text("customer") {
        world.live_customer(customer, "customer")?;
    }
    not_both(form, "customer", "customer_email")?;
    not_both(form, "customer", "customer_creation")?;
    if mode == Mode::Subscription && form.text("customer_creation").is_some() {
        let message = "`customer_creation` can only be used in `payment` and `setup` mode.";
        return Err(ApiError::invalid("customer_creation", message));
    }
    if form.text("customer").is_none() && !form.inner("customer_update").is_empty() {
        let message = "`customer_update` can only be used with `customer`.";
        return Err(ApiError::invalid("customer_update", message));
    }
    Ok(())
}

fn not_both(form: &Form, one: &'static str, other: &'static str) -> Result<(), ApiError> {
    let given = |name: &str| form.text(name).is_some() || !form.inner(name).is_empty();
    if given(one) && given(other) {
        let message = format!("You may only specify one of these parameters: {one}, {other}.");
        return Err(ApiError::invalid(other, &message));
    }
    Ok(())
}

fn expires_at(form: &Form, now: i64) -> Result<Option<i64>, ApiError> {
    let Some(at) = form.integer("expires_at")? else {
        return Ok(None);
    };
    let open = at.saturating_sub(now);
    let message = if open < OPEN_SECONDS_MIN {
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
    } else if open > OPEN_SECONDS_MAX {
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
    } else {
        return Ok(Some(at));
    };
    Err(ApiError::invalid("expires_at", message))
}

fn named_types(form: &Form, name: &str) -> Option<Vec<String>> {
    let named: Vec<String> = form.values(name).into_iter().map(str::to_owned).collect();
    (!named.is_empty()).then_some(named)
}

/// The `enabled` of a group of settings.
fn enabled(form: &Form, name: &'static str) -> Result<bool, ApiError> {
    let group = form.inner(name);
    group.only(&["enabled", "liability", "required"])?;
    Ok(group.boolean("enabled")?.unwrap_or(false))
}

fn reference(form: &Form) -> Result<Option<String>, ApiError> {
    let given = form.owned("client_reference_id");
    if given.as_ref().is_some_and(|text| text.chars().count() > REFERENCE_CHARACTERS_MAX) {
        let message = format!(
            "Invalid string: client_reference_id must be at most {REFERENCE_CHARACTERS_MAX} \
             characters"
        );
        return Err(ApiError::invalid("client_reference_id", &message));
    }
    Ok(given)
}

/// The currency of the first line; a session that only sets up a method may name one.
fn currency(form: &Form, world: &World, lines: &[Asked]) -> Option<String> {
    let of_lines = lines.first().map(|line| line.currency(world));
    of_lines.or_else(|| form.owned("currency")).map(|currency| currency.to_lowercase())
}

/// Before 2022-08-01 a payment always made a customer.
fn customer_creation(
    form: &Form,
    mode: Mode,
    version: &ApiVersion,
) -> Result<Option<String>, ApiError> {
    let given = form.choice("customer_creation", &["always", "if_required"])?;
    if form.text("customer").is_some() {
        return Ok(None);
    }
    let usual = match mode {
        Mode::Payment | Mode::Setup if version.has(since::LATE_INTENT) => "if_required",
        Mode::Payment | Mode::Setup | Mode::Subscription => "always",
    };
    Ok(Some(given.unwrap_or(usual).to_owned()))
}

fn customer_update(form: &Form) -> Result<Vec<String>, ApiError> {
    let update = form.inner("customer_update");
    update.only(&["address", "name", "shipping"])?;
    let mut written = Vec::new();
    for name in ["address", "name", "shipping"] {
        if update.choice(name, &["auto", "never"])? == Some("auto") {
            written.push(name.to_owned());
        }
    }
    Ok(written)
}

fn discounts(form: &Form) -> Result<Vec<CheckoutDiscount>, ApiError> {
    let asked = form.list("discounts");
    if asked.len() > 1 {
        let message = "You may only specify one discount.";
        return Err(ApiError::invalid("discounts", message));
    }
    asked
        .iter()
        .map(|one| {
            one.only(&["coupon", "promotion_code"])?;
            not_both(one, "coupon", "promotion_code")?;
            Ok(CheckoutDiscount {
                coupon: one.owned("coupon"),
                promotion_code: one.owned("promotion_code"),
            })
        })
        .collect()
}

fn collection(form: &Form, mode: Mode) -> Result<Option<String>, ApiError> {
    let given = form.choice("payment_method_collection", &["always", "if_required"])?;
    if given.is_some() && mode != Mode::Subscription {
        let message = "`payment_method_collection` can only be set in `subscription` mode.";
        return Err(ApiError::invalid("payment_method_collection", message));
    }
    let usual = match mode {
        Mode::Subscription | Mode::Setup => "always",
        Mode::Payment => "if_required",
    };
    Ok(Some(given.unwrap_or(usual).to_owned()))
}

/// Refuses data for another mode than the session's.
fn only_in(form: &Form, name: &'static str, wanted: Mode, mode: Mode) -> Result<Form, ApiError> {
    let data = form.inner(name);
    if !data.is_empty() && mode != wanted {
        let message = format!("You can not pass `{name}` in `{}` mode.", mode.as_str());
        return Err(ApiError::invalid(name, &message));
    }
    Ok(data)
}

fn intent_data(form: &Form, mode: Mode) -> Result<IntentData, ApiError> {
    let setup = only_in(form, "setup_intent_data", Mode::Setup, mode)?;
    setup.only(&["description", "metadata"])?;
    let payment = only_in(form, "payment_intent_data", Mode::Payment, mode)?;
    payment.only(&[
        "capture_method",
        "description",
        "metadata",
        "receipt_email",
        "setup_future_usage",
        "statement_descriptor",
    ])?;
    let capture = payment.choice("capture_method", &["automatic", "automatic_async", "manual"])?;
    let future = payment.choice("setup_future_usage", &["off_session", "on_session"])?;
    let data = if mode == Mode::Setup { &setup } else { &payment };
    Ok(IntentData {
        capture_method: capture.map(str::to_owned),
        description: data.owned("description"),
        metadata: data.map("metadata"),
        receipt_email: data.owned("receipt_email"),
        setup_future_usage: future.map(str::to_owned),
        statement_descriptor: data.owned("statement_descriptor"),
    })
}

fn subscription_data(
    form: &Form,
    now: i64,
    mode: Mode,
    version: &ApiVersion,
) -> Result<SubscriptionData, ApiError> {
    let data = only_in(form, "subscription_data", Mode::Subscription, mode)?;
    data.only(&[
        "billing_cycle_anchor",
        "billing_mode",
        "description",
        "metadata",
        "proration_behavior",
        "trial_end",
        "trial_period_days",
        "trial_settings",
    ])?;
    not_both(&data, "trial_end", "trial_period_days")?;
    let name = |inner: &str| format!("subscription_data[{inner}]");
    let trial_days = data.integer("trial_period_days")?;
    if trial_days.is_some_and(|days| days < 1) {
        let message = "The minimum number of trial period days is 1.";
        return Err(ApiError::invalid(&name("trial_period_days"), message));
    }
    let trial_end = data.integer("trial_end")?;
    if trial_end.is_some_and(|end| end.saturating_sub(now) < TRIAL_SECONDS_MIN) {
        let message =
            "The `subscription_data[trial_end]` date has to be at least 2 days in the future.";
        return Err(ApiError::invalid(&name("trial_end"), message));
    }
    let proration = data.choice("proration_behavior", &["create_prorations", "none"])?;
    Ok(SubscriptionData {
        billing_cycle_anchor: data.integer("billing_cycle_anchor")?,
        billing_mode: billing_mode(&data, version)?,
        description: data.owned("description"),
        metadata: data.map("metadata"),
        skips_proration: proration == Some("none"),
        trial_days,
        trial_end,
        trial_settings: trial_settings(&data)?.unwrap_or_default(),
    })
}
