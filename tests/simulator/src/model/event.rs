//! Events: what was said about a change, rendered once per API version and never again.

use crate::mishap::Mishap;
use crate::version::ApiVersion;
use bytes::Bytes;
use serde::Serialize;

/// The API request that caused a change; none for what time caused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Cause {
    #[serde(rename = "id")]
    pub(crate) request: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// Events are kept for this long (STRIPE.md section 3).
pub(crate) const EVENTS_KEPT_SECONDS: i64 = 30 * 86_400;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: String,
    /// What was decided about its delivery.
    pub(crate) mishap: Mishap,
    /// Whole bodies, ready to be signed, one per API version that somebody listens with.
    pub(crate) bodies: Vec<(ApiVersion, Bytes)>,
}

impl Event {
    /// The body for a version; the account's own version where nobody listened with that one.
    pub(crate) fn body(&self, version: &ApiVersion) -> Option<&Bytes> {
        self.bodies
            .iter()
            .find(|(rendered, _)| rendered == version)
            .or_else(|| self.bodies.first())
            .map(|(_, body)| body)
    }
}
