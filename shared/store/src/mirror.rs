//! The tables of schema `stripe`: locking, writing, and flagging what is gone.
//!
//! Rows are locked by kind in the order of [`ObjectKind::ALL`] and by key within a kind, in every
//! transaction, so that two workers that judge the same objects do not wait for each other in a
//! circle. Where they still do (over rows that are new, or inbox rows), Postgres breaks it up and
//! the batch is judged anew.

mod customers;
mod gone;
mod held;
mod invoice_lines;
mod invoices;
mod prices;
mod products;
mod subscription_items;
mod subscriptions;

pub(crate) use held::{Held, lock};

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::freshness::Digest;
use counterfoil_domain::mirror::{Metadata, ObjectKind, Projection, Row};
use counterfoil_domain::{Scope, Timestamp};

/// Which object of whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectKey {
    pub(crate) kind: ObjectKind,
    pub(crate) id: String,
    pub(crate) scope: Scope,
}

/// A projection that has won, with where it comes from.
pub(crate) struct Winner<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) second: Timestamp,
    /// The event that showed it; `None` when it was fetched.
    pub(crate) event: Option<&'a str>,
    pub(crate) projection: &'a Projection,
    /// Whether the object had a row before, which is locked by this transaction.
    pub(crate) held: bool,
}

/// One row to write.
pub(crate) struct Write<'a, T> {
    scope: &'a Scope,
    deleted: bool,
    second: Timestamp,
    event: Option<&'a str>,
    digest: &'a Digest,
    row: &'a T,
}

/// One row of a child to write.
pub(crate) struct ChildWrite<'a, T> {
    scope: &'a Scope,
    deleted: bool,
    second: Timestamp,
    parent: &'a str,
    row: &'a T,
}

/// Writes what has won, with its children. Answers `false` when a row that was new when it was
/// judged is no longer: another transaction wrote it meanwhile, and this one must be rolled back
/// and judged again.
pub(crate) async fn write(
    connection: &mut PgConnection,
    mut winners: Vec<Winner<'_>>,
) -> Result<bool, sqlx::Error> {
    winners.sort_by(|a, b| (&a.projection.id, a.scope).cmp(&(&b.projection.id, b.scope)));
    let expected: usize = winners.iter().filter(|it| !it.held).count();
    let mut new = 0;
    new += customers::write(connection, &rows(&winners, as_customer)).await?;
    new += products::write(connection, &rows(&winners, as_product)).await?;
    new += prices::write(connection, &rows(&winners, as_price)).await?;
    new += subscriptions::write(connection, &rows(&winners, as_subscription)).await?;
    new += invoices::write(connection, &rows(&winners, as_invoice)).await?;
    for kind in ObjectKind::ALL {
        new += gone::write(connection, kind, &winners).await?;
    }
    let items: Vec<_> = rows(&winners, as_subscription)
        .iter()
        .flat_map(|parent| parent.row.items.iter().map(|row| child(parent, &parent.row.id, row)))
        .collect();
    subscription_items::write(connection, &sorted(items, |it| &it.id)).await?;
    let lines: Vec<_> = rows(&winners, as_invoice)
        .iter()
        .flat_map(|parent| parent.row.lines.iter().map(|row| child(parent, &parent.row.id, row)))
        .collect();
    invoice_lines::write(connection, &sorted(lines, |it| &it.id)).await?;
    gone::flag_items(connection, &winners).await?;
    gone::flag_lines(connection, &winners).await?;
    Ok(usize::try_from(new) == Ok(expected))
}

fn rows<'a, T>(
    winners: &'a [Winner<'a>],
    row: impl Fn(&'a Row) -> Option<&'a T>,
) -> Vec<Write<'a, T>> {
    let write = |it: &'a Winner<'a>| {
        let row = it.projection.change.row().and_then(&row)?;
        Some(Write {
            scope: it.scope,
            deleted: it.projection.change.is_deletion(),
            second: it.second,
            event: it.event,
            digest: &it.projection.digest,
            row,
        })
    };
    winners.iter().filter_map(write).collect()
}

fn child<'a, P, T>(parent: &Write<'a, P>, id: &'a str, row: &'a T) -> ChildWrite<'a, T> {
    ChildWrite {
        scope: parent.scope,
        deleted: parent.deleted,
        second: parent.second,
        parent: id,
        row,
    }
}

/// In the order of their keys, and each only once: two parents that name one child would otherwise
/// make one statement write one row twice, which Postgres refuses.
fn sorted<'a, T>(
    mut writes: Vec<ChildWrite<'a, T>>,
    id: impl Fn(&'a T) -> &'a str,
) -> Vec<ChildWrite<'a, T>> {
    writes.sort_by(|a, b| (id(a.row), a.scope, b.second).cmp(&(id(b.row), b.scope, a.second)));
    writes.dedup_by(|a, b| id(a.row) == id(b.row) && a.scope == b.scope);
    writes
}

fn as_customer(row: &Row) -> Option<&counterfoil_domain::mirror::Customer> {
    if let Row::Customer(it) = row { Some(it) } else { None }
}

fn as_product(row: &Row) -> Option<&counterfoil_domain::mirror::Product> {
    if let Row::Product(it) = row { Some(it) } else { None }
}

fn as_price(row: &Row) -> Option<&counterfoil_domain::mirror::Price> {
    if let Row::Price(it) = row { Some(it) } else { None }
}

fn as_subscription(row: &Row) -> Option<&counterfoil_domain::mirror::Subscription> {
    if let Row::Subscription(it) = row { Some(it) } else { None }
}

fn as_invoice(row: &Row) -> Option<&counterfoil_domain::mirror::Invoice> {
    if let Row::Invoice(it) = row { Some(it) } else { None }
}

fn moment(at: Option<Timestamp>) -> Option<OffsetDateTime> {
    at.map(OffsetDateTime::from)
}

fn json_of(metadata: &Metadata) -> String {
    if metadata.is_empty() {
        return "{}".to_owned();
    }
    let object: serde_json::Value =
        metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    object.to_string()
}
