//! `/v1/entitlements/active_entitlements`.

use super::{Answered, Call, Resource, Verb};
use crate::api::list::PAGING;
use crate::model::entitlement::ActiveEntitlement;
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["entitlements", "active_entitlements"],
    kind: ActiveEntitlement::KIND,
    inner: &[],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<ActiveEntitlement>(world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(&[PAGING, &["customer"]].concat())?;
    let customer = call.form.required("customer")?;
    world.live_customer(customer, "customer")?;
    call.list::<ActiveEntitlement>(world, |held| held.customer == customer)
}
