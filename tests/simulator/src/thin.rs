//! The making of thin events: the thin form of every snapshot event, and those that exist as thin
//! events only.

use crate::finer;
use crate::model::thin_event::{Related, ThinEvent};
use crate::world::World;
use serde_json::Value;

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

    /// Makes the thin forms of a snapshot event: `v1.` and its type, and the finer ones.
    pub(crate) fn tell_thinly(
        &mut self,
        kind: &str,
        snapshot: &str,
        shown: &Value,
        previous: Option<&Value>,
    ) {
        let related = Related::of_shown(shown);
        self.keep_thin(&format!("v1.{kind}"), related.clone(), None, Some(snapshot.to_owned()));
        for finer in finer::kinds(kind, shown, previous) {
            self.keep_thin(finer, related.clone(), None, Some(snapshot.to_owned()));
        }
    }

    fn keep_thin(
        &mut self,
        kind: &str,
        related: Option<Related>,
        data: Option<Value>,
        snapshot: Option<String>,
    ) -> String {
        let id = self.ids.long("evt_test_");
        self.thin_places.insert(id.clone(), self.thin_events.len());
        self.thin_events.push(ThinEvent {
            id: id.clone(),
            created: self.outside_now.unwrap_or(self.now),
            kind: kind.to_owned(),
            cause: self.cause.clone(),
            data,
            related,
            snapshot,
            snapshots_before: self.events.len(),
        });
        id
    }
}
