//! Ten thousand worlds, and those that failed once. `SEED=123` runs one of them, and prints its
//! steps where it fails.

use std::path::Path;

use anyhow::Context as _;
use counterfoil_simulation::{Tally, run};

/// What every quarter of the worlds must have met; a simulation that meets no fault proves nothing.
const MET: &[&str] = &[
    "absences sighted",
    "answers overtaken",
    "answers too soon",
    "asked: its children are shown on request only",
    "asked: its order within the second is unknown",
    "asked: not all of its children were shown",
    "asked: the event names its object without showing it",
    "batches judged anew",
    "children equal",
    "contents replaced within a second",
    "crashes after absorbing an answer",
    "crashes after taking",
    "crashes after the commit",
    "crashes before a question",
    "crashes before acknowledging a question",
    "crashes before judging",
    "crashes before locking",
    "crashes before the acknowledgement",
    "crashes before the commit",
    "crashes in a question",
    "crashes with an answer",
    "deletions written",
    "duplicates sent",
    "events applied",
    "events duplicate",
    "events ignored",
    "events in several versions",
    "events lost",
    "events refetching",
    "events superseded",
    "forged deliveries refused",
    "ids given again",
    "messages on the ladder",
    "objects equal",
    "questions answered slowly",
    "questions failed",
    "questions limited",
    "questions settled",
    "questions shared",
    "questions too soon",
    "repeats settled",
    "replays",
    "rows mended by a sweep",
    "seconds settled",
    "sweeps",
    "ties asked",
    "ties proven",
    "waits for a lock",
];

#[expect(clippy::disallowed_methods, reason = "the one seed comes from whoever runs the test")]
fn only() -> anyhow::Result<Option<u64>> {
    let seed = std::env::var("SEED").ok();
    seed.map(|it| it.parse().context("SEED is no number")).transpose()
}

fn hold(seed: u64) -> anyhow::Result<Tally> {
    match run(seed, false) {
        Ok((tally, _)) => Ok(tally),
        Err(failure) => {
            let trace = run(seed, true).err().map(|it| it.trace.join("\n"));
            let trace = trace.unwrap_or_else(|| "the second time it ended well".to_owned());
            anyhow::bail!("{trace}\n\n{failure}\nSEED={seed} shows it again")
        }
    }
}

fn quarter(number: u64) -> anyhow::Result<()> {
    if only()?.is_some() {
        return Ok(());
    }
    let mut met = Tally::default();
    for seed in number * 2_500..(number + 1) * 2_500 {
        met.join(&hold(seed)?);
    }
    let missing: Vec<&str> = MET.iter().copied().filter(|it| met.of(it) == 0).collect();
    assert!(missing.is_empty(), "never met: {missing:?}\n{met}");
    Ok(())
}

#[test]
fn a_world_that_failed_once_never_fails_again() -> anyhow::Result<()> {
    if let Some(seed) = only()? {
        return hold(seed).map(|_| ());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds.txt");
    let seeds = std::fs::read_to_string(path)?;
    let seeds = seeds.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    for seed in seeds {
        hold(seed.parse()?)?;
    }
    Ok(())
}

#[test]
fn ten_thousand_worlds_first_quarter() -> anyhow::Result<()> {
    quarter(0)
}

#[test]
fn ten_thousand_worlds_second_quarter() -> anyhow::Result<()> {
    quarter(1)
}

#[test]
fn ten_thousand_worlds_third_quarter() -> anyhow::Result<()> {
    quarter(2)
}

#[test]
fn ten_thousand_worlds_last_quarter() -> anyhow::Result<()> {
    quarter(3)
}

#[test]
fn a_seed_gives_the_same_world_to_the_last_step() {
    for seed in 0..20 {
        assert_eq!(run(seed, true), run(seed, true), "seed {seed}");
    }
}
