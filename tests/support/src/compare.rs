//! Holding the mirror against the simulator's truth, object by object and column by column.
//!
//! The mapping from columns to Stripe's JSON is written here a second time, on purpose: a mistake
//! in the product's own projection must not excuse itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use counterfoil_simulator::Truth;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects compared, deleted ones included, by kind.
    pub objects: BTreeMap<&'static str, usize>,
    /// What is not the same.
    pub differences: Vec<Difference>,
}

/// One thing that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The object's id.
    pub id: String,
    /// What differs.
    pub what: String,
}

impl Tally {
    /// Whether both sides are the same, and there was something to compare.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.objects.values().sum::<usize>() > 0
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.table, self.id, self.what)
    }
}

/// A table, and where its columns come from.
struct Table {
    name: &'static str,
    kind: &'static str,
    /// Where the rows of a child are found in the parent, and the column that names the parent.
    child: Option<(&'static str, &'static str)>,
    /// Columns that are not named like a field at the top.
    paths: &'static [(&'static str, &'static str)],
}

const TABLES: &[Table] = &[
    Table {
        name: "customers",
        kind: "customer",
        child: None,
        paths: &[(
            "invoice_settings_default_payment_method",
            "/invoice_settings/default_payment_method",
        )],
    },
    Table { name: "products", kind: "product", child: None, paths: &[] },
    Table {
        name: "prices",
        kind: "price",
        child: None,
        paths: &[
            ("recurring_interval", "/recurring/interval"),
            ("recurring_interval_count", "/recurring/interval_count"),
            ("recurring_usage_type", "/recurring/usage_type"),
            ("recurring_meter", "/recurring/meter"),
            ("transform_quantity_divide_by", "/transform_quantity/divide_by"),
            ("transform_quantity_round", "/transform_quantity/round"),
        ],
    },
    Table {
        name: "subscriptions",
        kind: "subscription",
        child: None,
        paths: &[
            ("cancellation_details_reason", "/cancellation_details/reason"),
            ("pause_collection_behavior", "/pause_collection/behavior"),
            ("pause_collection_resumes_at", "/pause_collection/resumes_at"),
            ("billing_mode_type", "/billing_mode/type"),
            ("status_details_paused_type", "/status_details/paused/subscription/type"),
            (
                "trial_settings_end_behavior_missing_payment_method",
                "/trial_settings/end_behavior/missing_payment_method",
            ),
            ("current_period_start", "earliest /items/data current_period_start"),
            ("current_period_end", "latest /items/data current_period_end"),
        ],
    },
    Table {
        name: "subscription_items",
        kind: "subscription",
        child: Some(("/items/data", "subscription")),
        paths: &[("price", "/price/id"), ("product", "/price/product")],
    },
    Table {
        name: "invoices",
        kind: "invoice",
        child: None,
        paths: &[
            ("subscription", "/parent/subscription_details/subscription"),
            ("status_details_uncollectible_reason", "/status_details/uncollectible/reason"),
            ("status_transitions_finalized_at", "/status_transitions/finalized_at"),
            ("status_transitions_paid_at", "/status_transitions/paid_at"),
            ("status_transitions_voided_at", "/status_transitions/voided_at"),
            (
                "status_transitions_marked_uncollectible_at",
                "/status_transitions/marked_uncollectible_at",
            ),
        ],
    },
    Table {
        name: "invoice_lines",
        kind: "invoice",
        child: Some(("/lines/data", "invoice")),
        paths: &[
            ("price", "/pricing/price_details/price"),
            ("product", "/pricing/price_details/product"),
            ("unit_amount_decimal", "/pricing/unit_amount_decimal"),
            ("subscription", "details subscription"),
            ("subscription_item", "details subscription_item"),
            ("invoice_item", "details invoice_item"),
            ("proration", "details proration"),
            ("period_start", "/period/start"),
            ("period_end", "/period/end"),
        ],
    },
];

/// Columns that say something of the row, not of the object.
const OURS: &[&str] =
    &["id", "account", "livemode", "deleted", "sighted_at", "sighted_event", "sighted_digest"];

/// Compares every row with the simulator's truth.
pub async fn compare(truth: &Truth, pool: &PgPool) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for table in TABLES {
        let rows = rows(table, pool).await?;
        let expected = expected(table, truth);
        let count = expected.len() + gone(table, truth).len();
        tally.objects.insert(table.name, count);
        compare_table(table, &rows, &expected, &gone(table, truth), &mut tally.differences);
    }
    Ok(tally)
}

/// The rows of a table. Decimals are read as text: a number of JSON would lose their last digits
/// here.
async fn rows(table: &Table, pool: &PgPool) -> anyhow::Result<BTreeMap<String, Value>> {
    let sql = format!(
        "select id, (
             select jsonb_object_agg(
                 key, case when key like '%\\_decimal' then to_jsonb(value #>> '{{}}') else value end
             ) from jsonb_each(to_jsonb(t))
         )
         from stripe.{} as t",
        table.name
    );
    let rows: Vec<(String, Value)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await?;
    Ok(rows.into_iter().collect())
}

fn expected(table: &Table, truth: &Truth) -> BTreeMap<String, Value> {
    let objects = truth.objects.get(table.kind).into_iter().flatten();
    match table.child {
        None => objects.map(|(id, object)| (id.clone(), object.clone())).collect(),
        Some((place, parent)) => objects
            .flat_map(|(id, object)| {
                let children = object.pointer(place).and_then(Value::as_array);
                children.into_iter().flatten().filter_map(move |child| {
                    let mut child = child.clone();
                    child[parent] = Value::String(id.clone());
                    Some((child["id"].as_str()?.to_owned(), child))
                })
            })
            .collect(),
    }
}

/// Ids of objects that are gone. The children of a gone parent are gone too, but the truth no
/// longer knows their names.
fn gone<'a>(table: &Table, truth: &'a Truth) -> BTreeSet<&'a str> {
    match table.child {
        None => truth.deleted.get(table.kind).into_iter().flatten().map(String::as_str).collect(),
        Some(_) => BTreeSet::new(),
    }
}

fn compare_table(
    table: &Table,
    rows: &BTreeMap<String, Value>,
    expected: &BTreeMap<String, Value>,
    gone: &BTreeSet<&str>,
    differences: &mut Vec<Difference>,
) {
    let mut differs = |id: &str, what: String| {
        differences.push(Difference { table: table.name, id: id.to_owned(), what });
    };
    for (id, object) in expected {
        let Some(row) = rows.get(id) else {
            differs(id, "it has no row".to_owned());
            continue;
        };
        if row["deleted"] != Value::Bool(false) {
            differs(id, "its row says that it is deleted".to_owned());
        }
        for (column, found) in row.as_object().into_iter().flatten() {
            if OURS.contains(&column.as_str()) {
                continue;
            }
            let path = table.paths.iter().find(|it| it.0 == column).map_or("", |it| it.1);
            let said = plain(column, &said(object, column, path));
            let found = plain(column, found);
            if said != found {
                differs(id, format!("{column} is {found}, and Stripe says {said}"));
            }
        }
    }
    for (id, row) in rows {
        let deleted = row["deleted"] == Value::Bool(true);
        if !expected.contains_key(id) && !deleted {
            differs(id, "Stripe does not know it, and its row does not say so".to_owned());
        }
    }
    for id in gone {
        if !rows.contains_key(*id) {
            differs(id, "it was deleted, and has no row that says so".to_owned());
        }
    }
}

fn said(object: &Value, column: &str, path: &str) -> Value {
    let all = |field: &str| {
        let items = object.pointer("/items/data").and_then(Value::as_array);
        items.into_iter().flatten().filter_map(|it| it[field].as_i64()).collect::<Vec<_>>()
    };
    let found = match path.split_once(' ') {
        Some(("earliest", field)) => {
            all(field.trim_start_matches("/items/data ")).into_iter().min().map(Value::from)
        }
        Some(("latest", field)) => {
            all(field.trim_start_matches("/items/data ")).into_iter().max().map(Value::from)
        }
        Some((_, field)) => ["subscription_item_details", "invoice_item_details"]
            .iter()
            .map(|details| &object["parent"][details])
            .find(|it| !it.is_null())
            .map(|details| details[field].clone()),
        None if path.is_empty() => object.get(column).cloned(),
        None => object.pointer(path).cloned(),
    };
    found.unwrap_or(Value::Null)
}

/// One form for what both sides write differently: times, decimals, and references.
fn plain(column: &str, value: &Value) -> Value {
    match value {
        Value::String(text) => OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .filter(|_| column != "description" && column != "name")
            .map_or_else(|| decimal(column, text), |at| Value::from(at.unix_timestamp())),
        Value::Number(number) => decimal(column, &number.to_string()),
        Value::Object(object) if column != "metadata" && column != "address" => {
            object.get("id").cloned().unwrap_or(Value::Null)
        }
        other => other.clone(),
    }
}

fn decimal(column: &str, text: &str) -> Value {
    if !column.ends_with("_decimal") {
        return text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
    }
    let trimmed =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    Value::from(trimmed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(row: Value, object: Value, expected: &[&str]) {
        let table = &TABLES[2];
        let mut differences = Vec::new();
        let rows = BTreeMap::from([("price_1".to_owned(), row)]);
        let objects = BTreeMap::from([("price_1".to_owned(), object)]);
        compare_table(table, &rows, &objects, &BTreeSet::new(), &mut differences);
        let found: Vec<String> = differences.iter().map(|it| it.what.clone()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn differences_are_found_and_forms_are_not() {
        let row = json!({
            "id": "price_1", "deleted": false, "created": "1970-01-01T00:00:05+00:00",
            "unit_amount_decimal": "12.50", "recurring_interval": "month", "active": true
        });
        let object = json!({
            "id": "price_1", "created": 5, "unit_amount_decimal": "12.5",
            "recurring": { "interval": "month" }, "active": true
        });
        check(row.clone(), object.clone(), &[]);
        let mut other = object.clone();
        other["recurring"]["interval"] = json!("year");
        check(row.clone(), other, &["recurring_interval is \"month\", and Stripe says \"year\""]);
        let mut other = object.clone();
        other["created"] = json!(6);
        check(row.clone(), other, &["created is 5, and Stripe says 6"]);
        let mut gone = row;
        gone["deleted"] = json!(true);
        check(gone, object, &["its row says that it is deleted"]);
    }

    #[test]
    fn decimals_are_compared_to_their_last_digit() {
        let row = json!({ "unit_amount_decimal": "46174.909090909091", "deleted": false });
        check(row.clone(), json!({ "unit_amount_decimal": "46174.909090909091" }), &[]);
        let wrong = "unit_amount_decimal is \"46174.909090909091\", and Stripe says \
                     \"46174.90909090909\"";
        check(row, json!({ "unit_amount_decimal": "46174.90909090909" }), &[wrong]);
    }

    #[test]
    fn rows_that_are_missing_or_too_many_are_found() {
        let mut differences = Vec::new();
        let rows = BTreeMap::from([("a".to_owned(), json!({ "deleted": false }))]);
        let objects = BTreeMap::from([("b".to_owned(), json!({}))]);
        compare_table(&TABLES[0], &rows, &objects, &BTreeSet::from(["c"]), &mut differences);
        assert_eq!(differences.len(), 3, "{differences:?}");
    }
}
