//! Calls of the simulator's API by plain HTTP.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub(crate) struct Caller {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Caller {
    pub(crate) fn new(base: String) -> Self {
        Self { base, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// The JSON of an answer, as a version renders it; the call has to be taken.
    pub(crate) async fn call(&self, version: &str, method: &str, path: &str, form: &str) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", "Bearer sk_test_1")
            .header("stripe-version", version)
            .body(Full::new(Bytes::copy_from_slice(form.as_bytes())))
            .unwrap();
        let (parts, body) = self.client.request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert!(parts.status.is_success(), "{method} {path} {form}: {answer}");
        answer
    }
}
