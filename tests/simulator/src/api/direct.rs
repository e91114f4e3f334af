//! A call of Stripe's API without a connection: no credential, no limits, no faults of calls.

use super::answer::Answer;
use super::form::Form;
use super::request::ApiRequest;
use super::router;
use crate::delivery::courier::Courier;
use crate::world::World;
use bytes::Bytes;
use http::{HeaderMap, Method};

/// Does what is asked in the account's version; the status and the body of the answer.
pub(crate) fn call(
    method: Method,
    target: &str,
    form: &str,
    world: &mut World,
    courier: &Courier,
) -> (u16, Bytes) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = ApiRequest {
        method,
        path: path.to_owned(),
        query: Form::parse(query),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(form.as_bytes()),
    };
    let version = world.account_version();
    let answer = Answer::of(router::route(&request, world, &version, None, courier));
    world.forget_answer();
    (answer.status.as_u16(), answer.body)
}
