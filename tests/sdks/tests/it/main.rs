//! Stripe's official SDKs drive every path of the simulator. Each program of `python` and `node`
//! has a simulator of its own; what counts as driven is what the simulator answered with success
//! and the program checked.

#![cfg(test)]

mod event_types;
mod programs;
mod sdk;

use sdk::Sdk;

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_drives_every_path() {
    programs::drive(Sdk::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_drives_every_path() {
    programs::drive(Sdk::Node).await;
}

#[test]
fn both_sdks_have_the_same_programs() {
    assert_eq!(Sdk::Python.programs(), Sdk::Node.programs());
    assert!(Sdk::Python.programs().len() >= 14);
}
