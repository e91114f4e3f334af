//! The tables of schema `stripe`: locking, writing, and flagging what is gone.
//!
//! Rows are locked by kind in the order of [`ObjectKind::ALL`] and by key within a kind, in every
//! transaction, so that two workers that judge the same objects do not wait for each other in a
//! circle. Where they still do (over rows that are new, or inbox rows), Postgres breaks it up and
//! the batch is judged anew.

mod arrays;
mod gone;
mod held;
mod statement;

pub(crate) use held::{Held, lock};

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::mirror::{ObjectKind, Projection, Row, Table};
use counterfoil_domain::{Scope, Timestamp};
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, PgConnection};

use arrays::Gathered;

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
    /// Whether its customer's personal data is erased, and stays so.
    pub(crate) erased: bool,
}

/// One row of a child to write.
struct ChildWrite<'a> {
    winner: &'a Winner<'a>,
    row: &'a Row,
}

/// Writes what has won, with its children. Answers `false` when a row that was new when it was
/// judged is no longer: another transaction wrote it meanwhile, and this one must be rolled back
/// and judged again.
pub(crate) async fn write(
    connection: &mut PgConnection,
    winners: &[Winner<'_>],
) -> Result<bool, sqlx::Error> {
    let mut by_kind: BTreeMap<ObjectKind, Vec<&Winner<'_>>> = BTreeMap::new();
    for it in winners {
        by_kind.entry(it.projection.kind).or_default().push(it);
    }
    let mut new = 0;
    for (kind, winners) in &mut by_kind {
        winners.sort_by(|a, b| (&a.projection.id, a.scope).cmp(&(&b.projection.id, b.scope)));
        new += write_objects(connection, winners).await?;
        new += gone::write(connection, *kind, winners).await?;
    }
    for winners in by_kind.values() {
        write_children(connection, winners).await?;
        gone::flag_children(connection, winners).await?;
    }
    let expected = winners.iter().filter(|it| !it.held).count();
    Ok(usize::try_from(new) == Ok(expected))
}

/// Writes the objects of one kind that were shown. Answers how many were new.
async fn write_objects(
    connection: &mut PgConnection,
    winners: &[&Winner<'_>],
) -> Result<i64, sqlx::Error> {
    let shown: Vec<(&Winner<'_>, &Row)> =
        winners.iter().filter_map(|it| Some((*it, it.projection.change.row()?))).collect();
    let Some((_, first)) = shown.first() else { return Ok(0) };
    let table = first.table;
    let mut arguments = Gathered::default();
    arguments.objects(&shown.iter().map(|it| it.0).collect::<Vec<_>>())?;
    let rows: Vec<(&Row, bool)> = shown.iter().map(|(it, row)| (*row, it.erased)).collect();
    arguments.columns(table, &rows)?;
    let sql = statement::write_objects(table);
    sqlx::query_scalar_with(AssertSqlSafe(sql), arguments.done()).fetch_one(connection).await
}

/// Writes the children of objects of one kind.
async fn write_children(
    connection: &mut PgConnection,
    winners: &[&Winner<'_>],
) -> Result<(), sqlx::Error> {
    let mut by_table: BTreeMap<&str, (&'static Table, Vec<ChildWrite<'_>>)> = BTreeMap::new();
    for winner in winners {
        for children in &winner.projection.children {
            let (_, writes) =
                by_table.entry(children.table.name).or_insert_with(|| (children.table, Vec::new()));
            writes.extend(children.rows.iter().map(|row| ChildWrite { winner, row }));
        }
    }
    for (table, mut writes) in by_table.into_values() {
        let Some(parent) = table.parent else { continue };
        // In the order of their keys, and each only once: two parents that name one child would
        // otherwise make one statement write one row twice, which Postgres refuses.
        writes.sort_by(|a, b| {
            let key = |it: &ChildWrite<'_>| (it.row.id.clone(), it.winner.scope.clone());
            key(a).cmp(&key(b)).then(b.winner.second.cmp(&a.winner.second))
        });
        let mut seen = BTreeSet::new();
        writes.retain(|it| seen.insert((it.row.id.as_str(), it.winner.scope)));
        if writes.is_empty() {
            continue;
        }
        let mut arguments = Gathered::default();
        arguments.add(writes.iter().map(|it| it.row.id.as_str()).collect::<Vec<_>>())?;
        arguments.scopes(writes.iter().map(|it| it.winner.scope))?;
        let deleted = |it: &ChildWrite<'_>| it.winner.projection.change.is_deletion();
        arguments.add(writes.iter().map(deleted).collect::<Vec<_>>())?;
        let at = |it: &ChildWrite<'_>| OffsetDateTime::from(it.winner.second);
        arguments.add(writes.iter().map(at).collect::<Vec<_>>())?;
        let of = |it: &ChildWrite<'_>| it.winner.projection.id.clone();
        arguments.add(writes.iter().map(of).collect::<Vec<_>>())?;
        let rows: Vec<(&Row, bool)> = writes.iter().map(|it| (it.row, it.winner.erased)).collect();
        arguments.columns(table, &rows)?;
        let sql = statement::write_children(table, parent);
        sqlx::query_with(AssertSqlSafe(sql), arguments.done()).execute(&mut *connection).await?;
    }
    Ok(())
}
