//! Events that could not be made (STRIPE.md 2.2): no list ever shows them, and a thin event tells
//! some time later which one is missing.

use crate::agenda::Task;
use crate::model::thin_event::Related;
use crate::moment::rfc3339;
use crate::world::World;
use serde_json::{Value, json};

/// An event that could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    kind: String,
    about: Option<Related>,
}

impl World {
    /// Leaves out an event, and has it told of later.
    pub(crate) fn fail_generation(&mut self, kind: &str, shown: &Value) {
        let about = Related::of_shown(shown);
        self.failures.push(Failure { kind: kind.to_owned(), about });
        let number = self.failures.len() - 1;
        let wait = self.rules.failure_told_after_seconds;
        // The account's health goes by the account's time, which a test clock's agenda is not in.
        if wait <= 0 || self.outside_now.is_some() {
            self.tell_of_failure(number);
        } else {
            self.agenda.plan(self.now + wait, Task::TellOfFailure { number });
        }
    }

    pub(crate) fn tell_of_failure(&mut self, number: usize) {
        let Some(failure) = self.failures.get(number).cloned() else { return };
        let object = failure.about.as_ref().map(|about| {
            let place = about.url.trim_start_matches("/v1/");
            json!({
                "id": about.id,
                "type": about.kind,
                "url": format!("https://dashboard.stripe.com/{place}"),
            })
        });
        let data = json!({
            "alert_id": self.ids.long("halert_"),
            "grouping_key": self.ids.long("_grouping_"),
            "impact": { "event_type": failure.kind, "related_object": object },
            "resolved_at": rfc3339(self.outside_now.unwrap_or(self.now)),
            "summary": "We have failed to create a notification for your Stripe account.",
        });
        let kind = "v2.core.health.event_generation_failure.resolved";
        self.emit_thin(kind, None, Some(data));
    }
}
