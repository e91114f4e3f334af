//! The parameters of a subscription's items, and of metadata, read into orders.

use super::prices::price_data;
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{ItemChange, NewItem};
use crate::model::Metadata;
use crate::model::price::Price;
use crate::model::subscription::Subscription;
use crate::world::World;

/// Items to make; one with `price_data` gets a price of its own.
pub(super) fn new_items(
    world: &mut World,
    form: &Form,
    name: &'static str,
) -> Result<Vec<NewItem>, ApiError> {
    let new_item = |item: &Form| {
        item.only(&["metadata", "plan", "price", "price_data", "quantity"])?;
        let price = price(world, item)?;
        check_counted(world, price.as_deref().or_else(|| item.text("price")), item)?;
        Ok(NewItem {
            metadata: given_metadata(item),
            price: price.map_or_else(|| item.required("price").map(str::to_owned), Ok)?,
            quantity: quantity(item)?,
        })
    };
    form.list(name).iter().map(new_item).collect()
}

pub(super) fn item_changes(
    world: &mut World,
    held: &Subscription,
    form: &Form,
) -> Result<Vec<ItemChange>, ApiError> {
    let change = |item: &Form| {
        item.only(&[
            "clear_usage",
            "deleted",
            "id",
            "metadata",
            "plan",
            "price",
            "price_data",
            "quantity",
        ])?;
        item_change(world, held, item.text("id"), item)
    };
    form.list("items").iter().map(change).collect()
}

/// A change to one item, or one item more. A new price begins with a quantity of one.
pub(super) fn item_change(
    world: &mut World,
    of: &Subscription,
    id: Option<&str>,
    form: &Form,
) -> Result<ItemChange, ApiError> {
    form.boolean("clear_usage")?;
    let held = id.and_then(|id| of.items.iter().find(|item| item.id == id));
    let price = price(world, form)?;
    check_counted(world, price.as_deref().or(held.map(|held| held.price.as_str())), form)?;
    let replaced = held.is_some_and(|held| price.as_ref().is_some_and(|it| *it != held.price));
    let counted = price
        .as_ref()
        .and_then(|price| world.prices.get(price))
        .is_some_and(|price| !price.is_metered());
    Ok(ItemChange {
        id: id.map(str::to_owned),
        deleted: form.boolean("deleted")?.unwrap_or(false),
        metadata: held
            .map_or_else(|| given_metadata(form), |held| changed_metadata(form, &held.metadata)),
        price,
        quantity: quantity(form)?.or((replaced && counted).then_some(1)),
    })
}

/// What is metered has no quantity.
fn check_counted(world: &World, price: Option<&str>, form: &Form) -> Result<(), ApiError> {
    let metered = price.and_then(|id| world.prices.get(id)).is_some_and(Price::is_metered);
    if !metered || form.text("quantity").is_none_or(str::is_empty) {
        return Ok(());
    }
    let name = form.name("quantity");
    let item = name.strip_suffix("[quantity]").unwrap_or("the item");
    let message = format!(
        "Quantity should not be specified where usage_type is `metered`. Remove `quantity` from \
         `{item}`"
    );
    Err(ApiError::invalid(&name, &message))
}

pub(super) fn quantity(form: &Form) -> Result<Option<i64>, ApiError> {
    match form.integer("quantity")? {
        Some(quantity) if quantity < 0 => {
            Err(ApiError::invalid(&form.name("quantity"), "Invalid non-negative integer"))
        }
        quantity => Ok(quantity),
    }
}

/// The price that an item names, or describes.
pub(super) fn price(world: &mut World, form: &Form) -> Result<Option<String>, ApiError> {
    let data = form.inner("price_data");
    if data.is_empty() {
        return Ok(form.owned("price").or_else(|| form.owned("plan")).filter(|id| !id.is_empty()));
    }
    if form.text("price").is_some() {
        let message = "You may only specify one of these parameters: price, price_data.";
        return Err(ApiError::invalid("price_data", message));
    }
    data.only(&[
        "currency",
        "product",
        "recurring",
        "tax_behavior",
        "unit_amount",
        "unit_amount_decimal",
    ])?;
    data.inner("recurring").only(&["interval", "interval_count"])?;
    let mut new = price_data(&data)?;
    data.required("product")?.clone_into(&mut new.product);
    Ok(Some(world.create_price(new)?))
}

/// Metadata as a new object is given it: an empty value sets nothing.
pub(super) fn given_metadata(form: &Form) -> Metadata {
    let mut given = form.map("metadata");
    given.retain(|_, value| !value.is_empty());
    given
}

/// Metadata as a change gives it. An empty `metadata` unsets all that is held.
pub(super) fn changed_metadata(form: &Form, held: &Metadata) -> Metadata {
    match form.text("metadata") {
        Some("") => held.keys().map(|key| (key.clone(), String::new())).collect(),
        Some(_) | None => form.map("metadata"),
    }
}
