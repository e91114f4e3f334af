//! `expand[]` (STRIPE.md 7.6): ids in an answer are replaced by what they name, up to four levels
//! deep; in a list every path begins with `data`. A path is checked before anything is done, so a
//! wrong one changes nothing.

use super::error::ApiError;
use super::form::Form;
use crate::model::balance_transaction::BalanceTransaction;
use crate::model::charge::Charge;
use crate::model::checkout::CheckoutSession;
use crate::model::coupon::{Coupon, Discount, PromotionCode};
use crate::model::credit::{CreditGrant, CreditTransaction};
use crate::model::credit_note::CreditNote;
use crate::model::customer::Customer;
use crate::model::customer_balance::CustomerBalanceTransaction;
use crate::model::dispute::Dispute;
use crate::model::entitlement::Feature;
use crate::model::invoice::Invoice;
use crate::model::invoice_payment::InvoicePayment;
use crate::model::meter::Meter;
use crate::model::payment_intent::PaymentIntent;
use crate::model::payment_method::PaymentMethod;
use crate::model::portal::PortalConfiguration;
use crate::model::price::Price;
use crate::model::product::Product;
use crate::model::refund::Refund;
use crate::model::schedule::Schedule;
use crate::model::setup_intent::SetupIntent;
use crate::model::subscription::Subscription;
use crate::model::test_clock::TestClock;
use crate::render::{self, Object, View};
use crate::version::{ApiVersion, since};
use crate::world::World;
use serde_json::{Value, json};

const LEVELS_MAX: usize = 4;

/// The paths that a request asks to have expanded.
#[derive(Debug)]
pub(super) struct Expand {
    paths: Vec<Vec<String>>,
}

/// What stands at a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// An object of this kind, or the id of one.
    Object(&'static str),
    /// Fields of an object that are grouped, under a name of their own here.
    Group(&'static str),
    /// A list of objects of this kind.
    List(&'static str),
}

impl Expand {
    /// The paths of a request whose answer is an object of a kind, or a list of such.
    pub(super) fn parse(
        form: &Form,
        answer: (&'static str, bool),
        version: &ApiVersion,
    ) -> Result<Self, ApiError> {
        if form.text("expand").is_some_and(|text| !text.is_empty()) {
            return Err(ApiError::invalid("expand", "Invalid array"));
        }
        let (kind, is_list) = answer;
        let root = if is_list { Place::List(kind) } else { Place::Object(kind) };
        let wanted = form.values("expand");
        let paths =
            wanted.iter().map(|path| checked(path, root, version)).collect::<Result<_, _>>()?;
        Ok(Self { paths })
    }

    /// Whether nothing is to be expanded.
    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Expands an answer.
    pub(super) fn apply(&self, answer: &mut Value, world: &World, version: &ApiVersion) {
        for path in &self.paths {
            expand(answer, path, world, View::of(version));
        }
    }
}

fn checked(path: &str, root: Place, version: &ApiVersion) -> Result<Vec<String>, ApiError> {
    let fields: Vec<String> = path.split('.').map(str::to_owned).collect();
    if fields.len() > LEVELS_MAX {
        let message = format!(
            "You cannot expand more than {LEVELS_MAX} levels of a property. Property: {path}"
        );
        return Err(ApiError::invalid("expand", &message));
    }
    let wrong = || {
        let hint = match (root, path.starts_with("data.")) {
            (Place::List(_), false) => {
                format!(" You may want to try expanding 'data.{path}' instead.")
            }
            (Place::List(_), true) | (Place::Object(_) | Place::Group(_), _) => String::new(),
        };
        let message = format!("This property cannot be expanded ({path}).{hint}");
        ApiError::invalid("expand", &message)
    };
    let mut place = root;
    for field in &fields {
        place = match place {
            Place::List(kind) => (field == "data").then_some(Place::Object(kind)),
            Place::Object(kind) | Place::Group(kind) => place_of(kind, field, version),
        }
        .ok_or_else(wrong)?;
    }
    match place {
        Place::Group(_) => Err(wrong()),
        Place::Object(_) | Place::List(_) => Ok(fields),
    }
}

/// What stands at a field of an invoice item.
fn place_in_item(field: &str, basil: bool) -> Option<Place> {
    Some(match field {
        "customer" => Place::Object("customer"),
        "discounts" => Place::Object("discount"),
        "invoice" => Place::Object("invoice"),
        "pricing" if basil => Place::Group("line.pricing"),
        "plan" if !basil => Place::Object("plan"),
        "price" if !basil => Place::Object("price"),
        "subscription" if !basil => Place::Object("subscription"),
        "test_clock" => Place::Object("test_helpers.test_clock"),
        _ => return None,
    })
}

/// What stands at a field of an object. What the simulator never fills may be expanded as well,
/// and stays null.
fn place_of(kind: &str, field: &str, version: &ApiVersion) -> Option<Place> {
    if kind.contains("schedule") {
        return place_in_schedule(kind, field);
    }
    if kind == "invoiceitem" {
        return place_in_item(field, version.has(since::BASIL));
    }
    if let Some(place) =
        place_in_session(kind, field).or_else(|| place_beside_customer(kind, field))
    {
        return Some(place);
    }
    let basil = version.has(since::BASIL);
    Some(match (kind, field) {
        ("subscription", "latest_invoice") | ("invoice_payment" | "credit.line", "invoice") => {
            Place::Object("invoice")
        }
        (
            "subscription"
            | "invoice"
            | "payment_intent"
            | "setup_intent"
            | "charge"
            | "payment_method"
            | "alert.filter"
            | "billing.credit_balance_summary"
            | "billing.credit_grant"
            | "discount"
            | "promotion_code",
            "customer",
        ) => Place::Object("customer"),
        ("subscription" | "invoice" | "customer.invoice_settings", "default_payment_method") => {
            Place::Object("payment_method")
        }
        ("subscription" | "invoice" | "customer", "default_source") => Place::Object("source"),
        ("subscription" | "subscription_item" | "invoice" | "line_item", "discounts")
        | ("customer" | "discount_amount" | "pretax_credit", "discount") => {
            Place::Object("discount")
        }
        ("invoice", "total_discount_amounts") | ("line_item", "discount_amounts") => {
            Place::Group("discount_amount")
        }
        ("discount", "promotion_code") => Place::Object("promotion_code"),
        ("discount", "source") | ("promotion_code", "promotion") => Place::Group("of_coupon"),
        ("of_coupon" | "discount" | "promotion_code", "coupon") => Place::Object("coupon"),
        ("coupon", "applies_to") => Place::Object("coupon.applies_to"),
        ("coupon", "currency_options") => Place::Object("coupon.currency_options"),
        (
            "subscription"
            | "invoice"
            | "customer"
            | "billing.credit_grant"
            | "billing.credit_balance_transaction",
            "test_clock",
        ) => Place::Object("test_helpers.test_clock"),
        ("subscription", "items") => Place::List("subscription_item"),
        ("customer", "subscriptions") => Place::List("subscription"),
        ("subscription", "schedule") => Place::Object("subscription_schedule"),
        ("subscription", "pending_setup_intent") => Place::Object("setup_intent"),
        ("subscription" | "line_item", "plan") if !basil => Place::Object("plan"),
        ("subscription_item", "plan") => Place::Object("plan"),
        ("subscription_item" | "line.price_details", "price") | ("product", "default_price") => {
            Place::Object("price")
        }
        ("line_item", "price") if !basil => Place::Object("price"),
        ("price" | "plan", "tiers") => Place::List("tier"),
        ("price", "currency_options") => Place::List("currency_option"),
        ("price" | "plan", "product") => Place::Object("product"),
        ("customer", "invoice_settings") => Place::Group("customer.invoice_settings"),
        ("invoice", "lines") => Place::List("line_item"),
        ("invoice", "payments") if basil => Place::List("invoice_payment"),
        ("invoice", "parent") if basil => Place::Group("invoice.parent"),
        ("invoice.parent", "subscription_details") => Place::Group("invoice.subscription"),
        ("invoice.subscription" | "line_item", "subscription") => Place::Object("subscription"),
        ("invoice", "subscription") if !basil => Place::Object("subscription"),
        ("invoice", "charge") if !basil => Place::Object("charge"),
        ("invoice", "payment_intent") if !basil => Place::Object("payment_intent"),
        ("payment_intent" | "charge", "invoice") if !basil => Place::Object("invoice"),
        ("line_item", "pricing") if basil => Place::Group("line.pricing"),
        ("line.pricing", "price_details") => Place::Group("line.price_details"),
        ("billing.credit_balance_transaction", "credit_grant") => {
            Place::Object("billing.credit_grant")
        }
        ("billing.credit_balance_transaction", "credit" | "debit") => Place::Group("credit"),
        ("credit", "credits_application_invoice_voided" | "credits_applied") => {
            Place::Group("credit.line")
        }
        ("invoice", "total_pretax_credit_amounts") | ("line_item", "pretax_credit_amounts")
            if basil =>
        {
            Place::Group("pretax_credit")
        }
        ("pretax_credit", "credit_balance_transaction") => {
            Place::Object("billing.credit_balance_transaction")
        }
        ("entitlements.active_entitlement", "feature") => Place::Object("entitlements.feature"),
        ("billing.alert", "usage_threshold") => Place::Group("alert.threshold"),
        ("alert.threshold", "meter") => Place::Object("billing.meter"),
        ("alert.threshold", "filters") => Place::Group("alert.filter"),
        _ => return payment_place_of(kind, field, basil),
    })
}

/// The same of what payments are made of.
fn payment_place_of(kind: &str, field: &str, basil: bool) -> Option<Place> {
    Some(match (kind, field) {
        ("invoice_payment", "payment") => Place::Group("payment"),
        ("payment" | "charge" | "refund" | "dispute", "payment_intent") => {
            Place::Object("payment_intent")
        }
        ("payment" | "refund" | "dispute", "charge") | ("payment_intent", "latest_charge") => {
            Place::Object("charge")
        }
        ("payment_intent" | "setup_intent" | "payment.error", "payment_method") => {
            Place::Object("payment_method")
        }
        ("payment_intent", "last_payment_error") | ("setup_intent", "last_setup_error") => {
            Place::Group("payment.error")
        }
        ("charge" | "refund", "balance_transaction" | "failure_balance_transaction") => {
            Place::Object("balance_transaction")
        }
        ("charge", "refunds") => Place::List("refund"),
        ("invoice", "confirmation_secret") if basil => Place::Object("confirmation_secret"),
        ("credit_note", "invoice") => Place::Object("invoice"),
        ("credit_note" | "refund", "customer") => Place::Object("customer"),
        ("credit_note", "customer_balance_transaction") => {
            Place::Object("customer_balance_transaction")
        }
        ("credit_note", "lines") => Place::List("credit_note_line_item"),
        ("credit_note", "refunds") => Place::Group("credit_note.refund"),
        ("credit_note.refund", "refund") => Place::Object("refund"),
        ("refund", "payment_method") => Place::Object("payment_method"),
        ("setup_intent", "latest_attempt") => Place::Object("setup_attempt"),
        ("payment_intent" | "charge", "review") => Place::Object("review"),
        _ => return None,
    })
}

/// What stands at a field of what hangs on a customer.
fn place_beside_customer(kind: &str, field: &str) -> Option<Place> {
    Some(match (kind, field) {
        ("customer_balance_transaction" | "tax_id" | "tax_id.owner", "customer") => {
            Place::Object("customer")
        }
        ("customer_balance_transaction", "checkout_session") => Place::Object("checkout.session"),
        ("customer_balance_transaction", "credit_note") => Place::Object("credit_note"),
        ("customer_balance_transaction", "invoice") => Place::Object("invoice"),
        ("tax_id", "owner") => Place::Group("tax_id.owner"),
        _ => return None,
    })
}

/// What stands at a field of a checkout or portal session.
fn place_in_session(kind: &str, field: &str) -> Option<Place> {
    Some(match (kind, field) {
        ("checkout.session", "customer") => Place::Object("customer"),
        ("checkout.session", "invoice") => Place::Object("invoice"),
        ("checkout.session", "line_items") => Place::List("item"),
        ("checkout.session", "payment_intent") => Place::Object("payment_intent"),
        ("checkout.session", "payment_link") => Place::Object("payment_link"),
        ("checkout.session", "setup_intent") => Place::Object("setup_intent"),
        ("checkout.session", "subscription") => Place::Object("subscription"),
        ("checkout.session", "discounts") => Place::Group("checkout.discount"),
        ("checkout.discount", "coupon") => Place::Object("coupon"),
        ("checkout.discount", "promotion_code") => Place::Object("promotion_code"),
        ("item", "price") => Place::Object("price"),
        ("billing_portal.session", "configuration") => {
            Place::Object("billing_portal.configuration")
        }
        _ => return None,
    })
}

fn place_in_schedule(kind: &str, field: &str) -> Option<Place> {
    Some(match (kind, field) {
        ("subscription_schedule", "customer") => Place::Object("customer"),
        ("subscription_schedule", "subscription") => Place::Object("subscription"),
        ("subscription_schedule", "test_clock") => Place::Object("test_helpers.test_clock"),
        ("subscription_schedule", "default_settings") => Place::Group("schedule.settings"),
        ("subscription_schedule", "phases") => Place::Group("schedule.phase"),
        ("schedule.phase", "items" | "add_invoice_items") => Place::Group("schedule.item"),
        ("schedule.phase" | "schedule.settings", "default_payment_method") => {
            Place::Object("payment_method")
        }
        ("schedule.item", "plan") => Place::Object("plan"),
        ("schedule.item", "price") => Place::Object("price"),
        _ => return None,
    })
}

/// Expands what stands at the end of a path. Which object an id names is told by the id.
fn expand(value: &mut Value, path: &[String], world: &World, view: View<'_>) {
    let Some((field, rest)) = path.split_first() else { return };
    if let Value::Array(entries) = value {
        for entry in entries {
            expand(entry, path, world, view);
        }
        return;
    }
    let Value::Object(fields) = value else { return };
    if !fields.contains_key(field) {
        let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
        if let Some(hidden) = hidden(field, id, world, view) {
            fields.insert(field.clone(), hidden);
        }
    }
    if field == "line_items" && !fields.contains_key("line_items") {
        let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
        if let Some(session) = world.checkout_sessions.get(id) {
            let lines = render::checkout::line_items(session, world, view);
            fields.insert(field.clone(), lines);
        }
    }
    let Some(inner) = fields.get_mut(field) else { return };
    // A plan has the id of its price.
    let plan = inner.as_str().filter(|_| field == "plan").and_then(|id| world.prices.get(id));
    match plan {
        Some(price) => *inner = render::price::plan(price, view),
        None => fill(inner, world, view),
    }
    expand(inner, rest, world, view);
}

/// Puts an object in the place of its id, or objects in the place of a list of ids.
fn fill(place: &mut Value, world: &World, view: View<'_>) {
    if let Value::Array(ids) = place {
        for id in ids {
            fill(id, world, view);
        }
    } else if let Some(named) = place.as_str().and_then(|id| load(id, world, view)) {
        *place = named;
    }
}

/// What only expanding shows of an object.
fn hidden(field: &str, id: &str, world: &World, view: View<'_>) -> Option<Value> {
    let coupon = world.coupons.get(id);
    match field {
        "applies_to" => coupon.map(render::coupon::applies_to),
        "confirmation_secret" => Some(confirmation_secret(id, world)),
        "payments" => Some(payments(id, world, view)),
        "refunds" => Some(render::charge::refunds(id, world, view)),
        "subscriptions" => subscriptions(id, world, view),
        "tiers" => world.prices.get(id).map(render::price::tiers),
        "currency_options" => {
            let price = world.prices.get(id).map(render::price::currency_options);
            price.or_else(|| coupon.map(render::coupon::currency_options))
        }
        _ => None,
    }
}

/// What an invoice that waits for its customer is confirmed by.
fn confirmation_secret(invoice: &str, world: &World) -> Value {
    let intent = world.invoices.get(invoice).and_then(|held| held.payment_intent.as_ref());
    let held = intent.and_then(|id| world.payment_intents.get(id));
    held.filter(|held| held.status.is_open()).map_or(
        Value::Null,
        |held| json!({ "client_secret": held.client_secret, "type": "payment_intent" }),
    )
}

/// A customer's subscriptions that have not ended, newest first, as the first page of their list.
fn subscriptions(customer: &str, world: &World, view: View<'_>) -> Option<Value> {
    const INLINE_MAX: usize = 10;
    world.customers.get(customer).filter(|held| !held.deleted)?;
    let ids = world.subscriptions_of.get(customer).into_iter().flatten().rev();
    let rows = ids.filter_map(|id| world.subscriptions.get(id));
    let current: Vec<&Subscription> = rows.filter(|held| !held.status.has_ended()).collect();
    let shown = current.iter().take(INLINE_MAX);
    let data: Vec<Value> = shown.map(|held| held.render(world, view)).collect();
    let url = format!("/v1/customers/{customer}/subscriptions");
    let has_more = current.len() > INLINE_MAX;
    Some(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// The payments of an invoice, as the list that only expanding shows.
fn payments(invoice: &str, world: &World, view: View<'_>) -> Value {
    let ids = world.payments_of.get(invoice).into_iter().flatten();
    let rows = ids.filter_map(|id| world.invoice_payments.get(id));
    let data: Vec<Value> = rows.map(|held| held.render(world, view)).collect();
    let url = format!("/v1/invoice_payments?invoice={invoice}");
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}

fn load(id: &str, world: &World, view: View<'_>) -> Option<Value> {
    fn row<T: Object>(id: &str, world: &World, view: View<'_>) -> Option<Value> {
        T::table(world).get(id).map(|held| held.render(world, view))
    }
    row::<Coupon>(id, world, view)
        .or_else(|| row::<Customer>(id, world, view))
        .or_else(|| row::<Discount>(id, world, view))
        .or_else(|| row::<Feature>(id, world, view))
        .or_else(|| row::<CheckoutSession>(id, world, view))
        .or_else(|| row::<PortalConfiguration>(id, world, view))
        .or_else(|| row::<Invoice>(id, world, view))
        .or_else(|| row::<CreditGrant>(id, world, view))
        .or_else(|| row::<CreditTransaction>(id, world, view))
        .or_else(|| row::<Meter>(id, world, view))
        .or_else(|| row::<Price>(id, world, view))
        .or_else(|| row::<Product>(id, world, view))
        .or_else(|| row::<PromotionCode>(id, world, view))
        .or_else(|| row::<Schedule>(id, world, view))
        .or_else(|| row::<Subscription>(id, world, view))
        .or_else(|| row::<TestClock>(id, world, view))
        .or_else(|| row::<PaymentMethod>(id, world, view))
        .or_else(|| row::<PaymentIntent>(id, world, view))
        .or_else(|| row::<Charge>(id, world, view))
        .or_else(|| row::<Refund>(id, world, view))
        .or_else(|| row::<CreditNote>(id, world, view))
        .or_else(|| row::<CustomerBalanceTransaction>(id, world, view))
        .or_else(|| row::<Dispute>(id, world, view))
        .or_else(|| row::<BalanceTransaction>(id, world, view))
        .or_else(|| row::<InvoicePayment>(id, world, view))
        .or_else(|| row::<SetupIntent>(id, world, view))
}
