//! Words that no line may hold. The words are put together from pieces here, so that this file may
//! be held to its own rules.

use std::path::Path;

use crate::tree::File;

/// Which files a rule reads.
#[derive(Clone, Copy)]
enum Scope {
    Rust,
    /// Everything but Cargo.lock, whose sources `manifests` judges.
    All,
}

/// How a line is judged.
enum Found {
    /// One of these texts is in it.
    Text(&'static [&'static str]),
    /// One of these words is in it, alone.
    Word(&'static [&'static str]),
    /// A function says so.
    By(fn(&str) -> bool),
}

struct Rule {
    found: Found,
    scope: Scope,
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        found: Found::Text(&[concat!("#[all", "ow("), concat!("#![all", "ow(")]),
        scope: Scope::Rust,
        why: "use `#[expect(…, reason = …)]`, which says why and ends when its cause does",
    },
    Rule {
        found: Found::Text(&[
            concat!("to", "do!("),
            concat!("unimple", "mented!("),
            concat!("db", "g!("),
        ]),
        scope: Scope::Rust,
        why: "unfinished work is not committed",
    },
    Rule {
        found: Found::Text(&[concat!("#[igno", "re")]),
        scope: Scope::Rust,
        why: "a test that does not run proves nothing",
    },
    Rule {
        found: Found::Word(&[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")]),
        scope: Scope::All,
        why: "say why it is as it is, or do it",
    },
    Rule { found: Found::By(names_a_machine), scope: Scope::All, why: "a path of one machine" },
    Rule {
        found: Found::Text(&[
            concat!("index.crates", ".io"),
            concat!("static.crates", ".io"),
            concat!("sparse", "+http"),
            concat!("registry.npm", "js.org"),
            concat!("py", "pi.org"),
            concat!("arti", "factory"),
        ]),
        scope: Scope::All,
        why: "where packages come from is the machine's own setting",
    },
    Rule {
        found: Found::By(holds_a_key),
        scope: Scope::All,
        why: "it looks like a real secret; build a false one from pieces where a test needs it",
    },
    Rule {
        found: Found::By(guesses_an_amount),
        scope: Scope::Rust,
        why: "an amount that is missing is not zero",
    },
];

fn names_a_machine(line: &str) -> bool {
    let roots = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    roots.iter().any(|root| {
        // Only where a path begins: `/srv/home/` or a part of an address is another thing.
        line.match_indices(root).any(|(at, _)| {
            !line[..at].ends_with(|it: char| it.is_alphanumeric() || "._-}$*".contains(it))
        })
    })
}

fn holds_a_key(line: &str) -> bool {
    let followed_by = |prefix: &str, least: usize, allowed: fn(&char) -> bool| {
        line.match_indices(prefix)
            .any(|(at, _)| line[at + prefix.len()..].chars().take_while(allowed).count() >= least)
    };
    ["sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"]
        .iter()
        .any(|prefix| followed_by(prefix, 16, char::is_ascii_alphanumeric))
        || followed_by(concat!("AK", "IA"), 16, |it| it.is_ascii_uppercase() || it.is_ascii_digit())
        || line.contains(concat!("PRIVATE", " KEY-----"))
}

fn guesses_an_amount(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower.contains(concat!("unwrap_or", "_default()"))
        && ["amount", "money", "balance"].iter().any(|it| lower.contains(it))
}

fn has_word(line: &str, word: &str) -> bool {
    let joins = |it: char| it.is_alphanumeric() || it == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(joins) && !line[at + word.len()..].starts_with(joins))
}

fn faults(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in RULES {
        let read = match rule.scope {
            Scope::Rust => file.is_rust(),
            Scope::All => Path::new(&file.path).extension().is_none_or(|it| it != "lock"),
        };
        if !read {
            continue;
        }
        for (number, line) in file.lines() {
            let hit = match &rule.found {
                Found::Text(texts) => texts.iter().any(|it| line.contains(it)),
                Found::Word(words) => words.iter().any(|it| has_word(line, it)),
                Found::By(judge) => judge(line),
            };
            if hit {
                // Not the line itself: it may hold a secret.
                faults.push(format!("{}:{number}: {}", file.path, rule.why));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{files, hold};

    #[test]
    fn no_line_holds_a_refused_word() {
        hold(&files().iter().flat_map(faults).collect::<Vec<_>>());
    }

    #[track_caller]
    fn check(path: &str, pieces: &[&str], expected: Option<&str>) {
        let line = pieces.concat();
        let found = faults(&File::new(path, &line));
        match expected {
            None => assert!(found.is_empty(), "{line}: {found:?}"),
            Some(why) => {
                assert!(found.len() == 1 && found[0].contains(why), "{line}: {found:?}");
                assert!(found[0].starts_with(&format!("{path}:1: ")));
            }
        }
    }

    #[test]
    fn each_rule_refuses_what_it_is_for() {
        check("a.rs", &["#[all", "ow(dead_code)]"], Some("expect"));
        check("a.rs", &["#![all", "ow(dead_code)]"], Some("expect"));
        check("a.md", &["#[all", "ow(dead_code)]"], None);
        check("a.rs", &["    to", "do!()"], Some("unfinished"));
        check("a.rs", &["    unimple", "mented!()"], Some("unfinished"));
        check("a.rs", &["    db", "g!(x)"], Some("unfinished"));
        check("a.rs", &["#[igno", "re = \"slow\"]"], Some("does not run"));
        check("a.md", &["TO", "DO: write this"], Some("say why"));
        check("a.sql", &["-- FIX", "ME"], Some("say why"));
        check("a.rs", &["MASTO", "DON"], None);
        check("a.rs", &["a XX", "X b"], Some("say why"));
        check("a.rs", &["XX", "XX"], None);
    }

    #[test]
    fn paths_of_one_machine() {
        check("a.md", &["see /wo", "rk/main"], Some("one machine"));
        check("a.rs", &["\"/ro", "ot/x\""], Some("one machine"));
        check("a.md", &["`/Us", "ers/ada/x`"], Some("one machine"));
        check("a.md", &["$dir/ho", "me/x"], None);
        check("a.md", &["below /ro", "ot, say"], None);
    }

    #[test]
    fn registries() {
        check("a.toml", &["https://index.crates", ".io/"], Some("machine's own"));
        check("a.md", &["https://crates", ".io"], None);
        check("Cargo.lock", &["sparse", "+https://x"], None);
    }

    #[test]
    fn secrets() {
        check("a.md", &["sk_li", "ve_", "4eC39HqLyjWDarjtT1zdp7dc"], Some("real secret"));
        check("a.rs", &["wh", "sec_", "4eC39HqLyjWDarjtT1zdp7dc"], Some("real secret"));
        check("a.rs", &["AK", "IAIOSFODNN7EXAMPLE"], Some("real secret"));
        check("a.pem", &["-----BEGIN PRIVATE", " KEY-----"], Some("real secret"));
        check("a.rs", &["sk_live_… and whsec_test_secret"], None);
    }

    #[test]
    fn amounts() {
        check("a.rs", &["let amount = it.amount.unwrap_or", "_default();"], Some("not zero"));
        check("a.rs", &["let name = it.name.unwrap_or", "_default();"], None);
    }
}
