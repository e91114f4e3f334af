//! Tombstones, and children that their parent no longer shows.
//!
//! Nothing is ever deleted: an old invoice still points at the item that was removed, and an old
//! update that comes late must find the second at which its object went.

use std::collections::BTreeMap;

use counterfoil_domain::mirror::{Change, ObjectKind};
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, PgConnection};

use super::Winner;
use super::arrays::Gathered;
use super::statement;

/// Marks objects of one kind as deleted whose last state was not shown; what is known of them
/// stays. Answers how many of them had no row before.
pub(super) async fn write(
    connection: &mut PgConnection,
    kind: ObjectKind,
    winners: &[&Winner<'_>],
) -> Result<i64, sqlx::Error> {
    let gone: Vec<&Winner<'_>> =
        winners.iter().copied().filter(|it| matches!(it.projection.change, Change::Gone)).collect();
    if gone.is_empty() {
        return Ok(0);
    }
    let mut arguments = Gathered::default();
    arguments.objects(&gone)?;
    let sql = statement::write_tombstones(kind.table());
    sqlx::query_scalar_with(AssertSqlSafe(sql), arguments.done()).fetch_one(connection).await
}

/// Flags the children that their parents no longer show. Only where all were shown, and not for
/// new parents, which have none that could be gone.
pub(super) async fn flag_children(
    connection: &mut PgConnection,
    winners: &[&Winner<'_>],
) -> Result<(), sqlx::Error> {
    let mut by_table: BTreeMap<&str, (&str, Shown<'_>)> = BTreeMap::new();
    for it in winners.iter().filter(|it| it.held) {
        for children in it.projection.children.iter().filter(|it| it.whole) {
            let Some(parent) = children.table.parent else { continue };
            let (_, shown) =
                by_table.entry(children.table.name).or_insert_with(|| (parent, Shown::default()));
            shown.parents.push(it);
            shown.children.extend(children.rows.iter().map(|row| row.id.as_str()));
        }
    }
    for (table, (parent, shown)) in by_table {
        let at: Vec<OffsetDateTime> = shown.parents.iter().map(|it| it.second.into()).collect();
        let mut arguments = Gathered::default();
        arguments
            .add(shown.parents.iter().map(|it| it.projection.id.as_str()).collect::<Vec<_>>())?;
        arguments.scopes(shown.parents.iter().map(|it| it.scope))?;
        arguments.add(at)?;
        arguments.add(shown.children)?;
        let sql = statement::flag_children(table, parent);
        sqlx::query_with(AssertSqlSafe(sql), arguments.done()).execute(&mut *connection).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Shown<'a> {
    parents: Vec<&'a Winner<'a>>,
    children: Vec<&'a str>,
}
