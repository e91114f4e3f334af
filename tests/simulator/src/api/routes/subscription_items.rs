//! `/v1/subscription_items`.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::list::{PAGING, Rows, page};
use crate::render::subscription::item;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["subscription_items"], kind: "subscription_item", inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
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
    let rows = Rows::new(&rows, &place, "subscription_item");
    let render = |one: &&_| item(one, held, world, call.view());
    page(&rows, form, "/v1/subscription_items", |_| true, render)
}
