//! What is held of each object, locked until the transaction ends.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::freshness::{Digest, Sighting};
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::{Scope, Timestamp};

use super::ObjectKey;

/// The sighting that is held of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) sighting: Sighting,
    /// Whether it was of the object's deletion or absence.
    pub(crate) deleted: bool,
    /// The event that showed it; `None` when it was fetched.
    pub(crate) event: Option<String>,
}

struct HeldRow {
    id: String,
    account: String,
    livemode: bool,
    deleted: bool,
    sighted_at: OffsetDateTime,
    sighted_event: Option<String>,
    sighted_digest: Vec<u8>,
}

macro_rules! lock_rows {
    ($connection:expr, $table:tt, $id:expr, $account:expr, $livemode:expr) => {
        sqlx::query_as!(
            HeldRow,
            "select held.id, held.account, held.livemode, held.deleted, held.sighted_at, "
                + "held.sighted_event, held.sighted_digest from "
                + $table
                + " as held join unnest($1::text[], $2::text[], $3::boolean[]) "
                + "as asked (id, account, livemode) using (id, account, livemode) "
                + "order by held.id, held.account, held.livemode for update of held",
            $id as &[&str],
            $account as &[&str],
            $livemode
        )
        .fetch_all($connection)
        .await
    };
}

/// Locks the rows of these objects and answers what is held of them. Objects without a row are
/// missing in the answer.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    keys: impl IntoIterator<Item = &ObjectKey>,
) -> Result<BTreeMap<ObjectKey, Held>, sqlx::Error> {
    let mut by_kind: BTreeMap<ObjectKind, Vec<&ObjectKey>> = BTreeMap::new();
    for key in keys {
        by_kind.entry(key.kind).or_default().push(key);
    }
    let mut all = BTreeMap::new();
    for kind in ObjectKind::ALL {
        let Some(keys) = by_kind.get(&kind) else { continue };
        let id: Vec<&str> = keys.iter().map(|it| it.id.as_str()).collect();
        let account: Vec<&str> = keys.iter().map(|it| it.scope.account.as_str()).collect();
        let livemode: Vec<bool> = keys.iter().map(|it| it.scope.livemode).collect();
        let connection = &mut *connection;
        let rows = match kind {
            ObjectKind::Customer => {
                lock_rows!(connection, "stripe.customers", &id, &account, &livemode)
            }
            ObjectKind::Product => {
                lock_rows!(connection, "stripe.products", &id, &account, &livemode)
            }
            ObjectKind::Price => {
                lock_rows!(connection, "stripe.prices", &id, &account, &livemode)
            }
            ObjectKind::Subscription => {
                lock_rows!(connection, "stripe.subscriptions", &id, &account, &livemode)
            }
            ObjectKind::Invoice => {
                lock_rows!(connection, "stripe.invoices", &id, &account, &livemode)
            }
        }?;
        all.extend(rows.into_iter().map(|row| held_of(kind, row)));
    }
    Ok(all)
}

fn held_of(kind: ObjectKind, row: HeldRow) -> (ObjectKey, Held) {
    let mut digest = [0; 16];
    let length = row.sighted_digest.len().min(16);
    digest[..length].copy_from_slice(&row.sighted_digest[..length]);
    let sighting = Sighting {
        second: Timestamp::try_from(row.sighted_at).unwrap_or(Timestamp::EPOCH),
        digest: Digest::from_bytes(digest),
    };
    let scope = Scope { account: row.account, livemode: row.livemode };
    (
        ObjectKey { kind, id: row.id, scope },
        Held { sighting, deleted: row.deleted, event: row.sighted_event },
    )
}
