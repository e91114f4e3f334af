//! What differs between a row that is held and what Stripe shows.

use std::collections::BTreeMap;

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::{Row, Type, Value};

/// A column that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The column.
    pub column: &'static str,
    /// Whether it may hold personal data.
    pub personal: bool,
    /// Whether Stripe changes it without an event, so that nothing was missed.
    pub silent: bool,
    /// What is held, in words for a person.
    pub held: Option<String>,
    /// What Stripe shows, in words for a person.
    pub shown: Option<String>,
}

/// The columns in which a row differs from what is held, the latter as Postgres writes it in text.
/// Columns that differ between two looks at the same state, as signed links do, are left out.
#[must_use]
pub fn differences(held: &BTreeMap<String, Option<String>>, shown: &Row) -> Vec<Difference> {
    let restless = crate::object::restless(shown.table);
    let silent = crate::object::silent(shown.table);
    let mut found = Vec::new();
    for (column, value) in shown.table.columns.iter().zip(&shown.values) {
        if restless.contains(&column.name) {
            continue;
        }
        let held = held.get(column.name).and_then(Option::as_deref);
        let held = held.map(|it| plain_of(column.of, it));
        let shown = value.as_ref().map(plain);
        if held != shown {
            let silent = silent.contains(&column.name);
            let (column, personal) = (column.name, column.personal);
            found.push(Difference { column, personal, silent, held, shown });
        }
    }
    found
}

/// The columns in which two rows of one table differ, the earlier one first.
#[must_use]
pub fn changes(before: &Row, after: &Row) -> Vec<Difference> {
    let restless = crate::object::restless(after.table);
    let columns = after.table.columns.iter();
    columns
        .zip(before.values.iter().zip(&after.values))
        .filter(|(column, (before, after))| before != after && !restless.contains(&column.name))
        .map(|(column, (before, after))| Difference {
            column: column.name,
            personal: column.personal,
            silent: false,
            held: before.as_ref().map(plain),
            shown: after.as_ref().map(plain),
        })
        .collect()
}

/// One form for what both sides write differently.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(it) => it.clone(),
        Value::Integer(it) => it.to_string(),
        Value::Flag(it) => it.to_string(),
        Value::Time(it) => it.to_string(),
        Value::Decimal(it) => decimal(it),
        Value::Json(it) => json(it),
    }
}

fn plain_of(of: Type, text: &str) -> String {
    match of {
        Type::Text | Type::Integer | Type::Flag => text.to_owned(),
        Type::Time => {
            Timestamp::parse_rfc3339(text).map_or_else(|| text.to_owned(), |it| it.to_string())
        }
        Type::Decimal => decimal(text),
        Type::Json | Type::Metadata => json(text),
    }
}

/// Without the zeros that change nothing.
fn decimal(text: &str) -> String {
    if text.contains('.') {
        let short = text.trim_end_matches('0').trim_end_matches('.');
        if short.is_empty() || short == "-" { "0".to_owned() } else { short.to_owned() }
    } else {
        text.to_owned()
    }
}

/// Keys in order, no blanks.
fn json(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .map_or_else(|_| text.to_owned(), |it| it.to_string())
}

#[cfg(test)]
mod tests {
    use counterfoil_domain::mirror::ObjectKind;

    use super::*;
    use crate::project::project;

    fn row(body: &str) -> Row {
        project(ObjectKind::Price, body, false).unwrap().change.row().unwrap().clone()
    }

    #[test]
    fn forms_are_no_differences() {
        let shown =
            row(r#"{"id":"price_1","created":5,"unit_amount_decimal":"12.50","active":true,
                "metadata":{"b":"1","a":"2"}}"#);
        let mut held: BTreeMap<String, Option<String>> =
            shown.table.columns.iter().map(|it| (it.name.to_owned(), None)).collect();
        for (column, text) in [
            ("created", "1970-01-01T00:00:05+00:00"),
            ("unit_amount_decimal", "12.500000"),
            ("active", "true"),
            ("metadata", r#"{"a": "2", "b": "1"}"#),
        ] {
            held.insert(column.to_owned(), Some(text.to_owned()));
        }
        assert_eq!(differences(&held, &shown), []);
        held.insert("active".to_owned(), Some("false".to_owned()));
        held.insert("nickname".to_owned(), Some("gold".to_owned()));
        let found: Vec<_> = differences(&held, &shown)
            .into_iter()
            .map(|it| (it.column, it.held, it.shown))
            .collect();
        let some = |it: &str| Some(it.to_owned());
        assert_eq!(
            found,
            [("active", some("false"), some("true")), ("nickname", some("gold"), None)]
        );
    }

    #[test]
    fn what_changed_between_two_bodies() {
        let before = row(r#"{"id":"price_1","nickname":"gold","active":true}"#);
        let after = row(r#"{"id":"price_1","nickname":"silver","active":true}"#);
        let found = changes(&before, &after);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].column, "nickname");
        assert_eq!(changes(&after, &after), []);
    }
}
