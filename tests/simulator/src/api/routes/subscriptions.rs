//! `/v1/subscriptions`.

use super::{Answered, Call, Resource, Verb, clock_of, discounts, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{
    Cancel, ItemChange, NewItem, NewSubscription, PaymentBehavior, ProrationBehavior, Start,
    SubscriptionChange,
};
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
        (Verb::Post, []) => {
            create(call, world).and_then(|id| call.show::<Subscription>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(call, world, id).and_then(|()| call.show::<Subscription>(world, id))
        }
        (Verb::Delete, [id]) => {
            cancel(world, id, &call.form).and_then(|()| call.show::<Subscription>(world, id))
        }
        (Verb::Delete, [id, "discount"]) => {
            let held = world.subscriptions.get(id).map(|held| held.discounts.clone());
            discounts::delete(call, world, &held.unwrap_or_default())
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    let shown = Filter::parse(call)?;
    call.list::<Subscription>(world, |held| shown.fits(held, world))
}

pub(super) fn written_list(call: &Call<'_>, world: &World) -> Result<Bytes, ApiError> {
    let shown = Filter::parse(call)?;
    call.written_list::<Subscription>(world, |held| shown.fits(held, world))
}

/// Which subscriptions a list shows.
struct Filter<'a> {
    customer: Option<&'a str>,
    price: Option<&'a str>,
    status: Option<&'a str>,
    test_clock: Option<&'a str>,
}

impl<'a> Filter<'a> {
    fn parse(call: &'a Call<'_>) -> Result<Self, ApiError> {
        call.filters(&["customer", "price", "status", "test_clock"])?;
        let form = &call.form;
        Ok(Self {
            customer: form.text("customer"),
            price: form.text("price"),
            status: form.text("status"),
            test_clock: form.text("test_clock"),
        })
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
        shown
            && of_clock
            && fits(self.customer, &held.customer)
            && self.price.is_none_or(|price| held.items.iter().any(|item| item.price == price))
    }
}

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    discounts::only(
        form,
        call.version,
        &[
            "cancel_at_period_end",
            "customer",
            "description",
            "items",
            "metadata",
            "payment_behavior",
            "trial_end",
            "trial_period_days",
        ],
    )?;
    let payment_behavior = match form.text("payment_behavior") {
        None | Some("allow_incomplete") => PaymentBehavior::AllowIncomplete,
        Some("default_incomplete") => PaymentBehavior::DefaultIncomplete,
        Some("error_if_incomplete") => PaymentBehavior::ErrorIfIncomplete,
        Some(_) => return Err(ApiError::invalid("payment_behavior", "Invalid payment_behavior")),
    };
    form.required("customer")?;
    let days = form.integer("trial_period_days")?.filter(|days| *days > 0);
    let trial_end = match days {
        Some(days) => Some(world.now.saturating_add(days.saturating_mul(86_400))),
        None => form.integer("trial_end")?,
    };
    let items: Vec<NewItem> = form.list("items").iter().map(new_item).collect::<Result<_, _>>()?;
    if items.is_empty() {
        return Err(ApiError::missing_parameter("items"));
    }
    Ok(world.subscribe(&NewSubscription {
        cancel_at_period_end: form.boolean("cancel_at_period_end")?.unwrap_or(false),
        customer: form.required("customer")?.to_owned(),
        description: form.owned("description"),
        discounts: discounts::wanted(form, call.version)?.unwrap_or_default(),
        items,
        metadata: form.map("metadata"),
        payment_behavior,
        start: Start::Api,
        trial_end,
    })?)
}

fn new_item(form: &Form) -> Result<NewItem, ApiError> {
    form.only(&["price", "quantity"])?;
    Ok(NewItem { price: form.required("price")?.to_owned(), quantity: form.integer("quantity")? })
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    let form = &call.form;
    discounts::only(
        form,
        call.version,
        &[
            "cancel_at",
            "cancel_at_period_end",
            "description",
            "items",
            "metadata",
            "proration_behavior",
        ],
    )?;
    let proration = match form.text("proration_behavior") {
        None | Some("create_prorations") => ProrationBehavior::CreateProrations,
        Some("always_invoice") => ProrationBehavior::AlwaysInvoice,
        Some("none") => ProrationBehavior::None,
        Some(_) => {
            return Err(ApiError::invalid("proration_behavior", "Invalid proration_behavior"));
        }
    };
    let cancel_at = match form.text("cancel_at") {
        Some("") => Some(0),
        Some(_) | None => form.integer("cancel_at")?,
    };
    let items = form.list("items").iter().map(item_change).collect::<Result<_, _>>()?;
    Ok(world.update_subscription(
        id,
        SubscriptionChange {
            cancel_at,
            cancel_at_period_end: form.boolean("cancel_at_period_end")?,
            description: form.owned("description"),
            discounts: discounts::wanted(form, call.version)?,
            items,
            metadata: form.map("metadata"),
            proration,
        },
    )?)
}

fn item_change(form: &Form) -> Result<ItemChange, ApiError> {
    form.only(&["deleted", "id", "price", "quantity"])?;
    Ok(ItemChange {
        id: form.owned("id"),
        deleted: form.boolean("deleted")?.unwrap_or(false),
        price: form.owned("price"),
        quantity: form.integer("quantity")?,
    })
}

fn cancel(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["cancellation_details", "invoice_now", "prorate"])?;
    let details = form.inner("cancellation_details");
    details.only(&["comment", "feedback"])?;
    let how = Cancel { comment: details.owned("comment"), feedback: details.owned("feedback") };
    Ok(world.cancel_subscription(id, how)?)
}
