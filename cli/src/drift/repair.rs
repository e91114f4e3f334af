//! `counterfoil drift repair FINDING`: asks Stripe for the object now, and has the mirror take what
//! it says.

use std::process::ExitCode;

use anyhow::Context;
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{FindingType, Policy};
use counterfoil_reconciler::{Caller, look, repair};
use counterfoil_service::Clock;
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_store::Correction;
use serde_json::json;

use super::{actor, state_of};
use crate::args::DriftRepairArguments;
use crate::output;
use crate::services::{open_store, rate, stripe_client};

pub(crate) async fn run(
    arguments: DriftRepairArguments,
    sources: &Sources,
) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store, Need::StripeKey])?;
    let store = open_store(config.store()?, "counterfoil drift")?;
    let client = stripe_client(&config)?.context("STRIPE_SECRET_KEY is not set")?;
    let id = arguments.finding;
    let finding = store.finding(id).await?.with_context(|| format!("there is no finding {id}"))?;
    anyhow::ensure!(
        state_of(&finding) == "open",
        "finding {id} is {}; there is nothing to repair",
        state_of(&finding)
    );
    let kind = ObjectKind::parse(&finding.kind).with_context(|| {
        format!(
            "finding {id} is about {}, which is no object of the mirror; `counterfoil reconcile \
             run` of its job looks at it again",
            finding.kind
        )
    })?;
    let never = FindingType::parse(&finding.found)
        .is_some_and(|it| config.reconciler.policies.contains(&(it, Policy::Never)));
    anyhow::ensure!(
        arguments.dry_run || !never,
        "findings of type {} are never repaired, by `reconciler.repair_{}`; --dry-run looks at it",
        finding.found,
        finding.found
    );
    let clock = Clock::system();
    let scope = &finding.scope;
    let caller = Caller::new(client, store.clone(), scope.clone(), rate(&config), clock.clone());
    let looked = look(&store, &caller, scope, kind, &finding.object_id, None).await?;
    let differed = looked.compared.differs();
    if !arguments.dry_run {
        let tables: Vec<_> = counterfoil_projection::tables().collect();
        let by = actor(arguments.by);
        if differed {
            repair(&store, &tables, &looked, clock.now()).await?;
        }
        let how = Correction { by: if differed { "repair" } else { "itself" }, actor: &by };
        store.correct_findings(&[id], how, clock.now()).await?;
    }
    store.close().await;
    if arguments.json {
        let json = json!({
            "finding": id, "kind": finding.kind, "id": finding.object_id, "differed": differed,
            "differences": looked.compared.to_json(), "repaired": differed && !arguments.dry_run,
        });
        output::line(&json.to_string());
    } else if !differed {
        output::line(&format!("{kind} {}: the same on both sides by now.", finding.object_id));
    } else if arguments.dry_run {
        output::line(&format!("{kind} {} would be taken:", finding.object_id));
        output::line(&looked.compared.to_json().to_string());
    } else {
        output::line(&format!("{kind} {}: the mirror took what Stripe says.", finding.object_id));
    }
    Ok(ExitCode::SUCCESS)
}
