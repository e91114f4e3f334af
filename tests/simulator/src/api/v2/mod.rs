//! Version 2 of the API (STRIPE.md sections 2.4, 2.5 and 7): JSON in and out, RFC 3339 times,
//! lists by page addresses, error objects of their own.
//!
//! A route answers with a value or an error; it leaves the world as it was where it refuses. What
//! is unknown among the parameters is refused. An idempotency key goes with `POST` and `DELETE`;
//! what failed under it is done again, what succeeded is not.

mod list;
mod params;
mod routes;

use super::error::ApiError;
use super::request::ApiRequest;
use super::routes::Verb;
use crate::delivery::courier::Courier;
use crate::world::World;
use http::Method;
use params::Params;
use routes::Resource;
use serde_json::Value;

/// A call as a route sees it.
pub(super) struct Call<'a> {
    pub(super) verb: Verb,
    /// The parameters, of the body or of the query.
    pub(super) params: Params,
    /// Whose credential it is, for the resources that check it themselves.
    pub(super) bearer: Option<&'a str>,
    /// The path as it was asked for.
    pub(super) path: &'a str,
    /// Who knows of deliveries.
    pub(super) courier: &'a Courier,
}

pub(super) type Answered = Result<Value, ApiError>;

/// Whether a request is for this version.
pub(super) fn is_for(request: &ApiRequest) -> bool {
    request.path == "/v2" || request.path.starts_with("/v2/")
}

/// Whether what a request asks for checks its credential itself.
pub(super) fn has_own_credential(request: &ApiRequest) -> bool {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    is_for(request) && Resource::of(&path).is_some_and(|(resource, _)| resource.own_credential)
}

/// Whether an idempotency key goes with a method.
pub(super) fn has_keys(method: &Method) -> bool {
    *method == Method::POST || *method == Method::DELETE
}

/// Answers a request to this version.
pub(super) fn route(request: &ApiRequest, world: &mut World, courier: &Courier) -> Answered {
    let unknown = || ApiError::unknown_path(request.method.as_str(), &request.path);
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let path = segments.strip_prefix(&["v2"]).ok_or_else(unknown)?;
    let (resource, rest) = Resource::of(path).ok_or_else(unknown)?;
    let verb = Verb::of(&request.method).ok_or_else(unknown)?;
    let params = Params::parse(&request.query, &request.body)?;
    let call =
        Call { verb, params, bearer: request.bearer(), path: request.path.as_str(), courier };
    let answered = if verb == Verb::Get {
        (resource.route)(&call, world, rest)
    } else {
        let key = request.idempotency_key();
        world.on_request(key, |world| (resource.route)(&call, world, rest))
    };
    answered.ok_or_else(unknown)?
}
