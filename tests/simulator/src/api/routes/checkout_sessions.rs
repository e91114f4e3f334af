//! `/v1/checkout/sessions` (STRIPE.md 9.1). What a new session is asked to be is in
//! `checkout_offer`.

use super::checkout_offer::create;
use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::list::{PAGING, Rows, page};
use crate::model::checkout::CheckoutSession;
use crate::model::merge_metadata;
use crate::render::Object;
use crate::render::checkout::line_item;
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["checkout", "sessions"],
    kind: CheckoutSession::KIND,
    inner: &[("line_items", "item")],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<CheckoutSession>(world, id),
        (Verb::Get, [id, "line_items"]) => line_items(call, world, id),
        (Verb::Post, []) => {
            create(call, world).and_then(|id| call.show::<CheckoutSession>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(call, world, id).and_then(|()| call.show::<CheckoutSession>(world, id))
        }
        (Verb::Post, [id, "expire"]) => expire(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["customer", "customer_details", "payment_intent", "status", "subscription"])?;
    let form = &call.form;
    let details = form.inner("customer_details");
    details.only(&["email"])?;
    let status = form.choice("status", &["open", "complete", "expired"])?;
    let email = details.text("email");
    let named = form.text("customer").is_some() || form.text("subscription").is_some();
    call.list::<CheckoutSession>(world, |held| {
        let customer = held.offer.customer.as_deref().unwrap_or_default();
        let payer = held.payer.as_ref().and_then(|payer| payer.email.as_deref());
        let known = payer.or(held.offer.customer_email.as_deref()).unwrap_or_default();
        (named || clock_of(world, customer).is_none())
            && fits(form.text("customer"), customer)
            && fits(email, known)
            && fits(form.text("payment_intent"), held.payment_intent.as_deref().unwrap_or_default())
            && fits(status, held.status.as_str())
            && fits(form.text("subscription"), held.subscription.as_deref().unwrap_or_default())
    })
}

/// The lines of a session, in the order they were asked for.
fn line_items(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.form.only(PAGING)?;
    let held = world.known_checkout(id)?;
    let backwards: Vec<_> = held.lines.iter().rev().collect();
    let place = |line: &str| backwards.iter().position(|held| held.id == line);
    let rows = Rows::new(&backwards, &place, "item");
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    let show = |line: &&_| line_item(line, held, world, call.view());
    page(&rows, &call.form, &url, |_| true, show)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    call.form.only(&["metadata"])?;
    world.known_checkout(id)?;
    let cleared = call.form.text("metadata") == Some("");
    let change = call.form.map("metadata");
    world.edit::<CheckoutSession>(id, |held| {
        if cleared {
            held.offer.metadata.clear();
        }
        merge_metadata(&mut held.offer.metadata, &change);
    });
    Ok(())
}

fn expire(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.expire_checkout(id)?;
    call.show::<CheckoutSession>(world, id)
}
