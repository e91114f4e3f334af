//! Features, their attachments to products, and the entitlements that customers have to them.

use super::Metadata;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Feature {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// False once it is archived.
    pub(crate) active: bool,
    pub(crate) lookup_key: String,
    pub(crate) metadata: Metadata,
    pub(crate) name: String,
}

/// A feature that a product has. Attaching and detaching are counted together, so that it can be
/// told which features a product had when a period began.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProductFeature {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) attached: u64,
    pub(crate) detached: Option<u64>,
    pub(crate) feature: String,
    pub(crate) product: String,
}

impl ProductFeature {
    /// Whether the product had it after so many attachings and detachings.
    pub(crate) fn was_there(&self, count: u64) -> bool {
        self.attached <= count && self.detached.is_none_or(|detached| detached > count)
    }
}

/// What an item of a subscription grants from: its product as it was when the item's period
/// began, or when the item came to the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) product: String,
    pub(crate) period_start: i64,
    /// The count of attachings and detachings at that time.
    pub(crate) count: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ActiveEntitlement {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) customer: String,
    /// Whether the customer has it no longer.
    pub(crate) ended: bool,
    pub(crate) feature: String,
    pub(crate) lookup_key: String,
}
