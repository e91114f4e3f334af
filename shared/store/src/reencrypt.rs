//! Encrypting kept bodies with the key in use, after it changed or was set for the first time.
//!
//! One pass over all bodies in the order of their keys, a page at a time: no index serves it, since
//! every event would pay for what is done once a year.

use std::collections::BTreeSet;

use counterfoil_domain::{EventKey, Scope};
use sqlx::Acquire;
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;
use crate::payload::{pack, unpack};

/// How far a pass has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    key: EventKey,
    created: OffsetDateTime,
}

/// What one page of a pass brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reencrypted {
    /// Bodies looked at.
    pub seen: u64,
    /// Bodies that now bear the key in use and did not before.
    pub done: u64,
    /// Names of the keys, not configured, that others bear; those are left as they are.
    pub unknown_keys: BTreeSet<String>,
    /// Where the next page begins; `None` at the end of the pass.
    pub next: Option<Passed>,
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

    /// Looks at the next `limit` bodies and re-encrypts those that do not bear the key in use, in
    /// one transaction. Safe to repeat, and to stop between two pages.
    pub async fn reencrypt(
        &self,
        after: Option<&Passed>,
        limit: u16,
    ) -> Result<Reencrypted, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let rows = sqlx::query!(
            r#"
            select event_id, account, livemode, created, codec, key_id, body
            from counterfoil.payloads
            where (event_id, account, livemode, created)
                > ($1, $2, $3::boolean, $4::timestamptz)
            order by event_id, account, livemode, created
            limit $5
            for update
            "#,
            after.map_or("", |it| it.key.id.as_str()),
            after.map_or("", |it| it.key.scope.account.as_str()),
            after.is_some_and(|it| it.key.scope.livemode),
            after.map_or(OffsetDateTime::UNIX_EPOCH, |it| it.created),
            i64::from(limit),
        )
        .fetch_all(&mut *transaction)
        .await?;
        let mut page = Reencrypted::default();
        let full = rows.len() == usize::from(limit);
        let mut keys = Vec::new();
        let (mut created, mut codec, mut key_id, mut body) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            let scope = Scope { account: row.account, livemode: row.livemode };
            let key = EventKey { id: row.event_id, scope };
            page.seen += 1;
            page.next = full.then(|| Passed { key: key.clone(), created: row.created });
            if row.key_id.as_deref() == self.keys.in_use() {
                continue;
            }
            if let Some(name) = row.key_id.as_deref().filter(|it| !self.keys.has(it)) {
                page.unknown_keys.insert(name.to_owned());
                continue;
            }
            // A damaged body is lost already, and says so where it is shown.
            let Ok(plain) = unpack(&self.keys, &key, &row.codec, row.key_id.as_deref(), row.body)
            else {
                continue;
            };
            let packed = pack(&self.keys, &key, &plain)?;
            keys.push(key);
            created.push(row.created);
            codec.push(packed.codec);
            key_id.push(packed.key_id);
            body.push(packed.body);
            page.done += 1;
        }
        let event_id: Vec<&str> = keys.iter().map(|it| it.id.as_str()).collect();
        let account: Vec<&str> = keys.iter().map(|it| it.scope.account.as_str()).collect();
        let livemode: Vec<bool> = keys.iter().map(|it| it.scope.livemode).collect();
        sqlx::query!(
            r#"
            update counterfoil.payloads as held
            set codec = t.codec, key_id = t.key_id, body = t.body
            from unnest(
                $1::text[], $2::text[], $3::boolean[], $4::timestamptz[], $5::text[], $6::text[],
                $7::bytea[]
            ) as t (event_id, account, livemode, created, codec, key_id, body)
            where held.event_id = t.event_id
                and held.account = t.account
                and held.livemode = t.livemode
                and held.created = t.created
            "#,
            &event_id as &[&str],
            &account as &[&str],
            &livemode,
            &created,
            &codec as &[&str],
            &key_id as &[Option<&str>],
            &body,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(page)
    }
}
