//! The rows of the mirror: Stripe's objects in our words, as one sighting shows them.
//!
//! Fields are named as Stripe names them, with the path joined by `_` where Stripe nests. Money is
//! in minor units beside its currency. Only what is listed here ever leaves a payload.

mod customer;
mod invoice;
mod price;
mod product;
mod subscription;

pub use customer::Customer;
pub use invoice::{Invoice, InvoiceLine};
pub use price::Price;
pub use product::Product;
pub use subscription::{Subscription, SubscriptionItem};

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::freshness::Digest;
use crate::timestamp::Timestamp;

/// The caller's own keys and values on an object; at most 50 of them (STRIPE.md section 7.1).
pub type Metadata = BTreeMap<String, String>;

/// The kinds of object the mirror holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// `customer`
    Customer,
    /// `product`
    Product,
    /// `price`
    Price,
    /// `subscription`, with its items
    Subscription,
    /// `invoice`, with its lines
    Invoice,
}

impl ObjectKind {
    /// All kinds, in the order in which their rows are locked and written: every transaction keeps
    /// to it, so that two workers never wait for each other in a circle.
    pub const ALL: [Self; 5] =
        [Self::Customer, Self::Product, Self::Price, Self::Subscription, Self::Invoice];

    /// Stripe's name of the kind: the value of the object's `object` field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Product => "product",
            Self::Price => "price",
            Self::Subscription => "subscription",
            Self::Invoice => "invoice",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one sighting shows of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A customer.
    Customer(Box<Customer>),
    /// A product.
    Product(Box<Product>),
    /// A price.
    Price(Box<Price>),
    /// A subscription with its items.
    Subscription(Box<Subscription>),
    /// An invoice with its lines.
    Invoice(Box<Invoice>),
}

impl Row {
    /// The kind of the object.
    #[must_use]
    pub fn kind(&self) -> ObjectKind {
        match self {
            Self::Customer(_) => ObjectKind::Customer,
            Self::Product(_) => ObjectKind::Product,
            Self::Price(_) => ObjectKind::Price,
            Self::Subscription(_) => ObjectKind::Subscription,
            Self::Invoice(_) => ObjectKind::Invoice,
        }
    }

    /// The customer the object belongs to, or is.
    #[must_use]
    pub fn customer(&self) -> Option<&str> {
        match self {
            Self::Customer(it) => Some(&it.id),
            Self::Subscription(it) => it.customer.as_deref(),
            Self::Invoice(it) => it.customer.as_deref(),
            Self::Product(_) | Self::Price(_) => None,
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.unix_micros())
    }
}

/// What a sighting means for our rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The kind of the object.
    pub kind: ObjectKind,
    /// The object's id.
    pub id: String,
    /// What becomes of its rows.
    pub change: Change,
    /// What the sighting says, in short.
    pub digest: Digest,
    /// Whether all children were shown. Where they were not, only a fetch can tell which are gone.
    pub complete: bool,
}

/// What becomes of an object's rows.
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
