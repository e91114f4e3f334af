//! One body, and what the projection made of it.

use counterfoil_domain::mirror::{ObjectKind, Row, Type, Value as Held};
use counterfoil_projection::project;
use serde_json::Value;

use counterfoil_fields::{Table, Version, said, tables};

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
    for table in tables().unwrap().iter().filter(|it| it.kind == kind) {
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

    #[test]
    fn a_column_that_is_empty_or_wrong_is_named_without_its_value() {
        let body = json!({ "id": "prod_1", "object": "product", "name": "Gold", "active": true });
        let version = Version::parse("2025-03-31").unwrap();
        assert_eq!(faults(ObjectKind::Product, &version, &body.to_string()), [""; 0]);
        let projection = project(ObjectKind::Product, &body.to_string(), false).unwrap();
        let table = tables().unwrap().iter().find(|it| it.name == "products").unwrap();
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
