//! What is sent to endpoints: a snapshot event to those for snapshots, a thin one to those for thin
//! events.

use super::endpoint::{Endpoint, EndpointId, Payload};
use crate::mishap::Mishap;
use crate::model::event::Event;
use crate::model::thin_event::ThinEvent;
use crate::render::thin_event::notification;
use crate::version::ApiVersion;
use bytes::Bytes;

/// An event that is to be delivered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letter<'a> {
    Snapshot(&'a Event),
    Thin(&'a ThinEvent),
}

impl<'a> Letter<'a> {
    /// New events of both forms in the order they were made; `before` is how many snapshot
    /// events there were before these.
    pub(crate) fn in_order(events: &'a [Event], before: usize, thin: &'a [ThinEvent]) -> Vec<Self> {
        let mut letters = Vec::with_capacity(events.len() + thin.len());
        let mut taken = 0;
        for one in thin {
            let place = one.snapshots_before.saturating_sub(before).max(taken);
            letters.extend(events.get(taken..place).unwrap_or_default().iter().map(Self::Snapshot));
            taken = place;
            letters.push(Self::Thin(one));
        }
        letters.extend(events.get(taken..).unwrap_or_default().iter().map(Self::Snapshot));
        letters
    }

    pub(super) fn id(&self) -> &'a str {
        match self {
            Self::Snapshot(event) => &event.id,
            Self::Thin(event) => &event.id,
        }
    }

    pub(super) fn kind(&self) -> &'a str {
        match self {
            Self::Snapshot(event) => &event.kind,
            Self::Thin(event) => &event.kind,
        }
    }

    pub(crate) fn created(&self) -> i64 {
        match self {
            Self::Snapshot(event) => event.created,
            Self::Thin(event) => event.created,
        }
    }

    /// What was decided about its delivery.
    pub(super) fn mishap(&self) -> Mishap {
        match self {
            Self::Snapshot(event) => event.mishap,
            Self::Thin(event) => event.mishap,
        }
    }

    /// Whether an endpoint is meant.
    pub(super) fn is_for(&self, id: EndpointId, endpoint: &Endpoint) -> bool {
        let form = match self {
            Self::Snapshot(_) => Payload::Snapshot,
            Self::Thin(event) if event.only_to.is_some() => {
                return endpoint.enabled && event.only_to == Some(id);
            }
            Self::Thin(_) => Payload::Thin,
        };
        endpoint.enabled && endpoint.payload == form && endpoint.kinds.include(self.kind())
    }

    /// What is sent for a version; a thin event has none.
    pub(super) fn body(&self, version: &ApiVersion) -> Option<Bytes> {
        match self {
            Self::Snapshot(event) => event.body(version).cloned(),
            // Values with text keys always have a JSON form.
            Self::Thin(event) => serde_json::to_vec(&notification(event)).ok().map(Bytes::from),
        }
    }
}
