//! Alerts: each has a runbook and unit tests that show it firing and silent, and reads only metrics
//! that the sources register.
//!
//! Rules and their tests are read line by line, as they are written in this tree: `- alert:`, `- record:` and
//! `alertname:` begin something, and every key stands on a line of its own.

use std::collections::BTreeSet;

use crate::tree::File;

const RULES: &str = "deploy/prometheus/counterfoil.rules.yml";
/// Where their tests are, each in a file `….test.yml`.
const RULE_TESTS: &str = "deploy/prometheus/";
const RUNBOOKS: &str = "deploy/runbooks/";

/// What somebody who is woken up looks for, in this order.
const SECTIONS: &[&str] = &[
    "## What it means",
    "## Who is harmed",
    "## How to look",
    "## How to mend",
    "## How to know that it is over",
];

/// What a histogram is exported as, beside its name.
const PARTS: &[&str] = &["_bucket", "_sum", "_count"];

/// One rule of the file.
#[derive(Debug, PartialEq, Eq)]
struct Rule<'a> {
    /// The alert's name; `None` for a recording.
    alert: Option<&'a str>,
    /// What a recording is called.
    record: Option<&'a str>,
    lines: Vec<&'a str>,
}

impl<'a> Rule<'a> {
    fn value(&self, key: &str) -> Option<&'a str> {
        self.lines.iter().find_map(|it| it.strip_prefix(key)?.strip_prefix(':')).map(str::trim)
    }

    /// Names of metrics and of recordings that it reads.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        self.lines
            .iter()
            .flat_map(|it| it.split(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c))))
            .map(|it| it.trim_matches(':'))
            .filter(|it| it.contains("counterfoil_"))
    }
}

fn rules(text: &str) -> Vec<Rule<'_>> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        let alert = line.strip_prefix("- alert:").map(str::trim);
        let record = line.strip_prefix("- record:").map(str::trim);
        if alert.is_some() || record.is_some() {
            rules.push(Rule { alert, record, lines: Vec::new() });
        } else if let Some(rule) = rules.last_mut() {
            rule.lines.push(line);
        }
    }
    rules
}

/// `CounterfoilApiVersion` as `counterfoil-api-version`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for it in name.chars() {
        if it.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(it.to_ascii_lowercase());
    }
    kebab
}

fn runbook_of(alert: &str) -> String {
    format!("{RUNBOOKS}{}.md", kebab(alert))
}

/// What every alert owes to who receives it.
fn label_faults(rules: &[Rule<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in rules {
        let Some(alert) = rule.alert else { continue };
        if !matches!(rule.value("severity"), Some("page" | "ticket")) {
            faults.push(format!("{RULES}: {alert}: its severity is neither page nor ticket"));
        }
        for key in ["summary", "description"] {
            if rule.value(key).is_none_or(str::is_empty) {
                faults.push(format!("{RULES}: {alert}: it has no {key}"));
            }
        }
        let runbook = runbook_of(alert);
        if rule.value("runbook") != Some(runbook.as_str()) {
            faults.push(format!("{RULES}: {alert}: its runbook is not {runbook}"));
        }
    }
    faults
}

fn runbook_faults(rules: &[Rule<'_>], files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    let alerts: BTreeSet<&str> = rules.iter().filter_map(|it| it.alert).collect();
    for alert in &alerts {
        let path = runbook_of(alert);
        let Some(file) = files.iter().find(|it| it.path == path) else {
            faults.push(format!("{path}: missing, for {alert}"));
            continue;
        };
        if file.text.lines().next() != Some(format!("# {alert}").as_str()) {
            faults.push(format!("{path}:1: begin with `# {alert}`"));
        }
        let found: Vec<&str> = file.text.lines().filter(|it| it.starts_with("## ")).collect();
        if found != SECTIONS {
            faults.push(format!("{path}: its sections are not {}", SECTIONS.join(", ")));
        }
    }
    let known: BTreeSet<String> = alerts.iter().map(|it| runbook_of(it)).collect();
    faults.extend(
        files
            .iter()
            .filter(|it| it.path.starts_with(RUNBOOKS) && !known.contains(&it.path))
            .map(|it| format!("{}: belongs to no alert", it.path)),
    );
    faults
}

fn metric_faults(rules: &[Rule<'_>], files: &[File]) -> Vec<String> {
    let shipped =
        |it: &&File| it.is_rust() && !it.path.starts_with("tests/") && !it.path.contains("/tests/");
    let sources: Vec<&File> = files.iter().filter(shipped).collect();
    let registered = |name: &str| {
        let literal = format!("\"{name}\"");
        sources.iter().any(|it| it.text.contains(&literal))
    };
    let recorded: BTreeSet<&str> = rules.iter().filter_map(|it| it.record).collect();
    let names: BTreeSet<&str> = rules.iter().flat_map(Rule::names).collect();
    names
        .into_iter()
        .filter(|name| {
            let whole = PARTS.iter().filter_map(|part| name.strip_suffix(part));
            !recorded.contains(name) && !registered(name) && !whole.into_iter().any(registered)
        })
        .map(|name| format!("{RULES}: {name}: no source registers it"))
        .collect()
}

/// Alerts of a test file: those that it shows firing, and those that it shows silent.
fn shown(text: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut firing, mut silent) = (BTreeSet::new(), BTreeSet::new());
    let mut alert = None;
    let mut lines = text.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        if let Some(name) = line.trim_start_matches("- ").strip_prefix("alertname:") {
            alert = Some(name.trim());
        } else if let Some(rest) = line.trim_start_matches("- ").strip_prefix("exp_alerts:") {
            let one = lines.peek().is_some_and(|it| it.starts_with("- exp_"));
            match (alert.take(), rest.trim()) {
                (Some(name), "[]") => silent.insert(name),
                (Some(name), "") if one => firing.insert(name),
                _ => continue,
            };
        }
    }
    (firing, silent)
}

fn test_faults(rules: &[Rule<'_>], tests: &str) -> Vec<String> {
    let alerts: BTreeSet<&str> = rules.iter().filter_map(|it| it.alert).collect();
    let (firing, silent) = shown(tests);
    let lacking = |seen: &BTreeSet<&str>, what: &str| -> Vec<String> {
        let missing = alerts.difference(seen);
        missing.map(|it| format!("{RULE_TESTS}: no case in which {it} {what}")).collect()
    };
    let unknown = firing.union(&silent).filter(|it| !alerts.contains(**it));
    let unknown = unknown.map(|it| format!("{RULE_TESTS}: {it} is no alert"));
    let mut faults = lacking(&firing, "fires");
    faults.extend(lacking(&silent, "stays silent"));
    faults.extend(unknown);
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{files, hold};

    fn text(path: &str) -> &'static str {
        files().iter().find(|it| it.path == path).unwrap().text.as_str()
    }

    #[test]
    fn every_alert_says_how_urgent_it_is_and_where_to_read_on() {
        let rules = rules(text(RULES));
        assert!(rules.iter().filter(|it| it.alert.is_some()).count() >= 10, "no alerts were found");
        hold(&label_faults(&rules));
    }

    #[test]
    fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
        hold(&runbook_faults(&rules(text(RULES)), files()));
    }

    #[test]
    fn every_alert_reads_metrics_that_there_are() {
        let rules = rules(text(RULES));
        assert!(rules.iter().flat_map(Rule::names).count() >= 10, "no metrics were found");
        hold(&metric_faults(&rules, files()));
    }

    #[test]
    fn every_alert_is_shown_firing_and_silent() {
        let tests: Vec<&str> = files()
            .iter()
            .filter(|it| it.path.starts_with(RULE_TESTS) && it.path.ends_with(".test.yml"))
            .map(|it| it.text.as_str())
            .collect();
        hold(&test_faults(&rules(text(RULES)), &tests.concat()));
    }

    const SAMPLE: &str = "\
groups:
  - name: a
    rules:
      - record: job:counterfoil_a_runs:max
        expr: max by (job) (counterfoil_a_runs_total)
      # Not counterfoil_a_comment.
      - alert: CounterfoilTooSlow
        expr: job:counterfoil_a_runs:max > 1 and counterfoil_a_lag_seconds_bucket{le=\"1\"} > 0
        labels:
          severity: page
        annotations:
          summary: Slow.
          description: >-
            It is slow.
          runbook: deploy/runbooks/counterfoil-too-slow.md
";

    fn runbook(path: &str, head: &str) -> File {
        File::new(path, &format!("# {head}\n\n{}\n", SECTIONS.join("\n\nText.\n\n")))
    }

    #[test]
    fn names_of_runbooks() {
        assert_eq!(kebab("CounterfoilApiVersion"), "counterfoil-api-version");
        assert_eq!(kebab("Drift"), "drift");
    }

    #[test]
    fn an_alert_that_lacks_something_is_named() {
        assert_eq!(label_faults(&rules(SAMPLE)), Vec::<String>::new());
        for (from, to, expected) in [
            ("severity: page", "severity: loud", "neither page nor ticket"),
            ("severity: page", "team: a", "neither page nor ticket"),
            ("summary: Slow.", "summary:", "no summary"),
            ("description: >-", "describe: >-", "no description"),
            ("too-slow.md", "slow.md", "its runbook is not deploy/runbooks/counterfoil-too-slow"),
        ] {
            let found = label_faults(&rules(&SAMPLE.replace(from, to))).join("\n");
            assert!(found.contains(expected), "{to}: {found}");
        }
    }

    #[test]
    fn a_runbook_that_is_missing_astray_or_incomplete_is_named() {
        let path = "deploy/runbooks/counterfoil-too-slow.md";
        let whole = || runbook(path, "CounterfoilTooSlow");
        let check = |files: &[File], expected: &str| {
            let found = runbook_faults(&rules(SAMPLE), files);
            assert!(found.len() == 1 && found[0].contains(expected), "{expected}: {found:?}");
        };
        assert_eq!(runbook_faults(&rules(SAMPLE), &[whole()]), Vec::<String>::new());
        check(&[], "missing, for CounterfoilTooSlow");
        check(&[whole(), runbook("deploy/runbooks/old.md", "Old")], "old.md: belongs to no alert");
        check(&[runbook(path, "Slow")], "begin with `# CounterfoilTooSlow`");
        let text = whole().text.replace("## How to mend", "## Cure");
        check(&[File::new(path, &text)], "its sections are not");
    }

    #[test]
    fn a_metric_that_nobody_registers_is_named() {
        let source =
            "Opts::new(\"counterfoil_a_runs_total\", \"…\"), \"counterfoil_a_lag_seconds\"";
        let check = |path: &str, text: &str, expected: &[&str]| {
            let found = metric_faults(&rules(SAMPLE), &[File::new(path, text)]);
            assert_eq!(found.len(), expected.len(), "{path}: {found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.contains(expected), "{path}: {found}");
            }
        };
        let both = ["counterfoil_a_lag_seconds_bucket: no", "counterfoil_a_runs_total: no"];
        check("a/src/metrics.rs", source, &[]);
        check("a/src/metrics.rs", "\"counterfoil_a_lag_seconds\"", &both[1..]);
        check("a/src/metrics.rs", "\"counterfoil_a_lag_seconds_sum\"", &both);
        check("a/src/metrics.rs", "// counterfoil_a_runs_total", &both);
        check("a/tests/metrics.rs", source, &both);
        check("tests/a/src/metrics.rs", source, &both);
        check("a/metrics.md", source, &both);

        let recording = SAMPLE.replace("- record: job:counterfoil_a_runs:max", "- record: job:b");
        let found = metric_faults(&rules(&recording), &[File::new("a/src/b.rs", source)]);
        assert!(found.len() == 1 && found[0].contains("job:counterfoil_a_runs:max"), "{found:?}");
    }

    #[test]
    fn an_alert_that_is_not_tested_both_ways_is_named() {
        let fires =
            "- eval_time: 1m\n  alertname: CounterfoilTooSlow\n  exp_alerts:\n    - exp_labels:\n";
        let silent = "- eval_time: 1m\n  alertname: CounterfoilTooSlow\n  exp_alerts: []\n";
        let empty = "- alertname: CounterfoilTooSlow\n  exp_alerts:\n- eval_time: 1m\n";
        let check = |pieces: &[&str], expected: &[&str]| {
            let found = test_faults(&rules(SAMPLE), &pieces.concat());
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.contains(expected), "{found}");
            }
        };
        check(&[fires, silent], &[]);
        check(&[fires], &["stays silent"]);
        check(&[silent], &["fires"]);
        check(&[empty, silent], &["fires"]);
        check(&[], &["fires", "stays silent"]);
        let other = silent.replace("TooSlow", "Gone");
        check(&[fires, silent, &other], &["CounterfoilGone is no alert"]);
    }
}
