//! Every type of event that Stripe documents is known to the projection, handled or ignored with a
//! reason: a type that arrives unlisted is then truly new. That the list here is Stripe's own is
//! held by the tests of its SDKs.

use std::collections::BTreeSet;

/// One line or more for each family: the family, then what may follow it after a dot.
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

fn faults(documented: &[String], listed: &[&str], is_known: fn(&str) -> bool) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice = listed
        .iter()
        .filter(|it| !seen.insert(**it))
        .map(|it| format!("{it}: listed twice in the projection's coverage"));
    let missing = documented
        .iter()
        .filter(|it| !is_known(it))
        .map(|it| format!("{it}: documented, and missing in the projection's coverage"));
    let invented = listed
        .iter()
        .filter(|it| documented.iter().all(|other| other != *it))
        .map(|it| format!("{it}: listed in the projection's coverage, and documented nowhere"));
    twice.chain(missing).chain(invented).collect()
}

#[cfg(test)]
mod tests {
    use counterfoil_projection::coverage;

    use super::*;
    use crate::tree::hold;

    #[test]
    fn every_documented_type_is_listed() {
        let listed: Vec<&str> = coverage::listed().map(|(it, _)| it).collect();
        hold(&faults(&documented(DOCUMENTED), &listed, coverage::is_known));
        assert!(documented(DOCUMENTED).len() > 600);
    }

    #[test]
    fn a_type_that_is_missing_twice_or_invented_is_named() {
        let documented =
            documented("# Comment.\n\ncustomer: created updated\nbalance: available\n");
        assert_eq!(documented, ["customer.created", "customer.updated", "balance.available"]);
        let listed = ["customer.created", "balance.available", "customer.created", "a.b"];
        let found = faults(&documented, &listed, |it| it != "customer.updated");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("customer.created: listed twice"), "{found:?}");
        assert!(found[1].starts_with("customer.updated: documented"), "{found:?}");
        assert!(found[2].starts_with("a.b: listed"), "{found:?}");
    }
}
