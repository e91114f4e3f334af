//! `stripe.customers`.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::Customer;

use super::{Write, json_of, moment};

/// Writes rows, new or held. Answers how many of them were new.
pub(crate) async fn write(
    connection: &mut PgConnection,
    writes: &[Write<'_, Customer>],
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
    let email: Vec<Option<&str>> = writes.iter().map(|it| it.row.email.as_deref()).collect();
    let name: Vec<Option<&str>> = writes.iter().map(|it| it.row.name.as_deref()).collect();
    let phone: Vec<Option<&str>> = writes.iter().map(|it| it.row.phone.as_deref()).collect();
    let address: Vec<Option<&str>> = writes.iter().map(|it| it.row.address.as_deref()).collect();
    let description: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.description.as_deref()).collect();
    let balance: Vec<Option<i64>> = writes.iter().map(|it| it.row.balance).collect();
    let currency: Vec<Option<&str>> = writes.iter().map(|it| it.row.currency.as_deref()).collect();
    let delinquent: Vec<Option<bool>> = writes.iter().map(|it| it.row.delinquent).collect();
    let default_source: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.default_source.as_deref()).collect();
    let invoice_prefix: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.invoice_prefix.as_deref()).collect();
    let invoice_settings_default_payment_method: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.invoice_settings_default_payment_method.as_deref()).collect();
    let tax_exempt: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.tax_exempt.as_deref()).collect();
    let test_clock: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.test_clock.as_deref()).collect();
    let metadata: Vec<String> = writes.iter().map(|it| json_of(&it.row.metadata)).collect();
    sqlx::query_scalar!(
        r#"
        with written as (
        insert into stripe.customers as held (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created, email,
            name, phone, address, description, balance, currency, delinquent, default_source,
            invoice_prefix, invoice_settings_default_payment_method, tax_exempt, test_clock, metadata
        )
        select
            t.id, t.account, t.livemode, t.deleted, t.sighted_at, t.sighted_event, t.sighted_digest,
            t.created, t.email, t.name, t.phone, t.address::jsonb, t.description, t.balance,
            t.currency, t.delinquent, t.default_source, t.invoice_prefix,
            t.invoice_settings_default_payment_method, t.tax_exempt, t.test_clock, t.metadata::jsonb
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[],
            $7::bytea[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[],
            $13::text[], $14::bigint[], $15::text[], $16::boolean[], $17::text[], $18::text[],
            $19::text[], $20::text[], $21::text[], $22::text[]
        ) as t (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created, email,
            name, phone, address, description, balance, currency, delinquent, default_source,
            invoice_prefix, invoice_settings_default_payment_method, tax_exempt, test_clock, metadata
        )
        on conflict (id, account, livemode) do update set
            deleted = excluded.deleted, sighted_at = excluded.sighted_at,
            sighted_event = excluded.sighted_event, sighted_digest = excluded.sighted_digest,
            created = excluded.created, email = excluded.email, name = excluded.name,
            phone = excluded.phone, address = excluded.address, description = excluded.description,
            balance = excluded.balance, currency = excluded.currency, delinquent = excluded.delinquent,
            default_source = excluded.default_source, invoice_prefix = excluded.invoice_prefix,
            invoice_settings_default_payment_method = excluded.invoice_settings_default_payment_method,
            tax_exempt = excluded.tax_exempt, test_clock = excluded.test_clock,
            metadata = excluded.metadata
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
        &email as &[Option<&str>],
        &name as &[Option<&str>],
        &phone as &[Option<&str>],
        &address as &[Option<&str>],
        &description as &[Option<&str>],
        &balance as &[Option<i64>],
        &currency as &[Option<&str>],
        &delinquent as &[Option<bool>],
        &default_source as &[Option<&str>],
        &invoice_prefix as &[Option<&str>],
        &invoice_settings_default_payment_method as &[Option<&str>],
        &tax_exempt as &[Option<&str>],
        &test_clock as &[Option<&str>],
        &metadata,
    )
    .fetch_one(connection)
    .await
}
