//! A simulated day of an account, of which nothing is delivered.

use std::time::Duration;

use counterfoil_simulation::History;
use counterfoil_simulator::Simulator;

/// Deliveries that are lost, at least.
const EVENTS: u64 = 10_000;
/// Parts of a day in which something is done.
const PARTS: u32 = 288;

/// Has so much happen within a day that ten thousand deliveries are lost, deletions among them, and
/// lets a minute pass. Answers how many events were made.
pub(super) fn pass(simulator: &Simulator, seed: u64) -> u64 {
    let before = simulator.counters().events_made;
    let made = || simulator.counters().events_made - before;
    let part = Duration::from_secs(86_400 / u64::from(PARTS));
    let mut seeds = seed..;
    for number in 0..u64::from(PARTS) {
        while made() < EVENTS * (number + 1) / u64::from(PARTS) {
            let Some(seed) = seeds.next() else { break };
            let mut history = History::of(simulator.clone(), seed, 12);
            while !history.is_over() {
                history.act();
            }
        }
        simulator.advance(part);
    }
    simulator.advance(Duration::from_mins(2));
    made()
}

/// Has a little happen, and lets a minute pass.
pub(super) fn some(simulator: &Simulator, histories: u64) {
    for seed in 0..histories {
        let mut history = History::of(simulator.clone(), seed, 12);
        while !history.is_over() {
            history.act();
        }
    }
    simulator.advance(Duration::from_mins(2));
}

/// Changes, ends and deletes part of what there is.
pub(super) fn shake(simulator: &Simulator) -> anyhow::Result<()> {
    let some = |path: &str| -> anyhow::Result<Vec<String>> {
        let (status, page) = simulator.call("GET", &format!("/v1/{path}"), "");
        anyhow::ensure!(status == 200, "{path}: {status}");
        let ids = page["data"].as_array().into_iter().flatten().filter_map(|it| it["id"].as_str());
        Ok(ids.map(str::to_owned).collect())
    };
    let mut deleted = 0;
    // All of them, so that everybody's entitlements end.
    loop {
        let active = some("subscriptions?status=active&limit=100")?;
        let ended = active
            .iter()
            .filter(|id| simulator.call("DELETE", &format!("/v1/subscriptions/{id}"), "").0 == 200);
        if ended.count() == 0 {
            break;
        }
    }
    for (path, list) in [
        ("customers", "customers?limit=100"),
        ("coupons", "coupons?limit=100"),
        ("products", "products?limit=100"),
    ] {
        for (number, id) in some(list)?.into_iter().enumerate() {
            let (method, form) =
                if number % 3 == 0 { ("DELETE", "") } else { ("POST", "metadata[shaken]=yes") };
            let (status, _) = simulator.call(method, &format!("/v1/{path}/{id}"), form);
            // What is in use is not deleted, and stays.
            deleted += u32::from(method == "DELETE" && status == 200);
        }
    }
    anyhow::ensure!(deleted > 50, "{deleted} deletions");
    Ok(())
}
