//! What an event means for us.

use counterfoil_domain::mirror::Projection;
use counterfoil_stripe_wire::event::{Content, Event};

use crate::coverage::{self, Handling};
use crate::project::{ProjectionError, project};

/// What an event means for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It is a sighting of an object the mirror holds.
    Sighting(Box<Projection>),
    /// Nothing follows from it; the reason is recorded.
    Nothing(&'static str),
}

/// What an event means for us.
pub fn meaning_of(event: &Event<'_>) -> Result<Meaning, ProjectionError> {
    let kind = match coverage::handling_of(&event.event_type) {
        Handling::Ignored(reason) => return Ok(Meaning::Nothing(reason)),
        Handling::Mirrored(kind) => kind,
    };
    let Content::Snapshot { object: Some(object), .. } = &event.content else {
        return Err(ProjectionError::NoId { kind });
    };
    project(kind, object.get(), is_deletion(&event.event_type))
        .map(|projection| Meaning::Sighting(Box::new(projection)))
}

/// Whether an event of this type tells that its object is erased. A subscription's `deleted` tells
/// that it ended: it stays, with status canceled (STRIPE.md section 4.1).
pub(crate) fn is_deletion(event_type: &str) -> bool {
    event_type.ends_with(".deleted") && event_type != "customer.subscription.deleted"
}
