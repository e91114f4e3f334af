//! Which licences the linked crates may have: permissive ones only, as deny.toml says.

use std::collections::BTreeSet;

use crate::graph::Graph;

/// SPDX identifiers, the same as in deny.toml.
const ALLOWED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
];

/// Whether an SPDX expression can be met with allowed licences alone; `None` if it is no such
/// expression. `AND` binds tighter than `OR`; the old `MIT/Apache-2.0` means `OR`.
fn is_allowed(expression: &str, allowed: &[&str]) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let verdict = either(&words, &mut at, allowed)?;
    (at == words.len()).then_some(verdict)
}

fn either(words: &[&str], at: &mut usize, allowed: &[&str]) -> Option<bool> {
    let mut verdict = both(words, at, allowed)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        verdict |= both(words, at, allowed)?;
    }
    Some(verdict)
}

fn both(words: &[&str], at: &mut usize, allowed: &[&str]) -> Option<bool> {
    let mut verdict = one(words, at, allowed)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        verdict &= one(words, at, allowed)?;
    }
    Some(verdict)
}

fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    match word {
        "(" => {
            let verdict = either(words, at, allowed)?;
            let closed = words.get(*at) == Some(&")");
            *at += 1;
            closed.then_some(verdict)
        }
        "AND" | "OR" | "WITH" | ")" => None,
        licence => {
            // An exception makes a licence milder, yet it is another text that nobody has read.
            let with_exception = words.get(*at) == Some(&"WITH");
            if with_exception {
                words.get(*at + 1)?;
                *at += 2;
            }
            Some(!with_exception && allowed.contains(&licence))
        }
    }
}

fn faults(graph: &Graph, allowed: &[&str]) -> Vec<String> {
    let mut judged = BTreeSet::new();
    let mut faults = Vec::new();
    for (member, _) in graph.members() {
        for (at, path) in graph.linked(member) {
            let package = &graph.0[at];
            if !judged.insert(at) {
                continue;
            }
            let licence = package.licence.as_deref().unwrap_or("no licence");
            match is_allowed(licence, allowed) {
                Some(true) => {}
                Some(false) | None => faults.push(format!(
                    "{}: {licence}: not among the licences that may be linked ({})",
                    package.name,
                    graph.path(&path)
                )),
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, graph};
    use crate::tree::{files, hold};

    #[test]
    fn everything_linked_is_permissive() {
        hold(&faults(graph(), ALLOWED));
    }

    #[test]
    fn deny_toml_says_the_same() {
        let text = &files().iter().find(|it| it.path == "deny.toml").unwrap().text;
        let deny: toml::Table = text.parse().unwrap();
        let listed: Vec<&str> = deny["licenses"]["allow"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        assert_eq!(listed, ALLOWED);
    }

    #[test]
    fn expressions() {
        for (expression, expected) in [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("MIT OR GPL-3.0-only", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("MIT/GPL-3.0-only", Some(true)),
            ("GPL-3.0-only OR MIT AND MPL-2.0", Some(false)),
            ("(GPL-3.0-only OR MIT) AND ISC", Some(true)),
            ("Apache-2.0 WITH LLVM-exception", Some(false)),
            ("Apache-2.0 WITH LLVM-exception OR MIT", Some(true)),
            ("no licence", None),
            ("(MIT", None),
            ("MIT OR", None),
            ("", None),
        ] {
            assert_eq!(is_allowed(expression, ALLOWED), expected, "{expression}");
        }
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_named_with_its_path() {
        let mut graph = Graph::sample(&["counterfoil-api -> axum", "axum -> copyleft"], &[]);
        graph.0.iter_mut().find(|it| it.name == "copyleft").unwrap().licence =
            Some("AGPL-3.0-only".to_owned());
        let found = faults(&graph, ALLOWED);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("counterfoil-api -> axum -> copyleft"), "{found:?}");
    }
}
