//! Webhook endpoints that were set up over the API.

use super::Metadata;
use crate::delivery::endpoint::EndpointId;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) api_version: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) metadata: Metadata,
    /// The endpoint that its deliveries go to.
    pub(crate) sends_to: EndpointId,
    pub(crate) url: String,
}
