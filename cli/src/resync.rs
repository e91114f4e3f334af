//! `counterfoil resync`: reads objects from Stripe now, says what differed, and has the mirror take
//! what Stripe says. What we hold and what Stripe says are never mixed up.

use std::process::ExitCode;

use anyhow::Context;
use counterfoil_domain::Scope;
use counterfoil_domain::mirror::{ObjectKind, Owner};
use counterfoil_projection::{Difference, tables};
use counterfoil_reconciler::{Caller, Compared, look, repair};
use counterfoil_service::Clock;
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_store::Store;
use serde_json::{Value, json};

use crate::args::ResyncArguments;
use crate::output;
use crate::scope::scope_of;
use crate::services::{open_store, rate, stripe_client};

/// Reads the name of a kind.
pub(crate) fn kind_of(name: &str) -> Result<ObjectKind, String> {
    ObjectKind::parse(name).ok_or_else(|| {
        let names: Vec<&str> = ObjectKind::ALL.iter().map(|it| it.as_str()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

struct Resync<'a> {
    store: &'a Store,
    caller: Caller,
    scope: &'a Scope,
    dry_run: bool,
    clock: Clock,
}

pub(crate) async fn run(arguments: ResyncArguments, sources: &Sources) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Store, Need::StripeKey])?;
    let store = open_store(config.store()?, "counterfoil resync")?;
    let client = stripe_client(&config)?.context("STRIPE_SECRET_KEY is not set")?;
    let scope = scope_of(arguments.scope, &config);
    let asked = match (&arguments.customer, &arguments.id) {
        (Some(customer), _) => objects_of(&store, customer, &scope).await?,
        (None, Some(id)) => {
            vec![(known_kind(&store, id, arguments.kind, &scope).await?, id.clone())]
        }
        (None, None) => Vec::new(),
    };
    let clock = Clock::system();
    let resync = Resync {
        store: &store,
        caller: Caller::new(client, store.clone(), scope.clone(), rate(&config), clock.clone()),
        scope: &scope,
        dry_run: arguments.dry_run,
        clock,
    };
    let mut differed = 0;
    let mut failed = 0;
    for (number, (kind, id)) in asked.iter().enumerate() {
        output::progress(&format!("{} of {} asked", number + 1, asked.len()));
        match resync.one(*kind, id, arguments.customer.as_deref()).await {
            Ok(compared) => {
                differed += usize::from(compared.differs());
                output::progress_end();
                show(&compared, arguments.json, arguments.show_personal);
            }
            Err(error) => {
                failed += 1;
                output::progress_end();
                output::say(&format!("{kind} {id}: {error:#}"));
            }
        }
    }
    store.close().await;
    if !arguments.json {
        let taken = if arguments.dry_run { "nothing was written" } else { "the mirror took it" };
        let differ = if differed == 0 { String::new() } else { format!("; {taken}") };
        output::line(&format!("{} asked, {differed} differed{differ}.", asked.len() - failed));
        if failed > 0 {
            output::line(&format!("{failed} could not be asked; run it again."));
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A customer and all objects of theirs that the mirror holds.
async fn objects_of(
    store: &Store,
    customer: &str,
    scope: &Scope,
) -> anyhow::Result<Vec<(ObjectKind, String)>> {
    let mut all = vec![(ObjectKind::Customer, customer.to_owned())];
    for kind in ObjectKind::ALL {
        let table = counterfoil_projection::table_of(kind);
        let (Owner::Column(column) | Owner::Formerly(column)) = table.owner else { continue };
        // What is told once and never shown again cannot be asked for.
        if kind == ObjectKind::BillingAlertTriggered {
            continue;
        }
        let ids = store.ids_of_customer(table, column, customer, scope).await?;
        all.extend(ids.into_iter().map(|id| (kind, id)));
    }
    all.push((ObjectKind::ActiveEntitlementSummary, customer.to_owned()));
    Ok(all)
}

async fn known_kind(
    store: &Store,
    id: &str,
    given: Option<ObjectKind>,
    scope: &Scope,
) -> anyhow::Result<ObjectKind> {
    if let Some(kind) = given {
        return Ok(kind);
    }
    let kinds = store.kinds_of(id, scope).await?;
    let held: Vec<ObjectKind> = kinds
        .into_iter()
        // It bears the id of its customer, which is what is meant.
        .filter(|it| *it != ObjectKind::ActiveEntitlementSummary)
        .collect();
    match held.as_slice() {
        [kind] => Ok(*kind),
        [] => anyhow::bail!(
            "the mirror holds nothing under {id} in {scope}; say what it is with --type"
        ),
        several => {
            let names: Vec<&str> = several.iter().map(|it| it.as_str()).collect();
            anyhow::bail!("{id} is several objects: {}; say which with --type", names.join(", "))
        }
    }
}

impl Resync<'_> {
    async fn one(
        &self,
        kind: ObjectKind,
        id: &str,
        customer: Option<&str>,
    ) -> anyhow::Result<Compared> {
        let looked = look(self.store, &self.caller, self.scope, kind, id, customer).await?;
        if !self.dry_run {
            let tables: Vec<_> = tables().collect();
            repair(self.store, &tables, &looked, self.clock.now()).await?;
        }
        Ok(looked.compared)
    }
}

fn show(compared: &Compared, as_json: bool, show_personal: bool) {
    let value = |it: &Difference, value: &Option<String>| match value {
        Some(_) if it.personal && !show_personal => "(personal)".to_owned(),
        Some(text) => text.clone(),
        None => "-".to_owned(),
    };
    if as_json {
        let each = |(child, it): &(String, Difference)| {
            json!({
                "child": Some(child).filter(|it| !it.is_empty()),
                "column": it.column,
                "held": it.held.as_ref().map(|_| value(it, &it.held)),
                "stripe": it.shown.as_ref().map(|_| value(it, &it.shown)),
            })
        };
        let differences: Vec<Value> = compared.differences.iter().map(each).collect();
        let json = json!({
            "type": compared.kind.as_str(), "id": compared.id, "whole": compared.whole,
            "differs": compared.differs(), "differences": differences,
        });
        output::line(&json.to_string());
        return;
    }
    let verdict = match (compared.whole, compared.differences.len()) {
        (Some(whole), _) => whole.to_owned(),
        (None, 0) => "the same on both sides".to_owned(),
        (None, 1) => "1 difference".to_owned(),
        (None, count) => format!("{count} differences"),
    };
    output::line(&format!("{} {}: {verdict}", compared.kind, compared.id));
    if compared.differences.is_empty() {
        return;
    }
    let cells = |(child, it): &(String, Difference)| {
        let column =
            if child.is_empty() { it.column.to_owned() } else { format!("{child} {}", it.column) };
        vec![column, value(it, &it.held), value(it, &it.shown)]
    };
    output::table(
        &["COLUMN", "WE HELD", "STRIPE SAYS"],
        &compared.differences.iter().map(cells).collect::<Vec<_>>(),
    );
}
