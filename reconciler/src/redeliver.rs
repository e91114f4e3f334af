//! Putting events on the bus that no endpoint delivers now: from the inbox, to be judged again, and
//! from Stripe's list of events, to be judged at all. The worker takes them like any delivery.

use std::time::Duration;

use bytes::Bytes;
use counterfoil_bus::{BusOptions, EventMessage, Line, Message, Publisher};
use counterfoil_domain::Scope;
use counterfoil_projection::coverage;
use counterfoil_store::InboxRow;

use crate::turn::JobError;

/// What an endpoint expects of its events, by today's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The account that is configured for it.
    pub account: Option<String>,
    /// The mode it is for; `None` for either.
    pub livemode: Option<bool>,
    /// Whether it receives the events of connected accounts.
    pub connect: bool,
    /// The version its events are expected to be rendered by.
    pub expected_version: Option<String>,
}

impl Origin {
    /// Where the endpoint is no longer configured: the account and mode that the event was recorded
    /// under.
    #[must_use]
    pub fn recorded(scope: &Scope) -> Self {
        Self {
            account: (scope.account != Scope::OWN).then(|| scope.account.clone()),
            livemode: Some(scope.livemode),
            connect: true,
            expected_version: None,
        }
    }
}

/// How long the broker may take to answer.
const CONNECT: Duration = Duration::from_secs(15);

/// A publisher that is connected.
pub(crate) async fn publisher(bus: &BusOptions) -> Result<Publisher, JobError> {
    let publisher = Publisher::connect(bus.clone()).await;
    match tokio::time::timeout(CONNECT, publisher.connected()).await {
        Ok(()) => Ok(publisher),
        Err(_) => Err(JobError::Bus("the broker does not answer".to_owned())),
    }
}

/// A recorded event as its endpoint would receive it, to be judged again.
#[must_use]
pub fn again(row: &InboxRow, body: Vec<u8>, origin: Origin) -> (Line, Message) {
    let message = EventMessage {
        id: row.key.id.clone(),
        event_type: Some(row.event_type.clone()).filter(|it| !it.is_empty()),
        endpoint: row.endpoint.clone(),
        account: origin.account,
        livemode: origin.livemode,
        connect: origin.connect,
        api_version: row.api_version.clone(),
        expected_version: origin.expected_version,
        received_at: row.received_at,
        traceparent: None,
        park: None,
        replay: true,
        body: Bytes::from(body),
    };
    (Line::Events(coverage::lane_of(&row.event_type)), message.into_message())
}
