//! `stripe.subscription_items`.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::SubscriptionItem;

use super::{ChildWrite, json_of, moment};

/// Writes rows that a subscription shows.
pub(crate) async fn write(
    connection: &mut PgConnection,
    writes: &[ChildWrite<'_, SubscriptionItem>],
) -> Result<(), sqlx::Error> {
    if writes.is_empty() {
        return Ok(());
    }
    let id: Vec<&str> = writes.iter().map(|it| it.row.id.as_str()).collect();
    let account: Vec<&str> = writes.iter().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = writes.iter().map(|it| it.scope.livemode).collect();
    let deleted: Vec<bool> = writes.iter().map(|it| it.deleted).collect();
    let sighted_at: Vec<OffsetDateTime> = writes.iter().map(|it| it.second.into()).collect();
    let parent: Vec<&str> = writes.iter().map(|it| it.parent).collect();
    let created: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.created)).collect();
    let price: Vec<Option<&str>> = writes.iter().map(|it| it.row.price.as_deref()).collect();
    let product: Vec<Option<&str>> = writes.iter().map(|it| it.row.product.as_deref()).collect();
    let quantity: Vec<Option<i64>> = writes.iter().map(|it| it.row.quantity).collect();
    let current_period_start: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.current_period_start)).collect();
    let current_period_end: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.current_period_end)).collect();
    let metadata: Vec<String> = writes.iter().map(|it| json_of(&it.row.metadata)).collect();
    sqlx::query!(
        r#"
        insert into stripe.subscription_items as held (
            id, account, livemode, deleted, sighted_at, subscription, created, price, product,
            quantity, current_period_start, current_period_end, metadata
        )
        select
            t.id, t.account, t.livemode, t.deleted, t.sighted_at, t.subscription, t.created, t.price,
            t.product, t.quantity, t.current_period_start, t.current_period_end, t.metadata::jsonb
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[],
            $7::timestamptz[], $8::text[], $9::text[], $10::bigint[], $11::timestamptz[],
            $12::timestamptz[], $13::text[]
        ) as t (
            id, account, livemode, deleted, sighted_at, subscription, created, price, product,
            quantity, current_period_start, current_period_end, metadata
        )
        on conflict (id, account, livemode) do update set
            deleted = excluded.deleted, sighted_at = excluded.sighted_at,
            subscription = excluded.subscription, created = excluded.created, price = excluded.price,
            product = excluded.product, quantity = excluded.quantity,
            current_period_start = excluded.current_period_start,
            current_period_end = excluded.current_period_end, metadata = excluded.metadata
        "#,
        &id as &[&str],
        &account as &[&str],
        &livemode,
        &deleted,
        &sighted_at,
        &parent as &[&str],
        &created as &[Option<OffsetDateTime>],
        &price as &[Option<&str>],
        &product as &[Option<&str>],
        &quantity as &[Option<i64>],
        &current_period_start as &[Option<OffsetDateTime>],
        &current_period_end as &[Option<OffsetDateTime>],
        &metadata,
    )
    .execute(connection)
    .await?;
    Ok(())
}
