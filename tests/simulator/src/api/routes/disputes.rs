//! `/v1/disputes`.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::model::dispute::Dispute;
use crate::render::Object;
use crate::render::dispute::EVIDENCE;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["disputes"], kind: Dispute::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    let shown = |world: &World, id: &str| call.show::<Dispute>(world, id);
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<Dispute>(world, id),
        (Verb::Post, [id]) => update(world, id, &call.form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "close"]) => call
            .form
            .only(&[])
            .and_then(|()| Ok(world.decide_dispute(id, false)?))
            .and_then(|()| shown(world, id)),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["charge", "payment_intent"])?;
    let (charge, intent) = (call.form.text("charge"), call.form.text("payment_intent"));
    let named = charge.is_some() || intent.is_some();
    call.list::<Dispute>(world, |held| {
        (named || clock_of(world, &held.charge).is_none())
            && fits(charge, &held.charge)
            && fits(intent, &held.intent)
    })
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["evidence", "metadata", "submit"])?;
    form.inner("evidence").only(EVIDENCE)?;
    // Evidence is sent to the bank unless it is only to be kept.
    let submits = form.boolean("submit")?.unwrap_or(true);
    let metadata = form.map("metadata");
    Ok(world.update_dispute(id, &form.map("evidence"), &metadata, submits)?)
}
