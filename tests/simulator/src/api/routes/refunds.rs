//! `/v1/refunds`.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::payments::NewRefund;
use crate::model::refund::Refund;
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["refunds"], kind: Refund::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    let form = &call.form;
    let shown = |world: &World, id: &str| call.show::<Refund>(world, id);
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<Refund>(world, id),
        (Verb::Post, []) => create(world, form).and_then(|id| shown(world, &id)),
        (Verb::Post, [id]) => form
            .only(&["metadata"])
            .and_then(|()| Ok(world.update_refund(id, &form.map("metadata"))?))
            .and_then(|()| shown(world, id)),
        (Verb::Post, [id, "cancel"]) => form
            .only(&[])
            .and_then(|()| Ok(world.cancel_refund(id)?))
            .and_then(|()| shown(world, id)),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["charge", "payment_intent"])?;
    let (charge, intent) = (call.form.text("charge"), call.form.text("payment_intent"));
    let named = charge.is_some() || intent.is_some();
    call.list::<Refund>(world, |held| {
        (named || clock_of(world, &held.charge).is_none())
            && fits(charge, &held.charge)
            && fits(intent, &held.intent)
    })
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&["amount", "charge", "metadata", "payment_intent", "reason"])?;
    let reason = form.owned("reason");
    let known = ["duplicate", "fraudulent", "requested_by_customer"];
    if reason.as_deref().is_some_and(|reason| !known.contains(&reason)) {
        return Err(ApiError::invalid("reason", "Invalid reason"));
    }
    let charge = match (form.text("charge"), form.text("payment_intent")) {
        (Some(charge), _) => charge.to_owned(),
        (None, Some(intent)) => world.paid_charge_of(intent)?,
        (None, None) => {
            let message = "One of the following params should be provided for this request: \
                           payment_intent or charge.";
            return Err(ApiError::refused(message));
        }
    };
    let amount = form.integer("amount")?;
    let metadata = form.map("metadata");
    Ok(world.create_refund(NewRefund { amount, charge, metadata, reason })?)
}
