//! What an event proves about its order among the events of its second.

use counterfoil_domain::freshness::{Place, Witness};
use counterfoil_domain::mirror::{ObjectKind, Projection};
use counterfoil_stripe_wire::event::{Content, Event};
use counterfoil_stripe_wire::revert::revert;

use crate::meaning::{Meaning, is_deletion, meaning_of};
use crate::object::know;
use crate::project::project;

/// Reads a received body as a witness. `None` when it is no sighting of a mirrored object.
#[must_use]
pub fn witness_of(body: &[u8]) -> Option<Witness> {
    let event = Event::read(body).ok()?;
    let Ok(Meaning::Sighting(projection)) = meaning_of(&event) else { return None };
    Some(Witness {
        digest: projection.digest,
        place: place_of(projection.kind, &event.event_type),
        progress: progress_of(&projection),
        before: before(&event, &projection).map(|past| past.digest),
    })
}

fn place_of(kind: ObjectKind, event_type: &str) -> Place {
    if event_type.ends_with(".created") {
        Place::First
    } else if !is_deletion(event_type) {
        Place::Between
    } else if kind.ids_may_return() {
        Place::Last
    } else {
        Place::End
    }
}

fn before(event: &Event<'_>, now: &Projection) -> Option<Projection> {
    let Content::Snapshot { object: Some(object), previous_attributes: Some(previous), .. } =
        &event.content
    else {
        return None;
    };
    let past = project(now.kind, &revert(object, previous).ok()?, false).ok()?;
    // A change of something we do not keep leaves our rows as they are, and so proves no order.
    (past.digest != now.digest).then_some(past)
}

/// How far a status that only moves forward has come (STRIPE.md sections 5.2, 5.4 and 5.5).
fn progress_of(projection: &Projection) -> Option<u8> {
    let progress = know(projection.kind).object.progress.as_ref()?;
    let status = projection.change.row()?.text(progress.column)?;
    let group = progress.groups.iter().position(|it| it.contains(&status))?;
    u8::try_from(group).ok()
}
