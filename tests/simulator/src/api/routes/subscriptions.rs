//! `/v1/subscriptions`.

use super::{
    Answered, Call, Resource, Verb, clock_of, discounts, fits, subscription_terms as terms,
};
use crate::api::error::ApiError;
use crate::api::list::Within;
use crate::model::subscription::{Status, Subscription};
use crate::render::Object;
use crate::world::World;
use bytes::Bytes;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["subscriptions"], kind: Subscription::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<Subscription>(world),
        (Verb::Get, [id]) => call.retrieve::<Subscription>(world, id),
        (Verb::Post, []) => create(call, world),
        (Verb::Post, [id]) => update(call, world, id),
        (Verb::Post, [id, "migrate"]) => migrate(call, world, id),
        (Verb::Post, [id, "pause"]) => pause(call, world, id),
        (Verb::Post, [id, "resume"]) => resume(call, world, id),
        (Verb::Delete, [id]) => cancel(call, world, id),
        (Verb::Delete, [id, "discount"]) => {
            let held = world.subscriptions.get(id).map(|held| held.discounts.clone());
            discounts::delete(call, world, &held.unwrap_or_default())
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    let shown = Filter::parse(call)?;
    call.list_among::<Subscription>(world, shown.ids(world), |held| shown.fits(held, world))
}

pub(super) fn written_list(call: &Call<'_>, world: &World) -> Result<Bytes, ApiError> {
    let shown = Filter::parse(call)?;
    call.written_list::<Subscription>(world, shown.ids(world), |held| shown.fits(held, world))
}

/// Which subscriptions a list shows.
struct Filter<'a> {
    automatic_tax: Option<bool>,
    collection_method: Option<&'a str>,
    customer: Option<&'a str>,
    period_end: Within,
    period_start: Within,
    price: Option<&'a str>,
    status: Option<&'a str>,
    test_clock: Option<&'a str>,
}

impl<'a> Filter<'a> {
    fn parse(call: &'a Call<'_>) -> Result<Self, ApiError> {
        call.filters(&[
            "automatic_tax",
            "collection_method",
            "current_period_end",
            "current_period_start",
            "customer",
            "plan",
            "price",
            "status",
            "test_clock",
        ])?;
        let form = &call.form;
        let tax = form.inner("automatic_tax");
        tax.only(&["enabled"])?;
        Ok(Self {
            automatic_tax: tax.boolean("enabled")?,
            collection_method: form.text("collection_method"),
            customer: form.text("customer"),
            period_end: Within::parse(form, "current_period_end")?,
            period_start: Within::parse(form, "current_period_start")?,
            price: form.text("price").or_else(|| form.text("plan")),
            status: form.text("status"),
            test_clock: form.text("test_clock"),
        })
    }

    /// The subscriptions that can be shown at all, where a customer is named.
    fn ids<'w>(&self, world: &'w World) -> Option<&'w [String]> {
        let of = |customer: &str| world.subscriptions_of.get(customer);
        self.customer.map(|customer| of(customer).map_or(&[][..], Vec::as_slice))
    }

    fn fits(&self, held: &Subscription, world: &World) -> bool {
        let shown = match self.status {
            None => held.status != Status::Canceled,
            Some("all") => true,
            Some("ended") => held.status.has_ended(),
            Some(wanted) => wanted == held.status.as_str(),
        };
        let of_clock = self.customer.is_some() && self.test_clock.is_none()
            || clock_of(world, &held.customer) == self.test_clock;
        // No subscription has automatic tax here.
        shown
            && of_clock
            && self.automatic_tax != Some(true)
            && fits(self.collection_method, held.collection.as_str())
            && self
                .period_start
                .holds_some(held.items.iter().map(|it| it.current_period_start).max())
            && self.period_end.holds_some(held.items.iter().map(|it| it.current_period_end).min())
            && fits(self.customer, &held.customer)
            && self.price.is_none_or(|price| held.items.iter().any(|item| item.price == price))
    }
}

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let new = terms::new_subscription(world, &call.form, call.version)?;
    let id = world.subscribe(&new)?;
    call.show::<Subscription>(world, &id)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let held = world.known_subscription(id)?.clone();
    let change = terms::change(world, &held, &call.form, call.version)?;
    world.update_subscription(id, change)?;
    call.show::<Subscription>(world, id)
}

fn migrate(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let mode = terms::migration(&call.form, call.version)?;
    world.migrate_subscription(id, mode)?;
    call.show::<Subscription>(world, id)
}

fn pause(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    world.pause_subscription(id, terms::pause(&call.form)?)?;
    call.show::<Subscription>(world, id)
}

fn resume(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    world.resume_subscription(id, terms::resume(&call.form, call.version)?)?;
    call.show::<Subscription>(world, id)
}

fn cancel(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    world.cancel_subscription(id, terms::cancel(&call.form)?)?;
    call.show::<Subscription>(world, id)
}
