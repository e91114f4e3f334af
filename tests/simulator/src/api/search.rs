//! `/v1/{objects}/search` (STRIPE.md 7.6): what is found is what the index holds, which is some
//! seconds behind; what is shown is the present. The index as it was is worked out from the
//! events since then, so a change that made no event is seen at once.

use super::error::ApiError;
use super::form::Form;
use super::query::Query;
use crate::render::{Object, View};
use crate::version::ApiVersion;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::HashMap;

const LIMIT_DEFAULT: i64 = 10;
const LIMIT_MAX: i64 = 100;

/// Whether there is a search among objects of a kind.
pub(super) fn is_searched(kind: &str) -> bool {
    !fields(kind).is_empty()
}

/// What of each kind can be searched by.
fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "charge" => &[
            "amount", "created", "currency", "customer", "disputed", "metadata", "refunded",
            "status",
        ],
        "customer" => &["created", "email", "metadata", "name", "phone"],
        "invoice" => &[
            "created",
            "currency",
            "customer",
            "metadata",
            "number",
            "status",
            "subscription",
            "total",
        ],
        "payment_intent" => &["amount", "created", "currency", "customer", "metadata", "status"],
        "price" => &["active", "currency", "lookup_key", "metadata", "product", "type"],
        "product" => &["active", "description", "metadata", "name", "url"],
        "subscription" => &["canceled_at", "created", "metadata", "status"],
        _ => &[],
    }
}

/// One page of what a query finds, newest first, in an index so many seconds behind.
pub(super) fn search<T: Object>(
    world: &World,
    form: &Form,
    version: &ApiVersion,
    lag_seconds: i64,
) -> Result<Value, ApiError> {
    form.only(&["limit", "page", "query"])?;
    let query = Query::parse(form.required("query")?, fields(T::KIND))
        .map_err(|message| ApiError::invalid("query", &message))?;
    let limit = form.integer("limit")?.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("Invalid integer: limit must be between 1 and {LIMIT_MAX}");
        return Err(ApiError::invalid("limit", &message));
    }
    let limit = usize::try_from(limit).unwrap_or(1);
    let table = T::table(world);
    let end = match form.text("page").filter(|page| !page.is_empty()) {
        None => table.rows().len(),
        Some(page) => page
            .strip_prefix(PAGE)
            .and_then(|id| table.place(id))
            .ok_or_else(|| ApiError::invalid("page", "Invalid page token"))?,
    };
    let before = as_it_was::<T>(world, world.now.saturating_sub(lag_seconds));
    let account = world.account_version();
    let finds = |held: &&T| match before.get(held.id()) {
        Some(Before::Absent) => false,
        Some(Before::Other(document)) => query.finds(document),
        None => query.finds(&document(*held, world, &account)),
    };
    // What goes by a test clock is found by nobody.
    let clocked = |held: &&T| world.clock_of(held.id()).is_some();
    let rows = table.rows().get(..end).unwrap_or_default().iter().rev();
    let mut found: Vec<&T> = rows
        .filter(|held| !held.is_deleted() && !clocked(held))
        .filter(finds)
        .take(limit + 1)
        .collect();
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next_page = found.last().filter(|_| has_more).map(|last| format!("{PAGE}{}", last.id()));
    let data: Vec<Value> =
        found.into_iter().map(|held| held.render(world, View::of(version))).collect();
    Ok(json!({
        "object": "search_result",
        "data": data,
        "has_more": has_more,
        "next_page": next_page,
        "url": format!("/v1/{}/search", T::PLURAL),
    }))
}

/// What a page's token begins with.
const PAGE: &str = "page_";

/// What the index holds of an object that has changed since.
enum Before {
    Absent,
    Other(Value),
}

fn document<T: Object>(held: &T, world: &World, version: &ApiVersion) -> Value {
    let mut document = held.render(world, View::of(version));
    // The subscription of an invoice is searched for by one name in every version.
    let details = document["parent"]["subscription_details"]["subscription"].clone();
    if let (false, Value::Object(fields)) = (details.is_null(), &mut document) {
        fields.insert("subscription".to_owned(), details);
    }
    document
}

fn as_it_was<T: Object>(world: &World, second: i64) -> HashMap<String, Before> {
    let version = world.account_version();
    let mut before = HashMap::new();
    for event in world.events.iter().rev().take_while(|event| event.created > second) {
        let body = event.body(&version).and_then(|body| serde_json::from_slice(body).ok());
        let body: Value = body.unwrap_or_default();
        let object = &body["data"]["object"];
        let Some(id) = object["id"].as_str().filter(|_| object["object"] == T::KIND) else {
            continue;
        };
        if event.kind == format!("{}.created", T::KIND)
            || event.kind.ends_with("subscription.created")
            // A charge has no event of its making but that of its first outcome.
            || (T::KIND == "charge" && object["created"].as_i64() > Some(second))
        {
            before.insert(id.to_owned(), Before::Absent);
        } else if let (Some(held), previous @ Value::Object(_)) =
            (T::table(world).get(id), &body["data"]["previous_attributes"])
        {
            let now = before
                .entry(id.to_owned())
                .or_insert_with(|| Before::Other(document(held, world, &version)));
            if let Before::Other(document) = now {
                undo(document, previous);
            }
        }
    }
    before
}

/// Puts old values back where they were; in a group of fields, those that are named.
fn undo(document: &mut Value, previous: &Value) {
    match (document, previous) {
        (Value::Object(fields), Value::Object(old)) => {
            for (name, value) in old {
                undo(fields.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (document, previous) => *document = previous.clone(),
    }
}
