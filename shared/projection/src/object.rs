//! What the projection knows of each kind of object, and the tables that follow from it.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use counterfoil_domain::mirror::{ObjectKind, Owner, Table};

use crate::field::Field;
use crate::objects::object_of;

/// One kind of object: its columns and children, and where they live.
pub(crate) struct Object {
    pub(crate) kind: ObjectKind,
    /// What makes its id: the fields that are joined with a colon; nearly always `id` alone.
    pub(crate) id: &'static [&'static str],
    pub(crate) owner: Owner,
    pub(crate) fields: &'static [Field],
    pub(crate) children: &'static [ChildList],
    /// How far a status that only moves forward has come: the column, and the statuses in groups.
    /// Among the statuses of one group the object may move freely.
    pub(crate) progress: Option<Progress>,
}

/// A column whose value only moves forward, through these groups of values.
pub(crate) struct Progress {
    pub(crate) column: &'static str,
    pub(crate) groups: &'static [&'static [&'static str]],
}

/// The children of one kind that an object shows in a list.
pub(crate) struct ChildList {
    pub(crate) table: &'static str,
    /// The column that names the parent.
    pub(crate) parent: &'static str,
    /// The list's path in the parent.
    pub(crate) list: &'static str,
    pub(crate) fields: &'static [Field],
    /// Whether Stripe shows them on request only. They then say nothing about which of two
    /// sightings is the newer, since one may show them and the other not.
    pub(crate) on_request: bool,
}

impl Object {
    pub(crate) const fn new(kind: ObjectKind, owner: Owner, fields: &'static [Field]) -> Self {
        Self { kind, id: &["id"], owner, fields, children: &[], progress: None }
    }

    pub(crate) const fn children(mut self, children: &'static [ChildList]) -> Self {
        self.children = children;
        self
    }

    pub(crate) const fn id(mut self, fields: &'static [&'static str]) -> Self {
        self.id = fields;
        self
    }

    pub(crate) const fn progress(
        mut self,
        column: &'static str,
        groups: &'static [&'static [&'static str]],
    ) -> Self {
        self.progress = Some(Progress { column, groups });
        self
    }
}

/// What is known of a kind.
pub(crate) struct Known {
    pub(crate) object: &'static Object,
    pub(crate) table: Table,
    /// In the order of the object's lists.
    pub(crate) children: Vec<Table>,
}

static KNOWN: LazyLock<Vec<Known>> =
    LazyLock::new(|| ObjectKind::ALL.into_iter().map(|kind| known(object_of(kind))).collect());

fn known(object: &'static Object) -> Known {
    let columns = |fields: &[Field]| fields.iter().map(|it| it.column).collect();
    let table = object.kind.table();
    Known {
        object,
        table: Table {
            name: table,
            parent: None,
            owner: object.owner,
            columns: columns(object.fields),
        },
        children: object
            .children
            .iter()
            .map(|child| Table {
                name: child.table,
                parent: Some(child.parent),
                owner: Owner::Through { column: child.parent, table },
                columns: columns(child.fields),
            })
            .collect(),
    }
}

/// What is known of a kind.
pub(crate) fn know(kind: ObjectKind) -> &'static Known {
    // The list is in the order of the kinds, which are numbered from 0.
    &KNOWN[kind as usize]
}

/// The table of a kind.
#[must_use]
pub fn table_of(kind: ObjectKind) -> &'static Table {
    &know(kind).table
}

/// The tables of a kind's children.
#[must_use]
pub fn child_tables_of(kind: ObjectKind) -> &'static [Table] {
    &know(kind).children
}

/// What the columns are into which a kind is read, in short: another number where a column comes, goes
/// or is read as something else.
#[must_use]
pub fn reading_of(kind: ObjectKind) -> u64 {
    let known = know(kind);
    let mut hasher = std::hash::DefaultHasher::new();
    for table in std::iter::once(&known.table).chain(&known.children) {
        format!("{table:?} {:?} {:?}", restless(table), silent(table)).hash(&mut hasher);
    }
    hasher.finish()
}

/// Every table of the mirror, parents before their children.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    KNOWN.iter().flat_map(|it| std::iter::once(&it.table).chain(&it.children))
}

/// The columns of a table that differ between two looks at the same state.
pub(crate) fn restless(table: &Table) -> Vec<&'static str> {
    columns_that(table, |it| it.restless)
}

/// The columns of a table that Stripe changes without an event.
pub(crate) fn silent(table: &Table) -> Vec<&'static str> {
    columns_that(table, |it| it.silent)
}

fn columns_that(table: &Table, are: impl Fn(&Field) -> bool) -> Vec<&'static str> {
    let of =
        |fields: &[Field]| fields.iter().filter(|it| are(it)).map(|it| it.column.name).collect();
    KNOWN
        .iter()
        .find_map(|it| {
            if it.table.name == table.name {
                return Some(of(it.object.fields));
            }
            let child = it.object.children.iter().find(|list| list.table == table.name)?;
            Some(of(child.fields))
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_its_own_and_no_column_stands_twice() {
        for (place, it) in KNOWN.iter().enumerate() {
            assert_eq!(it.object.kind, ObjectKind::ALL[place]);
        }
        let mut names = BTreeSet::new();
        for table in tables() {
            assert!(names.insert(table.name), "{} is there twice", table.name);
            let columns: BTreeSet<&str> = table.columns.iter().map(|it| it.name).collect();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
        }
    }

    #[test]
    fn owners_name_columns_and_tables_that_are_there() {
        for table in tables() {
            match table.owner {
                Owner::Itself | Owner::Nobody => {}
                Owner::Column(column) | Owner::Formerly(column) => {
                    assert!(table.columns.iter().any(|it| it.name == column), "{}", table.name);
                }
                Owner::Through { column, table: other } => {
                    let own = table.columns.iter().any(|it| it.name == column);
                    assert!(own || table.parent == Some(column), "{}", table.name);
                    assert!(tables().any(|it| it.name == other), "{}", table.name);
                }
            }
        }
    }

    #[test]
    fn what_moves_forward_is_a_column() {
        for it in KNOWN.iter() {
            if let Some(progress) = &it.object.progress {
                assert!(it.table.columns.iter().any(|column| column.name == progress.column));
            }
        }
    }
}
