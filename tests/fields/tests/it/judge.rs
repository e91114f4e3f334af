//! One body, and what the projection made of it.

use counterfoil_domain::mirror::{ObjectKind, Row, Type, Value as Held};
use counterfoil_projection::project;
use serde_json::Value;

use crate::list::{Column, Place, Read, Table, Where, tables};
use crate::version::Version;

/// What the projection left empty, or made something else of, though the body shows its value. Each
/// fault names table, column and version, and never a value.
pub(crate) fn faults(kind: ObjectKind, version: &Version, body: &str) -> Vec<String> {
    let projection = match project(kind, body, false) {
        Ok(it) => it,
        Err(error) => return vec![format!("{kind}: {error}")],
    };
    let Ok(shown) = serde_json::from_str::<Value>(body) else {
        return vec![format!("{kind}: it is projected, and no JSON")];
    };
    // The stub of an object that is gone has nothing to look for.
    let Some(row) = projection.change.row() else { return Vec::new() };
    let mut faults = Vec::new();
    for table in tables().iter().filter(|it| it.kind == kind) {
        let Some(list) = table.rows else {
            faults.extend(row_faults(table, version, row, &shown, &shown));
            continue;
        };
        for child in shown.pointer(list).and_then(Value::as_array).into_iter().flatten() {
            let rows = projection.children.iter().filter(|it| it.table.name == table.name);
            let row = rows.flat_map(|it| &it.rows).find(|it| child["id"] == it.id.as_str());
            match row {
                Some(row) => faults.extend(row_faults(table, version, row, child, &shown)),
                None => faults.push(format!("{}: a child in {list} has no row", table.name)),
            }
        }
    }
    faults
}

fn row_faults(
    table: &Table,
    version: &Version,
    row: &Row,
    shown: &Value,
    parent: &Value,
) -> Vec<String> {
    let mut faults = Vec::new();
    for column in &table.columns {
        let Some((place, said)) = said(column, version, shown, parent) else { continue };
        let held = row.get(column.name);
        if !held.is_some_and(|held| is_same(row, column.name, held, &said)) {
            let state = if held.is_none() { "is empty" } else { "is something else" };
            let (table, column) = (table.name, column.name);
            faults.push(format!("{table}.{column} {state}, and the body has {}", place.pointer));
        }
    }
    faults
}

/// What a body says of a column: the first of its places, of those which its version has, that
/// shows something.
fn said<'a>(
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

fn is_same(row: &Row, column: &str, held: &Held, said: &Value) -> bool {
    let of = row.table.columns.iter().find(|it| it.name == column).map(|it| it.of);
    match held {
        Held::Text(it) => said.as_str() == Some(it),
        Held::Integer(it) => said.as_i64() == Some(*it),
        Held::Flag(it) => said.as_bool() == Some(*it),
        Held::Time(it) => said.as_i64() == Some(it.unix_seconds()),
        Held::Decimal(it) => match said {
            Value::String(said) => said == it,
            // The body's digits are gone once they are a number here.
            Value::Number(said) => it.parse::<f64>().ok() == said.as_f64(),
            _ => false,
        },
        Held::Json(it) => match serde_json::from_str::<Value>(it) {
            // An empty map may come as an empty list.
            Ok(held)
                if of == Some(Type::Metadata) && said.as_array().is_some_and(Vec::is_empty) =>
            {
                held.as_object().is_some_and(serde_json::Map::is_empty)
            }
            Ok(held) => held == *said,
            Err(_) => false,
        },
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

    #[test]
    fn a_column_that_is_empty_or_wrong_is_named_without_its_value() {
        let body = json!({ "id": "prod_1", "object": "product", "name": "Gold", "active": true });
        let version = Version::parse("2025-03-31").unwrap();
        assert_eq!(faults(ObjectKind::Product, &version, &body.to_string()), [""; 0]);
        let projection = project(ObjectKind::Product, &body.to_string(), false).unwrap();
        let table = tables().iter().find(|it| it.name == "products").unwrap();
        let mut row = projection.change.row().unwrap().clone();
        row.values.fill(None);
        let found = row_faults(table, &version, &row, &body, &body);
        assert!(found.contains(&"products.name is empty, and the body has /name".to_owned()));
        let other = json!({ "name": "Silver" });
        let row = projection.change.row().unwrap();
        let found = row_faults(table, &version, row, &other, &other);
        assert_eq!(found, ["products.name is something else, and the body has /name"]);
    }
}
