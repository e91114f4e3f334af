//! The making of thin events: the thin form of every snapshot event, and those that exist as thin
//! events only.

use crate::delivery::endpoint::EndpointId;
use crate::finer;
use crate::mishap::EventFault;
use crate::model::thin_event::{Related, ThinEvent};
use crate::render::webhook_endpoint::DESTINATION;
use crate::world::World;
use serde_json::{Value, json};

impl World {
    /// Makes an event that has no snapshot, about an object or about none; `data` is told to who
    /// fetches it. Answers its id.
    pub(crate) fn emit_thin(
        &mut self,
        kind: &str,
        related: Option<Related>,
        data: Option<Value>,
    ) -> String {
        self.keep_thin(kind, related, data, None)
    }

    /// Makes an event that is sent to one destination, whatever types it wants. Answers its id.
    pub(crate) fn ping(&mut self, destination: &str, to: EndpointId) -> String {
        let related = Related {
            id: Some(destination.to_owned()),
            kind: DESTINATION.to_owned(),
            url: format!("/v2/core/event_destinations/{destination}"),
        };
        let id = self.emit_thin("v2.core.event_destination.ping", Some(related), None);
        let place = self.thin_places.get(&id).copied();
        if let Some(event) = place.and_then(|place| self.thin_events.get_mut(place)) {
            event.only_to = Some(to);
        }
        id
    }

    pub(crate) fn thin_event(&self, id: &str) -> Option<&ThinEvent> {
        self.thin_places.get(id).and_then(|place| self.thin_events.get(*place))
    }

    /// Makes the thin forms of a snapshot event: `v1.` and its type, and the finer ones.
    pub(crate) fn tell_thinly(
        &mut self,
        kind: &str,
        snapshot: &str,
        shown: &Value,
        previous: Option<&Value>,
    ) {
        let related = Related::of_shown(shown);
        let data = (kind == "invoice.upcoming").then(|| upcoming(shown));
        self.keep_thin(&format!("v1.{kind}"), related.clone(), data, Some(snapshot.to_owned()));
        for finer in finer::kinds(kind, shown, previous) {
            self.keep_thin(finer, related.clone(), None, Some(snapshot.to_owned()));
        }
    }

    /// Keeps a thin event, or what its faults make of it. Answers its id, kept or not.
    fn keep_thin(
        &mut self,
        kind: &str,
        related: Option<Related>,
        data: Option<Value>,
        snapshot: Option<String>,
    ) -> String {
        let mishap = self.oddities.asked.take(kind);
        let event = ThinEvent {
            id: self.ids.long("evt_test_"),
            created: self.outside_now.unwrap_or(self.now),
            kind: kind.to_owned(),
            cause: self.cause.clone(),
            mishap,
            only_to: None,
            data,
            related,
            snapshot,
            snapshots_before: self.events.len(),
        };
        let id = event.id.clone();
        if mishap.is(EventFault::NeverGenerated) || mishap.is(EventFault::GenerationFailed) {
            return id;
        }
        if mishap.is(EventFault::SecondId) {
            let second = ThinEvent { id: self.ids.long("evt_test_2"), ..event.clone() };
            self.push_thin(event);
            self.push_thin(second);
        } else {
            self.push_thin(event);
        }
        id
    }

    fn push_thin(&mut self, event: ThinEvent) {
        self.thin_places.insert(event.id.clone(), self.thin_events.len());
        self.thin_events.push(event);
    }
}

/// Whose renewal is announced: an invoice that is yet to come cannot be read back.
fn upcoming(invoice: &Value) -> Value {
    let details = &invoice["parent"]["subscription_details"]["subscription"];
    let subscription = details.as_str().or_else(|| invoice["subscription"].as_str());
    json!({ "customer": invoice["customer"], "subscription": subscription })
}
