//! `/v1/entitlements/features`.

use super::{Answered, Call, Resource, Verb, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::life::{FeatureChange, NewFeature};
use crate::model::entitlement::Feature;
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["entitlements", "features"], kind: Feature::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<Feature>(world, id),
        (Verb::Post, []) => {
            create(world, &call.form).and_then(|id| call.show::<Feature>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<Feature>(world, id))
        }
        _ => return None,
    })
}

/// Archived features are listed only where they are asked for.
fn list(call: &Call<'_>, world: &World) -> Answered {
    let form = &call.form;
    form.only(&[PAGING, &["archived", "lookup_key"]].concat())?;
    let archived = form.boolean("archived")?.unwrap_or(false);
    let key = form.text("lookup_key");
    call.list::<Feature>(world, |held| held.active != archived && fits(key, &held.lookup_key))
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&["lookup_key", "metadata", "name"])?;
    Ok(world.create_feature(NewFeature {
        lookup_key: form.required("lookup_key")?.to_owned(),
        metadata: form.map("metadata"),
        name: form.required("name")?.to_owned(),
    })?)
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["active", "metadata", "name"])?;
    let change = FeatureChange {
        active: form.boolean("active")?,
        metadata: form.map("metadata"),
        name: form.owned("name"),
    };
    Ok(world.update_feature(id, change)?)
}
