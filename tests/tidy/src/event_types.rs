//! Every type of event that Stripe documents for billing is listed by the projection, handled or
//! ignored with a reason: a type that arrives unlisted is then truly new.

use std::collections::BTreeSet;

/// One line for each family: the family, then what may follow it after a dot. Types as STRIPE.md
/// section 4.1 has them.
const DOCUMENTED: &str = include_str!("../event_types.txt");

fn documented(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|it| !it.is_empty() && !it.starts_with('#'))
        .flat_map(|line| {
            let mut words = line.split_whitespace();
            let family = words.next().unwrap_or_default().trim_end_matches(':');
            words.map(move |it| format!("{family}.{it}")).collect::<Vec<_>>()
        })
        .collect()
}

fn faults(documented: &[String], listed: &[&str]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice = listed
        .iter()
        .filter(|it| !seen.insert(**it))
        .map(|it| format!("{it}: listed twice in the projection's coverage"));
    let missing = documented
        .iter()
        .filter(|it| !listed.contains(&it.as_str()))
        .map(|it| format!("{it}: documented, and missing in the projection's coverage"));
    twice.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::hold;

    #[test]
    fn every_documented_type_is_listed() {
        let listed: Vec<&str> =
            counterfoil_projection::coverage::listed().map(|(it, _)| it).collect();
        hold(&faults(&documented(DOCUMENTED), &listed));
        assert!(documented(DOCUMENTED).len() > 100);
    }

    #[test]
    fn a_type_that_is_missing_or_twice_is_named() {
        let documented =
            documented("# Comment.\n\ncustomer: created updated\nbalance: available\n");
        assert_eq!(documented, ["customer.created", "customer.updated", "balance.available"]);
        let listed = ["customer.created", "balance.available", "customer.created"];
        let found = faults(&documented, &listed);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("customer.created: listed twice"), "{found:?}");
        assert!(found[1].starts_with("customer.updated: documented"), "{found:?}");
    }
}
