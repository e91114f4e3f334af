//! Every column of every table is in the list, and nothing else is.

use std::collections::BTreeSet;

use counterfoil_fields::{Where, tables};

#[test]
fn every_column_is_in_the_list_once() {
    let held: BTreeSet<String> = counterfoil_projection::tables()
        .flat_map(|table| table.columns.iter().map(|it| format!("{}.{}", table.name, it.name)))
        .collect();
    let mut listed = BTreeSet::new();
    for table in tables().unwrap() {
        for column in &table.columns {
            let name = format!("{}.{}", table.name, column.name);
            assert!(!listed.contains(&name), "{name} is in fields.txt twice");
            if let Where::Derived(reason) = column.from {
                assert!(reason.len() > 10, "{name}: {reason}");
            }
            listed.insert(name);
        }
    }
    let missing: Vec<&String> = held.difference(&listed).collect();
    let gone: Vec<&String> = listed.difference(&held).collect();
    assert!(missing.is_empty(), "missing in fields.txt: {missing:#?}");
    assert!(gone.is_empty(), "in fields.txt, and in no table: {gone:#?}");
}

#[test]
fn every_table_is_in_the_list_under_its_kind() {
    for table in tables().unwrap() {
        let is_own = table.kind.table() == table.name;
        assert_eq!(is_own, table.rows.is_none(), "{}", table.name);
    }
}
