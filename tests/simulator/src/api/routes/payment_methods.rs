//! `/v1/payment_methods`, and the methods of one customer.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::life::payments::{MethodChange, NewMethod};
use crate::model::payment_method::{BillingDetails, MethodKind, PaymentMethod};
use crate::render::Object;
use crate::world::World;
use serde_json::Value;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["payment_methods"], kind: PaymentMethod::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    let shown = |world: &World, id: &str| call.show::<PaymentMethod>(world, id);
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<PaymentMethod>(world, id),
        (Verb::Post, []) => create(world, &call.form).and_then(|id| shown(world, &id)),
        (Verb::Post, [id]) => update(world, id, &call.form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "attach"]) => attach(call, world, id),
        (Verb::Post, [id, "detach"]) => detach(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    let form = &call.form;
    form.only(&[PAGING, &["allow_redisplay", "customer", "type"]].concat())?;
    match form.text("customer") {
        Some(customer) => of_customer(call, world, customer, "/v1/payment_methods"),
        None => call.list::<PaymentMethod>(world, |held| {
            held.customer.is_some() && super::fits(form.text("type"), held.kind.as_str())
        }),
    }
}

/// The methods of one customer, at the address that asked for them.
pub(super) fn of_customer(call: &Call<'_>, world: &World, customer: &str, url: &str) -> Answered {
    world.live_customer(customer, "customer")?;
    let kind = call.form.text("type");
    let ids = world.methods_of.get(customer).map_or(&[][..], Vec::as_slice);
    call.list_of::<PaymentMethod>(world, ids, url, |held| super::fits(kind, held.kind.as_str()))
}

/// `/v1/customers/{id}/payment_methods[/{pm}]`.
pub(super) fn route_of_customer(
    call: &Call<'_>,
    world: &World,
    customer: &str,
    rest: &[&str],
) -> Option<Answered> {
    Some(match (call.verb, rest) {
        (Verb::Get, []) => {
            call.form.only(&[PAGING, &["allow_redisplay", "type"]].concat()).and_then(|()| {
                let url = format!("/v1/customers/{customer}/payment_methods");
                of_customer(call, world, customer, &url)
            })
        }
        (Verb::Get, [id]) => call.form.only(&[]).and_then(|()| {
            let owner = world.payment_methods.get(id).and_then(|held| held.customer.as_deref());
            if owner == Some(customer) {
                call.show::<PaymentMethod>(world, id)
            } else {
                Err(ApiError::missing("PaymentMethod", id, "payment_method"))
            }
        }),
        _ => return None,
    })
}

const NEW: &[&str] = &[
    "allow_redisplay",
    "billing_details",
    "card",
    "metadata",
    "sepa_debit",
    "type",
    "us_bank_account",
];

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    let new = new_method(form)?;
    Ok(world.create_method(new))
}

/// A method from its parameters, as `payment_method_data` has them too.
pub(super) fn new_method(form: &Form) -> Result<NewMethod, ApiError> {
    form.only(NEW)?;
    let card = form.inner("card");
    card.only(&["cvc", "exp_month", "exp_year", "number", "token"])?;
    let kind = match form.text("type") {
        None if card.text("token").is_some() => MethodKind::Card,
        None => return Err(ApiError::missing_parameter(&form.name("type"))),
        Some(text) => MethodKind::parse(text).ok_or_else(|| {
            let message = format!("Invalid type: {text} is not supported by this simulator");
            ApiError::invalid(&form.name("type"), &message)
        })?,
    };
    let new = match kind {
        MethodKind::Card => of_card(&card)?,
        MethodKind::SepaDebit => {
            let account = form.inner("sepa_debit");
            account.only(&["iban"])?;
            NewMethod::of_number(kind, account.required("iban")?)
        }
        MethodKind::UsBankAccount => {
            let account = form.inner("us_bank_account");
            account.only(&[
                "account_holder_type",
                "account_number",
                "account_type",
                "routing_number",
            ])?;
            account.required("routing_number")?;
            NewMethod::of_number(kind, account.required("account_number")?)
        }
    };
    let new = new.ok_or_else(ApiError::wrong_card_number)?;
    let billing_details = billing_details(form)?.unwrap_or_default();
    Ok(NewMethod { billing_details, metadata: form.map("metadata"), ..new })
}

fn of_card(form: &Form) -> Result<Option<NewMethod>, ApiError> {
    if let Some(token) = form.text("token") {
        let known = NewMethod::of_test_token(token).filter(|_| token.starts_with("tok_"));
        return match known {
            Some(new) => Ok(Some(new)),
            None => Err(ApiError::missing("token", token, &form.name("token"))),
        };
    }
    let new = NewMethod::of_number(MethodKind::Card, form.required("number")?);
    let month = form.integer("exp_month")?;
    let year = form.integer("exp_year")?;
    let (Some(exp_month), Some(exp_year)) = (month, year) else {
        let absent = if month.is_none() { "exp_month" } else { "exp_year" };
        return Err(ApiError::missing_parameter(&form.name(absent)));
    };
    if !(1..=12).contains(&exp_month) {
        return Err(ApiError::wrong_card("invalid_expiry_month", "exp_month"));
    }
    let exp_year = if exp_year < 100 { exp_year + 2_000 } else { exp_year };
    Ok(new.map(|new| NewMethod { exp_month, exp_year, ..new }))
}

fn billing_details(form: &Form) -> Result<Option<BillingDetails>, ApiError> {
    let details = form.inner("billing_details");
    if details.is_empty() {
        return Ok(None);
    }
    details.only(&["address", "email", "name", "phone"])?;
    details.inner("address").only(super::customers::ADDRESS)?;
    let text = |name: &str| details.owned(name).filter(|text| !text.is_empty());
    Ok(Some(BillingDetails {
        address: super::customers::address(&details).filter(|address| *address != Value::Null),
        email: text("email"),
        name: text("name"),
        phone: text("phone"),
    }))
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["allow_redisplay", "billing_details", "card", "metadata"])?;
    let card = form.inner("card");
    card.only(&["exp_month", "exp_year"])?;
    let change = MethodChange {
        billing_details: billing_details(form)?,
        exp_month: card.integer("exp_month")?,
        exp_year: card.integer("exp_year")?,
        metadata: form.map("metadata"),
    };
    Ok(world.update_method(id, change)?)
}

fn attach(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&["customer"])?;
    let customer = call.form.required("customer")?;
    world.live_customer(customer, "customer")?;
    world.may_attach(id, "id")?;
    let id = world.use_method(id, "id")?;
    world.attach_method(&id, customer)?;
    call.show::<PaymentMethod>(world, &id)
}

fn detach(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.detach_method(id)?;
    call.show::<PaymentMethod>(world, id)
}

/// The method that a call pays by: one that exists, one that a test token stands for, or one
/// given in full. None where the call names none.
pub(super) fn method_of(world: &mut World, form: &Form) -> Result<Option<String>, ApiError> {
    if let Some(named) = form.text("payment_method").filter(|named| !named.is_empty()) {
        return Ok(Some(world.use_method(named, "payment_method")?));
    }
    let data = form.inner("payment_method_data");
    if data.is_empty() {
        return Ok(None);
    }
    let new = new_method(&data)?;
    Ok(Some(world.create_method(new)))
}
