//! Subscriptions and their items. Before 2025-03-31.basil the billing period stood on the
//! subscription, since then on each item.

use super::price::PriceBook;
use super::{INLINE_ENTRIES_MAX, Object, View, extend, price, put, remove};
use crate::model::Metadata;
use crate::model::subscription::{Item, Status, Subscription};
use crate::model::table::Table;
use crate::model::terms::{self, AnchorReset};
use crate::version::since;
use crate::world::World;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

impl Object for Subscription {
    const KIND: &'static str = "subscription";
    const PLURAL: &'static str = "subscriptions";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.subscriptions
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.subscriptions
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let mut shown = valued(&body(self, world, view, &mut PriceBook::default()));
        dress_for_version(&mut shown, self, world, view);
        shown
    }

    fn write(&self, world: &World, view: View<'_>, prices: &mut PriceBook, out: &mut Vec<u8>) {
        if view.version.has(since::ENDIVE) {
            // Values with text keys always have a JSON form.
            let _ = serde_json::to_writer(out, &body(self, world, view, prices));
        } else {
            let _ = serde_json::to_writer(out, &self.render(world, view));
        }
    }
}

/// A subscription as the newest version shows it. It is written without a value in between,
/// because subscriptions are listed by the million.
#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    object: &'static str,
    application: (),
    application_fee_percent: (),
    automatic_tax: AutomaticTax,
    billing_cycle_anchor: i64,
    billing_cycle_anchor_config: Option<&'a Value>,
    billing_mode: BillingMode,
    billing_schedules: [(); 0],
    billing_thresholds: Option<&'a Value>,
    cancel_at: Option<i64>,
    cancel_at_period_end: bool,
    canceled_at: Option<i64>,
    cancellation_details: CancellationDetails<'a>,
    collection_method: &'static str,
    created: i64,
    currency: &'a str,
    customer: &'a str,
    customer_account: (),
    days_until_due: Option<i64>,
    default_payment_method: Option<&'a str>,
    default_source: (),
    default_tax_rates: [(); 0],
    description: Option<&'a str>,
    discounts: &'a [String],
    ended_at: Option<i64>,
    invoice_settings: Kept<'a, InvoiceSettings>,
    items: Items<'a>,
    latest_invoice: Option<&'a str>,
    livemode: bool,
    managed_payments: (),
    metadata: &'a Metadata,
    next_pending_invoice_item_invoice: (),
    on_behalf_of: (),
    pause_collection: Option<PauseCollection>,
    payment_settings: Kept<'a, PaymentSettings>,
    pending_invoice_item_interval: (),
    pending_setup_intent: (),
    pending_update: Option<PendingUpdate<'a>>,
    schedule: Option<&'a str>,
    start_date: i64,
    status: &'static str,
    status_details: Option<StatusDetails>,
    test_clock: Option<&'a str>,
    transfer_data: (),
    trial_end: Option<i64>,
    trial_settings: TrialSettings,
    trial_start: Option<i64>,
}

#[derive(Serialize)]
struct AutomaticTax {
    disabled_reason: (),
    enabled: bool,
    liability: (),
}

/// How prorations and invoices are worked out.
#[derive(Serialize)]
pub(super) struct BillingMode {
    flexible: Option<Flexible>,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
}

impl BillingMode {
    pub(super) fn of(mode: terms::BillingMode, since: Option<i64>) -> Self {
        let (r#type, discounts) = match mode {
            terms::BillingMode::Classic => ("classic", None),
            terms::BillingMode::Flexible => ("flexible", Some("included")),
            terms::BillingMode::FlexibleItemized => ("flexible", Some("itemized")),
        };
        let flexible = discounts.map(|proration_discounts| Flexible { proration_discounts });
        Self { flexible, r#type, updated_at: since.filter(|_| discounts.is_some()) }
    }
}

#[derive(Serialize)]
struct Flexible {
    proration_discounts: &'static str,
}

#[derive(Serialize)]
struct CancellationDetails<'a> {
    comment: Option<&'a str>,
    feedback: Option<&'a str>,
    feedback_option: (),
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct InvoiceSettings {
    account_tax_ids: (),
    custom_fields: (),
    description: (),
    footer: (),
    issuer: Issuer,
}

#[derive(Serialize)]
struct Issuer {
    r#type: &'static str,
}

#[derive(Serialize)]
struct PaymentSettings {
    payment_method_options: (),
    payment_method_types: (),
    save_default_payment_method: &'static str,
}

/// Settings as they were given, or as an untouched subscription shows them.
#[derive(Serialize)]
#[serde(untagged)]
enum Kept<'a, T> {
    Given(&'a Value),
    Untouched(T),
}

#[derive(Serialize)]
struct PauseCollection {
    behavior: &'static str,
    resumes_at: Option<i64>,
}

/// The change that waits for a payment.
#[derive(Serialize)]
struct PendingUpdate<'a> {
    billing_cycle_anchor: Option<i64>,
    cancel_at_period_end: (),
    discount: (),
    discounts: (),
    expires_at: i64,
    metadata: (),
    subscription_items: Vec<ItemBody<'a>>,
    trial_end: Option<i64>,
    trial_from_plan: (),
}

#[derive(Serialize)]
struct StatusDetails {
    paused: PausedDetails,
}

#[derive(Serialize)]
struct PausedDetails {
    subscription: PauseReason,
    transitioned_at: i64,
    r#type: &'static str,
}

#[derive(Serialize)]
struct PauseReason {
    r#type: &'static str,
}

#[derive(Serialize)]
struct TrialSettings {
    end_behavior: EndBehavior,
}

#[derive(Serialize)]
struct EndBehavior {
    billing_cycle_anchor: Option<&'static str>,
    missing_payment_method: &'static str,
}

#[derive(Serialize)]
struct Items<'a> {
    object: &'static str,
    data: Vec<ItemBody<'a>>,
    has_more: bool,
    total_count: usize,
    url: String,
}

/// An item as the newest version shows it.
#[derive(Serialize)]
struct ItemBody<'a> {
    id: &'a str,
    object: &'static str,
    billed_until: Option<i64>,
    billing_thresholds: (),
    created: i64,
    current_period_end: i64,
    current_period_start: i64,
    current_trial: (),
    discounts: &'a [String],
    metadata: &'a Metadata,
    plan: Arc<RawValue>,
    price: Arc<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<i64>,
    subscription: &'a str,
    tax_rates: [(); 0],
}

fn body<'a>(
    held: &'a Subscription,
    world: &'a World,
    view: View<'_>,
    prices: &mut PriceBook,
) -> Body<'a> {
    let total = held.items.len();
    let shown = if view.whole_lists { total } else { total.min(INLINE_ENTRIES_MAX) };
    let data = held.items.iter().take(shown);
    let data = data.map(|one| item_body(one, held, world, view, prices)).collect();
    let pending_update = pending_update(held, world, view, prices);
    let kept = held.settings.as_deref();
    Body {
        id: &held.id,
        object: "subscription",
        application: (),
        application_fee_percent: (),
        automatic_tax: AutomaticTax { disabled_reason: (), enabled: false, liability: () },
        billing_cycle_anchor: held.billing_cycle_anchor,
        billing_cycle_anchor_config: kept.and_then(|it| it.anchor_config.as_ref()),
        billing_mode: BillingMode::of(held.billing_mode, Some(held.billing_mode_since)),
        billing_schedules: [],
        billing_thresholds: kept.and_then(|it| it.billing_thresholds.as_ref()),
        cancel_at: held.cancel_at,
        cancel_at_period_end: held.cancel_at_period_end,
        canceled_at: held.canceled_at,
        cancellation_details: CancellationDetails {
            comment: held.cancellation_comment.as_deref(),
            feedback: held.cancellation_feedback.as_deref(),
            feedback_option: (),
            reason: held.cancellation_reason,
        },
        collection_method: held.collection.as_str(),
        created: held.created,
        currency: &held.currency,
        customer: &held.customer,
        customer_account: (),
        days_until_due: held.collection.days_until_due(),
        default_payment_method: held.default_payment_method.as_deref(),
        default_source: (),
        default_tax_rates: [],
        description: held.description.as_deref(),
        discounts: &held.discounts,
        ended_at: held.ended_at,
        invoice_settings: kept.and_then(|it| it.invoice_settings.as_ref()).map_or_else(
            || {
                Kept::Untouched(InvoiceSettings {
                    account_tax_ids: (),
                    custom_fields: (),
                    description: (),
                    footer: (),
                    issuer: Issuer { r#type: "self" },
                })
            },
            Kept::Given,
        ),
        items: Items {
            object: "list",
            data,
            has_more: shown < total,
            total_count: total,
            url: format!("/v1/subscription_items?subscription={}", held.id),
        },
        latest_invoice: held.latest_invoice.as_deref(),
        livemode: false,
        managed_payments: (),
        metadata: &held.metadata,
        next_pending_invoice_item_invoice: (),
        on_behalf_of: (),
        pause_collection: held.pause_collection.map(|pause| PauseCollection {
            behavior: pause.behavior.as_str(),
            resumes_at: pause.resumes_at,
        }),
        payment_settings: kept.and_then(|it| it.payment_settings.as_ref()).map_or(
            Kept::Untouched(PaymentSettings {
                payment_method_options: (),
                payment_method_types: (),
                save_default_payment_method: "off",
            }),
            Kept::Given,
        ),
        pending_invoice_item_interval: (),
        pending_setup_intent: (),
        pending_update,
        schedule: held.schedule.as_deref(),
        start_date: held.start_date,
        status: held.status.as_str(),
        status_details: status_details(held),
        test_clock: world.clock_of(&held.customer).map(|clock| clock.id.as_str()),
        transfer_data: (),
        trial_end: held.trial_end,
        trial_settings: TrialSettings {
            end_behavior: EndBehavior {
                billing_cycle_anchor: held.trial_settings.anchor.map(AnchorReset::as_str),
                missing_payment_method: held.trial_settings.missing_method.as_str(),
            },
        },
        trial_start: held.trial_start,
    }
}

/// Since when and why a subscription is paused.
fn status_details(held: &Subscription) -> Option<StatusDetails> {
    held.paused.as_deref().map(|paused| StatusDetails {
        paused: PausedDetails {
            subscription: PauseReason { r#type: paused.reason.as_str() },
            transitioned_at: paused.since,
            r#type: "subscription",
        },
    })
}

fn pending_update<'a>(
    held: &'a Subscription,
    world: &'a World,
    view: View<'_>,
    prices: &mut PriceBook,
) -> Option<PendingUpdate<'a>> {
    let pending = held.pending_update.as_deref()?;
    let items = pending.items.iter();
    Some(PendingUpdate {
        billing_cycle_anchor: pending.billing_cycle_anchor,
        cancel_at_period_end: (),
        discount: (),
        discounts: (),
        expires_at: pending.expires_at,
        metadata: (),
        subscription_items: items.map(|one| item_body(one, held, world, view, prices)).collect(),
        trial_end: pending.trial_end,
        trial_from_plan: (),
    })
}

fn item_body<'a>(
    held: &'a Item,
    of: &'a Subscription,
    world: &'a World,
    view: View<'_>,
    prices: &mut PriceBook,
) -> ItemBody<'a> {
    let (plan, price) = prices.shown(&held.price, world, view);
    ItemBody {
        id: &held.id,
        object: "subscription_item",
        billed_until: billed_until(held, of),
        billing_thresholds: (),
        created: held.created,
        current_period_end: held.current_period_end,
        current_period_start: held.current_period_start,
        current_trial: (),
        discounts: &held.discounts,
        metadata: &held.metadata,
        plan,
        price,
        quantity: held.quantity,
        subscription: &of.id,
        tax_rates: [],
    }
}

/// Takes away what an older version did not have yet, and adds what it still had.
fn dress_for_version(body: &mut Value, held: &Subscription, world: &World, view: View<'_>) {
    let version = view.version;
    let later = [
        (since::ENDIVE, "status_details"),
        (since::BILLING_SCHEDULES, "billing_schedules"),
        (since::CUSTOMER_ACCOUNT, "customer_account"),
        (since::BILLING_MODE, "billing_mode"),
    ];
    for (release, field) in later {
        if !version.has(release) {
            remove(body, &[field]);
        }
    }
    for place in ["/items/data", "/pending_update/subscription_items"] {
        if let Some(Value::Array(items)) = body.pointer_mut(place) {
            for item in items {
                dress_item(item, view);
            }
        }
    }
    if let Some(end) = body.pointer_mut("/trial_settings/end_behavior")
        && !version.has(since::ENDIVE)
    {
        remove(end, &["billing_cycle_anchor"]);
    }
    if version.has(since::BASIL) {
        return;
    }
    let (start, end) = held.period();
    let discount = held.discounts.first().and_then(|id| world.discounts.get(id));
    let discount = discount.map(|held| held.render(world, view));
    remove(body, &["discounts", "invoice_settings"]);
    let only = if let [only] = held.items.as_slice() { Some(only) } else { None };
    let plan = only
        .and_then(|one| world.prices.get(&one.price))
        .map_or(Value::Null, |held| price::plan(held, view));
    extend(
        body,
        json!({
            "current_period_end": end,
            "current_period_start": start,
            "discount": discount,
            "quantity": only.and_then(|one| one.quantity),
            "tax_percent": null,
        }),
    );
    put(body, "plan", plan);
}

/// One item of a subscription.
pub(crate) fn item(held: &Item, of: &Subscription, world: &World, view: View<'_>) -> Value {
    let mut shown = valued(&item_body(held, of, world, view, &mut PriceBook::default()));
    dress_item(&mut shown, view);
    shown
}

fn dress_item(item: &mut Value, view: View<'_>) {
    if !view.version.has(since::ENDIVE) {
        remove(item, &["current_trial"]);
    }
    if !view.version.has(since::BILLING_SCHEDULES) {
        remove(item, &["billed_until"]);
    }
    if !view.version.has(since::BASIL) {
        remove(item, &["current_period_end", "current_period_start", "discounts"]);
    }
}

/// A body as a value. Values with text keys always have a JSON form.
fn valued(body: &impl Serialize) -> Value {
    serde_json::to_value(body).unwrap_or_default()
}

fn billed_until(held: &Item, of: &Subscription) -> Option<i64> {
    match of.status {
        Status::Incomplete | Status::IncompleteExpired => None,
        Status::Trialing
        | Status::Active
        | Status::PastDue
        | Status::Canceled
        | Status::Unpaid
        | Status::Paused => Some(held.current_period_end),
    }
}
