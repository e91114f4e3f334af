//! What a migration may do: only what the release before it can live with, without holding up
//! those who read and write meanwhile.
//!
//! A migration may shape what it has itself created as it likes. What an earlier one created has
//! been shipped: programs of the last release still use it while the migration runs.

use std::collections::BTreeSet;

use crate::sql::{Statement, statements};
use crate::tree::File;

/// In the comment above a statement, it says that what goes has reached the end of its retention.
const RETENTION: &str = "retention";

/// In the first line, it tells the migrator to open no transaction.
const NO_TRANSACTION: &str = "-- no-transaction";

fn faults(files: &[&File]) -> Vec<String> {
    let mut shipped: BTreeSet<String> = BTreeSet::new();
    let mut faults = Vec::new();
    for file in files {
        let all = statements(&file.text);
        let mut index_explained = false;
        for statement in &all {
            let mut found = shape_faults(statement, &shipped);
            if let Some(table) = indexed_table(statement) {
                // One comment may speak for a run of indexes that serve the same thing.
                index_explained = index_explained || !statement.comment.is_empty();
                if !index_explained {
                    found.push("a comment above an index names the query it serves".to_owned());
                }
                let concurrently = statement.text.contains(" concurrently ");
                if shipped.contains(table) && !concurrently {
                    found.push(format!("say `concurrently`: writers of {table} would wait"));
                }
                if concurrently && !file.text.starts_with(NO_TRANSACTION) {
                    found.push(format!("`concurrently` needs the first line `{NO_TRANSACTION}`"));
                }
            } else {
                index_explained = false;
            }
            let place = format!("{}:{}", file.path, statement.line);
            faults.extend(found.into_iter().map(|it| format!("{place}: {it}")));
        }
        shipped.extend(all.iter().filter_map(Statement::created_table).map(str::to_owned));
    }
    faults
}

/// The table that an index is made on, if the statement makes one.
fn indexed_table(statement: &Statement) -> Option<&str> {
    let rest =
        statement.after("create index ").or_else(|| statement.after("create unique index "))?;
    let (_, on) = rest.split_once(" on ").or_else(|| Some(("", rest.strip_prefix("on ")?)))?;
    on.strip_prefix("only ").unwrap_or(on).split([' ', '(']).next()
}

fn shape_faults(statement: &Statement, shipped: &BTreeSet<String>) -> Vec<String> {
    let ended = statement.comment.to_lowercase().contains(RETENTION);
    if let Some(rest) = statement.after("drop table ") {
        let rest = rest.strip_prefix("if exists ").unwrap_or(rest);
        let dropped = rest.trim_end_matches(" cascade").split(',').map(str::trim);
        let gone: Vec<&str> = dropped.filter(|it| shipped.contains(*it)).collect();
        if !gone.is_empty() && !ended {
            return vec![format!("drop table {}: the last release reads it", gone.join(", "))];
        }
    }
    let Some(rest) = statement.after("alter table ") else { return Vec::new() };
    let rest =
        ["if exists ", "only "].iter().fold(rest, |it, word| it.strip_prefix(word).unwrap_or(it));
    let Some((table, actions)) = rest.split_once(' ') else { return Vec::new() };
    if !shipped.contains(table) {
        return Vec::new();
    }
    actions
        .split(", ")
        .filter_map(|action| action_fault(action, ended))
        .map(|it| format!("alter table {table}: {it}"))
        .collect()
}

fn action_fault(action: &str, ended: bool) -> Option<&'static str> {
    let words: Vec<&str> = action.split(' ').collect();
    let has = |text: &str| action.contains(text);
    match words.first().copied() {
        Some("drop") if has("constraint") || ended => None,
        Some("drop") => Some(
            "drop column: the last release reads it; say in the comment above when its retention ended",
        ),
        Some("rename") => Some("rename: the last release knows the old name only"),
        Some("alter") if has(" type ") => {
            Some("another type: it rewrites the table under a lock; add a column")
        }
        Some("alter") if has("set not null") => Some(
            "not null: it reads the whole table under a lock; add a check `not valid`, then validate",
        ),
        Some("add") if has("not null") && !has("default") && !has("constraint") => {
            Some("not null without a default: the last release does not fill it")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{hold, migrations};

    #[test]
    fn migrations_only_go_forward() {
        hold(&faults(&migrations()));
    }

    #[test]
    fn they_are_numbered_in_turn() {
        let numbers: Vec<String> = (1..=migrations().len()).map(|it| format!("{it:04}")).collect();
        let names = migrations();
        let found: Vec<&str> =
            names.iter().map(|it| &it.path["shared/store/migrations/".len()..][..4]).collect();
        assert_eq!(found, numbers);
    }

    const FIRST: &str = "create table a.t (id text);\ncreate table a.u (id text);";

    #[track_caller]
    fn check(second: &str, expected: &[&str]) {
        let files = [File::new("1.sql", FIRST), File::new("2.sql", second)];
        let found = faults(&files.iter().collect::<Vec<_>>());
        assert_eq!(found.len(), expected.len(), "{second}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with("2.sql:") && found.contains(expected), "{found}");
        }
    }

    #[test]
    fn what_was_shipped_stays() {
        check("drop table a.t;", &["drop table a.t"]);
        check("DROP TABLE IF EXISTS x, a.u CASCADE;", &["drop table a.u"]);
        check("-- Its retention ended with release 3.\ndrop table a.t;", &[]);
        check("create table a.v (id text);\ndrop table a.v;", &[]);
        check("alter table a.t drop column id;", &["drop column"]);
        check("-- Unread since release 2, past retention.\nalter table a.t drop column id;", &[]);
        check("alter table only a.t\n  rename column id to name;", &["rename"]);
        check("alter table a.t alter column id type uuid;", &["another type"]);
        check("alter table a.t alter column id set data type uuid;", &["another type"]);
        check("alter table a.t alter id set not null;", &["not null"]);
        check("alter table a.t add column x text not null;", &["without a default"]);
        check("alter table a.t add x text, add y text not null;", &["without a default"]);
        check("alter table a.t add column x text not null default '';", &[]);
        check("alter table a.t add constraint c check (id is not null) not valid;", &[]);
        check("alter table a.new rename to old;", &[]);
    }

    #[test]
    fn indexes() {
        let on = |table: &str| {
            format!("create table a.v (id text);\n-- By id.\ncreate index i on {table} (id);")
        };
        check(&on("a.v"), &[]);
        check(&on("a.t"), &["concurrently"]);
        check("-- no-transaction\n-- By id.\ncreate index concurrently i on a.t (id);", &[]);
        check("-- By id.\ncreate index concurrently i on a.t (id);", &["no-transaction"]);
        check(
            "create table a.v (id text);\ncreate unique index i on a.v (id);",
            &["names the query"],
        );
        check(
            "create table a.v (id text);\n-- Both lists.\ncreate index i on a.v (id);\ncreate index j on a.v (id);",
            &[],
        );
    }
}
