//! `/v1/products`.

use super::prices::inline_price;
use super::{Answered, Call, Resource, Verb, product_features};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{NewProduct, ProductChange};
use crate::model::entitlement::ProductFeature;
use crate::model::product::Product;
use crate::render::{Object, deleted};
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["products"],
    kind: Product::KIND,
    inner: &[("features", ProductFeature::KIND)],
    route,
};

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
        (_, [id, "features", rest @ ..]) => return product_features::route(call, world, id, rest),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["active", "ids", "shippable", "type", "url"])?;
    let form = &call.form;
    let active = form.boolean("active")?;
    let shippable = form.boolean("shippable")?;
    let ids = form.values("ids");
    // Every product here is a service.
    let is_service = form.text("type").is_none_or(|kind| kind == "service");
    call.list::<Product>(world, |held| {
        active.is_none_or(|active| active == held.active)
            && shippable.is_none_or(|wanted| held.shippable == Some(wanted))
            && is_service
            && (form.text("url").is_none() || form.text("url") == held.url.as_deref())
            && (ids.is_empty() || ids.contains(&held.id.as_str()))
    })
}

const FEATURES_MAX: usize = 15;
const FEATURE_LENGTH_MAX: usize = 80;
const IMAGES_MAX: usize = 8;

/// What a new product and a change to one both take.
const PRODUCT: &[&str] = &[
    "active",
    "description",
    "features",
    "images",
    "marketing_features",
    "metadata",
    "name",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
];

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&[PRODUCT, &["default_price_data", "id", "type"]].concat())?;
    let default_price = form.inner("default_price_data");
    let default_price =
        if default_price.is_empty() { None } else { Some(Box::new(inline_price(&default_price)?)) };
    Ok(world.create_product(NewProduct {
        default_price,
        description: form.owned("description"),
        images: images(form)?.unwrap_or_default(),
        marketing_features: features(form)?.unwrap_or_default(),
        shippable: form.boolean("shippable")?,
        url: form.owned("url"),
        ..named(form)?
    })?)
}

/// A product that is made with its price.
pub(super) fn product_data(form: &Form) -> Result<NewProduct, ApiError> {
    form.only(&[
        "active",
        "id",
        "metadata",
        "name",
        "statement_descriptor",
        "tax_code",
        "unit_label",
    ])?;
    named(form)
}

fn named(form: &Form) -> Result<NewProduct, ApiError> {
    Ok(NewProduct {
        id: form.owned("id"),
        inactive: form.boolean("active")? == Some(false),
        metadata: form.map("metadata"),
        name: form.required("name")?.to_owned(),
        statement_descriptor: form.owned("statement_descriptor"),
        tax_code: form.owned("tax_code"),
        unit_label: form.owned("unit_label"),
        ..NewProduct::default()
    })
}

fn images(form: &Form) -> Result<Option<Vec<String>>, ApiError> {
    let images: Vec<String> = form.values("images").into_iter().map(str::to_owned).collect();
    if images.len() > IMAGES_MAX {
        return Err(ApiError::invalid("images", "You can only add up to 8 images."));
    }
    Ok((!images.is_empty() || form.text("images") == Some("")).then_some(images))
}

/// The features by name; `features` before 2024-04-10, `marketing_features` since.
fn features(form: &Form) -> Result<Option<Vec<String>>, ApiError> {
    let given = ["marketing_features", "features"].into_iter().find(|name| form.has(name));
    let Some(parameter) = given else { return Ok(None) };
    let mut names = Vec::new();
    for feature in form.list(parameter) {
        feature.only(&["name"])?;
        let name = feature.required("name")?;
        if name.chars().count() > FEATURE_LENGTH_MAX {
            let message =
                format!("Invalid string: must be at most {FEATURE_LENGTH_MAX} characters");
            return Err(ApiError::invalid(parameter, &message));
        }
        names.push(name.to_owned());
    }
    if names.len() > FEATURES_MAX {
        let message = format!("You can only add up to {FEATURES_MAX} features.");
        return Err(ApiError::invalid(parameter, &message));
    }
    Ok(Some(names))
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&[PRODUCT, &["default_price"]].concat())?;
    Ok(world.update_product(
        id,
        ProductChange {
            active: form.boolean("active")?,
            default_price: form.owned("default_price"),
            description: form.owned("description"),
            images: images(form)?,
            marketing_features: features(form)?,
            metadata: form.map("metadata"),
            name: form.owned("name"),
            shippable: form.boolean("shippable")?,
            statement_descriptor: form.owned("statement_descriptor"),
            tax_code: form.owned("tax_code"),
            unit_label: form.owned("unit_label"),
            url: form.owned("url"),
        },
    )?)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_product(id)?;
    Ok(deleted(Product::KIND, id))
}
