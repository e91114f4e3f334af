//! What a table of the mirror looks like.

/// A table of schema `stripe`. Beside its own columns each has `id`, `account`, `livemode`,
/// `deleted` and `sighted_at`; a table of objects also has `sighted_event` and `sighted_digest`.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// For children: the column that names their parent. It is not among `columns`.
    pub parent: Option<&'static str>,
    /// How its rows are found for a customer.
    pub owner: Owner,
    /// Its columns, beside those that every table has.
    pub columns: Vec<Column>,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub of: Type,
    /// Whether it may hold personal data. Such columns are erased with their customer.
    pub personal: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `text`
    Text,
    /// `bigint`
    Integer,
    /// `boolean`
    Flag,
    /// `timestamptz`
    Time,
    /// `numeric`
    Decimal,
    /// `jsonb`
    Json,
    /// `jsonb`, not null, and empty where nothing is shown.
    Metadata,
}

/// Whose a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The customer is named by the row's own id.
    Itself,
    /// The customer stands in this column.
    Column(&'static str),
    /// The customer stands in this column, or, where it is empty, is the one to whom the object
    /// belonged before.
    Formerly(&'static str),
    /// The row belongs to another one, and that one has an owner.
    Through {
        /// The column that names the other row.
        column: &'static str,
        /// The table the other row is in.
        table: &'static str,
    },
    /// No customer's: the catalogue, and what is about the account.
    Nobody,
}
