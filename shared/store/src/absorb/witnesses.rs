//! What the events of one second prove about each other: those of the batch, and those that came
//! before and are in the inbox. Asked for only where contents of one second differ.

use std::collections::BTreeMap;

use counterfoil_domain::freshness::Witness;
use counterfoil_domain::{EventKey, Scope, Timestamp};
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use super::plan::Object;
use crate::error::StoreError;
use crate::mirror::ObjectKey;
use crate::payload::unpack;
use crate::seal::PayloadKeys;

/// Fills in the witnesses of every second of every object in which contents differ.
pub(crate) async fn load(
    connection: &mut PgConnection,
    keys: &PayloadKeys,
    objects: &mut BTreeMap<ObjectKey, Object<'_>>,
    witness: &(dyn Fn(&[u8]) -> Option<Witness> + Sync),
) -> Result<(), StoreError> {
    let tied: Vec<(ObjectKey, i64)> = objects
        .iter()
        .flat_map(|(key, object)| {
            object.tied_seconds().into_iter().map(|second| (key.clone(), second))
        })
        .collect();
    if tied.is_empty() {
        return Ok(());
    }
    let stored = stored_bodies(connection, keys, &tied).await?;
    for (key, second) in tied {
        let Some(object) = objects.get_mut(&key) else { continue };
        // Not taken out: an object of another kind may have the same id.
        let earlier = stored.get(&(key.id, key.scope, second)).map_or(&[][..], Vec::as_slice);
        let together = object
            .events
            .iter()
            .filter(|event| event.created.unix_seconds() == second)
            .map(|event| event.body.as_slice());
        let mut known: Vec<Witness> =
            earlier.iter().map(Vec::as_slice).chain(together).filter_map(witness).collect();
        // What was fetched, or shown by an event whose body is gone, still says what it said.
        if let Some(held) = &object.held
            && held.sighting.second.unix_seconds() == second
            && !known.iter().any(|it| it.digest == held.sighting.digest)
        {
            known.push(Witness::of_content(held.sighting.digest, held.deleted));
        }
        object.witnesses.insert(second, known);
    }
    Ok(())
}

type Bodies = BTreeMap<(String, Scope, i64), Vec<Vec<u8>>>;

async fn stored_bodies(
    connection: &mut PgConnection,
    keys: &PayloadKeys,
    tied: &[(ObjectKey, i64)],
) -> Result<Bodies, StoreError> {
    let object_id: Vec<&str> = tied.iter().map(|(key, _)| key.id.as_str()).collect();
    let account: Vec<&str> = tied.iter().map(|(key, _)| key.scope.account.as_str()).collect();
    let livemode: Vec<bool> = tied.iter().map(|(key, _)| key.scope.livemode).collect();
    let created: Vec<OffsetDateTime> = tied
        .iter()
        .map(|(_, second)| Timestamp::from_unix_seconds(*second).unwrap_or(Timestamp::EPOCH).into())
        .collect();
    let rows = sqlx::query!(
        r#"
        select
            inbox.object_id as "object_id!", inbox.account, inbox.livemode, inbox.created,
            inbox.event_id, payloads.codec, payloads.key_id, payloads.body
        from unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[])
            as asked (object_id, account, livemode, created)
        join counterfoil.inbox using (object_id, account, livemode, created)
        join counterfoil.payloads using (event_id, account, livemode, created)
        "#,
        &object_id as &[&str],
        &account as &[&str],
        &livemode,
        &created,
    )
    .fetch_all(connection)
    .await?;
    let mut bodies = Bodies::new();
    for row in rows {
        let scope = Scope { account: row.account, livemode: row.livemode };
        let second = row.created.unix_timestamp();
        let key = EventKey { id: row.event_id, scope };
        // A body that cannot be read proves nothing, and then Stripe is asked.
        if let Ok(body) = unpack(keys, &key, &row.codec, row.key_id.as_deref(), row.body) {
            bodies.entry((row.object_id, key.scope, second)).or_default().push(body);
        }
    }
    Ok(bodies)
}
