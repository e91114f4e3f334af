//! Prices. Amounts, currency and interval never change once a price is made.

use super::Metadata;
use super::decimal::Decimal;
use std::collections::BTreeMap;

/// The unit of a billing period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// A month by the calendar.
    Month,
    /// A year by the calendar.
    Year,
}

impl Interval {
    /// The interval as Stripe writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Parses what [`Interval::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Year]
            .into_iter()
            .find(|interval| interval.as_str() == text)
    }
}

/// How often a price recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recurring {
    pub(crate) interval: Interval,
    pub(crate) interval_count: i64,
    /// Whether it is billed by usage, in arrears, rather than by a quantity, in advance.
    pub(crate) metered: bool,
    /// The meter that counts the usage. Only a price made by a version before 2025-03-31.basil
    /// is metered without one.
    pub(crate) meter: Option<String>,
    pub(crate) trial_period_days: Option<i64>,
}

/// One step of a tiered price. It is for the units above the step before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tier {
    /// What the whole step costs, however many units fall into it.
    pub flat: Option<Decimal>,
    /// What each unit costs, in the minor unit.
    pub unit: Option<Decimal>,
    /// The last unit of the step; none for the last step, which has no end.
    pub up_to: Option<i64>,
}

/// How the tiers of a price are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TiersMode {
    /// Each unit costs what the tier says that it falls into.
    Graduated,
    /// All units cost what the tier of the last of them says.
    Volume,
}

impl TiersMode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Graduated => "graduated",
            Self::Volume => "volume",
        }
    }
}

/// What a price charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amounts {
    /// The same for each unit, in the minor unit.
    PerUnit(Decimal),
    /// By how many units there are.
    Tiered {
        /// How the tiers are used.
        mode: TiersMode,
        /// The tiers, in rising order; the last has no end.
        tiers: Vec<Tier>,
    },
    /// What the customer chooses, within bounds in the minor unit. Only a one-time price has it.
    Custom {
        /// The most.
        maximum: Option<i64>,
        /// The least.
        minimum: Option<i64>,
        /// What is proposed.
        preset: Option<i64>,
    },
}

impl Amounts {
    /// What one unit costs, where each costs the same.
    pub(crate) fn unit(&self) -> Option<Decimal> {
        match self {
            Self::PerUnit(unit) => Some(*unit),
            Self::Tiered { .. } | Self::Custom { .. } => None,
        }
    }
}

/// Whether tax is part of an amount. Once it is specified it cannot be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaxBehavior {
    /// Tax comes on top.
    Exclusive,
    /// Tax is part of the amount.
    Inclusive,
    /// Not said.
    #[default]
    Unspecified,
}

impl TaxBehavior {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Exclusive => "exclusive",
            Self::Inclusive => "inclusive",
            Self::Unspecified => "unspecified",
        }
    }
}

/// What a price charges in another currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyOption {
    /// What it charges.
    pub amounts: Amounts,
    /// Whether tax is part of it.
    pub tax_behavior: TaxBehavior,
}

/// Units are counted in packages before the amount is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransformQuantity {
    /// How many units make a package.
    pub divide_by: i64,
    /// Whether a package that is not full is counted.
    pub round_up: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) active: bool,
    pub(crate) amounts: Amounts,
    pub(crate) currency: String,
    /// What it charges in other currencies than its own.
    pub(crate) currency_options: BTreeMap<String, CurrencyOption>,
    pub(crate) lookup_key: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) nickname: Option<String>,
    pub(crate) product: String,
    pub(crate) recurring: Option<Recurring>,
    pub(crate) tax_behavior: TaxBehavior,
    pub(crate) transform_quantity: Option<TransformQuantity>,
}

impl Price {
    /// A metered price is billed by usage and its items have no quantity.
    pub(crate) fn is_metered(&self) -> bool {
        self.recurring.as_ref().is_some_and(|recurring| recurring.metered)
    }

    /// What it charges in a currency; none where it is not sold in it.
    pub(crate) fn amounts_in(&self, currency: &str) -> Option<&Amounts> {
        if self.currency == currency {
            return Some(&self.amounts);
        }
        self.currency_options.get(currency).map(|option| &option.amounts)
    }
}
