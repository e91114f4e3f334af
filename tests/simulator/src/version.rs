//! Stripe's API versions, compared by their date.

use std::fmt;
use std::sync::Arc;

/// A Stripe API version: a date, and since 2024-09-30 the name of its release train.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApiVersion {
    text: Arc<str>,
    /// The date as a number, 20260930.
    date: u32,
}

/// The first date of release trains whose changes move fields (STRIPE.md 5.6).
pub(crate) mod since {
    /// Billing periods move to the items; invoices and lines are regrouped under `parent`.
    pub(crate) const BASIL: u32 = 20_250_331;
    /// Credit grants have a priority.
    pub(crate) const CREDIT_PRIORITY: u32 = 20_250_224;
    /// `billing_mode` appears on subscriptions.
    pub(crate) const BILLING_MODE: u32 = 20_250_630;
    /// The coupon of a discount moves under `source`, that of a promotion code under `promotion`;
    /// a customer has an individual's and a business's name; billing is flexible by default;
    /// schedule phases have a duration.
    pub(crate) const CLOVER: u32 = 20_250_930;
    /// `customer_account` stands beside `customer`.
    pub(crate) const CUSTOMER_ACCOUNT: u32 = 20_251_215;
    /// Quantities are written as decimals too; where a checkout page is shown gets other names.
    pub(crate) const DAHLIA: u32 = 20_260_325;
    /// `billing_schedules` and `billed_until`.
    pub(crate) const BILLING_SCHEDULES: u32 = 20_260_527;
    /// The portal's flow to change the customer's data; options of feedback.
    pub(crate) const PORTAL_CUSTOMER_UPDATE: u32 = 20_260_826;
    /// The portal's flow to pause; what follows an expired portal session.
    pub(crate) const PORTAL_PAUSE: u32 = 20_261_028;
    /// `status_details`.
    pub(crate) const ENDIVE: u32 = 20_260_930;
    /// Intents take the methods that the account chooses, unless some are named.
    pub(crate) const AUTOMATIC_METHODS: u32 = 20_230_816;
    /// `discounts` on subscriptions; features become marketing features.
    pub(crate) const MARKETING_FEATURES: u32 = 20_240_410;
    /// A checkout makes its customer only where one is needed, and its payment intent late.
    pub(crate) const LATE_INTENT: u32 = 20_220_801;
    /// A payment intent no longer carries its charges.
    pub(crate) const LATEST_CHARGE: u32 = 20_221_115;
}

impl ApiVersion {
    /// Parses `YYYY-MM-DD` or `YYYY-MM-DD.train`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, train) = match text.split_once('.') {
            Some((day, train)) => (day, Some(train)),
            None => (text, None),
        };
        let shaped = day.len() == 10
            && day.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let named = train.is_none_or(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
        });
        if !(shaped && named) {
            return None;
        }
        let date = day.replace('-', "").parse().ok()?;
        Some(Self { text: Arc::from(text), date })
    }

    /// 2026-09-30.endive, what the simulator renders when nothing else is asked for.
    #[must_use]
    pub fn newest() -> Self {
        Self { text: Arc::from("2026-09-30.endive"), date: since::ENDIVE }
    }

    /// 2020-08-27, a version from before the release trains.
    #[must_use]
    pub fn before_basil() -> Self {
        Self { text: Arc::from("2020-08-27"), date: 20_200_827 }
    }

    /// 2025-03-31.basil, a version from before 2025-09-30.clover.
    #[must_use]
    pub fn before_clover() -> Self {
        Self { text: Arc::from("2025-03-31.basil"), date: since::BASIL }
    }

    /// The version as Stripe writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether what came with the release of that date (20250331) is in this version.
    pub(crate) fn has(&self, date: u32) -> bool {
        self.date >= date
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiVersion, since};

    #[test]
    fn versions_are_dates_with_an_optional_train() {
        let check = |text: &str, expected: bool| {
            assert_eq!(ApiVersion::parse(text).is_some(), expected, "{text}");
        };
        check("2020-08-27", true);
        check("2026-09-30.endive", true);
        check("2026-09-30.", false);
        check("2026-09-30.Endive", false);
        check("2026-9-30", false);
        check("latest", false);
        check("", false);
        assert!(!ApiVersion::before_basil().has(since::BASIL));
        assert!(ApiVersion::newest().has(since::ENDIVE));
        assert_eq!(ApiVersion::parse("2026-09-30.endive"), Some(ApiVersion::newest()));
    }
}
