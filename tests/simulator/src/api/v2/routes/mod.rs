//! What each path of version 2 does: one file per resource, and the table of them.

mod event_destinations;
mod events;
mod meter_event_adjustments;
mod meter_event_stream;
mod meter_events;

use super::{Answered, Call};
use crate::world::World;

/// The paths that begin with the same words.
pub(super) struct Resource {
    /// The words behind the version.
    prefix: &'static [&'static str],
    /// Whether it takes another credential than a secret key, and checks it itself.
    pub(super) own_credential: bool,
    /// Answers what is behind the prefix; none where there is no such path.
    pub(super) route: fn(&Call<'_>, &mut World, &[&str]) -> Option<Answered>,
}

/// Every resource of version 2 of the API, in the order of the prefixes.
const RESOURCES: &[Resource] = &[
    meter_event_adjustments::RESOURCE,
    meter_event_stream::SESSION,
    meter_event_stream::STREAM,
    meter_events::RESOURCE,
    event_destinations::RESOURCE,
    events::RESOURCE,
];

impl Resource {
    /// The resource of a path, and the rest of the path behind its prefix.
    pub(super) fn of<'p, 'w>(path: &'p [&'w str]) -> Option<(&'static Self, &'p [&'w str])> {
        RESOURCES.iter().find_map(|resource| Some((resource, path.strip_prefix(resource.prefix)?)))
    }
}
