//! What all paths of version 2 of the API have in common.

use crate::caller::{KEY, call, call_with};
use crate::stage::Stage;
use serde_json::json;

const EVENTS: &str = "/v2/core/events";

#[tokio::test]
async fn what_is_wrong_is_said_as_version_2_says_it() {
    let stage = Stage::start().await;
    for (method, path, status, code) in [
        ("GET", "/v2/core/events/evt_test_x", 404, "not_found"),
        ("GET", "/v2/core/events?limits=1", 400, "invalid_fields"),
        ("GET", "/v2/core/events?limit=0", 400, "invalid_fields"),
        ("GET", "/v2/core/events?limit=many", 400, "invalid_fields"),
        ("GET", "/v2/core/events?page=nowhere", 400, "invalid_fields"),
        ("GET", "/v2/core/events?created[at]=1", 400, "invalid_fields"),
    ] {
        let answer = call(&stage, method, path, "").await;
        let error = &answer.body["error"];
        assert_eq!(answer.status.as_u16(), status, "{path}: {error}");
        assert_eq!(error["code"], code, "{path}");
        assert!(error["message"].is_string(), "{path}");
        assert!(error.get("param").is_none() && error.get("doc_url").is_none(), "{path}");
    }
    let unknown = call(&stage, "GET", "/v2/core/nothing", "").await;
    assert_eq!(unknown.status.as_u16(), 404);
    assert_eq!(
        unknown.body["error"]["message"],
        "Unrecognized request URL (GET: /v2/core/nothing)."
    );
    let nobody = call_with(&stage, "GET", EVENTS, "", &[]).await;
    assert_eq!(nobody.status.as_u16(), 401);
    assert_eq!(nobody.body["error"]["type"], "invalid_request_error");
    assert_eq!(call(&stage, "POST", EVENTS, "{}").await.status.as_u16(), 404);
    let versioned = call_with(&stage, "GET", EVENTS, "", &[KEY]).await;
    assert!(versioned.header("request-id").is_some());
    let all = versioned.body["data"].as_array().unwrap();
    assert_eq!(all.len(), stage.simulator.thin_history().len());
    assert_eq!(versioned.body["next_page_url"], json!(null));
}
