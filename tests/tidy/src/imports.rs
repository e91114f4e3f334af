//! Which crate may depend on which.

use std::collections::BTreeSet;

use crate::graph::{Graph, Package};

/// How far a rule looks.
#[derive(Clone, Copy)]
enum Reach {
    /// What a crate's own manifest names, for its tests too.
    Named,
    /// Everything that is linked because of the crate, at any distance.
    Linked,
}

/// Some crates never depend on others. Names are exact, `prefix*`, or `folder/*` for all members in
/// that folder.
struct Rule {
    crates: &'static [&'static str],
    except: &'static [&'static str],
    never: &'static [&'static str],
    reach: Reach,
    why: &'static str,
}

const PURE: &[&str] = &["counterfoil-domain", "counterfoil-stripe-wire", "counterfoil-projection"];

/// Crates through which Stripe is called, of ours and of others.
const CALLS_STRIPE: &[&str] = &["counterfoil-stripe-client", "async-stripe*", "stripe*"];

const RULES: &[Rule] = &[
    Rule {
        crates: PURE,
        except: &[],
        never: &[
            // Runtimes and what they stand on.
            "tokio*",
            "async-std",
            "async-executor",
            "smol",
            "futures-executor",
            "mio",
            "polling",
            "rayon*",
            "socket2",
            // Ways to the outside.
            "sqlx*",
            "lapin",
            "hyper*",
            "h2",
            "http-body*",
            "reqwest",
            "ureq",
            "axum*",
            "tower*",
            "rustls*",
            "ring",
            "tempfile",
            "rustix",
            "walkdir",
            // Clocks.
            "chrono",
            "instant",
            "web-time",
            "iana-time-zone",
            // Chance.
            "rand*",
            "getrandom",
            "fastrand",
            "uuid",
            "ahash",
            // What belongs to a process rather than to a rule.
            "tracing*",
            "log",
            "prometheus",
            "counterfoil-service",
        ],
        reach: Reach::Linked,
        why: "a pure crate takes values and gives values: no I/O, runtime, clock or chance",
    },
    Rule {
        crates: &["counterfoil-ingest"],
        except: &[],
        never: &["counterfoil-store", "sqlx*"],
        reach: Reach::Linked,
        why: "ingest answers while the database is away",
    },
    Rule {
        crates: &["counterfoil-ingest"],
        except: &[],
        never: CALLS_STRIPE,
        reach: Reach::Linked,
        why: "ingest faces the internet and holds no Stripe key",
    },
    Rule {
        crates: &["counterfoil-store"],
        except: &[],
        never: &["counterfoil-stripe-wire", "counterfoil-projection", "counterfoil-stripe-client"],
        reach: Reach::Linked,
        why: "the store knows rows; what a Stripe object means for them is the projection's",
    },
    Rule {
        crates: &["counterfoil-store"],
        except: &[],
        never: &["lapin", "counterfoil-bus", "http", "hyper*", "h2", "reqwest", "ureq", "axum*"],
        reach: Reach::Linked,
        why: "a transaction never waits for another server",
    },
    Rule {
        crates: &["counterfoil-stripe-client"],
        except: &[],
        never: &["counterfoil-store", "sqlx*"],
        reach: Reach::Linked,
        why: "a call to Stripe is never made inside a transaction",
    },
    Rule {
        crates: &["counterfoil-bus"],
        except: &[],
        never: &["counterfoil-store", "sqlx*"],
        reach: Reach::Linked,
        why: "the bus moves messages; who reads them decides what is written",
    },
    Rule {
        crates: &["counterfoil-bus"],
        except: &[],
        never: &[
            "counterfoil-stripe-wire",
            "counterfoil-projection",
            "counterfoil-stripe-client",
            "async-stripe*",
        ],
        reach: Reach::Linked,
        why: "the bus moves bytes and knows nothing of Stripe",
    },
    Rule {
        crates: &["*"],
        except: &["counterfoil-store", "tests/*"],
        never: &["sqlx*"],
        reach: Reach::Named,
        why: "Postgres is reached through shared/store alone",
    },
    Rule {
        crates: &["*"],
        except: &["counterfoil-bus", "counterfoil-bench"],
        never: &["lapin"],
        reach: Reach::Named,
        why: "RabbitMQ is reached through shared/bus alone",
    },
    Rule {
        crates: &["*"],
        except: &["counterfoil-stripe-client", "counterfoil-stripe-types"],
        never: &["async-stripe*"],
        reach: Reach::Named,
        why: "Stripe is called through shared/stripe-client alone",
    },
    Rule {
        crates: &["*"],
        except: &["tests/*"],
        never: &["tests/*"],
        reach: Reach::Named,
        why: "what is shipped depends on nothing in tests/",
    },
    Rule {
        crates: &["counterfoil-simulator"],
        except: &[],
        never: &["counterfoil-*"],
        reach: Reach::Named,
        why: "a simulator that shares our code shares our mistakes",
    },
];

/// Everything that a pure crate may name. One that is missing here may be fine, but somebody has to
/// have looked.
const NAMED_BY_PURE: &[(&str, &[&str])] = &[
    ("counterfoil-domain", &["serde", "thiserror", "time"]),
    (
        "counterfoil-stripe-wire",
        &[
            "counterfoil-domain",
            "hex",
            "hmac",
            "serde",
            "serde_json",
            "sha2",
            "subtle",
            "thiserror",
        ],
    ),
    (
        "counterfoil-projection",
        &[
            "counterfoil-domain",
            "counterfoil-stripe-wire",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
        ],
    ),
];

fn matches(pattern: &str, package: &Package) -> bool {
    if pattern == "*" {
        return package.is_member();
    }
    if let Some(folder) = pattern.strip_suffix("/*") {
        return package.folder.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    }
    match pattern.strip_suffix('*') {
        Some(prefix) => package.name.starts_with(prefix),
        None => package.name == pattern,
    }
}

fn any(patterns: &[&str], package: &Package) -> bool {
    patterns.iter().any(|it| matches(it, package))
}

fn faults(graph: &Graph, rules: &[Rule]) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in rules {
        for (at, package) in graph.members() {
            if !any(rule.crates, package) || any(rule.except, package) {
                continue;
            }
            let paths: Vec<Vec<usize>> = match rule.reach {
                Reach::Linked => graph.linked(at).into_values().collect(),
                Reach::Named => package.needs.iter().map(|it| vec![at, it.to]).collect(),
            };
            for path in paths {
                if path.last().is_some_and(|end| any(rule.never, &graph.0[*end])) {
                    faults.push(format!("{}: {}: {}", package.name, graph.path(&path), rule.why));
                }
            }
        }
    }
    faults
}

fn unlisted(graph: &Graph, named: &[(&str, &[&str])]) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, listed) in named {
        let Some((_, package)) = graph.members().find(|(_, it)| it.name == *name) else {
            faults.push(format!("{name}: no such crate"));
            continue;
        };
        let direct: BTreeSet<&str> = package
            .needs
            .iter()
            .filter(|it| it.normal)
            .map(|it| graph.0[it.to].name.as_str())
            .collect();
        for dependency in direct {
            if !listed.contains(&dependency) {
                faults.push(format!(
                    "{name}: {name} -> {dependency}: not in the list of what this pure crate may use"
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::graph;
    use crate::tree::hold;

    #[test]
    fn the_workspace_keeps_its_import_rules() {
        hold(&faults(graph(), RULES));
        hold(&unlisted(graph(), NAMED_BY_PURE));
    }

    #[test]
    fn the_crates_of_the_rules_exist() {
        let missing: Vec<String> = RULES
            .iter()
            .flat_map(|it| it.crates.iter().chain(it.except))
            .filter(|pattern| !graph().members().any(|(_, it)| matches(pattern, it)))
            .map(|it| format!("{it}: a rule names it, and no member of the workspace is called so"))
            .collect();
        hold(&missing);
    }

    #[track_caller]
    fn check(lines: &[&str], expected: &[&str]) {
        let tests = ["counterfoil-simulator", "counterfoil-support", "counterfoil-bench"];
        let found = faults(&Graph::sample(lines, &tests), RULES);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} lacks {expected}");
        }
    }

    #[test]
    fn each_rule_refuses_what_it_is_for() {
        check(
            &[
                "counterfoil-projection -> counterfoil-domain",
                "counterfoil-domain -> time",
                "time -> getrandom",
            ],
            &[
                "counterfoil-domain -> time -> getrandom",
                "counterfoil-projection -> counterfoil-domain -> time -> getrandom",
            ],
        );
        check(&["counterfoil-stripe-wire -> tokio-util"], &["no I/O"]);
        check(
            &[
                "counterfoil-ingest -> counterfoil-worker",
                "counterfoil-worker -> counterfoil-store",
            ],
            &["ingest answers while"],
        );
        check(&["counterfoil-ingest -> counterfoil-stripe-client"], &["holds no Stripe key"]);
        check(
            &[
                "counterfoil-store -> counterfoil-projection",
                "counterfoil-projection -> counterfoil-stripe-wire",
            ],
            &[
                "counterfoil-store -> counterfoil-projection: ",
                "counterfoil-projection -> counterfoil-stripe-wire: ",
            ],
        );
        check(&["counterfoil-store -> x", "x -> hyper-util"], &["never waits for another"]);
        check(&["counterfoil-stripe-client -> counterfoil-store"], &["inside a transaction"]);
        check(&["counterfoil-bus -> counterfoil-store"], &["who reads them decides"]);
        check(&["counterfoil-bus -> counterfoil-stripe-wire"], &["knows nothing of Stripe"]);
        check(&["counterfoil-api -dev-> sqlx"], &["through shared/store"]);
        check(&["counterfoil-worker -> lapin"], &["through shared/bus"]);
        check(&["counterfoil-support -> lapin"], &["through shared/bus"]);
        check(&["counterfoil-worker -> async-stripe-billing"], &["through shared/stripe-client"]);
        check(&["counterfoil-cli -dev-> counterfoil-support"], &["nothing in tests/"]);
        check(&["counterfoil-simulator -dev-> counterfoil-domain"], &["shares our mistakes"]);
    }

    #[test]
    fn what_is_allowed_passes() {
        check(
            &[
                "counterfoil-store -> sqlx",
                "sqlx -> tokio",
                "counterfoil-bus -> lapin",
                "counterfoil-bench -> lapin",
                "counterfoil-support -> sqlx",
                "counterfoil-support -> counterfoil-store",
                "counterfoil-domain -dev-> tokio",
                "counterfoil-stripe-client -> async-stripe",
            ],
            &[],
        );
    }

    #[test]
    fn a_pure_crate_names_only_what_is_listed() {
        let graph =
            Graph::sample(&["counterfoil-domain -> serde", "counterfoil-domain -> left-pad"], &[]);
        let found = unlisted(&graph, &[("counterfoil-domain", &["serde"])]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("counterfoil-domain -> left-pad"), "{found:?}");
        assert_eq!(unlisted(&graph, &[("counterfoil-gone", &[])]).len(), 1);
    }
}
