//! What can be read: objects by id, and lists of them.

use super::error::ApiError;
use super::form::Form;
use super::list::{Created, PAGING, Rows, page};
use crate::model::customer::Customer;
use crate::model::invoice::Invoice;
use crate::model::price::Price;
use crate::model::product::Product;
use crate::model::subscription::{Status, Subscription};
use crate::model::test_clock::TestClock;
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::render::{self, Object, View};
use crate::version::ApiVersion;
use crate::world::World;
use serde_json::Value;

/// One object. A deleted customer is shown as deleted; a deleted product is gone.
pub(super) fn retrieve<T: Object>(
    world: &World,
    id: &str,
    version: &ApiVersion,
) -> Result<Value, ApiError> {
    T::table(world)
        .get(id)
        .filter(|held| !held.is_deleted() || T::KIND == Customer::KIND)
        .map(|held| held.render(world, View::of(version)))
        .ok_or_else(|| ApiError::missing(T::KIND, id, "id"))
}

/// A list of objects, with filters of its own beside paging and `created`.
fn list<T: Object>(
    world: &World,
    form: &Form,
    version: &ApiVersion,
    keep: impl Fn(&T) -> bool,
) -> Result<Value, ApiError> {
    let created = Created::parse(form)?;
    let table = T::table(world);
    let rows = Rows { oldest_first: table.rows(), place: &|id| table.place(id), kind: T::KIND };
    page(
        &rows,
        form,
        &format!("/v1/{}", T::PLURAL),
        |held| !held.is_deleted() && created.holds(held.created()) && keep(held),
        |held| held.render(world, View::of(version)),
    )
}

fn takes(form: &Form, filters: &[&str]) -> Result<(), ApiError> {
    form.only(&[PAGING, &["created"], filters].concat())
}

/// The test clock of a customer. What goes by one is left out of lists, unless the clock or what
/// it belongs to is asked for.
fn clock_of<'a>(world: &'a World, customer: &str) -> Option<&'a str> {
    world.clock_of(customer).map(|clock| clock.id.as_str())
}

pub(super) fn test_clocks(world: &World, form: &Form, v: &ApiVersion) -> Result<Value, ApiError> {
    form.only(PAGING)?;
    list::<TestClock>(world, form, v, |_| true)
}

pub(super) fn webhook_endpoints(
    world: &World,
    form: &Form,
    v: &ApiVersion,
) -> Result<Value, ApiError> {
    form.only(PAGING)?;
    list::<WebhookEndpoint>(world, form, v, |_| true)
}

/// Whether a filter is absent or names this value.
fn fits(filter: Option<&str>, value: &str) -> bool {
    filter.is_none_or(|wanted| wanted == value)
}

pub(super) fn customers(world: &World, form: &Form, v: &ApiVersion) -> Result<Value, ApiError> {
    takes(form, &["email", "test_clock"])?;
    let email = form.text("email");
    let clock = form.text("test_clock");
    list::<Customer>(world, form, v, |held| {
        held.test_clock.as_deref() == clock && (email.is_none() || held.email.as_deref() == email)
    })
}

pub(super) fn products(world: &World, form: &Form, v: &ApiVersion) -> Result<Value, ApiError> {
    takes(form, &["active", "ids"])?;
    let active = form.boolean("active")?;
    let ids = form.values("ids");
    list::<Product>(world, form, v, |held| {
        active.is_none_or(|active| active == held.active)
            && (ids.is_empty() || ids.contains(&held.id.as_str()))
    })
}

pub(super) fn prices(world: &World, form: &Form, v: &ApiVersion) -> Result<Value, ApiError> {
    takes(form, &["active", "product", "type", "currency", "lookup_keys"])?;
    let active = form.boolean("active")?;
    let keys = form.values("lookup_keys");
    list::<Price>(world, form, v, |held| {
        let kind = if held.recurring.is_some() { "recurring" } else { "one_time" };
        active.is_none_or(|active| active == held.active)
            && fits(form.text("product"), &held.product)
            && fits(form.text("type"), kind)
            && fits(form.text("currency"), &held.currency)
            && (keys.is_empty()
                || held.lookup_key.as_deref().is_some_and(|key| keys.contains(&key)))
    })
}

pub(super) fn subscriptions(world: &World, form: &Form, v: &ApiVersion) -> Result<Value, ApiError> {
    takes(form, &["customer", "price", "status", "test_clock"])?;
    let status = form.text("status");
    let clock = form.text("test_clock");
    let named = form.text("customer").is_some();
    list::<Subscription>(world, form, v, |held| {
        let shown = match status {
            None => held.status != Status::Canceled,
            Some("all") => true,
            Some("ended") => held.status.has_ended(),
            Some(wanted) => wanted == held.status.as_str(),
        };
        let price = form.text("price");
        shown
            && (named && clock.is_none() || clock_of(world, &held.customer) == clock)
            && fits(form.text("customer"), &held.customer)
            && (price.is_none() || held.items.iter().any(|item| Some(item.price.as_str()) == price))
    })
}

pub(super) fn invoices(world: &World, form: &Form, v: &ApiVersion) -> Result<Value, ApiError> {
    takes(form, &["customer", "subscription", "status"])?;
    let named = form.text("customer").or_else(|| form.text("subscription")).is_some();
    list::<Invoice>(world, form, v, |held| {
        (named || clock_of(world, &held.customer).is_none())
            && fits(form.text("customer"), &held.customer)
            && fits(form.text("subscription"), &held.subscription)
            && fits(form.text("status"), held.status.as_str())
    })
}

/// The items of one subscription. Unlike objects with a life of their own they are listed in
/// their order on the subscription.
pub(super) fn items(world: &World, form: &Form, v: &ApiVersion) -> Result<Value, ApiError> {
    form.only(&[PAGING, &["subscription"]].concat())?;
    let id = form.required("subscription")?;
    let held = world
        .subscriptions
        .get(id)
        .ok_or_else(|| ApiError::missing("subscription", id, "subscription"))?;
    // A page walks its rows from the end.
    let rows: Vec<_> = held.items.iter().rev().collect();
    let place = |id: &str| rows.iter().position(|item| item.id == id);
    let rows = Rows { oldest_first: &rows, place: &place, kind: "subscription_item" };
    let render = |item: &&_| render::subscription::item(item, held, world, View::of(v));
    page(&rows, form, "/v1/subscription_items", |_| true, render)
}

/// The lines of one invoice, in their order on it.
pub(super) fn lines(
    world: &World,
    id: &str,
    form: &Form,
    v: &ApiVersion,
) -> Result<Value, ApiError> {
    form.only(PAGING)?;
    let held = world.invoices.get(id).ok_or_else(|| ApiError::missing("invoice", id, "invoice"))?;
    let rows: Vec<_> = held.lines.iter().rev().collect();
    let place = |id: &str| rows.iter().position(|line| line.id == id);
    let rows = Rows { oldest_first: &rows, place: &place, kind: "line_item" };
    let render = |line: &&_| render::invoice::line(line, held, world, View::of(v));
    page(&rows, form, &format!("/v1/invoices/{id}/lines"), |_| true, render)
}

/// Events are kept for this long (STRIPE.md section 3).
const EVENTS_KEPT_SECONDS: i64 = 30 * 86_400;

/// An event as it was rendered for the account, with the deliveries that are still pending.
pub(super) fn event(
    world: &World,
    id: &str,
    pending: impl Fn(&str) -> usize,
) -> Result<Value, ApiError> {
    world
        .event_places
        .get(id)
        .and_then(|place| world.events.get(*place))
        .filter(|event| event.created >= world.now - EVENTS_KEPT_SECONDS)
        .map(|event| shown(world, event, &pending))
        .ok_or_else(|| ApiError::missing("event", id, "id"))
}

pub(super) fn events(
    world: &World,
    form: &Form,
    pending: impl Fn(&str) -> usize,
) -> Result<Value, ApiError> {
    takes(form, &["type", "types", "delivery_success"])?;
    let created = Created::parse(form)?;
    let oldest = world.now - EVENTS_KEPT_SECONDS;
    let types = form.values("types");
    let delivered = form.boolean("delivery_success")?;
    if form.text("type").is_some() && !types.is_empty() {
        let message = "You may only specify one of these parameters: type, types.";
        return Err(ApiError::invalid("types", message));
    }
    let place = |id: &str| world.event_places.get(id).copied();
    let rows = Rows { oldest_first: &world.events, place: &place, kind: "event" };
    let keep = |event: &crate::model::event::Event| {
        event.created >= oldest
            && created.holds(event.created)
            && form.text("type").is_none_or(|wanted| kind_fits(wanted, &event.kind))
            && (types.is_empty() || types.iter().any(|wanted| kind_fits(wanted, &event.kind)))
            && delivered.is_none_or(|wanted| wanted == (pending(&event.id) == 0))
    };
    page(&rows, form, "/v1/events", keep, |event| shown(world, event, &pending))
}

/// `invoice.*` fits every type that begins with `invoice.`.
fn kind_fits(wanted: &str, kind: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == kind, |prefix| kind.starts_with(prefix))
}

fn shown(
    world: &World,
    event: &crate::model::event::Event,
    pending: &impl Fn(&str) -> usize,
) -> Value {
    let body = event.body(&world.account_version());
    let mut body: Value =
        body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    if let Value::Object(fields) = &mut body {
        fields.insert("pending_webhooks".to_owned(), Value::from(pending(&event.id)));
    }
    body
}
