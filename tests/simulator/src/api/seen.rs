//! Which calls were answered, and how: counted by method and path, whatever the ids in the path.
//! A test that drives the simulator learns from it which paths it really reached. Calls whose
//! connection was cut got no answer and are not counted.

use http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many different calls are counted. Whoever calls paths at random is not remembered for it.
const CALLS_MAX: usize = 4_096;

/// A call and how often it was answered with which status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenCall {
    /// The method and the path, with `*` for each id: `GET /v1/customers/*`.
    pub call: String,
    /// How often each HTTP status was the answer.
    pub answered: BTreeMap<u16, u64>,
}

#[derive(Debug, Default)]
pub(crate) struct SeenBook {
    held: Mutex<BTreeMap<String, BTreeMap<u16, u64>>>,
}

impl SeenBook {
    fn held(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<u16, u64>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, call: String, status: StatusCode) {
        let mut held = self.held();
        if held.len() < CALLS_MAX || held.contains_key(&call) {
            *held.entry(call).or_default().entry(status.as_u16()).or_default() += 1;
        }
    }

    /// The calls so far, sorted by their path.
    pub(crate) fn calls(&self) -> Vec<SeenCall> {
        let seen = |(call, answered): (&String, &BTreeMap<u16, u64>)| SeenCall {
            call: call.clone(),
            answered: answered.clone(),
        };
        let mut calls: Vec<SeenCall> = self.held().iter().map(seen).collect();
        calls.sort_by(|a, b| path(&a.call).cmp(path(&b.call)).then(a.call.cmp(&b.call)));
        calls
    }
}

fn path(call: &str) -> &str {
    call.split_once(' ').map_or(call, |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::{CALLS_MAX, SeenBook};
    use http::StatusCode;

    #[test]
    fn calls_are_counted_by_status_and_sorted_by_path() {
        let book = SeenBook::default();
        for (call, status) in [
            ("POST /v1/customers", StatusCode::OK),
            ("GET /v1/customers/*", StatusCode::NOT_FOUND),
            ("GET /v1/customers", StatusCode::OK),
            ("POST /v1/customers", StatusCode::OK),
            ("POST /v1/customers", StatusCode::BAD_REQUEST),
        ] {
            book.count(call.to_owned(), status);
        }
        let calls: Vec<String> =
            book.calls().iter().map(|it| format!("{} {:?}", it.call, it.answered)).collect();
        assert_eq!(
            calls,
            [
                "GET /v1/customers {200: 1}",
                "POST /v1/customers {200: 2, 400: 1}",
                "GET /v1/customers/* {404: 1}",
            ]
        );
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let book = SeenBook::default();
        for number in 0..=CALLS_MAX {
            book.count(format!("GET /v1/x/{number:05}"), StatusCode::NOT_FOUND);
        }
        book.count("GET /v1/x/00000".to_owned(), StatusCode::OK);
        let calls = book.calls();
        assert_eq!(calls.len(), CALLS_MAX);
        assert_eq!(calls[0].answered.len(), 2, "what is known is still counted");
    }
}
