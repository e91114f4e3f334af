//! `/v1/products/{id}/features`: which features a product has.

use super::{Answered, Call, Verb};
use crate::api::error::ApiError;
use crate::api::list::{PAGING, Rows, page};
use crate::model::entitlement::ProductFeature;
use crate::render::{Object, deleted};
use crate::world::World;

/// Answers what is behind `features`; none where there is no such path.
pub(super) fn route(
    call: &Call<'_>,
    world: &mut World,
    product: &str,
    path: &[&str],
) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world, product),
        (Verb::Post, []) => attach(call, world, product),
        (Verb::Get, [id]) => retrieve(call, world, product, id),
        (Verb::Delete, [id]) => detach(call, world, product, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World, product: &str) -> Answered {
    call.form.only(PAGING)?;
    if world.products.get(product).is_none_or(|held| held.deleted) {
        return Err(ApiError::missing("product", product, "product"));
    }
    let table = &world.product_features;
    let place = |id: &str| table.place(id);
    let rows = Rows::new(table.rows(), &place, ProductFeature::KIND);
    let keep = |held: &ProductFeature| held.product == product && held.detached.is_none();
    let url = format!("/v1/products/{product}/features");
    page(&rows, &call.form, &url, keep, |held| held.render(world, call.view()))
}

fn attach(call: &Call<'_>, world: &mut World, product: &str) -> Answered {
    call.form.only(&["entitlement_feature"])?;
    let feature = call.form.required("entitlement_feature")?;
    let id = world.attach_feature(product, feature)?;
    call.show::<ProductFeature>(world, &id)
}

fn retrieve(call: &Call<'_>, world: &World, product: &str, id: &str) -> Answered {
    call.form.only(&[])?;
    world.product_feature(product, id)?;
    call.show::<ProductFeature>(world, id)
}

fn detach(call: &Call<'_>, world: &mut World, product: &str, id: &str) -> Answered {
    call.form.only(&[])?;
    world.detach_feature(product, id)?;
    Ok(deleted(ProductFeature::KIND, id))
}
