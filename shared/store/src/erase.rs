//! Erasing what is personal of a customer, and keeping it erased.
//!
//! The books stay: amounts, dates, statuses and ids. Columns that may hold personal data are
//! emptied, and the bodies of all events about the customer go. A customer that was erased is
//! remembered, so that a replay, a refetch or a sweep does not bring back what Stripe still shows.
//! Safe to repeat.

use std::collections::BTreeSet;

use counterfoil_domain::mirror::{ObjectKind, Owner, Table, Type};
use counterfoil_domain::{Scope, Timestamp};
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::absorb::Received;
use crate::connect::Store;
use crate::error::StoreError;
use crate::reconcile::suspects;

/// Held shared by everything that writes the mirror, and alone by an erasure: what began before
/// it knew of the erasure has ended when the erasure goes through the tables.
///
/// What is looked up here is always found by an index, a batch at a time. Plans are kept for as long
/// as a connection lives, and one that was made while a table was nearly empty would read all of it
/// for every batch until the next analyze; so the other ways are ruled out.
pub(crate) const BEGIN_WRITING: &str = "begin; \
    set local enable_seqscan = off; set local enable_hashjoin = off; \
    set local enable_mergejoin = off; \
    select pg_advisory_xact_lock_shared(hashtext('counterfoil.erased'))";
const BEGIN_ERASING: &str = "begin; select pg_advisory_xact_lock(hashtext('counterfoil.erased'))";

/// What was erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Rows of the mirror that were emptied, by table.
    pub rows: Vec<(&'static str, u64)>,
    /// Bodies of events that were removed.
    pub bodies: u64,
}

impl Store {
    /// Erases what is personal of one customer from these tables and from the kept bodies.
    pub async fn erase_customer(
        &self,
        tables: &[&'static Table],
        customer: &str,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Erased, StoreError> {
        sqlx::query!(
            r#"
            insert into counterfoil.erased (customer, account, livemode, erased_at)
            values ($1, $2, $3, $4)
            on conflict (customer, account, livemode) do nothing
            "#,
            customer,
            scope.account,
            scope.livemode,
            OffsetDateTime::from(now),
        )
        .execute(&self.pool)
        .await?;
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin_with(BEGIN_ERASING).await?;
        let mut erased = Erased::default();
        for table in tables {
            let Some(sql) = empty_rows(tables, table, "c.customer = $1") else { continue };
            let done = sqlx::query(AssertSqlSafe(sql))
                .bind(customer)
                .bind(&scope.account)
                .bind(scope.livemode)
                .execute(&mut *transaction)
                .await?;
            if done.rows_affected() > 0 {
                erased.rows.push((table.name, done.rows_affected()));
            }
        }
        erased.bodies = remove_bodies(&mut transaction, tables, customer, scope).await?;
        erased.bodies += suspects::remove_shown(&mut transaction, scope).await?;
        transaction.commit().await?;
        Ok(erased)
    }

    /// Whether a customer's personal data was erased.
    pub async fn is_erased(&self, customer: &str, scope: &Scope) -> Result<bool, StoreError> {
        let mut connection = self.pool.acquire().await?;
        Ok(!erased_among(&mut connection, &[customer], scope).await?.is_empty())
    }
}

/// Those of these customers whose personal data was erased.
pub(crate) async fn erased_among(
    connection: &mut PgConnection,
    customers: &[&str],
    scope: &Scope,
) -> Result<BTreeSet<String>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"
        select customer from counterfoil.erased
        where customer = any ($1) and account = $2 and livemode = $3
        "#,
        customers as &[&str],
        scope.account,
        scope.livemode,
    )
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().collect())
}

/// Removes the bodies of events about a customer, or about an object that is the customer's through
/// another one.
async fn remove_bodies(
    connection: &mut PgConnection,
    tables: &[&'static Table],
    customer: &str,
    scope: &Scope,
) -> Result<u64, sqlx::Error> {
    let mut removed = sqlx::query!(
        r#"
        delete from counterfoil.payloads as payload
        using counterfoil.inbox
        where inbox.customer = $1
            and inbox.account = $2
            and inbox.livemode = $3
            and payload.event_id = inbox.event_id
            and payload.account = inbox.account
            and payload.livemode = inbox.livemode
            and payload.created = inbox.created
        "#,
        customer,
        scope.account,
        scope.livemode,
    )
    .execute(&mut *connection)
    .await?
    .rows_affected();
    for table in tables.iter().filter(|it| it.parent.is_none()) {
        let (true, Some(owned)) = (is_untold(table), owned(tables, table, "held")) else {
            continue;
        };
        let sql = format!(
            "delete from counterfoil.payloads as payload \
             using counterfoil.inbox, stripe.{} as held, \
             (select $1::text as customer, $2::text as account, $3::boolean as livemode) as c \
             where held.account = c.account and held.livemode = c.livemode and {owned} \
             and inbox.object_id = held.id and inbox.account = held.account \
             and inbox.livemode = held.livemode and payload.event_id = inbox.event_id \
             and payload.account = inbox.account and payload.livemode = inbox.livemode \
             and payload.created = inbox.created",
            table.name
        );
        removed += sqlx::query(AssertSqlSafe(sql))
            .bind(customer)
            .bind(&scope.account)
            .bind(scope.livemode)
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(removed)
}

/// Empties what a batch has just written of objects that are an erased customer's through another
/// object, which the sighting itself does not tell. Few kinds are, and only where anybody was
/// erased is this asked at all.
pub(crate) async fn again(
    connection: &mut PgConnection,
    tables: &[&'static Table],
    fresh: &[&Received],
) -> Result<(), sqlx::Error> {
    for table in tables.iter().filter(|it| it.parent.is_none()) {
        if !is_untold(table) {
            continue;
        }
        let of_table = |it: &&&Received| {
            it.meaning.object().is_some_and(|(kind, _)| kind.table() == table.name)
        };
        let events: Vec<&&Received> = fresh.iter().filter(of_table).collect();
        let (false, Some(owned)) = (events.is_empty(), owned(tables, table, "held")) else {
            continue;
        };
        let ids: Vec<&str> =
            events.iter().filter_map(|it| it.meaning.object()).map(|it| it.1).collect();
        if let Some(sql) = empty_rows(tables, table, "held.id = any($1)") {
            sqlx::query(AssertSqlSafe(sql)).bind(&ids).execute(&mut *connection).await?;
        }
        let keys: Vec<&str> = events.iter().map(|it| it.key.id.as_str()).collect();
        let sql = format!(
            "delete from counterfoil.payloads as payload \
             using counterfoil.inbox, stripe.{} as held, counterfoil.erased as c \
             where payload.event_id = any($1) and inbox.event_id = payload.event_id \
             and inbox.account = payload.account and inbox.livemode = payload.livemode \
             and held.id = inbox.object_id and held.account = inbox.account \
             and held.livemode = inbox.livemode and held.account = c.account \
             and held.livemode = c.livemode and {owned}",
            table.name
        );
        sqlx::query(AssertSqlSafe(sql)).bind(&keys).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The same for an object that was asked for.
pub(crate) async fn again_fetched(
    connection: &mut PgConnection,
    tables: &[&'static Table],
    kind: ObjectKind,
    ids: &[&str],
) -> Result<(), sqlx::Error> {
    let table = tables.iter().find(|it| it.name == kind.table());
    let Some(table) = table.filter(|it| is_untold(it)) else {
        return Ok(());
    };
    if let Some(sql) = empty_rows(tables, table, "held.id = any($1)") {
        sqlx::query(AssertSqlSafe(sql)).bind(ids).execute(connection).await?;
    }
    Ok(())
}

/// The statement that empties the personal columns of a table's rows that belong to the erased
/// customers `c` that are meant. `None` where the table has no such columns, or no such owner.
fn empty_rows(tables: &[&'static Table], table: &Table, meant: &str) -> Option<String> {
    let personal: Vec<_> = table.columns.iter().filter(|it| it.personal).collect();
    if personal.is_empty() {
        return None;
    }
    let owned = owned(tables, table, "held")?;
    let set: Vec<String> = personal
        .iter()
        .map(|it| match it.of {
            Type::Metadata => format!("{} = '{{}}'", it.name),
            Type::Text | Type::Integer | Type::Flag | Type::Time | Type::Decimal | Type::Json => {
                format!("{} = null", it.name)
            }
        })
        .collect();
    let filled: Vec<String> = personal
        .iter()
        .map(|it| match it.of {
            Type::Metadata => format!("held.{} <> '{{}}'", it.name),
            Type::Text | Type::Integer | Type::Flag | Type::Time | Type::Decimal | Type::Json => {
                format!("held.{} is not null", it.name)
            }
        })
        .collect();
    let scope =
        if meant.contains("c.customer") { "and c.account = $2 and c.livemode = $3 " } else { "" };
    Some(format!(
        "update stripe.{} as held set {} from counterfoil.erased as c \
         where {meant} {scope}and held.account = c.account and held.livemode = c.livemode \
         and {owned} and ({})",
        table.name,
        set.join(", "),
        filled.join(" or ")
    ))
}

/// Whether a sighting of such an object may not tell whose it is.
fn is_untold(table: &Table) -> bool {
    matches!(table.owner, Owner::Through { .. } | Owner::Formerly(_))
}

/// Whether the row `alias` is customer `c`'s, as SQL.
fn owned(tables: &[&'static Table], table: &Table, alias: &str) -> Option<String> {
    match table.owner {
        Owner::Nobody => None,
        Owner::Itself => Some(format!("{alias}.id = c.customer")),
        Owner::Column(column) => Some(format!("{alias}.{column} = c.customer")),
        // Events that named the customer tell whose it was, or what was paid by it.
        Owner::Formerly(column) => Some(format!(
            "({alias}.{column} = c.customer or ({alias}.{column} is null and ( \
             {alias}.id in (select told.object_id from counterfoil.inbox as told \
             where told.customer = c.customer and told.account = c.account \
             and told.livemode = c.livemode) or \
             {alias}.id in (select paid.payment_method from stripe.charges as paid \
             where paid.customer = c.customer and paid.account = c.account \
             and paid.livemode = c.livemode))))"
        )),
        Owner::Through { column, table: other } => {
            let other = tables.iter().find(|it| it.name == other)?;
            let inner = format!("{alias}_o");
            let owned = owned(tables, other, &inner)?;
            // A refund or a review need not name a charge; the events about it may name the customer.
            Some(format!(
                "({alias}.{column} in (select {inner}.id from stripe.{} as {inner} \
                 where {inner}.account = c.account and {inner}.livemode = c.livemode and {owned}) \
                 or {alias}.id in (select told.object_id from counterfoil.inbox as told \
                 where told.customer = c.customer and told.account = c.account \
                 and told.livemode = c.livemode))",
                other.name
            ))
        }
    }
}
