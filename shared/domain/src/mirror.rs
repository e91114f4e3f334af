//! The rows of the mirror: Stripe's objects in our words, as one sighting shows them.
//!
//! Columns are named as Stripe names its fields, with the path joined by `_` where Stripe nests.
//! Money is in minor units beside its currency. Only what has a column ever leaves a payload. Which
//! columns a table has, and where their values are found, is the projection's to say; the store
//! writes any row of any table.

mod kind;
mod table;

pub use kind::ObjectKind;
pub use table::{Column, Owner, Table, Type};

use crate::freshness::Digest;
use crate::timestamp::Timestamp;

/// One value of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text without NUL, which Postgres cannot hold.
    Text(String),
    /// A whole number; money is in minor units.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// A moment.
    Time(Timestamp),
    /// An exact decimal numeral, never a float on the way.
    Decimal(String),
    /// JSON in its canonical form: keys in order, no blanks.
    Json(String),
}

/// One object, or one child of one, as a sighting shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The table it belongs to.
    pub table: &'static Table,
    /// Its id.
    pub id: String,
    /// The values of the table's columns, in their order. What is not shown is not known.
    pub values: Vec<Option<Value>>,
}

impl Row {
    /// The value of a column. `None` where it is not known, and where there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Value> {
        let place = self.table.columns.iter().position(|it| it.name == column)?;
        self.values.get(place)?.as_ref()
    }

    /// The value of a column of text.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.get(column)? {
            Value::Text(it) => Some(it),
            Value::Integer(_)
            | Value::Flag(_)
            | Value::Time(_)
            | Value::Decimal(_)
            | Value::Json(_) => None,
        }
    }

    /// The customer the object belongs to, or is.
    #[must_use]
    pub fn customer(&self) -> Option<&str> {
        match self.table.owner {
            Owner::Itself => Some(&self.id),
            Owner::Column(column) | Owner::Formerly(column) => self.text(column),
            // Some versions name the customer also of what belongs to another object.
            Owner::Through { .. } | Owner::Nobody => self.text("customer"),
        }
    }
}

/// The children of an object, of one kind, that a sighting shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Children {
    /// The table they belong to.
    pub table: &'static Table,
    /// In the order of their ids.
    pub rows: Vec<Row>,
    /// Whether these are all that there are. Where they are not, only a fetch tells which are gone.
    pub whole: bool,
}

/// What a sighting means for our rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The kind of the object.
    pub kind: ObjectKind,
    /// The object's id.
    pub id: String,
    /// What becomes of its row.
    pub change: Change,
    /// The children shown. Children that Stripe shows only on request are missing here when they
    /// were not shown, and stay as they are.
    pub children: Vec<Children>,
    /// Whether children that are wanted were not shown, as Stripe shows them on request only.
    pub hidden: bool,
    /// What the sighting says, in short.
    pub digest: Digest,
}

impl Projection {
    /// Whether all children were shown that this kind shows unasked.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.children.iter().all(|it| it.whole)
    }

    /// The customer the object belongs to, or is.
    #[must_use]
    pub fn customer(&self) -> Option<&str> {
        match self.kind {
            // Known even where nothing else is.
            ObjectKind::Customer | ObjectKind::ActiveEntitlementSummary => Some(&self.id),
            _ => self.change.row().and_then(Row::customer),
        }
    }
}

/// What becomes of an object's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The object is as shown.
    Present(Row),
    /// The object is deleted; its last state was shown.
    DeletedAs(Row),
    /// The object is deleted or was not found, and nothing else is known of it.
    Gone,
}

impl Change {
    /// Whether the object is gone.
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        match self {
            Self::Present(_) => false,
            Self::DeletedAs(_) | Self::Gone => true,
        }
    }

    /// The row that was shown.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        match self {
            Self::Present(row) | Self::DeletedAs(row) => Some(row),
            Self::Gone => None,
        }
    }
}
