//! `stripe.products`.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::Product;

use super::{Write, json_of, moment};

/// Writes rows, new or held. Answers how many of them were new.
pub(crate) async fn write(
    connection: &mut PgConnection,
    writes: &[Write<'_, Product>],
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
    let updated: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.updated)).collect();
    let active: Vec<Option<bool>> = writes.iter().map(|it| it.row.active).collect();
    let name: Vec<Option<&str>> = writes.iter().map(|it| it.row.name.as_deref()).collect();
    let description: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.description.as_deref()).collect();
    let default_price: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.default_price.as_deref()).collect();
    let unit_label: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.unit_label.as_deref()).collect();
    let tax_code: Vec<Option<&str>> = writes.iter().map(|it| it.row.tax_code.as_deref()).collect();
    let metadata: Vec<String> = writes.iter().map(|it| json_of(&it.row.metadata)).collect();
    sqlx::query_scalar!(
        r#"
        with written as (
        insert into stripe.products as held (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created,
            updated, active, name, description, default_price, unit_label, tax_code, metadata
        )
        select
            t.id, t.account, t.livemode, t.deleted, t.sighted_at, t.sighted_event, t.sighted_digest,
            t.created, t.updated, t.active, t.name, t.description, t.default_price, t.unit_label,
            t.tax_code, t.metadata::jsonb
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[],
            $7::bytea[], $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::text[],
            $12::text[], $13::text[], $14::text[], $15::text[], $16::text[]
        ) as t (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created,
            updated, active, name, description, default_price, unit_label, tax_code, metadata
        )
        on conflict (id, account, livemode) do update set
            deleted = excluded.deleted, sighted_at = excluded.sighted_at,
            sighted_event = excluded.sighted_event, sighted_digest = excluded.sighted_digest,
            created = excluded.created, updated = excluded.updated, active = excluded.active,
            name = excluded.name, description = excluded.description,
            default_price = excluded.default_price, unit_label = excluded.unit_label,
            tax_code = excluded.tax_code, metadata = excluded.metadata
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
        &updated as &[Option<OffsetDateTime>],
        &active as &[Option<bool>],
        &name as &[Option<&str>],
        &description as &[Option<&str>],
        &default_price as &[Option<&str>],
        &unit_label as &[Option<&str>],
        &tax_code as &[Option<&str>],
        &metadata,
    )
    .fetch_one(connection)
    .await
}
