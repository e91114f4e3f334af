//! What the inbox lacks of Stripe's list of events, and how far that list was compared.

use std::collections::BTreeSet;

use counterfoil_domain::{Scope, Timestamp};
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;

impl Store {
    /// Which of these events the inbox does not have.
    pub async fn events_lacking(
        &self,
        events: &[&str],
        scope: &Scope,
    ) -> Result<Vec<String>, StoreError> {
        let lacking = sqlx::query_scalar!(
            r#"
            select asked.id as "id!"
            from unnest($1::text[]) as asked (id)
            left join counterfoil.inbox as held
                on held.event_id = asked.id and held.account = $2 and held.livemode = $3
            where held.event_id is null
            order by asked.id
            "#,
            events as &[&str],
            scope.account,
            scope.livemode,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(lacking)
    }

    /// Which of these events came first under this endpoint's name.
    pub async fn events_listed(
        &self,
        events: &[&str],
        scope: &Scope,
        endpoint: &str,
    ) -> Result<Vec<String>, StoreError> {
        let ids = sqlx::query_scalar!(
            r#"
            select event_id from counterfoil.inbox
            where event_id = any ($1) and account = $2 and livemode = $3 and endpoint = $4
            "#,
            events as &[&str],
            scope.account,
            scope.livemode,
            endpoint,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// Which of these objects have an event that waits for Stripe's answer.
    pub async fn objects_waiting(
        &self,
        objects: &[&str],
        scope: &Scope,
    ) -> Result<BTreeSet<String>, StoreError> {
        let ids = sqlx::query_scalar!(
            r#"
            select distinct object_id as "id!" from counterfoil.inbox
            where object_id = any ($1) and account = $2 and livemode = $3
                and outcome = 'refetching'
            "#,
            objects as &[&str],
            scope.account,
            scope.livemode,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().collect())
    }

    /// Up to which second the list of events of a form was compared with the inbox.
    pub async fn event_cursor(
        &self,
        scope: &Scope,
        form: &str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let until = sqlx::query_scalar!(
            r#"
            select compared_until from counterfoil.event_cursors
            where account = $1 and livemode = $2 and form = $3
            "#,
            scope.account,
            scope.livemode,
            form,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(until.and_then(|it| Timestamp::try_from(it).ok()))
    }

    /// Moves that second on; never back.
    pub async fn move_event_cursor(
        &self,
        scope: &Scope,
        form: &str,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            insert into counterfoil.event_cursors as held (account, livemode, form, compared_until)
            values ($1, $2, $3, $4)
            on conflict (account, livemode, form) do update
            set compared_until = greatest(held.compared_until, excluded.compared_until)
            "#,
            scope.account,
            scope.livemode,
            form,
            OffsetDateTime::from(until),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
