//! Holding the mirror against the simulator's truth, object by object and column by column.
//!
//! An endpoint of an older version is shown less, and some values otherwise. A row may hold what
//! that version shows of the object in place of what the newest shows, and nothing else.
//!
//! Where a column's value lives in Stripe's JSON is asked of `counterfoil_fields`, never of the
//! product: a mistake in the product's own projection must not excuse itself.

mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Context as _;
use counterfoil_fields::{Column, Table, Version, said, tables};
use counterfoil_simulator::{ApiVersion, Endpoint, Payload, Simulator, Truth};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use told::{Told, is_silent, told};

/// The result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects compared, deleted ones included, by table.
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

/// An object of the truth that should have a row, and, for a child, the object that shows it.
struct Expected<'a> {
    object: &'a Value,
    parent: Option<(&'a str, &'a Value)>,
}

/// The objects of one table as an older version shows them.
struct Older<'a> {
    version: &'a Version,
    shown: BTreeMap<&'a str, Expected<'a>>,
}

impl Expected<'_> {
    /// What its body says of a column.
    fn said(&self, column: &Column, version: &Version) -> Value {
        let parent = self.parent.map_or(self.object, |parent| parent.1);
        said(column, version, self.object, parent).map(|it| it.1).unwrap_or_default()
    }
}

/// Compares every row with the simulator's truth.
pub async fn compare(simulator: &Simulator, pool: &PgPool) -> anyhow::Result<Tally> {
    let truth = &simulator.truth();
    let mut older: Vec<(Version, Truth)> = Vec::new();
    for version in older_versions(&simulator.endpoints()) {
        let parsed = Version::parse(version.as_str()).context("an endpoint's version")?;
        older.push((parsed, simulator.truth_in(&version)));
    }
    let mut tally = Tally::default();
    for table in tables()? {
        let told = told(table);
        if matches!(told, Told::Untold(_)) {
            continue;
        }
        let rows = rows(table, pool).await?;
        let expected = expected(table, truth);
        let gone = gone(table, truth);
        let known = |id: &&str| told == Told::All || rows.contains_key(*id);
        let count = expected.keys().chain(&gone).filter(|it| known(it)).count();
        tally.objects.insert(table.name, count);
        let older: Vec<Older<'_>> = older
            .iter()
            .map(|(version, truth)| Older { version, shown: self::expected(table, truth) })
            .collect();
        let sides = Sides { expected: &expected, older: &older, gone: &gone };
        compare_table(table, told, &rows, &sides, &mut tally.differences)?;
    }
    Ok(tally)
}

/// The versions, other than the newest, that endpoints are shown objects in.
fn older_versions(endpoints: &[Endpoint]) -> Vec<ApiVersion> {
    let mut versions: Vec<ApiVersion> = Vec::new();
    for endpoint in endpoints.iter().filter(|it| it.payload == Payload::Snapshot) {
        let version = &endpoint.api_version;
        if *version != ApiVersion::newest() && !versions.contains(version) {
            versions.push(version.clone());
        }
    }
    versions
}

/// The rows of a table. Numbers are read as text: as JSON's they would lose their last digits here.
async fn rows(table: &Table, pool: &PgPool) -> anyhow::Result<BTreeMap<String, Value>> {
    let sql = format!(
        "select id, (
             select jsonb_object_agg(
                 key,
                 case jsonb_typeof(value) when 'number' then to_jsonb(value #>> '{{}}') else value end
             ) from jsonb_each(to_jsonb(t))
         )
         from stripe.{} as t",
        table.name
    );
    let rows: Vec<(String, Value)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await?;
    Ok(rows.into_iter().collect())
}

fn expected<'a>(table: &Table, truth: &'a Truth) -> BTreeMap<&'a str, Expected<'a>> {
    let objects = truth.objects.get(table.kind.as_str()).into_iter().flatten();
    let Some(place) = table.rows else {
        return objects
            .map(|(id, object)| (id.as_str(), Expected { object, parent: None }))
            .collect();
    };
    objects
        .flat_map(|(id, parent)| {
            let children = parent.pointer(place).and_then(Value::as_array);
            children.into_iter().flatten().filter_map(move |object| {
                let parent = Some((id.as_str(), parent));
                Some((object["id"].as_str()?, Expected { object, parent }))
            })
        })
        .collect()
}

/// Ids of objects that are gone. The children of a gone parent are gone too, but the truth no
/// longer knows their names.
fn gone<'a>(table: &Table, truth: &'a Truth) -> BTreeSet<&'a str> {
    match table.rows {
        None => {
            let deleted = truth.deleted.get(table.kind.as_str());
            deleted.into_iter().flatten().map(String::as_str).collect()
        }
        Some(_) => BTreeSet::new(),
    }
}

/// What Stripe has of one table.
struct Sides<'a> {
    expected: &'a BTreeMap<&'a str, Expected<'a>>,
    older: &'a [Older<'a>],
    gone: &'a BTreeSet<&'a str>,
}

fn compare_table(
    table: &Table,
    told: Told,
    rows: &BTreeMap<String, Value>,
    sides: &Sides<'_>,
    differences: &mut Vec<Difference>,
) -> anyhow::Result<()> {
    let Sides { expected, older, gone } = sides;
    let version = Version::parse(ApiVersion::newest().as_str()).context("the truth's version")?;
    let mut differs = |id: &str, what: String| {
        differences.push(Difference { table: table.name, id: id.to_owned(), what });
    };
    for (id, it) in *expected {
        let Some(row) = rows.get(*id) else {
            if told == Told::All {
                differs(id, "it has no row".to_owned());
            }
            continue;
        };
        if row["deleted"] != Value::Bool(false) {
            differs(id, "its row says that it is deleted".to_owned());
        }
        if let Some((parent, _)) = it.parent
            && row[parent_column(table)] != parent
        {
            differs(id, format!("its row does not name {parent}"));
        }
        for column in table.columns.iter().filter(|it| !is_silent(table, it.name)) {
            let found = &row[column.name];
            let said = it.said(column, &version);
            let was_shown = |older: &Older<'_>| {
                let shown = older.shown.get(id).map(|it| it.said(column, older.version));
                shown.is_some_and(|it| is_same(column.name, found, &it))
            };
            if !is_same(column.name, found, &said) && !older.iter().any(was_shown) {
                differs(id, format!("{} is {found}, and Stripe says {said}", column.name));
            }
        }
    }
    for (id, row) in rows {
        let deleted = row["deleted"] == Value::Bool(true);
        if !expected.contains_key(id.as_str()) && !deleted {
            differs(id, "Stripe does not know it, and its row does not say so".to_owned());
        }
    }
    if told == Told::All {
        for id in gone.iter().filter(|id| !rows.contains_key(**id)) {
            differs(id, "it was deleted, and has no row that says so".to_owned());
        }
    }
    Ok(())
}

/// The column of a child that names its parent: the name of the parent's kind.
fn parent_column(table: &Table) -> &'static str {
    let kind = table.kind.as_str();
    match kind {
        "checkout.session" => "checkout_session",
        other => other,
    }
}

/// Whether a column holds what Stripe says, in whichever form each side writes it. In a row times
/// are text, and so are numbers.
fn is_same(column: &str, found: &Value, said: &Value) -> bool {
    match (found, said) {
        (Value::String(found), Value::Number(said)) => {
            let said = said.to_string();
            let seconds =
                OffsetDateTime::parse(found, &Rfc3339).map(OffsetDateTime::unix_timestamp);
            seconds.is_ok_and(|it| it.to_string() == said) || decimal(found) == decimal(&said)
        }
        (Value::String(found), Value::String(said)) if column.ends_with("_decimal") => {
            decimal(found) == decimal(said)
        }
        (Value::Object(found), Value::Null) if column == "metadata" => found.is_empty(),
        (found, said) => found == said,
    }
}

/// A decimal without zeros at its end.
fn decimal(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use counterfoil_fields::tables;
    use serde_json::json;

    use super::*;

    fn table(name: &str) -> &'static Table {
        tables().unwrap().iter().find(|it| it.name == name).unwrap()
    }

    /// A row with every column, of which these are not null.
    fn row(table: &Table, shown: &Value) -> Value {
        let mut row = json!({ "deleted": false });
        for column in &table.columns {
            row[column.name] = shown[column.name].clone();
        }
        row
    }

    fn found(
        table: &Table,
        told: Told,
        rows: &BTreeMap<String, Value>,
        objects: &[(&str, Value)],
        gone: &[&str],
    ) -> Vec<String> {
        let mut differences = Vec::new();
        let expected =
            objects.iter().map(|it| (it.0, Expected { object: &it.1, parent: None })).collect();
        let gone = gone.iter().copied().collect();
        let sides = Sides { expected: &expected, older: &[], gone: &gone };
        compare_table(table, told, rows, &sides, &mut differences).unwrap();
        differences.into_iter().map(|it| it.what).collect()
    }

    #[track_caller]
    fn check(shown: &Value, object: Value, expected: &[&str]) {
        let table = table("prices");
        let rows = BTreeMap::from([("price_1".to_owned(), row(table, shown))]);
        assert_eq!(found(table, Told::All, &rows, &[("price_1", object)], &[]), expected);
    }

    #[test]
    fn differences_are_found_and_forms_are_not() {
        let row = json!({
            "created": "1970-01-01T00:00:05+00:00", "unit_amount": "12", "metadata": {},
            "unit_amount_decimal": "12.50", "recurring_interval": "month", "active": true
        });
        let object = json!({
            "id": "price_1", "created": 5, "unit_amount_decimal": "12.5", "unit_amount": 12,
            "recurring": { "interval": "month" }, "active": true
        });
        check(&row, object.clone(), &[]);
        let mut other = object.clone();
        other["recurring"]["interval"] = json!("year");
        check(&row, other, &["recurring_interval is \"month\", and Stripe says \"year\""]);
        let mut other = object.clone();
        other["created"] = json!(6);
        check(&row, other, &["created is \"1970-01-01T00:00:05+00:00\", and Stripe says 6"]);
        let mut other = object;
        other["nickname"] = json!("Gold");
        check(&row, other, &["nickname is null, and Stripe says \"Gold\""]);
    }

    #[test]
    fn decimals_are_compared_to_their_last_digit() {
        let row = json!({ "unit_amount_decimal": "46174.909090909091" });
        check(&row, json!({ "unit_amount_decimal": "46174.909090909091" }), &[]);
        let wrong = "unit_amount_decimal is \"46174.909090909091\", and Stripe says \
                     \"46174.90909090909\"";
        check(&row, json!({ "unit_amount_decimal": "46174.90909090909" }), &[wrong]);
        assert!(is_same("percent_off", &json!("10.50"), &json!(10.5)));
        assert!(!is_same("percent_off", &json!("10.5"), &json!(10)));
    }

    #[test]
    fn rows_that_are_missing_or_too_many_are_found() {
        let table = table("customers");
        let rows = BTreeMap::from([("a".to_owned(), row(table, &json!({})))]);
        let objects = [("b", json!({}))];
        assert_eq!(found(table, Told::All, &rows, &objects, &["c"]).len(), 3);
        let some = Told::Some("some come without an event");
        assert_eq!(found(table, some, &rows, &objects, &["c"]).len(), 1);
    }

    #[test]
    fn a_row_that_says_it_is_deleted_is_found() {
        let table = table("customers");
        let mut row = row(table, &json!({}));
        row["deleted"] = json!(true);
        let rows = BTreeMap::from([("a".to_owned(), row)]);
        let differences = found(table, Told::All, &rows, &[("a", json!({}))], &[]);
        assert_eq!(differences, ["its row says that it is deleted"]);
    }

    #[test]
    fn what_an_older_version_cannot_show_may_be_missing_and_nothing_else() {
        let table = table("subscriptions");
        let (newest, old) =
            (json!({ "discounts": [], "currency": "eur" }), json!({ "currency": "eur" }));
        let version = Version::parse("2020-08-27").unwrap();
        let expected = |object| BTreeMap::from([("sub_1", Expected { object, parent: None })]);
        let (expected, shown) = (expected(&newest), expected(&old));
        let older = [Older { version: &version, shown }];
        let sides = Sides { expected: &expected, older: &older, gone: &BTreeSet::new() };
        for (held, faults) in [
            (json!({ "currency": "eur" }), 0),
            (json!({ "currency": "eur", "discounts": [] }), 0),
            (json!({ "currency": null }), 1),
            (json!({ "currency": "eur", "discounts": ["di_1"] }), 1),
        ] {
            let rows = BTreeMap::from([("sub_1".to_owned(), row(table, &held))]);
            let mut differences = Vec::new();
            compare_table(table, Told::All, &rows, &sides, &mut differences).unwrap();
            assert_eq!(differences.len(), faults, "{held}: {differences:#?}");
        }
    }

    #[test]
    fn a_child_names_its_parent() {
        let table = table("subscription_items");
        let mut row = row(table, &json!({}));
        row["subscription"] = json!("sub_2");
        let rows = BTreeMap::from([("si_1".to_owned(), row)]);
        let (object, parent) = (json!({ "id": "si_1" }), json!({}));
        let expected = BTreeMap::from([(
            "si_1",
            Expected { object: &object, parent: Some(("sub_1", &parent)) },
        )]);
        let mut differences = Vec::new();
        let sides = Sides { expected: &expected, older: &[], gone: &BTreeSet::new() };
        compare_table(table, Told::All, &rows, &sides, &mut differences).unwrap();
        let found: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["subscription_items si_1: its row does not name sub_1"]);
    }
}
