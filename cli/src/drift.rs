//! `counterfoil drift`: what does not match, and what is done about it.

pub(crate) mod dismiss;
pub(crate) mod list;
pub(crate) mod repair;
pub(crate) mod show;

use counterfoil_domain::reconcile::{FindingType, Severity};
use counterfoil_store::Finding;
use serde_json::{Value, json};

/// Reads the name of a type of finding.
pub(crate) fn type_of(name: &str) -> Result<FindingType, String> {
    FindingType::parse(name).ok_or_else(|| {
        let names: Vec<&str> = FindingType::ALL.iter().map(|it| it.as_str()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

/// Reads the name of a severity.
pub(crate) fn severity_of(name: &str) -> Result<Severity, String> {
    Severity::parse(name).ok_or_else(|| "it is one of info, warning, critical".to_owned())
}

/// Whether it is open, and how it ended.
pub(crate) fn state_of(finding: &Finding) -> &'static str {
    match (finding.corrected_at, finding.dismissed_at) {
        (Some(_), _) => "corrected",
        (None, Some(_)) => "dismissed",
        (None, None) => "open",
    }
}

/// A finding for machines.
pub(crate) fn finding_json(it: &Finding) -> Value {
    json!({
        "finding": it.id,
        "state": state_of(it),
        "type": it.found,
        "severity": it.severity,
        "account": it.scope.account,
        "livemode": it.scope.livemode,
        "kind": it.kind,
        "id": it.object_id,
        "differences": it.differences,
        "first_seen": it.first_seen.to_string(),
        "last_seen": it.last_seen.to_string(),
        "times_seen": it.times_seen,
        "run": it.run,
        "corrected_at": it.corrected_at.map(|it| it.to_string()),
        "corrected_by": it.corrected_by,
        "dismissed_at": it.dismissed_at.map(|it| it.to_string()),
        "dismissed_by": it.dismissed_by,
        "dismissed_because": it.dismissed_because,
    })
}

/// Who is at the command line, for the audit.
pub(crate) fn actor(given: Option<String>) -> String {
    given.filter(|it| !it.is_empty()).unwrap_or_else(|| "the command line".to_owned())
}
