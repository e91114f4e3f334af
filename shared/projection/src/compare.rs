//! What differs between a row that is held and what Stripe shows.

use counterfoil_domain::mirror::{Column, Row, Type, Value};

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

/// The columns in which two rows of one table differ: what is held, or was before, and what Stripe
/// shows. Values that Postgres writes otherwise than Stripe are the same; columns that differ between
/// two looks at the same state, as signed links do, are left out.
#[must_use]
pub fn differences(held: &Row, shown: &Row) -> Vec<Difference> {
    let mut found = Vec::new();
    let values = held.values.iter().zip(&shown.values);
    for (column, (held, shown_value)) in shown.table.columns.iter().zip(values) {
        if held == shown_value {
            continue;
        }
        let (held, plain_shown) =
            (in_words(column, held.as_ref()), in_words(column, shown_value.as_ref()));
        if held == plain_shown || crate::object::restless(shown.table).contains(&column.name) {
            continue;
        }
        found.push(Difference {
            column: column.name,
            personal: column.personal,
            silent: crate::object::silent(shown.table).contains(&column.name),
            held,
            shown: plain_shown,
        });
    }
    found
}

/// Metadata that are not shown are none.
fn in_words(column: &Column, value: Option<&Value>) -> Option<String> {
    match value {
        None if column.of == Type::Metadata => Some("{}".to_owned()),
        value => value.map(plain),
    }
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
        let mut held = shown.clone();
        let mut with = |column: &str, value: Value| {
            let place = shown.table.columns.iter().position(|it| it.name == column).unwrap();
            held.values[place] = Some(value);
            differences(&held, &shown)
        };
        assert_eq!(with("unit_amount_decimal", Value::Decimal("12.500000".to_owned())), []);
        assert_eq!(with("metadata", Value::Json(r#"{"b": "1", "a": "2"}"#.to_owned())), []);
        with("active", Value::Flag(false));
        let found: Vec<_> = with("nickname", Value::Text("gold".to_owned()))
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
        let found = differences(&before, &after);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].column, "nickname");
        assert_eq!(differences(&after, &after), []);
    }
}
