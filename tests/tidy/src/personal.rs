//! Which columns of the mirror hold personal data: every column of text or JSON is either marked in
//! the migration that makes it, or listed as not personal in `not_personal.txt`. Erasing a tenant
//! and keeping logs clean both start from these marks.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::{Statement, statements};

/// One column a line, as `schema.table.column`; lines that begin with `#` say why.
const NOT_PERSONAL: &str = include_str!("../not_personal.txt");

/// What a table may have beside columns.
const NOT_COLUMNS: &[&str] =
    &["primary", "unique", "check", "constraint", "foreign", "exclude", "like"];

/// The columns of the mirror that could hold anything somebody wrote.
fn free_columns(all: &[Statement]) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    for statement in all {
        if let (Some(table), Some((_, body))) =
            (statement.created_table(), statement.text.split_once('('))
        {
            let body = body.trim_end().trim_end_matches(')');
            columns.extend(split(body).filter_map(|it| free_column(table, it)));
        } else if let Some((table, actions)) =
            statement.after("alter table ").and_then(|it| it.split_once(' '))
        {
            columns.extend(split(actions).filter_map(|it| {
                let it = it.strip_prefix("add ")?;
                let it = it.strip_prefix("column ").unwrap_or(it);
                free_column(table, it.strip_prefix("if not exists ").unwrap_or(it))
            }));
        }
    }
    columns
}

/// Parts between commas that stand in no parentheses.
fn split(body: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    body.split(move |it| {
        match it {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        it == ',' && depth == 0
    })
    .map(str::trim)
}

fn free_column(table: &str, definition: &str) -> Option<String> {
    let mut words = definition.split(' ');
    let name = words.next().filter(|it| !NOT_COLUMNS.contains(it))?;
    let kind = words.next()?;
    let free = ["text", "json", "varchar", "character", "char", "citext", "xml"];
    let in_mirror = table.starts_with("stripe.");
    (in_mirror && free.iter().any(|it| kind.starts_with(it))).then(|| format!("{table}.{name}"))
}

/// Each comment on a column.
fn comments(all: &[Statement]) -> BTreeMap<String, String> {
    all.iter()
        .filter_map(|it| {
            let (column, text) = it.after("comment on column ")?.split_once(" is ")?;
            Some((column.to_owned(), text.trim_matches('\'').to_owned()))
        })
        .collect()
}

fn faults(sql: &str, listed: &str) -> Vec<String> {
    let all = statements(sql);
    let columns = free_columns(&all);
    let marked: BTreeSet<String> = comments(&all)
        .into_iter()
        .filter(|(_, text)| text.starts_with("personal"))
        .map(|(column, _)| column)
        .collect();
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for line in listed.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
        if !seen.insert(line.to_owned()) {
            faults.push(format!("{line}: listed twice"));
        } else if !columns.contains(line) {
            faults
                .push(format!("{line}: listed, and the mirror has no such column of text or JSON"));
        } else if marked.contains(line) {
            faults.push(format!("{line}: listed as not personal and marked as personal"));
        }
    }
    for column in columns.iter().filter(|it| !marked.contains(*it) && !seen.contains(*it)) {
        faults.push(format!(
            "{column}: may it hold personal data? If so, `comment on column {column} is \
             'personal'` in its migration; if not, list it in tests/tidy/not_personal.txt"
        ));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{hold, migrations};

    #[test]
    fn every_column_is_personal_or_listed() {
        let sql: Vec<&str> = migrations().iter().map(|it| it.text.as_str()).collect();
        hold(&faults(&sql.join("\n"), NOT_PERSONAL));
        assert!(free_columns(&statements(&sql.join("\n"))).len() > 50);
    }

    #[track_caller]
    fn check(sql: &str, listed: &str, expected: &[&str]) {
        let found = faults(sql, listed);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn what_is_neither_marked_nor_listed_is_named() {
        let table = "create table stripe.a (id text not null, n numeric(1, 2), data jsonb default '{}', at timestamptz, primary key (id));";
        check(table, "stripe.a.id", &["stripe.a.data: may it"]);
        check(table, "# Ids.\nstripe.a.id\nstripe.a.data", &[]);
        let marked = format!("{table} comment on column stripe.a.data is 'personal: anything';");
        check(&marked, "stripe.a.id", &[]);
        check(
            &marked,
            "stripe.a.id\nstripe.a.data",
            &["stripe.a.data: listed as not personal and"],
        );
        check(&marked, "stripe.a.id\nstripe.a.id", &["stripe.a.id: listed twice"]);
        check(&marked, "stripe.a.id\nstripe.a.gone", &["stripe.a.gone: listed, and"]);
        let added = format!("{marked} alter table stripe.a add column note text, add at2 date;");
        check(&added, "stripe.a.id", &["stripe.a.note: may it"]);
        check("create table counterfoil.b (note text);", "", &[]);
    }
}
