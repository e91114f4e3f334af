//! The JSON of each object as Stripe renders it for an API version (STRIPE.md 5.2 to 5.6).
//!
//! Each object is written once for the newest version; what older versions had elsewhere is added
//! or taken away by the date of the release that moved it.

pub(crate) mod alert;
pub(crate) mod balance_transaction;
pub(crate) mod charge;
pub(crate) mod checkout;
pub(crate) mod coupon;
pub(crate) mod credit;
pub(crate) mod credit_note;
pub(crate) mod customer;
pub(crate) mod customer_balance;
pub(crate) mod dispute;
pub(crate) mod entitlement;
pub(crate) mod invoice;
mod invoice_item;
pub(crate) mod invoice_line;
pub(crate) mod invoice_payment;
pub(crate) mod meter;
pub(crate) mod payment;
pub(crate) mod payment_intent;
pub(crate) mod payment_method;
pub(crate) mod portal;
pub(crate) mod previous;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod refund;
pub(crate) mod schedule;
pub(crate) mod setup_intent;
pub(crate) mod subscription;
pub(crate) mod tax_id;
pub(crate) mod test_clock;
pub(crate) mod thin_event;
pub(crate) mod usage;
pub(crate) mod webhook_endpoint;

use self::price::PriceBook;
use crate::model::table::Table;
use crate::version::ApiVersion;
use crate::world::World;
use serde_json::{Map, Value, json};

/// How many entries Stripe writes into a list inside another object.
const INLINE_ENTRIES_MAX: usize = 10;

/// Who looks: the API version, and whether lists inside an object are cut as Stripe cuts them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) version: &'a ApiVersion,
    pub(crate) whole_lists: bool,
}

impl<'a> View<'a> {
    /// As bodies are sent and answered.
    pub(crate) fn of(version: &'a ApiVersion) -> Self {
        Self { version, whole_lists: false }
    }
}

/// An object of Stripe's that has an id and can be read back.
pub(crate) trait Object: Clone + PartialEq {
    /// The value of its `object` field.
    const KIND: &'static str;
    /// What its lists are called in paths: `/v1/{PLURAL}`.
    const PLURAL: &'static str;

    fn id(&self) -> &str;
    fn created(&self) -> i64;
    fn is_deleted(&self) -> bool {
        false
    }
    fn table(world: &World) -> &Table<Self>;
    fn table_mut(world: &mut World) -> &mut Table<Self>;
    fn render(&self, world: &World, view: View<'_>) -> Value;

    /// Writes what `render` shows as JSON.
    fn write(&self, world: &World, view: View<'_>, _prices: &mut PriceBook, out: &mut Vec<u8>) {
        // Values with text keys always have a JSON form.
        let _ = serde_json::to_writer(out, &self.render(world, view));
    }
}

/// What is answered for a deleted object.
pub(crate) fn deleted(kind: &str, id: &str) -> Value {
    json!({ "id": id, "object": kind, "deleted": true })
}

/// A list inside another object: at most ten entries, with the address of the rest.
fn inline_list(mut data: Vec<Value>, url: &str, view: View<'_>) -> Value {
    let total = data.len();
    if !view.whole_lists {
        data.truncate(INLINE_ENTRIES_MAX);
    }
    let has_more = data.len() < total;
    let mut list =
        json!({ "object": "list", "has_more": has_more, "total_count": total, "url": url });
    put(&mut list, "data", Value::Array(data));
    list
}

/// Sets one field of an object, without the copy that building it anew would make.
fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}

/// Adds the fields of `more` to an object.
fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (object, more) {
        fields.extend(more);
    }
}

/// Takes fields away from an object.
fn remove(object: &mut Value, names: &[&str]) {
    if let Value::Object(fields) = object {
        for name in names {
            fields.remove(*name);
        }
    }
}

/// The fields of an object; empty for anything else.
fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
