//! The making of events: a change is shown as it was and as it is, once for each API version that
//! somebody listens with, and kept. What is odd about an event on purpose is made odd here.

use crate::mishap::Mishap;
use crate::model::event::{Cause, Event};
use crate::oddity::{Making, Oddity};
use crate::render::previous::previous_attributes;
use crate::render::{Object, View};
use crate::world::World;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// An object as it was at one moment, and as every listener's version showed it.
#[derive(Debug)]
pub(crate) struct Portrait<T> {
    held: Option<T>,
    shown: Vec<Value>,
}

/// What an event is about, for one version.
#[derive(Debug, Serialize)]
struct Data {
    object: Value,
    #[serde(rename = "previous_attributes", skip_serializing_if = "Option::is_none")]
    previous: Option<Value>,
}

/// The body of an event (STRIPE.md 2.3).
#[derive(Debug, Serialize)]
struct Envelope<'a> {
    id: &'a str,
    object: &'static str,
    api_version: &'a str,
    created: i64,
    data: &'a Data,
    livemode: bool,
    pending_webhooks: usize,
    request: &'a Cause,
    #[serde(rename = "type")]
    kind: &'a str,
}

impl World {
    /// An object as it is and shows now.
    pub(crate) fn portrait<T: Object>(&self, id: &str) -> Portrait<T> {
        let held = T::table(self).get(id);
        let shown =
            self.shown_by(|world, view| held.map_or(Value::Null, |held| held.render(world, view)));
        Portrait { held: held.cloned(), shown }
    }

    /// Changes an object without a word.
    pub(crate) fn edit<T: Object>(&mut self, id: &str, change: impl FnOnce(&mut T)) {
        if let Some(held) = T::table_mut(self).get_mut(id) {
            change(held);
        }
    }

    /// Makes an event that shows an object as it is.
    pub(crate) fn emit<T: Object>(&mut self, kind: &str, id: &str) {
        self.emit_by(kind, |world, view| {
            T::table(world).get(id).map_or(Value::Null, |held| held.render(world, view))
        });
    }

    /// Makes an `*.updated` event, if the object differs from what it was before. The difference
    /// need not show: an event shows only the first entries of a long list.
    pub(crate) fn emit_updated<T: Object>(&mut self, kind: &str, id: &str, before: &Portrait<T>) {
        let after = self.portrait::<T>(id);
        if after.held != before.held {
            self.record_updated(kind, &before.shown, after.shown);
        }
    }

    /// Changes an object and says so with an `*.updated` event.
    pub(crate) fn update<T: Object>(&mut self, kind: &str, id: &str, change: impl FnOnce(&mut T)) {
        let before = self.portrait::<T>(id);
        self.edit(id, change);
        self.emit_updated::<T>(kind, id, &before);
    }

    /// What `render` shows for each version that is listened with.
    pub(crate) fn shown_by(&self, render: impl Fn(&Self, View<'_>) -> Value) -> Vec<Value> {
        self.versions.iter().map(|version| render(self, View::of(version))).collect()
    }

    /// Makes an event that shows what `render` shows.
    pub(crate) fn emit_by(&mut self, kind: &str, render: impl Fn(&Self, View<'_>) -> Value) {
        let shown = self.shown_by(render);
        let data: Vec<Data> =
            shown.into_iter().map(|object| Data { object, previous: None }).collect();
        self.record(kind, data);
    }

    /// Makes an `*.updated` event of what `render` shows, if that differs from what it showed.
    pub(crate) fn emit_updated_by(
        &mut self,
        kind: &str,
        before: &[Value],
        render: impl Fn(&Self, View<'_>) -> Value,
    ) {
        let after = self.shown_by(render);
        if after != before {
            self.record_updated(kind, before, after);
        }
    }

    /// Makes an `*.updated` event of what `render` shows, which differs even if that does not.
    pub(crate) fn emit_change_by(
        &mut self,
        kind: &str,
        before: &[Value],
        render: impl Fn(&Self, View<'_>) -> Value,
    ) {
        let after = self.shown_by(render);
        self.record_updated(kind, before, after);
    }

    fn record_updated(&mut self, kind: &str, before: &[Value], after: Vec<Value>) {
        let nested = self.rules.nested_hashes;
        let data: Vec<Data> = before
            .iter()
            .zip(after)
            .map(|(before, object)| {
                let previous = previous_attributes(before, &object, nested);
                Data { object, previous: Some(previous) }
            })
            .collect();
        self.record(kind, data);
    }

    /// Keeps what an event shows, one `data` per version, and sees to what follows from what it
    /// tells of, whether or not there is an event in the end.
    fn record(&mut self, kind: &str, data: Vec<Data>) {
        let about = data.first().and_then(|data| data.object["id"].as_str());
        let subscription = kind.strip_prefix("customer.subscription.").and(about);
        let subscription = subscription.map(str::to_owned);
        self.record_oddly(kind, data);
        if let Some(subscription) = subscription {
            self.entitle(&subscription);
        }
    }

    /// Keeps what an event shows, with what is odd about it on purpose.
    fn record_oddly(&mut self, kind: &str, mut data: Vec<Data>) {
        let oddity = self.oddities.draw(kind);
        let (second_id, unknown_type) = match oddity.making {
            Making::One => (false, false),
            Making::More { second_id, unknown_type } => (second_id, unknown_type),
            Making::Failed => {
                let shown = data.first().map_or(&Value::Null, |data| &data.object).clone();
                self.fail_generation(kind, &shown);
                return;
            }
            Making::Never => return,
        };
        for shown in &mut data {
            oddity.touch(&mut shown.object);
        }
        self.keep(kind, "evt_", &data, oddity.mishap);
        if second_id {
            self.keep(kind, "evt_2", &data, Mishap::LeftToChance);
        }
        if unknown_type {
            self.keep(&Oddity::unknown_kind(kind), "evt_3", &data, Mishap::LeftToChance);
        }
    }

    /// Keeps an event under a new id.
    fn keep(&mut self, kind: &str, prefix: &'static str, data: &[Data], mishap: Mishap) {
        let created = self.outside_now.unwrap_or(self.now);
        let id = self.ids.long(prefix);
        let pending = self.listeners.iter().filter(|listener| listener.kinds.include(kind)).count();
        let bodies = self
            .versions
            .iter()
            .zip(data)
            .map(|(version, data)| {
                let envelope = Envelope {
                    id: &id,
                    object: "event",
                    api_version: version.as_str(),
                    created,
                    data,
                    livemode: false,
                    pending_webhooks: pending,
                    request: &self.cause,
                    kind,
                };
                // Values with text keys always have a JSON form.
                let body = serde_json::to_vec(&envelope).unwrap_or_default();
                (version.clone(), Bytes::from(body))
            })
            .collect();
        self.event_places.insert(id.clone(), self.events.len());
        self.events.push(Event { id: id.clone(), created, kind: kind.to_owned(), bodies, mishap });
        if let Some(Data { object, previous }) = data.first() {
            if let (Some(invoice), "invoice.created") = (object["id"].as_str(), kind) {
                self.hold_up(invoice, &id);
            }
            self.tell_thinly(kind, &id, object, previous.as_ref());
        }
    }

    /// Makes an event of any type about any object, as it is given.
    pub(crate) fn emit_raw(&mut self, kind: &str, object: &Value) {
        self.emit_by(kind, |_, _| object.clone());
    }
}
