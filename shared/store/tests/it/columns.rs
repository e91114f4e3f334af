//! The tables that the projection knows are the tables that the migrations make, to the last column.

use std::collections::BTreeMap;

use counterfoil_domain::mirror::{Table, Type};
use counterfoil_projection::tables;
use sqlx::PgPool;

use crate::events::store;

/// What is there of a column: its type, whether it may be null, and its default.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    of: String,
    null: bool,
    default: Option<String>,
    personal: bool,
}

fn shape(of: &str, null: bool) -> Shape {
    Shape { of: of.to_owned(), null, default: None, personal: false }
}

fn shape_of(of: Type, personal: bool) -> Shape {
    let mut shape = match of {
        Type::Text => shape("text", true),
        Type::Integer => shape("bigint", true),
        Type::Flag => shape("boolean", true),
        Type::Time => shape("timestamp with time zone", true),
        Type::Decimal => shape("numeric", true),
        Type::Json => shape("jsonb", true),
        Type::Metadata => {
            Shape { default: Some("'{}'::jsonb".to_owned()), ..shape("jsonb", false) }
        }
    };
    shape.personal = personal;
    shape
}

/// The columns that a table should have, by their names.
fn expected(table: &Table) -> BTreeMap<String, Shape> {
    let mut columns = vec![
        ("id", shape("text", false)),
        ("account", shape("text", false)),
        ("livemode", shape("boolean", false)),
        ("deleted", shape("boolean", false)),
        ("sighted_at", shape("timestamp with time zone", false)),
    ];
    match table.parent {
        Some(parent) => columns.push((parent, shape("text", false))),
        None => columns.extend([
            ("sighted_event", shape("text", true)),
            ("sighted_digest", shape("bytea", false)),
        ]),
    }
    columns.extend(table.columns.iter().map(|it| (it.name, shape_of(it.of, it.personal))));
    let count = columns.len();
    let by_name: BTreeMap<String, Shape> =
        columns.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect();
    assert_eq!(by_name.len(), count, "{} has a column twice", table.name);
    by_name
}

/// A column as the database tells of it.
type Told = (String, String, String, bool, Option<String>, Option<String>);

/// The columns that the tables of a schema have, by the names of both.
async fn found(pool: &PgPool) -> BTreeMap<String, BTreeMap<String, Shape>> {
    let rows: Vec<Told> = sqlx::query_as(
        "select class.relname::text, attribute.attname::text,
            format_type(attribute.atttypid, attribute.atttypmod), not attribute.attnotnull,
            pg_get_expr(preset.adbin, preset.adrelid), description.description
        from pg_class as class
        join pg_namespace as namespace on namespace.oid = class.relnamespace
        join pg_attribute as attribute on attribute.attrelid = class.oid
        left join pg_attrdef as preset
            on preset.adrelid = class.oid and preset.adnum = attribute.attnum
        left join pg_description as description
            on description.objoid = class.oid and description.objsubid = attribute.attnum
            and description.classoid = 'pg_class'::regclass
        where namespace.nspname = 'stripe' and class.relkind in ('r', 'p')
            and attribute.attnum > 0 and not attribute.attisdropped",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut tables: BTreeMap<String, BTreeMap<String, Shape>> = BTreeMap::new();
    for (table, column, of, null, default, comment) in rows {
        let personal = comment.is_some_and(|it| it.starts_with("personal"));
        let shape = Shape { of, null, default, personal };
        tables.entry(table).or_default().insert(column, shape);
    }
    tables
}

#[sqlx::test(migrations = false)]
async fn every_table_has_the_columns_that_the_projection_fills(pool: PgPool) {
    store(&pool).await;
    let found = found(&pool).await;
    let expected: BTreeMap<String, BTreeMap<String, Shape>> =
        tables().map(|it| (it.name.to_owned(), expected(it))).collect();
    let nothing = BTreeMap::new();
    // One by one first, since the whole is too much to read.
    for (table, columns) in &expected {
        let there = found.get(table).unwrap_or(&nothing);
        for (column, shape) in columns {
            assert_eq!(there.get(column), Some(shape), "stripe.{table}.{column}");
        }
    }
    for (table, columns) in &found {
        let known = expected.get(table).unwrap_or(&nothing);
        for column in columns.keys() {
            assert!(known.contains_key(column), "nothing fills stripe.{table}.{column}");
        }
    }
    assert_eq!(found, expected);
}

#[sqlx::test(migrations = false)]
async fn every_row_is_known_by_its_scope_and_every_table_says_what_it_holds(pool: PgPool) {
    store(&pool).await;
    let keys: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select class.relname::text, pg_get_constraintdef(rule.oid),
            obj_description(class.oid, 'pg_class')
        from pg_class as class
        join pg_namespace as namespace on namespace.oid = class.relnamespace
        join pg_constraint as rule on rule.conrelid = class.oid and rule.contype = 'p'
        where namespace.nspname = 'stripe'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(keys.len(), tables().count());
    for (table, key, comment) in keys {
        assert_eq!(key, "PRIMARY KEY (id, account, livemode)", "{table}");
        assert!(comment.is_some(), "stripe.{table} has no comment");
    }
}
