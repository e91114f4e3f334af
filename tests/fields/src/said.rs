//! What a body says of a column.

use serde_json::Value;

use crate::list::{Column, Place, Read, Where};
use crate::version::Version;

/// What a body says of a column: the first of its places, of those which its version has, that
/// shows something.
#[must_use]
pub fn said<'a>(
    column: &'a Column,
    version: &Version,
    shown: &Value,
    parent: &Value,
) -> Option<(&'a Place, Value)> {
    let Where::Places(places) = &column.from else { return None };
    places
        .iter()
        .filter(|it| it.since.as_ref().is_none_or(|since| version >= since))
        .filter(|it| it.until.as_ref().is_none_or(|until| version < until))
        .find_map(|place| Some((place, value(place, shown, parent)?)))
}

fn value(place: &Place, shown: &Value, parent: &Value) -> Option<Value> {
    let found = match place.read {
        Read::Plain => id_of(shown.pointer(&place.pointer)?.clone()),
        Read::Parent => id_of(parent.pointer(&place.pointer)?.clone()),
        Read::Json => shown.pointer(&place.pointer)?.clone(),
        Read::Ids => {
            let list = shown.pointer(&place.pointer)?.as_array()?.iter();
            list.cloned().map(id_of).collect::<Vec<_>>().into()
        }
        Read::Only => match id_of(shown.pointer(&place.pointer)?.clone()) {
            Value::Null => Value::Null,
            id => Value::from(vec![id]),
        },
        Read::Least => numbers(place, shown)?.into_iter().min()?.into(),
        Read::Greatest => numbers(place, shown)?.into_iter().max()?.into(),
        // No entries add up to nothing that was said.
        Read::Sum => match numbers(place, shown)?.as_slice() {
            [] => Value::Null,
            all => all.iter().sum::<i64>().into(),
        },
        Read::Each => match entries(place, shown)?.into_iter().map(id_of).collect::<Vec<_>>() {
            all if all.is_empty() => Value::Null,
            all => all.into(),
        },
    };
    let newest = place.renamed.iter().find(|it| found == it.0).map(|it| Value::from(it.1));
    let found = newest.unwrap_or(found);
    (!found.is_null()).then_some(found)
}

/// What the entries of a list show behind the `*`.
fn entries(place: &Place, shown: &Value) -> Option<Vec<Value>> {
    let (list, inside) = place.pointer.split_once("/*")?;
    let entries = shown.pointer(list)?.as_array()?.iter();
    Some(entries.filter_map(|it| it.pointer(inside)).filter(|it| !it.is_null()).cloned().collect())
}

fn numbers(place: &Place, shown: &Value) -> Option<Vec<i64>> {
    entries(place, shown)?.iter().map(Value::as_i64).collect()
}

/// Of an expanded object its id.
fn id_of(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.contains_key("id") => {
            object.remove("id").unwrap_or_default()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(line: &'static str, version: &str, body: &Value, expected: &Value) {
        let column = crate::list::column(line).unwrap();
        let version = Version::parse(version).unwrap();
        let found = said(&column, &version, body, &json!({ "at": 7 })).map(|it| it.1);
        assert_eq!(found.unwrap_or_default(), *expected, "{line}");
    }

    #[test]
    fn what_a_body_says() {
        let body = json!({
            "a": 1, "b": null, "of": { "id": "x_1" }, "all": ["x_1", { "id": "x_2" }],
            "list": [{ "n": { "m": 5 } }, { "n": { "m": 3 } }], "mode": "old",
        });
        let of = "2025-03-31.basil";
        check("c /a", of, &body, &json!(1));
        check("c /b | /a", of, &body, &json!(1));
        check("c /a ..2025-03-31", of, &body, &json!(null));
        check("c /a 2025-04-30..", of, &body, &json!(null));
        check("c /a 2025-03-31..2025-04-30", of, &body, &json!(1));
        check("c /of", of, &body, &json!("x_1"));
        check("c json /of", of, &body, &json!({ "id": "x_1" }));
        check("c ids /all", of, &body, &json!(["x_1", "x_2"]));
        check("c least /list/*/n/m", of, &body, &json!(3));
        check("c greatest /list/*/n/m", of, &body, &json!(5));
        check("c sum /list/*/n/m", of, &body, &json!(8));
        check("c each /list/*/n/m", of, &body, &json!([5, 3]));
        check("c only /of", of, &body, &json!(["x_1"]));
        check("c parent /at", of, &body, &json!(7));
        check("c /mode old=new", of, &body, &json!("new"));
    }
}
