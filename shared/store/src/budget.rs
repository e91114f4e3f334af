//! The calls to Stripe that may be made, shared by all processes of one installation.
//!
//! A bucket for each account and mode that fills at a steady rate. Taking from it is one statement,
//! so two processes never take the same call. When Stripe says that it is limiting us, or does not
//! answer, the bucket is paused for all.

use std::time::Duration;

use counterfoil_domain::{Scope, Timestamp};
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;

/// How fast calls may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls in a second, on the long run.
    pub calls_per_second: u32,
    /// Calls that may come at once after a quiet time.
    pub burst: u32,
}

impl Rate {
    /// Calls that one process may take at once, so that a fast budget does not cost a transaction a
    /// call: what comes in during a twentieth of a second, and one at least.
    #[must_use]
    pub fn at_once(self) -> u32 {
        (self.calls_per_second / 20).max(1)
    }
}

/// The answer to the wish to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// It may be made.
    Granted,
    /// Not before this time has passed, as others call too.
    After(Duration),
    /// Not now: calls are paused for all.
    Paused,
}

impl Store {
    /// Takes one call from the bucket, or says how long to wait.
    pub async fn take_call(
        &self,
        scope: &Scope,
        rate: Rate,
        now: Timestamp,
    ) -> Result<Grant, StoreError> {
        self.take_calls(scope, rate, 1, now).await
    }

    /// Takes so many calls from the bucket together, or says how long to wait.
    pub async fn take_calls(
        &self,
        scope: &Scope,
        rate: Rate,
        calls: u32,
        now: Timestamp,
    ) -> Result<Grant, StoreError> {
        let wanted = i64::from(calls) * 1_000;
        let row = sqlx::query!(
            r#"
            with filled as (
                insert into counterfoil.request_budget as held
                    (account, livemode, millicalls, filled_at)
                values ($1, $2, $4::bigint * 1000, $5)
                on conflict (account, livemode) do update set
                    millicalls = least(
                        $4::bigint * 1000,
                        held.millicalls + greatest(0, (
                            extract(epoch from $5 - held.filled_at) * 1000 * $3::bigint
                        )::bigint)
                    ),
                    filled_at = greatest(held.filled_at, $5)
                returning account, livemode, millicalls, paused_until
            )
            select millicalls as "millicalls!", paused_until from filled
            "#,
            scope.account,
            scope.livemode,
            i64::from(rate.calls_per_second),
            i64::from(rate.burst),
            OffsetDateTime::from(now),
        )
        .fetch_one(&self.pool)
        .await?;
        if let Some(until) = row.paused_until.and_then(|it| Timestamp::try_from(it).ok())
            && until > now
        {
            return Ok(Grant::Paused);
        }
        // Taken in a second statement, which checks again under the row's lock.
        let taken = sqlx::query!(
            r#"
            update counterfoil.request_budget
            set millicalls = millicalls - $4, spent = spent + $4 / 1000
            where account = $1 and livemode = $2 and millicalls >= $4
                and (paused_until is null or paused_until <= $3)
            "#,
            scope.account,
            scope.livemode,
            OffsetDateTime::from(now),
            wanted,
        )
        .execute(&self.pool)
        .await?;
        if taken.rows_affected() == 1 {
            return Ok(Grant::Granted);
        }
        let missing = u64::try_from(wanted.saturating_sub(row.millicalls)).unwrap_or(0).max(50);
        let rate = u64::from(rate.calls_per_second.max(1));
        Ok(Grant::After(Duration::from_millis(missing.div_ceil(rate).max(1))))
    }

    /// Stops all calls for a while. A pause that is longer already stays.
    pub async fn pause_calls(
        &self,
        scope: &Scope,
        wait: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            update counterfoil.request_budget
            set paused_until = greatest(paused_until, $3)
            where account = $1 and livemode = $2
            "#,
            scope.account,
            scope.livemode,
            OffsetDateTime::from(now.plus(wait)),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
