//! `/v1/customers`.

use super::payment_methods::route_of_customer;
use super::{Answered, Call, Resource, Verb, customer_balance, discounts, tax_ids};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{CustomerChange, NewCustomer};
use crate::model::card::Card;
use crate::model::customer::Customer;
use crate::model::customer_balance::CustomerBalanceTransaction;
use crate::model::tax_id::TaxId;
use crate::render::{Object, deleted};
use crate::version::since;
use crate::world::World;
use serde_json::{Map, Value};

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["customers"],
    kind: Customer::KIND,
    inner: &[
        ("balance_transactions", CustomerBalanceTransaction::KIND),
        ("payment_methods", "payment_method"),
        ("tax_ids", TaxId::KIND),
    ],
    route,
};

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
        (_, [id, "balance_transactions", rest @ ..]) => {
            return customer_balance::route(call, world, id, rest);
        }
        (_, [id, "payment_methods", rest @ ..]) => return route_of_customer(call, world, id, rest),
        (_, [id, "tax_ids", rest @ ..]) => return tax_ids::route(call, world, id, rest),
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
    let method = named_method(form);
    if let Some(method) = method {
        world.may_attach(method, "payment_method")?;
    }
    let settings = form.inner("invoice_settings");
    let default = settings.text("default_payment_method").filter(|named| !named.is_empty());
    if let Some(named) = default.filter(|named| Some(*named) != method) {
        return Err(not_the_customers(named));
    }
    let balance = form.integer("balance")?;
    let id = world.create_customer(NewCustomer {
        address: address(form),
        card: Card::Missing,
        description: form.owned("description"),
        email: form.owned("email"),
        metadata: form.map("metadata"),
        name: form.owned("name"),
        phone: form.owned("phone"),
        test_clock: form.owned(TEST_CLOCK),
    });
    if let Some(balance) = balance {
        let change = CustomerChange { balance: Some(balance), ..CustomerChange::default() };
        world.update_customer(&id, change)?;
    }
    if let Some(method) = method {
        let method = world.use_method(method, "payment_method")?;
        world.attach_method(&method, &id)?;
        if default.is_some() {
            world.set_default_method(&id, &method);
        }
    }
    Ok(id)
}

/// The method that is to be attached to a customer.
fn named_method(form: &Form) -> Option<&str> {
    form.text("payment_method").filter(|named| !named.is_empty())
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    let form = &call.form;
    // 2025-03-31.basil took coupons out of a customer's parameters.
    let basil = call.version.has(since::BASIL);
    customer_only(form, if basil { &[] } else { &["coupon", "promotion_code"] })?;
    world.live_customer(id, "id")?;
    let discount = if basil { None } else { discounts::wanted(form, call.version)? };
    let balance = form.integer("balance")?;
    let method = named_method(form);
    let mut default = form.inner("invoice_settings").owned("default_payment_method");
    if let Some(named) = default.as_deref().filter(|named| !named.is_empty()) {
        let owner = world.payment_methods.get(named).and_then(|held| held.customer.as_deref());
        if owner != Some(id) && Some(named) != method {
            return Err(not_the_customers(named));
        }
    }
    if let Some(named) = method {
        world.may_attach(named, "payment_method")?;
        let made = world.use_method(named, "payment_method")?;
        world.attach_method(&made, id)?;
        if default.as_deref() == Some(named) {
            default = Some(made);
        }
    }
    if let Some(wishes) = discount {
        world.discount_customer(id, wishes.first())?;
    }
    Ok(world.update_customer(
        id,
        CustomerChange {
            address: address(form),
            balance,
            default_payment_method: default,
            description: form.owned("description"),
            email: form.owned("email"),
            metadata: form.map("metadata"),
            name: form.owned("name"),
            phone: form.owned("phone"),
        },
    )?)
}

/// Only a method that is attached to a customer can be its default.
fn not_the_customers(method: &str) -> ApiError {
    let message = format!(
        "The customer does not have a payment method with the ID {method}. The payment method \
         must be attached to the customer."
    );
    ApiError::not_attached(&message, "invoice_settings[default_payment_method]")
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_customer(id)?;
    Ok(deleted(Customer::KIND, id))
}

pub(super) const ADDRESS: &[&str] = &["city", "country", "line1", "line2", "postal_code", "state"];

/// Refuses what is unknown inside a customer's parameters.
fn customer_only(form: &Form, more: &[&str]) -> Result<(), ApiError> {
    form.only(&[CUSTOMER, more].concat())?;
    form.inner("address").only(ADDRESS)?;
    form.inner("invoice_settings").only(&["default_payment_method"])
}

pub(super) fn address(form: &Form) -> Option<Value> {
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
