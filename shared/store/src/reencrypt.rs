//! Encrypting kept bodies with the key in use, after it changed or was set for the first time.

use counterfoil_domain::{EventKey, Scope};
use sqlx::Acquire;

use crate::connect::Store;
use crate::error::StoreError;
use crate::payload::{pack, unpack};

/// What one step did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reencrypted {
    /// Bodies that now bear the key in use.
    pub done: u64,
    /// Names of the keys, not configured, that others bear; those are left as they are.
    pub unknown_keys: Vec<String>,
}

impl Store {
    /// How many kept bodies do not bear the key in use.
    pub async fn bodies_to_reencrypt(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"
            select count(*) as "count!" from counterfoil.payloads
            where key_id is distinct from $1
            "#,
            self.keys.in_use(),
        )
        .fetch_one(&self.pool)
        .await?)
    }

    /// Re-encrypts at most `limit` bodies in one transaction. Safe to repeat, and to stop between
    /// two steps. Nothing is left to do when `done` is 0.
    pub async fn reencrypt(&self, limit: u16) -> Result<Reencrypted, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let readable: Vec<&str> = self.keys.names().collect();
        let rows = sqlx::query!(
            r#"
            select event_id, account, livemode, created, codec, key_id, body
            from counterfoil.payloads
            where key_id is distinct from $1 and (key_id is null or key_id = any($2))
            order by created
            limit $3
            for update skip locked
            "#,
            self.keys.in_use(),
            &readable as &[&str],
            i64::from(limit),
        )
        .fetch_all(&mut *transaction)
        .await?;
        let mut done = Reencrypted::default();
        for row in rows {
            let scope = Scope { account: row.account, livemode: row.livemode };
            let key = EventKey { id: row.event_id, scope };
            // A damaged body is lost already, and says so where it is shown.
            let Ok(body) = unpack(&self.keys, &key, &row.codec, row.key_id.as_deref(), row.body)
            else {
                continue;
            };
            let packed = pack(&self.keys, &key, &body)?;
            sqlx::query!(
                r#"
                update counterfoil.payloads set codec = $5, key_id = $6, body = $7
                where event_id = $1 and account = $2 and livemode = $3 and created = $4
                "#,
                key.id,
                key.scope.account,
                key.scope.livemode,
                row.created,
                packed.codec,
                packed.key_id,
                packed.body,
            )
            .execute(&mut *transaction)
            .await?;
            done.done += 1;
        }
        let unknown = sqlx::query_scalar!(
            r#"
            select distinct key_id as "key_id!" from counterfoil.payloads
            where key_id is not null and key_id <> all ($1)
            order by 1
            "#,
            &readable as &[&str],
        )
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        done.unknown_keys = unknown;
        Ok(done)
    }
}
