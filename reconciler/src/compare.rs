//! What we hold of one object against what Stripe says of it.

use std::collections::BTreeMap;

use counterfoil_domain::Scope;
use counterfoil_domain::mirror::{ObjectKind, Projection, Row, Table};
use counterfoil_projection::{Difference, child_tables_of, differences, table_of};
use counterfoil_store::{HeldRow, ObjectRef, Store, StoreError, Which};
use serde_json::{Map, Value, json};

/// What came of comparing one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its id.
    pub id: String,
    /// What became of the object as a whole, where that is what differs.
    pub whole: Option<&'static str>,
    /// The columns that differ: of the object under no name, of a child under its id.
    pub differences: Vec<(String, Difference)>,
}

/// The name under which a child differs as a whole.
const WHOLE: &str = "(whole)";

/// Children that are held, by their table and their parent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct HeldChildren {
    by_parent: BTreeMap<(&'static str, String), Vec<HeldRow>>,
}

impl HeldChildren {
    /// Those of these objects of one kind, in all of its tables.
    pub(crate) async fn read(
        store: &Store,
        kind: ObjectKind,
        parents: &[&str],
        scope: &Scope,
    ) -> Result<Self, StoreError> {
        let mut all = Self::default();
        if parents.is_empty() {
            return Ok(all);
        }
        for table in child_tables_of(kind) {
            for row in store.rows(table, Which::ChildrenOf(parents), scope).await? {
                let parent = row.parent.clone().unwrap_or_default();
                all.by_parent.entry((table.name, parent)).or_default().push(row);
            }
        }
        Ok(all)
    }

    fn of(&self, table: &Table, parent: &str) -> &[HeldRow] {
        self.by_parent.get(&(table.name, parent.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &HeldRow> {
        self.by_parent.values().flatten()
    }
}

/// Compares what Stripe says with what is held by now.
pub async fn compare(
    store: &Store,
    scope: &Scope,
    projection: &Projection,
) -> Result<Compared, StoreError> {
    let (kind, id) = (projection.kind, projection.id.as_str());
    let held = store.object(table_of(kind), ObjectRef { kind, id, scope }).await?;
    compare_held(store, scope, held.as_ref(), projection).await
}

/// Compares what Stripe says with a row as it was read before, and with its children.
pub async fn compare_held(
    store: &Store,
    scope: &Scope,
    held: Option<&HeldRow>,
    projection: &Projection,
) -> Result<Compared, StoreError> {
    let parents: Vec<&str> = held.iter().map(|it| it.row.id.as_str()).collect();
    let children = HeldChildren::read(store, projection.kind, &parents, scope).await?;
    compare_rows(store, scope, (held, &children), projection).await
}

/// Compares what Stripe says with a row and children as they were read before.
pub(crate) async fn compare_rows(
    store: &Store,
    scope: &Scope,
    held: (Option<&HeldRow>, &HeldChildren),
    projection: &Projection,
) -> Result<Compared, StoreError> {
    let mut compared = Compared::of(held.0, held.1, projection);
    // What is erased stays erased, and is no difference.
    if let Some(customer) = projection.customer()
        && compared.differences.iter().any(|(_, it)| it.personal)
        && store.is_erased(customer, scope).await?
    {
        compared.differences.retain(|(_, it)| !it.personal);
    }
    Ok(compared)
}

fn of_children(ours: &[HeldRow], theirs: &[Row], whole: bool) -> Vec<(String, Difference)> {
    let note = |id: &str, held: &str, shown: &str| {
        let difference = Difference {
            column: WHOLE,
            personal: false,
            silent: false,
            held: Some(held.to_owned()),
            shown: Some(shown.to_owned()),
        };
        (id.to_owned(), difference)
    };
    let mut found = Vec::new();
    for row in theirs {
        match ours.iter().find(|it| it.row.id == row.id) {
            None => found.push(note(&row.id, "missing", "there")),
            Some(held) if held.deleted => found.push(note(&row.id, "removed", "there")),
            Some(held) => {
                let differ = differences(&held.row, row);
                found.extend(differ.into_iter().map(|it| (row.id.clone(), it)));
            }
        }
    }
    for held in ours.iter().filter(|it| whole && !it.deleted) {
        if !theirs.iter().any(|it| it.id == held.row.id) {
            found.push(note(&held.row.id, "there", "removed"));
        }
    }
    found
}

impl Compared {
    fn of(held: Option<&HeldRow>, children: &HeldChildren, projection: &Projection) -> Self {
        let shown = projection.change.row();
        // A customer without entitlements is told of by no event.
        let nothing = projection.kind == ObjectKind::ActiveEntitlementSummary
            && projection.children.iter().all(|it| it.rows.is_empty());
        let whole = match (held, shown) {
            (None, Some(_)) if nothing => None,
            (None, Some(_)) => Some("missing here"),
            (Some(held), None) if !held.deleted => Some("gone at Stripe"),
            (Some(held), Some(_)) if held.deleted => Some("deleted here, and Stripe shows it"),
            (None | Some(_), _) => None,
        };
        let mut found = Vec::new();
        if let (Some(held), Some(row)) = (held, shown) {
            found.extend(differences(&held.row, row).into_iter().map(|it| (String::new(), it)));
        }
        if held.is_some() {
            for shown in &projection.children {
                let ours = children.of(shown.table, &projection.id);
                found.extend(of_children(ours, &shown.rows, shown.whole));
            }
        }
        Self { kind: projection.kind, id: projection.id.clone(), whole, differences: found }
    }

    /// Whether anything differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.whole.is_some() || !self.differences.is_empty()
    }

    /// Whether a column differs, of the object or of one of its children.
    #[must_use]
    pub fn columns_differ(&self) -> bool {
        self.differences.iter().any(|(_, it)| it.column != WHOLE)
    }

    /// Whether all that differs is what Stripe changes without an event.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.whole.is_none() && self.differences.iter().all(|(_, it)| it.silent)
    }

    /// Whether a child is there on one side only.
    #[must_use]
    pub fn children_differ(&self) -> bool {
        self.differences.iter().any(|(_, it)| it.column == WHOLE)
    }

    /// The differences as they are kept: column by column, what was held and what Stripe shows.
    /// Personal values are only said to differ.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let value = |it: &Difference, value: &Option<String>| match value {
            Some(_) if it.personal => json!("(personal)"),
            other => json!(other),
        };
        let mut all = Map::new();
        if let Some(whole) = self.whole {
            all.insert(WHOLE.to_owned(), json!({ "stripe": whole }));
        }
        for (child, it) in &self.differences {
            let name = if child.is_empty() {
                it.column.to_owned()
            } else {
                format!("{child} {}", it.column)
            };
            all.insert(
                name,
                json!({ "held": value(it, &it.held), "stripe": value(it, &it.shown) }),
            );
        }
        Value::Object(all)
    }
}
