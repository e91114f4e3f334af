//! What a caller asks for. In changes `None` leaves a field as it is and an empty text unsets it.

use crate::life::{NewPrice, Redeem};
use crate::model::Metadata;
use crate::model::decimal::Decimal;
use crate::model::invoice::CollectionMethod;

/// An invoice to make by request.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewInvoice {
    pub(crate) auto_advance: bool,
    pub(crate) automatically_finalizes_at: Option<i64>,
    pub(crate) collection_method: CollectionMethod,
    pub(crate) currency: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) days_until_due: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    /// What is redeemed for it, in place of what it would take over.
    pub(crate) discounts: Option<Vec<Redeem>>,
    pub(crate) due_date: Option<i64>,
    pub(crate) footer: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) number: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) subscription: Option<String>,
    /// Whether what waits is taken; if not said, it is for an invoice of a subscription.
    pub(crate) takes_pending: Option<bool>,
}

/// A change to an invoice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InvoiceChange {
    pub(crate) auto_advance: Option<bool>,
    pub(crate) automatically_finalizes_at: Option<i64>,
    pub(crate) collection_method: Option<CollectionMethod>,
    pub(crate) days_until_due: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    /// What is redeemed for it, in place of what it would take over.
    pub(crate) discounts: Option<Vec<Redeem>>,
    pub(crate) due_date: Option<i64>,
    pub(crate) footer: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) number: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
}

/// What an item costs.
#[derive(Clone, Debug)]
pub(crate) enum Priced {
    /// A fixed sum.
    Amount(i64),
    /// A price, by its id.
    Price(String),
    /// A price that is made for it.
    PriceData(Box<NewPrice>),
    /// So much for one.
    Unit(Decimal),
}

/// An invoice item to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewInvoiceItem {
    pub(crate) currency: Option<String>,
    pub(crate) customer: String,
    pub(crate) description: Option<String>,
    pub(crate) discountable: Option<bool>,
    /// What is redeemed for it.
    pub(crate) discounts: Option<Vec<Redeem>>,
    /// The draft it stands on at once.
    pub(crate) invoice: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) period: Option<(i64, i64)>,
    pub(crate) priced: Option<Priced>,
    /// One if not said.
    pub(crate) quantity: Option<Decimal>,
    pub(crate) subscription: Option<String>,
}

/// A change to an invoice item, or to the line that stands for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ItemEdit {
    pub(crate) description: Option<String>,
    pub(crate) discountable: Option<bool>,
    /// What is redeemed for it.
    pub(crate) discounts: Option<Vec<Redeem>>,
    pub(crate) metadata: Metadata,
    pub(crate) period: Option<(i64, i64)>,
    pub(crate) priced: Option<Priced>,
    pub(crate) quantity: Option<Decimal>,
}

/// What becomes of the item behind a line that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineRemoval {
    /// It is deleted.
    Delete,
    /// It waits for another invoice.
    Unassign,
}
