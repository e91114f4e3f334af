//! Whether Stripe's webhook endpoints are as they should be: there, enabled, sent what decides access
//! and billing, rendered by the version that is configured. An endpoint that Stripe has disabled is
//! sent nothing, and nobody is told by its silence.

use std::collections::BTreeSet;

use counterfoil_domain::reconcile::{FindingType, Policy, Severity};
use counterfoil_projection::coverage;
use counterfoil_store::{Correction, NewFinding};
use counterfoil_stripe_client::{PageAsked, StripeError, WEBHOOK_ENDPOINTS};
use counterfoil_stripe_wire::page::Page;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::context::WantedEndpoint;
use crate::turn::{JobError, Running};

/// An endpoint as Stripe has it.
#[derive(Debug, Clone, Deserialize)]
struct Endpoint {
    id: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    enabled_events: Vec<String>,
}

/// What is wrong with an endpoint.
#[derive(Debug, Clone, PartialEq)]
struct Wrong {
    found: FindingType,
    severity: Severity,
    what: &'static str,
    differences: Value,
    /// The types to set, where enabling it and setting them mends it.
    types: Option<BTreeSet<String>>,
}

/// The kind of the findings.
const SUBJECT: &str = "webhook_endpoint";
/// The name of what concerns all endpoints.
const ANY: &str = "any";

pub(crate) async fn run(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    let there = listed(running).await?;
    let mut names = Vec::new();
    let mut found = Vec::new();
    let mut mended = Vec::new();
    let wanted = &context.settings.endpoints;
    let by_address: Vec<&WantedEndpoint> =
        wanted.iter().filter(|it| !it.thin && it.url.is_some()).collect();
    if by_address.is_empty() && wanted.iter().any(|it| !it.thin) {
        names.push(ANY.to_owned());
        if !there.iter().any(|it| it.status == "enabled") {
            found.push(finding(ANY, none_enabled(there.len())));
        }
    }
    for endpoint in by_address {
        let it = there.iter().find(|it| Some(&it.url) == endpoint.url.as_ref());
        names.push(endpoint.name.clone());
        for wrong in wrongs(endpoint, it) {
            let may = endpoint.managed
                && !running.how.dry_run
                && context.settings.policies.of(wrong.found) == Policy::Automatic;
            if let (true, Some(it), Some(types)) = (may, it, &wrong.types) {
                let types: Vec<&str> = types.iter().map(String::as_str).collect();
                running.caller()?.mend_endpoint(&it.id, &types).await?;
                tracing::warn!(endpoint = endpoint.name, what = wrong.what, "mended at Stripe");
                mended.push((endpoint.name.clone(), wrong.what));
            }
            found.push(finding(&endpoint.name, wrong));
        }
    }
    let count = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
    let done = [("endpoints", count(there.len())), ("drift", count(found.len()))];
    context.store.tally(&running.handle, &done).await?;
    if running.how.dry_run {
        return Ok(());
    }
    record(running, &found, &mended).await
}

async fn record(
    running: &Running<'_>,
    found: &[NewFinding],
    mended: &[(String, &'static str)],
) -> Result<(), JobError> {
    let context = running.context;
    let (store, scope, run) = (&context.store, &context.scope, running.run.id);
    let actor = running.actor();
    let now = running.now();
    store.record_findings(scope, run, found, running.run.started_at, now).await?;
    let objects: Vec<(String, FindingType)> =
        mended.iter().map(|(name, what)| (subject(name, what), FindingType::Silence)).collect();
    let objects: Vec<(&str, &str, &str)> =
        objects.iter().map(|(id, it)| (SUBJECT, id.as_str(), it.as_str())).collect();
    let open = store.findings_about(scope, &objects).await?;
    let closed = store.correct_findings(&open, Correction { by: "repair", actor: &actor }, now);
    for (found, after) in closed.await? {
        context.metrics.corrected(&found, after);
        context.metrics.repaired(&found);
    }
    let gone = store.findings_not_seen(scope, run, &[SUBJECT]).await?;
    let closed = store.correct_findings(&gone, Correction { by: "itself", actor: &actor }, now);
    for (found, after) in closed.await? {
        context.metrics.corrected(&found, after);
    }
    Ok(())
}

async fn listed(running: &Running<'_>) -> Result<Vec<Endpoint>, JobError> {
    let operation = WEBHOOK_ENDPOINTS;
    let unreadable = |what| JobError::Stripe(StripeError::Unreadable { operation, what });
    let mut all: Vec<Endpoint> = Vec::new();
    loop {
        let behind = all.last().map(|it| it.id.clone());
        let asked = PageAsked { after: behind.as_deref(), ..PageAsked::default() };
        let body = running.caller()?.page_at(operation, asked).await?.it.body;
        let page = Page::read(&body).ok_or_else(|| unreadable("it is no page of a list"))?;
        let before = all.len();
        for it in page.entries {
            let endpoint = serde_json::from_str(it.get());
            all.push(endpoint.map_err(|_| unreadable("an entry is no webhook endpoint"))?);
        }
        if !page.has_more || all.len() == before {
            return Ok(all);
        }
    }
}

fn none_enabled(there: usize) -> Wrong {
    Wrong {
        found: FindingType::Silence,
        severity: Severity::Critical,
        what: "enabled",
        differences: json!({ "enabled": { "held": "at least one", "stripe": 0 }, "there": there }),
        types: None,
    }
}

/// What is wrong with one endpoint. Pure.
fn wrongs(wanted: &WantedEndpoint, there: Option<&Endpoint>) -> Vec<Wrong> {
    let Some(there) = there else {
        return vec![Wrong {
            found: FindingType::Silence,
            severity: Severity::Critical,
            what: "there",
            differences: json!({ "url": { "held": wanted.url, "stripe": null } }),
            types: None,
        }];
    };
    let mut found = Vec::new();
    let sent: BTreeSet<&str> = there.enabled_events.iter().map(String::as_str).collect();
    let lacking: Vec<&str> = if sent.contains("*") {
        Vec::new()
    } else {
        coverage::needed().filter(|it| !sent.contains(it)).collect()
    };
    let types = || {
        let kept = sent.iter().copied();
        Some(kept.chain(lacking.iter().copied()).map(str::to_owned).collect())
    };
    if there.status != "enabled" {
        found.push(Wrong {
            found: FindingType::Silence,
            severity: Severity::Critical,
            what: "enabled",
            differences: json!({ "status": { "held": "enabled", "stripe": there.status } }),
            types: types(),
        });
    }
    if !lacking.is_empty() {
        found.push(Wrong {
            found: FindingType::Silence,
            severity: Severity::Warning,
            what: "types",
            differences: json!({ "enabled_events": { "held": lacking, "stripe": null } }),
            types: types(),
        });
    }
    if let Some(version) = &wanted.api_version
        && there.api_version.as_ref() != Some(version)
    {
        let differences =
            json!({ "api_version": { "held": version, "stripe": there.api_version } });
        found.push(Wrong {
            found: FindingType::ApiVersion,
            severity: Severity::Warning,
            what: "version",
            differences,
            types: None,
        });
    }
    found
}

fn subject(name: &str, what: &str) -> String {
    format!("{name} {what}")
}

fn finding(name: &str, wrong: Wrong) -> NewFinding {
    NewFinding {
        found: wrong.found,
        severity: wrong.severity,
        kind: SUBJECT.to_owned(),
        id: subject(name, wrong.what),
        differences: wrong.differences,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(api_version: Option<&str>) -> WantedEndpoint {
        WantedEndpoint {
            name: "stripe".to_owned(),
            url: Some("https://example.com/hook".to_owned()),
            api_version: api_version.map(str::to_owned),
            thin: false,
            managed: true,
        }
    }

    fn endpoint(status: &str, api_version: Option<&str>, events: &[&str]) -> Endpoint {
        Endpoint {
            id: "we_1".to_owned(),
            url: "https://example.com/hook".to_owned(),
            status: status.to_owned(),
            api_version: api_version.map(str::to_owned),
            enabled_events: events.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    fn whats(wanted: &WantedEndpoint, there: Option<&Endpoint>) -> Vec<&'static str> {
        wrongs(wanted, there).iter().map(|it| it.what).collect()
    }

    #[test]
    fn what_is_as_it_should_be_is_no_finding() {
        let all: Vec<&str> = coverage::needed().collect();
        assert!(all.len() > 20 && all.contains(&"customer.subscription.updated"));
        for events in [&["*"][..], &all] {
            let there = endpoint("enabled", Some("2026-10-28.endive"), events);
            assert!(whats(&wanted(Some("2026-10-28.endive")), Some(&there)).is_empty());
            assert!(whats(&wanted(None), Some(&there)).is_empty());
        }
    }

    #[test]
    fn each_thing_that_is_wrong_is_said() {
        assert_eq!(whats(&wanted(None), None), ["there"]);
        let disabled = endpoint("disabled", None, &["*"]);
        assert_eq!(
            whats(&wanted(Some("2026-10-28.endive")), Some(&disabled)),
            ["enabled", "version"]
        );
        let lacking = endpoint("enabled", None, &["customer.created"]);
        let wrong = wrongs(&wanted(None), Some(&lacking));
        assert_eq!(wrong.len(), 1);
        let types = wrong[0].types.as_ref().unwrap();
        assert!(types.contains("customer.created") && types.contains("invoice.paid"));
    }
}
