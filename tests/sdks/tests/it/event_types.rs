//! The types of events that Stripe's own SDK knows are the ones that we know: each is in the
//! list of documented types, and the projection handles it or says why not. A new version of the SDK
//! that brings new types fails here, until somebody has decided what becomes of them.

use std::collections::BTreeSet;

use counterfoil_projection::coverage;

use crate::sdk::{Sdk, say};

/// One line or more for each family: the family, then what follows it after a dot.
const DOCUMENTED: &str = include_str!("../../../tidy/event_types.txt");

/// Where the SDK declares the types of snapshot events, and of thin ones.
const DECLARATIONS: [&str; 2] = ["Events.d.ts", "V2/Core/Events.d.ts"];

#[tokio::test]
async fn every_type_of_the_node_sdk_is_documented_and_known() {
    if !Sdk::Node.is_installed().await {
        return;
    }
    let folder = Sdk::Node.folder().join("node_modules/stripe/esm/resources");
    let documented: BTreeSet<String> = documented(DOCUMENTED).collect();
    let mut faults = Vec::new();
    for name in DECLARATIONS {
        let declarations = std::fs::read_to_string(folder.join(name)).unwrap();
        let types = declared(&declarations);
        // Another way to write them down would hide them all from this test.
        assert!(types.len() > 200, "{name} declares only {} types", types.len());
        say(&format!("node: {name} declares {} types of events", types.len()));
        for it in types {
            if !documented.contains(it) {
                faults.push(format!("{it}: missing in tests/tidy/event_types.txt"));
            }
            if !coverage::is_known(it) {
                faults.push(format!("{it}: missing in the projection's coverage"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn types_are_read_from_declarations_and_from_the_list() {
    let declarations = "    object: 'event';\n    type: 'customer.created';\n    data: X;\n    \
                        type: 'v2.core.account[identity].updated';\n    type: Event.Type;\n    \
                        status_type: 'a.b';\n    type: 'customer.created';\n    type: 'card';\n";
    let types: Vec<&str> = declared(declarations).into_iter().collect();
    assert_eq!(types, ["customer.created", "v2.core.account[identity].updated"]);
    let listed: Vec<String> = documented("# Comment.\n\na.b: c d\na: e\n").collect();
    assert_eq!(listed, ["a.b.c", "a.b.d", "a.e"]);
}

fn declared(declarations: &str) -> BTreeSet<&str> {
    declarations
        .lines()
        .filter_map(|line| line.trim().strip_prefix("type: '")?.strip_suffix("';"))
        .filter(|it| it.contains('.'))
        .collect()
}

fn documented(list: &str) -> impl Iterator<Item = String> {
    list.lines()
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(family, rest)| rest.split_whitespace().map(move |it| format!("{family}.{it}")))
}
