//! The statements that write rows of any table of the mirror, made from the table's columns.
//!
//! Names of tables and columns come from the projection's statics and from nowhere else, so nothing
//! that was received is ever part of a statement. A test prepares each of them on the migrated
//! schema.

use std::fmt::Write as _;

use counterfoil_domain::mirror::{Column, Table, Type};

/// The columns of every object, before its own.
const OF_OBJECTS: [(&str, &str); 7] = [
    ("id", "text"),
    ("account", "text"),
    ("livemode", "boolean"),
    ("deleted", "boolean"),
    ("sighted_at", "timestamptz"),
    ("sighted_event", "text"),
    ("sighted_digest", "bytea"),
];

/// Writes objects, new or held, from one array for each column, and counts those that were new.
pub(crate) fn write_objects(table: &Table) -> String {
    let mut sql = insert(table, &OF_OBJECTS);
    let own = table.columns.iter().map(|it| it.name);
    let set: Vec<String> = ["deleted", "sighted_at", "sighted_event", "sighted_digest"]
        .into_iter()
        .chain(own)
        .map(|it| format!("{it} = excluded.{it}"))
        .collect();
    let _ = write!(
        sql,
        " on conflict (id, account, livemode) do update set {} returning (xmax = 0) as new) \
         select count(*) filter (where new) from written",
        set.join(", ")
    );
    format!("with written as ({sql}")
}

/// Writes children, new or held. Those that show nothing new are left as they are, so their
/// `sighted_at` says since when they are as they are.
pub(crate) fn write_children(table: &Table, parent: &str) -> String {
    let fixed = [
        ("id", "text"),
        ("account", "text"),
        ("livemode", "boolean"),
        ("deleted", "boolean"),
        ("sighted_at", "timestamptz"),
        (parent, "text"),
    ];
    let mut sql = insert(table, &fixed);
    let names: Vec<&str> =
        ["deleted", parent].into_iter().chain(table.columns.iter().map(|it| it.name)).collect();
    let list =
        |of: &str| names.iter().map(|it| format!("{of}.{it}")).collect::<Vec<_>>().join(", ");
    let set: Vec<String> = ["sighted_at"]
        .into_iter()
        .chain(names.iter().copied())
        .map(|it| format!("{it} = excluded.{it}"))
        .collect();
    let _ = write!(
        sql,
        " on conflict (id, account, livemode) do update set {} \
         where ({}) is distinct from ({})",
        set.join(", "),
        list("held"),
        list("excluded")
    );
    sql
}

/// Marks objects as deleted whose last state was not shown, and counts those that had no row.
pub(crate) fn write_tombstones(table: &str) -> String {
    let names = OF_OBJECTS.map(|it| it.0).join(", ");
    format!(
        "with written as (insert into stripe.{table} as held ({names}) \
         select * from unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[], \
         $5::timestamptz[], $6::text[], $7::bytea[]) \
         on conflict (id, account, livemode) do update set deleted = true, \
         sighted_at = excluded.sighted_at, sighted_event = excluded.sighted_event, \
         sighted_digest = excluded.sighted_digest returning (xmax = 0) as new) \
         select count(*) filter (where new) from written"
    )
}

/// Flags the children of these parents that are not among those shown. The shown are looked up in a
/// hashed list: compared one by one, a batch of long invoices would cost its square.
pub(crate) fn flag_children(table: &str, parent: &str) -> String {
    format!(
        "update stripe.{table} as held set deleted = true, sighted_at = shown.at \
         from unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[]) \
         as shown (parent, account, livemode, at) \
         where held.{parent} = shown.parent and held.account = shown.account \
         and held.livemode = shown.livemode and not held.deleted \
         and held.id not in (select unnest($5::text[]))"
    )
}

/// Locks objects, in the order of their keys, and reads what is held of them.
pub(crate) fn lock(table: &str) -> String {
    format!(
        "select held.id, held.account, held.livemode, held.deleted, held.sighted_at, \
         held.sighted_event, held.sighted_digest from stripe.{table} as held \
         join unnest($1::text[], $2::text[], $3::boolean[]) \
         as asked (id, account, livemode) using (id, account, livemode) \
         order by held.id, held.account, held.livemode for update of held"
    )
}

fn insert(table: &Table, fixed: &[(&str, &str)]) -> String {
    let own = table.columns.iter();
    let names: Vec<&str> =
        fixed.iter().map(|it| it.0).chain(own.clone().map(|it| it.name)).collect();
    let types: Vec<&str> =
        fixed.iter().map(|it| it.1).chain(own.clone().map(|it| array_of(it))).collect();
    let arrays: Vec<String> =
        types.iter().enumerate().map(|(at, it)| format!("${}::{it}[]", at + 1)).collect();
    let selected: Vec<String> = fixed
        .iter()
        .map(|it| format!("t.{}", it.0))
        .chain(own.map(|it| match cast(it.of) {
            Some(cast) => format!("t.{}::{cast}", it.name),
            None => format!("t.{}", it.name),
        }))
        .collect();
    format!(
        "insert into stripe.{} as held ({names}) select {} from unnest({}) as t ({names})",
        table.name,
        selected.join(", "),
        arrays.join(", "),
        names = names.join(", ")
    )
}

/// The type of the array in which a column's values travel.
fn array_of(column: &Column) -> &'static str {
    match column.of {
        Type::Text | Type::Decimal | Type::Json | Type::Metadata => "text",
        Type::Integer => "bigint",
        Type::Flag => "boolean",
        Type::Time => "timestamptz",
    }
}

/// What a value that travels as text becomes.
fn cast(of: Type) -> Option<&'static str> {
    match of {
        Type::Text | Type::Integer | Type::Flag | Type::Time => None,
        Type::Decimal => Some("numeric"),
        Type::Json | Type::Metadata => Some("jsonb"),
    }
}
