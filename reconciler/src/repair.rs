//! Looking at one object now, and having the mirror take what Stripe says: what `resync`, `drift
//! repair` and the janitors do.

use counterfoil_domain::mirror::{ObjectKind, Table};
use counterfoil_domain::{Scope, Timestamp};
use counterfoil_projection::{absent, project, table_of};
use counterfoil_store::{Fetched, FetchedOutcome, HeldRow, ObjectRef, Store};
use counterfoil_stripe_client::{Answer, Asked};

use crate::call::Caller;
use crate::compare::{Compared, compare, compare_held};
use crate::turn::JobError;

/// What Stripe says of an object now, and how it differs from what is held.
#[derive(Debug, Clone)]
pub struct Repaired {
    /// What differed.
    pub compared: Compared,
    /// What Stripe said.
    pub fetched: Fetched,
    /// What was held.
    pub held: Option<HeldRow>,
}

/// Why one object could not be looked at or taken.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// Stripe or Postgres.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Stripe's answer says nothing that can be taken.
    #[error("{0}")]
    Unreadable(String),
    /// The mirror holds something that is as late as the answer.
    #[error("it changed within this very second, so it was not taken; run it again")]
    TooSoon,
}

/// Asks Stripe for one object and compares it with what is held. `customer` is of help where only
/// the customer shows the object.
pub async fn look(
    store: &Store,
    caller: &Caller,
    scope: &Scope,
    kind: ObjectKind,
    id: &str,
    customer: Option<&str>,
) -> Result<Repaired, RepairError> {
    let object = ObjectRef { kind, id, scope };
    let held = store.object(table_of(kind), object).await.map_err(JobError::Store)?;
    let column = |name: &str| held.as_ref().and_then(|it| it.row.text(name));
    let asked = Asked {
        kind,
        id,
        customer: column("customer").or(customer),
        subscription: column("subscription"),
    };
    let shown = caller.fetch(asked).await?;
    let projection = match shown.it {
        Answer::Found { body, .. } => project(kind, &body, false)
            .map_err(|error| RepairError::Unreadable(error.to_string()))?,
        Answer::Absent { .. } => absent(kind, id.to_owned()),
        Answer::Unaskable { why } => return Err(RepairError::Unreadable(why.to_owned())),
    };
    if projection.id != id {
        return Err(RepairError::Unreadable("Stripe answered with another object".to_owned()));
    }
    let compared = compare_held(store, scope, held.as_ref(), &projection).await;
    let compared = compared.map_err(JobError::Store)?;
    let fetched = Fetched { scope: scope.clone(), second: shown.second, projection };
    Ok(Repaired { compared, fetched, held })
}

/// Has the mirror take what Stripe said, and looks whether it did.
pub async fn repair(
    store: &Store,
    tables: &[&'static Table],
    looked: &Repaired,
    now: Timestamp,
) -> Result<(), RepairError> {
    let fetched = &looked.fetched;
    let outcome = store.absorb_fetched(fetched, tables, now).await.map_err(JobError::Store)?;
    if outcome == FetchedOutcome::TooSoon {
        return Err(RepairError::TooSoon);
    }
    let left = compare(store, &fetched.scope, &fetched.projection).await;
    let left = left.map_err(JobError::Store)?;
    if left.whole.is_none() && left.differences.iter().all(|(_, it)| it.personal) {
        Ok(())
    } else {
        Err(RepairError::TooSoon)
    }
}
