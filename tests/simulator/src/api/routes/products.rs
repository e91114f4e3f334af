//! `/v1/products`.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{NewProduct, ProductChange};
use crate::model::product::Product;
use crate::render::{Object, deleted};
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["products"], kind: Product::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<Product>(world),
        (Verb::Get, [id]) => call.retrieve::<Product>(world, id),
        (Verb::Post, []) => {
            create(world, &call.form).and_then(|id| call.show::<Product>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<Product>(world, id))
        }
        (Verb::Delete, [id]) => delete(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["active", "ids"])?;
    let form = &call.form;
    let active = form.boolean("active")?;
    let ids = form.values("ids");
    call.list::<Product>(world, |held| {
        active.is_none_or(|active| active == held.active)
            && (ids.is_empty() || ids.contains(&held.id.as_str()))
    })
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&["description", "id", "metadata", "name", "unit_label"])?;
    Ok(world.create_product(NewProduct {
        id: form.owned("id"),
        description: form.owned("description"),
        metadata: form.map("metadata"),
        name: form.required("name")?.to_owned(),
        unit_label: form.owned("unit_label"),
    })?)
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["active", "default_price", "description", "metadata", "name"])?;
    Ok(world.update_product(
        id,
        ProductChange {
            active: form.boolean("active")?,
            default_price: form.owned("default_price"),
            description: form.owned("description"),
            metadata: form.map("metadata"),
            name: form.owned("name"),
        },
    )?)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_product(id)?;
    Ok(deleted(Product::KIND, id))
}
