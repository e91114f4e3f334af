//! What a quantity of a price costs: the lines that an invoice shows for it, with their amounts.
//!
//! Amounts are worked out exactly and each line is rounded once, at its end, a half away from
//! zero; a sum is a sum of rounded lines. A graduated price gives a line for each tier that is
//! reached, a fixed amount of a tier being part of its line; any other price gives one line. That
//! the fixed amount has no line of its own is assumed. A tiered price of no units costs the fixed
//! amount of its first tier, whatever its mode.

use crate::model::decimal::Decimal;
use crate::model::price::{Amounts, Price, Tier, TiersMode, TransformQuantity};

/// One line of what a quantity costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rated {
    /// In the minor unit, rounded.
    pub(crate) amount: i64,
    /// The amount before it is rounded.
    pub(crate) exact: Decimal,
    /// How many units the line is for.
    pub(crate) quantity: Decimal,
    /// The number of the tier, from one, where there are tiers.
    pub(crate) tier: Option<usize>,
    /// What one unit of the line costs; none where the line is a fixed amount only.
    pub(crate) unit: Option<Decimal>,
}

/// The lines that a quantity of a price gives in a currency; never none. In a currency that it
/// is not sold in a price costs as much as in its own.
pub(crate) fn rate(price: &Price, currency: &str, quantity: Decimal) -> Vec<Rated> {
    match price.amounts_in(currency).unwrap_or(&price.amounts) {
        Amounts::PerUnit(unit) => {
            let billed = price.transform_quantity.map_or(quantity, |how| packages(how, quantity));
            vec![unit_line(*unit, billed, quantity)]
        }
        Amounts::Tiered { mode: TiersMode::Graduated, tiers } => graduated(tiers, quantity),
        Amounts::Tiered { mode: TiersMode::Volume, tiers } => vec![volume(tiers, quantity)],
        Amounts::Custom { preset, .. } => {
            vec![unit_line(Decimal::whole(preset.unwrap_or(0)), quantity, quantity)]
        }
    }
}

/// What a quantity of a price costs in all, in the minor unit.
pub(crate) fn amount(price: &Price, currency: &str, quantity: Decimal) -> i64 {
    rate(price, currency, quantity).iter().map(|line| line.amount).sum()
}

/// The same before any line is rounded.
pub(crate) fn exact(price: &Price, currency: &str, quantity: Decimal) -> Decimal {
    let lines = rate(price, currency, quantity);
    lines.iter().fold(Decimal::ZERO, |sum, line| sum.plus(line.exact))
}

fn packages(how: TransformQuantity, quantity: Decimal) -> Decimal {
    quantity.packages(how.divide_by, how.round_up)
}

fn unit_line(unit: Decimal, billed: Decimal, quantity: Decimal) -> Rated {
    let exact = billed.times(unit);
    Rated { amount: exact.rounded(), exact, quantity, tier: None, unit: Some(unit) }
}

fn tier_line(number: usize, tier: &Tier, quantity: Decimal) -> Rated {
    let unit = tier.unit.unwrap_or_default();
    let flat = tier.flat.unwrap_or_default();
    let exact = quantity.times(unit).plus(flat);
    Rated { amount: exact.rounded(), exact, quantity, tier: Some(number), unit: tier.unit }
}

fn graduated(tiers: &[Tier], quantity: Decimal) -> Vec<Rated> {
    let mut lines = Vec::new();
    let mut below = Decimal::ZERO;
    for (place, tier) in tiers.iter().enumerate() {
        let end = tier.up_to.map(Decimal::whole).filter(|end| *end < quantity).unwrap_or(quantity);
        let units = end.above(below);
        if place == 0 || units > Decimal::ZERO {
            lines.push(tier_line(place + 1, tier, units));
        }
        below = end;
    }
    lines
}

fn volume(tiers: &[Tier], quantity: Decimal) -> Rated {
    let holds = |tier: &Tier| tier.up_to.is_none_or(|end| quantity <= Decimal::whole(end));
    let found = tiers.iter().enumerate().find(|(_, tier)| holds(tier));
    found.map_or_else(
        || tier_line(1, &Tier::default(), quantity),
        |(place, tier)| tier_line(place + 1, tier, quantity),
    )
}

#[cfg(test)]
mod tests {
    use super::{amount, rate};
    use crate::model::decimal::Decimal;
    use crate::model::price::{Amounts, Price, TaxBehavior, Tier, TiersMode, TransformQuantity};
    use std::collections::BTreeMap;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn price(amounts: Amounts) -> Price {
        Price {
            id: "price_1".to_owned(),
            created: 0,
            active: true,
            amounts,
            currency: "usd".to_owned(),
            currency_options: BTreeMap::new(),
            lookup_key: None,
            metadata: BTreeMap::new(),
            nickname: None,
            product: "prod_1".to_owned(),
            recurring: None,
            tax_behavior: TaxBehavior::Unspecified,
            transform_quantity: None,
        }
    }

    fn tier(flat: Option<&str>, unit: Option<&str>, up_to: Option<i64>) -> Tier {
        Tier { flat: flat.map(decimal), unit: unit.map(decimal), up_to }
    }

    fn tiered(mode: TiersMode, tiers: Vec<Tier>) -> Price {
        price(Amounts::Tiered { mode, tiers })
    }

    #[test]
    fn a_line_is_rounded_once_at_its_end() {
        let check = |unit: &str, quantity: &str, expected: i64| {
            let price = price(Amounts::PerUnit(decimal(unit)));
            let lines = rate(&price, "usd", decimal(quantity));
            assert_eq!(lines.len(), 1);
            assert_eq!(lines[0].amount, expected, "{quantity} × {unit}");
        };
        check("1000", "2", 2_000);
        check("1000", "0", 0);
        check("0.5", "1", 1);
        check("0.5", "3", 2);
        check("0.05", "9", 0);
        check("0.05", "10", 1);
        check("0.000000000001", "1000000000000", 1);
        check("1.5", "2.5", 4);
    }

    #[test]
    fn units_are_counted_in_packages() {
        let check = |quantity: i64, round_up: bool, expected: i64| {
            let mut price = price(Amounts::PerUnit(Decimal::whole(500)));
            price.transform_quantity = Some(TransformQuantity { divide_by: 10, round_up });
            assert_eq!(amount(&price, "usd", Decimal::whole(quantity)), expected, "{quantity}");
        };
        check(0, true, 0);
        check(1, true, 500);
        check(10, true, 500);
        check(11, true, 1_000);
        check(9, false, 0);
        check(19, false, 500);
    }

    /// The tiers of the documentation's example: 5 units at 7.00, 5 at 6.50, then 6.00.
    fn fonts() -> Vec<Tier> {
        vec![
            tier(None, Some("700"), Some(5)),
            tier(None, Some("650"), Some(10)),
            tier(None, Some("600"), None),
        ]
    }

    #[test]
    fn a_graduated_price_gives_a_line_for_each_tier() {
        let check = |quantity: &str, expected: &[(&str, i64)]| {
            let lines = rate(&tiered(TiersMode::Graduated, fonts()), "usd", decimal(quantity));
            let found: Vec<(String, i64)> =
                lines.iter().map(|line| (line.quantity.to_string(), line.amount)).collect();
            let expected: Vec<(String, i64)> =
                expected.iter().map(|(units, amount)| ((*units).to_owned(), *amount)).collect();
            assert_eq!(found, expected, "{quantity}");
            assert!(lines.iter().enumerate().all(|(place, line)| line.tier == Some(place + 1)));
        };
        check("0", &[("0", 0)]);
        check("1", &[("1", 700)]);
        check("5", &[("5", 3_500)]);
        check("6", &[("5", 3_500), ("1", 650)]);
        check("10", &[("5", 3_500), ("5", 3_250)]);
        check("25", &[("5", 3_500), ("5", 3_250), ("15", 9_000)]);
        check("5.5", &[("5", 3_500), ("0.5", 325)]);
    }

    #[test]
    fn a_volume_price_gives_one_line_at_the_last_tier() {
        let check = |quantity: i64, tier: usize, expected: i64| {
            let lines = rate(&tiered(TiersMode::Volume, fonts()), "usd", Decimal::whole(quantity));
            assert_eq!(lines.len(), 1);
            assert_eq!((lines[0].tier, lines[0].amount), (Some(tier), expected), "{quantity}");
        };
        check(0, 1, 0);
        check(5, 1, 3_500);
        check(6, 2, 3_900);
        check(20, 3, 12_000);
        check(25, 3, 15_000);
    }

    #[test]
    fn fixed_amounts_count_for_every_tier_that_is_reached() {
        let tiers = || {
            vec![
                tier(Some("1000"), Some("500"), Some(5)),
                tier(Some("2000"), Some("400"), Some(10)),
                tier(Some("3000"), None, None),
            ]
        };
        let check = |mode, quantity: i64, expected: i64| {
            let price = tiered(mode, tiers());
            assert_eq!(
                amount(&price, "usd", Decimal::whole(quantity)),
                expected,
                "{mode:?} {quantity}"
            );
        };
        // No units cost the first fixed amount in both modes.
        check(TiersMode::Graduated, 0, 1_000);
        check(TiersMode::Volume, 0, 1_000);
        check(TiersMode::Graduated, 5, 3_500);
        check(TiersMode::Graduated, 6, 3_500 + 2_400);
        check(TiersMode::Graduated, 12, 3_500 + 4_000 + 3_000);
        check(TiersMode::Volume, 6, 2_000 + 6 * 400);
        check(TiersMode::Volume, 12, 3_000);
        let lines = rate(&tiered(TiersMode::Graduated, tiers()), "usd", Decimal::whole(12));
        assert_eq!(lines[2].unit, None);
    }

    #[test]
    fn decimal_tiers_are_rounded_line_by_line() {
        let tiers = vec![tier(None, Some("0.5"), Some(1)), tier(Some("0.25"), Some("0.25"), None)];
        let lines = rate(&tiered(TiersMode::Graduated, tiers), "usd", Decimal::whole(2));
        let amounts: Vec<i64> = lines.iter().map(|line| line.amount).collect();
        assert_eq!(amounts, [1, 1]);
    }
}
