//! `/v1/customers`.

use super::{Answered, Call, Resource, Verb, discounts};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{CustomerChange, NewCustomer};
use crate::model::card::Card;
use crate::model::customer::Customer;
use crate::render::{Object, deleted};
use crate::version::since;
use crate::world::World;
use serde_json::{Map, Value};

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["customers"], kind: Customer::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<Customer>(world),
        (Verb::Get, [id]) => call.retrieve::<Customer>(world, id),
        (Verb::Post, []) => {
            create(world, &call.form).and_then(|id| call.show::<Customer>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(call, world, id).and_then(|()| call.show::<Customer>(world, id))
        }
        (Verb::Delete, [id, "discount"]) => {
            let held = world.customers.get(id).and_then(|held| held.discount.clone());
            discounts::delete(call, world, &held.into_iter().collect::<Vec<_>>())
        }
        (Verb::Delete, [id]) => delete(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["email", "test_clock"])?;
    let form = &call.form;
    let email = form.text("email");
    let clock = form.text("test_clock");
    call.list::<Customer>(world, |held| {
        held.test_clock.as_deref() == clock && (email.is_none() || held.email.as_deref() == email)
    })
}

const CUSTOMER: &[&str] = &[
    "address",
    "balance",
    "description",
    "email",
    "invoice_settings",
    "metadata",
    "name",
    "payment_method",
    "phone",
];
/// What only a new customer can be given.
const TEST_CLOCK: &str = "test_clock";

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    customer_only(form, &[TEST_CLOCK])?;
    if let Some(clock) = form.text(TEST_CLOCK) {
        world.live_clock(clock, TEST_CLOCK)?;
        world.check_clock_room(clock)?;
    }
    Ok(world.create_customer(NewCustomer {
        address: address(form),
        card: card(form)?.unwrap_or(Card::Missing),
        description: form.owned("description"),
        email: form.owned("email"),
        metadata: form.map("metadata"),
        name: form.owned("name"),
        phone: form.owned("phone"),
        test_clock: form.owned(TEST_CLOCK),
    }))
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    let form = &call.form;
    // 2025-03-31.basil took coupons out of a customer's parameters.
    let basil = call.version.has(since::BASIL);
    customer_only(form, if basil { &[] } else { &["coupon", "promotion_code"] })?;
    let card = card(form)?;
    let discount = if basil { None } else { discounts::wanted(form, call.version)? };
    if let Some(wishes) = discount {
        world.discount_customer(id, wishes.first())?;
    }
    world.update_customer(
        id,
        CustomerChange {
            address: address(form),
            balance: form.integer("balance")?,
            description: form.owned("description"),
            email: form.owned("email"),
            metadata: form.map("metadata"),
            name: form.owned("name"),
            phone: form.owned("phone"),
        },
    )?;
    if let Some(card) = card {
        world.give_card(id, card);
    }
    Ok(())
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_customer(id)?;
    Ok(deleted(Customer::KIND, id))
}

const ADDRESS: &[&str] = &["city", "country", "line1", "line2", "postal_code", "state"];

/// Refuses what is unknown inside a customer's parameters.
fn customer_only(form: &Form, more: &[&str]) -> Result<(), ApiError> {
    form.only(&[CUSTOMER, more].concat())?;
    form.inner("address").only(ADDRESS)?;
    form.inner("invoice_settings").only(&["default_payment_method"])
}

fn address(form: &Form) -> Option<Value> {
    let given = form.map("address");
    if given.is_empty() {
        return form.text("address").map(|_| Value::Null);
    }
    let fields = ADDRESS.iter().map(|name| {
        let value = given.get(*name).filter(|value| !value.is_empty());
        ((*name).to_owned(), value.map_or(Value::Null, |value| Value::from(value.as_str())))
    });
    Some(Value::Object(fields.collect::<Map<_, _>>()))
}

/// The test payment methods stand for how the bank will answer (STRIPE.md section 8).
fn card(form: &Form) -> Result<Option<Card>, ApiError> {
    let settings = form.inner("invoice_settings");
    let given = form.text("payment_method").or_else(|| settings.text("default_payment_method"));
    match given {
        None => Ok(None),
        Some("pm_card_visa") => Ok(Some(Card::Good)),
        Some("pm_card_chargeCustomerFail") => Ok(Some(Card::Declining)),
        Some(other) => Err(ApiError::missing("PaymentMethod", other, "payment_method")),
    }
}
