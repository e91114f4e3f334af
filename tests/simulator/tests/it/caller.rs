//! Calls of the API, as a client makes them.

use crate::stage::Stage;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// Null for what is no JSON.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.body)).to_owned()
    }
}

pub(crate) const KEY: (&str, &str) = ("authorization", "Bearer sk_test_1");

pub(crate) async fn call(stage: &Stage, method: &str, path: &str, form: &str) -> Answer {
    call_with(stage, method, path, form, &[KEY]).await
}

/// The body that a form is answered with, which has to be taken.
pub(crate) async fn post(stage: &Stage, path: &str, form: &str) -> Value {
    let answer = call(stage, "POST", path, form).await;
    assert_eq!(answer.status, StatusCode::OK, "{path} {form}: {}", answer.body);
    answer.body
}

/// The body at a path, which has to be there.
pub(crate) async fn get(stage: &Stage, path: &str) -> Value {
    let answer = call(stage, "GET", path, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

/// Posts under an idempotency key.
pub(crate) async fn post_under(stage: &Stage, key: &str, path: &str, form: &str) -> Answer {
    call_with(stage, "POST", path, form, &[KEY, ("idempotency-key", key)]).await
}

pub(crate) async fn call_with(
    stage: &Stage,
    method: &str,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Answer {
    try_call(stage, method, path, body, headers).await.expect("an answer")
}

/// An answer, or none when the connection is cut.
pub(crate) async fn try_call(
    stage: &Stage,
    method: &str,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Option<Answer> {
    let url = format!("{}{path}", stage.simulator.base_url());
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await.ok()?.into_parts();
    let bytes = body.collect().await.ok()?.to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Some(Answer { status: parts.status, headers: parts.headers, bytes, body })
}
