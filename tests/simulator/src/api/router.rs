//! Which request is answered by what.

use super::error::ApiError;
use super::expand::Expand;
use super::form::Form;
use super::metadata;
use super::request::ApiRequest;
use super::routes::{Call, Resource, Verb, in_bulk};
use super::v2;
use crate::delivery::courier::Courier;
use crate::render::View;
use crate::version::ApiVersion;
use crate::world::World;
use bytes::Bytes;
use serde_json::Value;

/// What a call is answered.
pub(super) enum Shown {
    Value(Value),
    /// JSON that is written already.
    Written(Bytes),
}

/// Answers a request to Stripe's API. The courier knows of deliveries; `late_seconds` is how far
/// behind a search is, if not as far as usual.
pub(super) fn route(
    request: &ApiRequest,
    world: &mut World,
    version: &ApiVersion,
    late_seconds: Option<u32>,
    courier: &Courier,
) -> Result<Shown, ApiError> {
    if v2::is_for(request) {
        return v2::route(request, world, courier).map(Shown::Value);
    }
    let unknown = || ApiError::unknown_path(request.method.as_str(), &request.path);
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let path = segments.strip_prefix(&["v1"]).ok_or_else(unknown)?;
    let (resource, rest) = Resource::of(path).ok_or_else(unknown)?;
    let verb = Verb::of(&request.method).ok_or_else(unknown)?;
    let search_lag = late_seconds.map_or(world.rules.search_lag_seconds, i64::from);
    let form = request.form();
    let form = match (verb, rest) {
        (Verb::Post, []) => metadata::of_new(form)?,
        (Verb::Post, [_]) if form.has("metadata") => {
            let reads =
                Call { verb: Verb::Get, form: Form::default(), version, courier, search_lag };
            match (resource.route)(&reads, world, rest) {
                Some(Ok(held)) => metadata::of_change(form, &held)?,
                // The write itself says what is missing.
                Some(Err(_)) | None => form,
            }
        }
        (Verb::Get | Verb::Post | Verb::Delete, _) => form,
    };
    let expand = Expand::parse(&form, resource.answers(verb, rest), version)?;
    let call = Call { verb, form, version, courier, search_lag };
    if let (Verb::Get, true, Some(write)) = (verb, expand.is_empty(), in_bulk(path)) {
        return write(&call, world).map(Shown::Written);
    }
    let answered = if verb == Verb::Get {
        (resource.route)(&call, world, rest)
    } else {
        let key = request.idempotency_key().filter(|_| verb == Verb::Post);
        let subject = subject(path, rest, &call.form, world);
        world.on_request(key, |world| {
            world.in_time_of(&subject, |world| (resource.route)(&call, world, rest))
        })
    };
    let answered = answered.ok_or_else(unknown)?;
    let mut answer = answered.map_err(|error| error.showing(world, View::of(version)))?;
    expand.apply(&mut answer, world, version);
    Ok(Shown::Value(answer))
}

/// The parameters that name what a write is for, in the order they are asked in.
const FOR: &[&str] = &[
    "customer",
    "subscription",
    "from_subscription",
    "invoice",
    "charge",
    "payment_intent",
    "test_clock",
];

/// The object whose test clock a write goes by: the one its path names, or the first that its
/// parameters name and that goes by a clock. Writes of clocks themselves go by the account's time.
fn subject(path: &[&str], rest: &[&str], form: &Form, world: &World) -> String {
    if path.first() == Some(&"test_helpers") {
        return String::new();
    }
    let goes_by_a_clock = |id: &&str| world.clock_of(id).is_some();
    let named = FOR.iter().filter_map(|name| form.text(name));
    rest.first().copied().into_iter().chain(named).find(goes_by_a_clock).unwrap_or_default().into()
}
