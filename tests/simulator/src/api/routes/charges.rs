//! `/v1/charges`. A charge is made by confirming a payment intent.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::payments::ChargeChange;
use crate::model::charge::Charge;
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["charges"], kind: Charge::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<Charge>(world),
        (Verb::Get, [id]) => call.retrieve::<Charge>(world, id),
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<Charge>(world, id))
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["customer", "payment_intent"])?;
    let customer = call.form.text("customer");
    if let Some(intent) = call.form.text("payment_intent") {
        let ids = world.payment_intents.get(intent).map_or(&[][..], |held| &held.charges);
        return call.list_of::<Charge>(world, ids, "/v1/charges", |held| {
            fits(customer, held.customer.as_deref().unwrap_or_default())
        });
    }
    call.list::<Charge>(world, |held| {
        let payer = held.customer.as_deref().unwrap_or_default();
        (customer.is_some() || clock_of(world, payer).is_none()) && fits(customer, payer)
    })
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["description", "metadata", "receipt_email"])?;
    let change = ChargeChange {
        description: form.owned("description"),
        metadata: form.map("metadata"),
        receipt_email: form.owned("receipt_email"),
    };
    Ok(world.update_charge(id, change)?)
}
