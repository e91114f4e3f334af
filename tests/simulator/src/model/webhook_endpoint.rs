//! Where events go: webhook endpoints, which version 2 of the API calls event destinations.

use super::Metadata;
use crate::delivery::endpoint::{EndpointId, Payload};

/// One destination. Those for snapshots are webhook endpoints in version 1 of the API as well.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// The version it asked for; none leaves it to the account.
    pub(crate) api_version: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) enabled_events: Vec<String>,
    /// Whose events it is sent.
    pub(crate) events_from: Vec<String>,
    pub(crate) metadata: Metadata,
    pub(crate) name: String,
    pub(crate) payload: Payload,
    /// The endpoint that its deliveries go to.
    pub(crate) sends_to: EndpointId,
    pub(crate) updated: i64,
    pub(crate) url: String,
}
