//! Whatever a path refuses, it refuses with an error that async-stripe reads.

use crate::caller::Caller;
use crate::walk::{KEY, START, excuse};
use counterfoil_simulator::{ClockMode, Options, Simulator};
use counterfoil_stripe_types::Shape;
use counterfoil_stripe_types::paths::Subject;
use http::header::{AUTHORIZATION, HeaderName};
use std::fmt::Write as _;

const ERROR: Shape = Shape::of::<stripe_shared::Error>();
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[tokio::test]
async fn every_path_refuses_with_an_error_that_async_stripe_reads() {
    let options = Options { clock: ClockMode::Manual(START), ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let caller = Caller::new(simulator.base_url());
    let mut report = String::new();
    let rows = Subject::ALL.iter().flat_map(|subject| subject.paths());
    for row in rows.filter(|row| excuse(row).is_none()) {
        let nobody = row.pattern.replace('{', "no_").replace('}', "");
        let key = &[(AUTHORIZATION, KEY)][..];
        let stranger = &[(AUTHORIZATION, "Bearer nobody")][..];
        let odd = format!("{nobody}?counterfoil=1");
        let (asked, sent) = if row.method == "GET" {
            (odd.as_str(), "")
        } else {
            (nobody.as_str(), "counterfoil=1")
        };
        for (path, form, headers, statuses) in [
            (asked, sent, key, &[400, 404][..]),
            (nobody.as_str(), "", stranger, &[401]),
            (nobody.as_str(), "", &[], &[401]),
        ] {
            let (status, body) = caller.call(row.method, path, form, headers).await;
            let faults = ERROR.faults(&body);
            if !statuses.contains(&status) || !faults.is_empty() {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                writeln!(report, "{row} ({form}): {status} {body} {faults:?}").unwrap();
            }
        }
    }
    assert!(report.is_empty(), "{report}");
    for (method, path) in [("GET", "/v1/nothing"), ("PUT", "/v1/customers"), ("POST", "/v1/events")]
    {
        let (status, body) = caller.call(method, path, "", &[(AUTHORIZATION, KEY)]).await;
        assert_eq!((status, ERROR.faults(&body)), (404, vec![]), "{method} {path}: {body}");
    }
}

#[tokio::test]
async fn a_key_used_for_something_else_is_refused_so_too() {
    let options = Options { clock: ClockMode::Manual(START), ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let caller = Caller::new(simulator.base_url());
    let headers = &[(AUTHORIZATION, KEY), (IDEMPOTENCY_KEY, "k")];
    let (status, _) = caller.call("POST", "/v1/customers", "name=a", headers).await;
    assert_eq!(status, 200);
    let (status, body) = caller.call("POST", "/v1/customers", "name=b", headers).await;
    assert_eq!((status, ERROR.faults(&body)), (400, vec![]), "{body}");
    assert_eq!(body["error"]["type"], "idempotency_error");
}
