//! Coupons, the promotion codes that stand for them, and the discounts they are redeemed into.

use super::Metadata;
use std::collections::BTreeMap;

/// What a coupon takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Off {
    /// An amount in the minor unit, by currency; the first currency is the coupon's own.
    Amount { currency: String, amount: i64, others: BTreeMap<String, i64> },
    /// Hundredths of a per cent: 1,250 is 12.5 %.
    Percent { hundredths: i64 },
}

impl Off {
    /// The amount for a currency; none for a percentage, or where the coupon has none.
    pub(crate) fn amount_in(&self, wanted: &str) -> Option<i64> {
        match self {
            Self::Amount { currency, amount, .. } if currency == wanted => Some(*amount),
            Self::Amount { others, .. } => others.get(wanted).copied(),
            Self::Percent { .. } => None,
        }
    }
}

/// How long a discount holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duration {
    Forever,
    /// For the first invoice.
    Once,
    /// For so many months.
    Repeating {
        months: i64,
    },
}

impl Duration {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Forever => "forever",
            Self::Once => "once",
            Self::Repeating { .. } => "repeating",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Coupon {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// The products it takes something off; none for all.
    pub(crate) applies_to: Vec<String>,
    pub(crate) deleted: bool,
    pub(crate) duration: Duration,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) metadata: Metadata,
    pub(crate) name: Option<String>,
    pub(crate) off: Off,
    pub(crate) redeem_by: Option<i64>,
    pub(crate) times_redeemed: i64,
}

impl Coupon {
    /// Whether it can still be redeemed.
    pub(crate) fn is_valid(&self, now: i64) -> bool {
        !self.deleted
            && self.redeem_by.is_none_or(|by| now <= by)
            && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PromotionCode {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// Whether it was switched off by hand.
    pub(crate) active: bool,
    pub(crate) code: String,
    pub(crate) coupon: String,
    /// The only customer who may redeem it; none for everybody.
    pub(crate) customer: Option<String>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) first_time_transaction: bool,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) metadata: Metadata,
    /// The least that must be bought, by currency; the first is the code's own.
    pub(crate) minimum: Option<(String, i64)>,
    pub(crate) other_minimums: BTreeMap<String, i64>,
    pub(crate) times_redeemed: i64,
}

impl PromotionCode {
    /// Whether it can still be redeemed, as far as the code itself goes.
    pub(crate) fn is_live(&self, now: i64) -> bool {
        self.active
            && self.expires_at.is_none_or(|at| now < at)
            && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }
}

/// What a discount is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DiscountOn {
    Customer,
    Invoice(String),
    InvoiceItem(String),
    Subscription(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Discount {
    pub(crate) id: String,
    pub(crate) checkout_session: Option<String>,
    pub(crate) coupon: String,
    pub(crate) customer: String,
    /// Whether it was taken away, or is used up.
    pub(crate) ended: bool,
    pub(crate) end: Option<i64>,
    pub(crate) on: DiscountOn,
    pub(crate) promotion_code: Option<String>,
    pub(crate) start: i64,
}
