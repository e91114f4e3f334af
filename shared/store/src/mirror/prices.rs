//! `stripe.prices`.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::Price;

use super::{Write, json_of, moment};

/// Writes rows, new or held. Answers how many of them were new.
#[expect(clippy::too_many_lines, reason = "one statement, and as long as the row is wide")]
pub(crate) async fn write(
    connection: &mut PgConnection,
    writes: &[Write<'_, Price>],
) -> Result<i64, sqlx::Error> {
    if writes.is_empty() {
        return Ok(0);
    }
    let id: Vec<&str> = writes.iter().map(|it| it.row.id.as_str()).collect();
    let account: Vec<&str> = writes.iter().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = writes.iter().map(|it| it.scope.livemode).collect();
    let deleted: Vec<bool> = writes.iter().map(|it| it.deleted).collect();
    let sighted_at: Vec<OffsetDateTime> = writes.iter().map(|it| it.second.into()).collect();
    let sighted_event: Vec<Option<&str>> = writes.iter().map(|it| it.event).collect();
    let sighted_digest: Vec<&[u8]> =
        writes.iter().map(|it| it.digest.as_bytes().as_slice()).collect();
    let created: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.created)).collect();
    let active: Vec<Option<bool>> = writes.iter().map(|it| it.row.active).collect();
    let product: Vec<Option<&str>> = writes.iter().map(|it| it.row.product.as_deref()).collect();
    let currency: Vec<Option<&str>> = writes.iter().map(|it| it.row.currency.as_deref()).collect();
    let r#type: Vec<Option<&str>> = writes.iter().map(|it| it.row.r#type.as_deref()).collect();
    let billing_scheme: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.billing_scheme.as_deref()).collect();
    let unit_amount: Vec<Option<i64>> = writes.iter().map(|it| it.row.unit_amount).collect();
    let unit_amount_decimal: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.unit_amount_decimal.as_deref()).collect();
    let recurring_interval: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.recurring_interval.as_deref()).collect();
    let recurring_interval_count: Vec<Option<i64>> =
        writes.iter().map(|it| it.row.recurring_interval_count).collect();
    let recurring_usage_type: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.recurring_usage_type.as_deref()).collect();
    let recurring_meter: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.recurring_meter.as_deref()).collect();
    let tiers_mode: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.tiers_mode.as_deref()).collect();
    let lookup_key: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.lookup_key.as_deref()).collect();
    let nickname: Vec<Option<&str>> = writes.iter().map(|it| it.row.nickname.as_deref()).collect();
    let tax_behavior: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.tax_behavior.as_deref()).collect();
    let transform_quantity_divide_by: Vec<Option<i64>> =
        writes.iter().map(|it| it.row.transform_quantity_divide_by).collect();
    let transform_quantity_round: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.transform_quantity_round.as_deref()).collect();
    let metadata: Vec<String> = writes.iter().map(|it| json_of(&it.row.metadata)).collect();
    sqlx::query_scalar!(
        r#"
        with written as (
        insert into stripe.prices as held (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created, active,
            product, currency, type, billing_scheme, unit_amount, unit_amount_decimal,
            recurring_interval, recurring_interval_count, recurring_usage_type, recurring_meter,
            tiers_mode, lookup_key, nickname, tax_behavior, transform_quantity_divide_by,
            transform_quantity_round, metadata
        )
        select
            t.id, t.account, t.livemode, t.deleted, t.sighted_at, t.sighted_event, t.sighted_digest,
            t.created, t.active, t.product, t.currency, t.type, t.billing_scheme, t.unit_amount,
            t.unit_amount_decimal::numeric, t.recurring_interval, t.recurring_interval_count,
            t.recurring_usage_type, t.recurring_meter, t.tiers_mode, t.lookup_key, t.nickname,
            t.tax_behavior, t.transform_quantity_divide_by, t.transform_quantity_round,
            t.metadata::jsonb
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[],
            $7::bytea[], $8::timestamptz[], $9::boolean[], $10::text[], $11::text[], $12::text[],
            $13::text[], $14::bigint[], $15::text[], $16::text[], $17::bigint[], $18::text[],
            $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::bigint[],
            $25::text[], $26::text[]
        ) as t (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created, active,
            product, currency, type, billing_scheme, unit_amount, unit_amount_decimal,
            recurring_interval, recurring_interval_count, recurring_usage_type, recurring_meter,
            tiers_mode, lookup_key, nickname, tax_behavior, transform_quantity_divide_by,
            transform_quantity_round, metadata
        )
        on conflict (id, account, livemode) do update set
            deleted = excluded.deleted, sighted_at = excluded.sighted_at,
            sighted_event = excluded.sighted_event, sighted_digest = excluded.sighted_digest,
            created = excluded.created, active = excluded.active, product = excluded.product,
            currency = excluded.currency, type = excluded.type,
            billing_scheme = excluded.billing_scheme, unit_amount = excluded.unit_amount,
            unit_amount_decimal = excluded.unit_amount_decimal,
            recurring_interval = excluded.recurring_interval,
            recurring_interval_count = excluded.recurring_interval_count,
            recurring_usage_type = excluded.recurring_usage_type,
            recurring_meter = excluded.recurring_meter, tiers_mode = excluded.tiers_mode,
            lookup_key = excluded.lookup_key, nickname = excluded.nickname,
            tax_behavior = excluded.tax_behavior,
            transform_quantity_divide_by = excluded.transform_quantity_divide_by,
            transform_quantity_round = excluded.transform_quantity_round, metadata = excluded.metadata
        returning (xmax = 0) as new
        )
        select count(*) filter (where new) as "new!" from written
        "#,
        &id as &[&str],
        &account as &[&str],
        &livemode,
        &deleted,
        &sighted_at,
        &sighted_event as &[Option<&str>],
        &sighted_digest as &[&[u8]],
        &created as &[Option<OffsetDateTime>],
        &active as &[Option<bool>],
        &product as &[Option<&str>],
        &currency as &[Option<&str>],
        &r#type as &[Option<&str>],
        &billing_scheme as &[Option<&str>],
        &unit_amount as &[Option<i64>],
        &unit_amount_decimal as &[Option<&str>],
        &recurring_interval as &[Option<&str>],
        &recurring_interval_count as &[Option<i64>],
        &recurring_usage_type as &[Option<&str>],
        &recurring_meter as &[Option<&str>],
        &tiers_mode as &[Option<&str>],
        &lookup_key as &[Option<&str>],
        &nickname as &[Option<&str>],
        &tax_behavior as &[Option<&str>],
        &transform_quantity_divide_by as &[Option<i64>],
        &transform_quantity_round as &[Option<&str>],
        &metadata,
    )
    .fetch_one(connection)
    .await
}
