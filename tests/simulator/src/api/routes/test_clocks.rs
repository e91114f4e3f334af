//! `/v1/test_helpers/test_clocks`.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::model::test_clock::TestClock;
use crate::render::{Object, deleted};
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["test_helpers", "test_clocks"], kind: TestClock::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<TestClock>(world, id),
        (Verb::Post, []) => {
            create(world, &call.form).and_then(|id| call.show::<TestClock>(world, &id))
        }
        (Verb::Post, [id, "advance"]) => {
            advance(world, id, &call.form).and_then(|()| call.show::<TestClock>(world, id))
        }
        (Verb::Delete, [id]) => delete(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(PAGING)?;
    call.list::<TestClock>(world, |_| true)
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&["frozen_time", "name"])?;
    let frozen_time =
        form.integer("frozen_time")?.ok_or_else(|| ApiError::missing_parameter("frozen_time"))?;
    Ok(world.create_test_clock(frozen_time, form.owned("name")))
}

fn advance(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["frozen_time"])?;
    let to =
        form.integer("frozen_time")?.ok_or_else(|| ApiError::missing_parameter("frozen_time"))?;
    Ok(world.advance_test_clock(id, to)?)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_test_clock(id)?;
    Ok(deleted(TestClock::KIND, id))
}
