//! `/v1/subscription_items`: the items of subscriptions by themselves. A change to one is a change
//! to its subscription, and goes the same way.

use super::{Answered, Call, Resource, Verb, subscription_terms as terms};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::{PAGING, Rows, page};
use crate::life::SubscriptionChange;
use crate::model::subscription::Subscription;
use crate::render::deleted;
use crate::render::subscription::item;
use crate::world::World;

const KIND: &str = "subscription_item";

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["subscription_items"], kind: KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => retrieve(call, world, id),
        (Verb::Post, []) => create(call, world),
        (Verb::Post, [id]) => update(call, world, id),
        (Verb::Delete, [id]) => delete(call, world, id),
        _ => return None,
    })
}

/// The items of one subscription. Unlike objects with a life of their own they are listed in
/// their order on the subscription.
fn list(call: &Call<'_>, world: &World) -> Answered {
    let form = &call.form;
    form.only(&[PAGING, &["subscription"]].concat())?;
    let id = form.required("subscription")?;
    let held = world
        .subscriptions
        .get(id)
        .ok_or_else(|| ApiError::missing("subscription", id, "subscription"))?;
    // A page walks its rows from the end.
    let rows: Vec<_> = held.items.iter().rev().collect();
    let place = |id: &str| rows.iter().position(|item| item.id == id);
    let rows = Rows::new(&rows, &place, KIND);
    let render = |one: &&_| item(one, held, world, call.view());
    page(&rows, form, "/v1/subscription_items", |_| true, render)
}

fn retrieve(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.form.only(&[])?;
    show(call, world, id)
}

fn show(call: &Call<'_>, world: &World, id: &str) -> Answered {
    let held = owner(world, id)?;
    let one = held.items.iter().find(|item| item.id == id);
    one.map(|one| item(one, held, world, call.view()))
        .ok_or_else(|| ApiError::missing(KIND, id, "id"))
}

fn owner<'a>(world: &'a World, id: &str) -> Result<&'a Subscription, ApiError> {
    world.owner_of_item(id).ok_or_else(|| ApiError::missing(KIND, id, "id"))
}

/// The parameters of every change.
const HOW: &[&str] = &["off_session", "payment_behavior", "proration_behavior", "proration_date"];
const WHAT: &[&str] = &["metadata", "plan", "price", "price_data", "quantity"];

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let form = &call.form;
    form.only(&[HOW, WHAT, &["subscription"]].concat())?;
    let id = form.required("subscription")?;
    let held = world
        .subscriptions
        .get(id)
        .cloned()
        .ok_or_else(|| ApiError::missing("subscription", id, "subscription"))?;
    let change = changed(world, &held, None, form)?;
    if change.items.iter().any(|item| item.price.is_none()) {
        return Err(ApiError::missing_parameter("price"));
    }
    world.update_subscription(&held.id, change)?;
    let known = |id: &str| held.items.iter().any(|item| item.id == id);
    let waits = world.subscriptions.get(&held.id).and_then(|it| it.pending_update.as_deref());
    if let (Some(update), Some(of)) = (waits, world.subscriptions.get(&held.id)) {
        // The item is not on the subscription yet; it waits with the rest of the change.
        let new = update.items.iter().find(|item| !known(&item.id));
        return new
            .map(|one| item(one, of, world, call.view()))
            .ok_or_else(|| ApiError::missing(KIND, "", "id"));
    }
    let new = world.subscriptions.get(&held.id).and_then(|held| held.items.last());
    let new = new.map(|item| item.id.clone()).unwrap_or_default();
    show(call, world, &new)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let held = owner(world, id)?.clone();
    call.form.only(&[HOW, WHAT].concat())?;
    world.in_time_of(&held.id, |world| -> Result<(), ApiError> {
        let change = changed(world, &held, Some(id), &call.form)?;
        Ok(world.update_subscription(&held.id, change)?)
    })?;
    show(call, world, id)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let held = owner(world, id)?.clone();
    let form = &call.form;
    form.only(&["clear_usage", "payment_behavior", "proration_behavior", "proration_date"])?;
    world.in_time_of(&held.id, |world| -> Result<(), ApiError> {
        let mut change = changed(world, &held, Some(id), form)?;
        change.items.iter_mut().for_each(|item| item.deleted = true);
        Ok(world.update_subscription(&held.id, change)?)
    })?;
    Ok(deleted(KIND, id))
}

fn changed(
    world: &mut World,
    held: &Subscription,
    id: Option<&str>,
    form: &Form,
) -> Result<SubscriptionChange, ApiError> {
    form.boolean("off_session")?;
    Ok(SubscriptionChange {
        payment_behavior: terms::payment_behavior(form)?,
        proration: terms::proration(form)?,
        proration_date: form.integer("proration_date")?,
        items: vec![terms::item_change(world, held, id, form)?],
        ..SubscriptionChange::default()
    })
}
