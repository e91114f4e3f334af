//! What is held of each object, locked until the transaction ends.

use std::collections::BTreeMap;

use counterfoil_domain::absorb;
use counterfoil_domain::freshness::{Digest, Sighting};
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::{Scope, Timestamp};
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, PgConnection};

use super::arrays::Gathered;
use super::{ObjectKey, statement};

/// The sighting that is held of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) sighting: Sighting,
    /// Whether it was of the object's deletion or absence.
    pub(crate) deleted: bool,
    /// The event that showed it; `None` when it was fetched.
    pub(crate) event: Option<String>,
}

impl Held {
    pub(crate) fn as_rule(&self) -> absorb::Held {
        absorb::Held { sighting: self.sighting, deleted: self.deleted }
    }
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    id: String,
    account: String,
    livemode: bool,
    deleted: bool,
    sighted_at: OffsetDateTime,
    sighted_event: Option<String>,
    sighted_digest: Vec<u8>,
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
    // In the order of the kinds.
    for (kind, keys) in by_kind {
        let mut arguments = Gathered::default();
        arguments.add(keys.iter().map(|it| it.id.as_str()).collect::<Vec<_>>())?;
        arguments.scopes(keys.iter().map(|it| &it.scope))?;
        let sql = statement::lock(kind.table());
        let rows: Vec<HeldRow> = sqlx::query_as_with(AssertSqlSafe(sql), arguments.done())
            .fetch_all(&mut *connection)
            .await?;
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
