//! `counterfoil resync`: reads objects from Stripe now, says what differed, and has the mirror take
//! what Stripe says. What we hold and what Stripe says are never mixed up.

use std::process::ExitCode;

use anyhow::Context;
use counterfoil_domain::Scope;
use counterfoil_domain::freshness::seen_at;
use counterfoil_domain::mirror::{ObjectKind, Owner, Projection, Row};
use counterfoil_projection::{Difference, absent, differences, project, tables};
use counterfoil_service::Clock;
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_service::wait::pause;
use counterfoil_store::{Fetched, FetchedOutcome, Grant, HeldRow, ObjectRef, Rate, Store};
use counterfoil_stripe_client::{Answer, Asked, StripeClient};
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

/// What came of one object.
struct Compared {
    kind: ObjectKind,
    id: String,
    /// What became of the object as a whole, where that is what differs.
    whole: Option<&'static str>,
    differences: Vec<(String, Difference)>,
}

struct Resync<'a> {
    store: &'a Store,
    client: &'a StripeClient,
    scope: &'a Scope,
    rate: Rate,
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
    let resync = Resync {
        store: &store,
        client: &client,
        scope: &scope,
        rate: rate(&config),
        dry_run: arguments.dry_run,
        clock: Clock::system(),
    };
    let mut differed = 0;
    let mut failed = 0;
    for (number, (kind, id)) in asked.iter().enumerate() {
        output::progress(&format!("{} of {} asked", number + 1, asked.len()));
        match resync.one(*kind, id, arguments.customer.as_deref()).await {
            Ok(compared) => {
                differed += usize::from(compared.differs());
                output::progress_end();
                compared.show(arguments.json, arguments.show_personal);
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
        let object = ObjectRef { kind, id, scope: self.scope };
        let held = self.store.object(object).await?;
        let owner =
            |column: &str| held.as_ref().and_then(|it| it.columns.get(column)).cloned().flatten();
        let (of_customer, subscription) = (owner("customer"), owner("subscription"));
        let asked = Asked {
            kind,
            id,
            customer: of_customer.as_deref().or(customer),
            subscription: subscription.as_deref(),
        };
        while let Grant::After(_) | Grant::Paused =
            self.store.take_call(self.scope, self.rate, self.clock.now()).await?
        {
            pause(std::time::Duration::from_millis(100)).await;
        }
        let account = self.client.account_for(self.scope, true)?;
        let begun = self.clock.monotonic();
        let answer = self.client.fetch(asked, account).await?;
        let took = self.clock.monotonic().saturating_sub(begun);
        let (projection, date) = match answer {
            Answer::Found { body, date } => (project(kind, &body, false)?, date),
            Answer::Absent { date } => (absent(kind, id.to_owned()), date),
            Answer::Unaskable { why } => anyhow::bail!("{why}"),
        };
        anyhow::ensure!(projection.id == id, "Stripe answered with another object");
        let compared = self.compare(object, held.as_ref(), &projection).await?;
        if !self.dry_run {
            let second = seen_at(date, took);
            let fetched = Fetched { scope: self.scope.clone(), second, projection };
            let tables: Vec<_> = tables().collect();
            let now = self.clock.now();
            let outcome = self.store.absorb_fetched(&fetched, &tables, now).await?;
            anyhow::ensure!(
                outcome != FetchedOutcome::TooSoon,
                "it changed within this very second; run it again"
            );
            let held = self.store.object(object).await?;
            let left = self.compare(object, held.as_ref(), &fetched.projection).await?;
            anyhow::ensure!(
                left.whole.is_none() && left.differences.iter().all(|(_, it)| it.personal),
                "the mirror holds a sighting that is as late as Stripe's answer, so it was not \
                 taken; run it again"
            );
        }
        Ok(compared)
    }

    async fn compare(
        &self,
        object: ObjectRef<'_>,
        held: Option<&HeldRow>,
        projection: &Projection,
    ) -> anyhow::Result<Compared> {
        let shown = projection.change.row();
        // A customer without entitlements is told of by no event.
        let nothing = object.kind == ObjectKind::ActiveEntitlementSummary
            && projection.children.iter().all(|it| it.rows.is_empty());
        let whole = match (held, shown) {
            (None, Some(_)) if nothing => None,
            (None, Some(_)) => Some("missing here"),
            (Some(held), None) if !held.deleted => Some("gone at Stripe"),
            (Some(held), Some(_)) if held.deleted => Some("deleted here, and Stripe shows it"),
            (None | Some(_), _) => None,
        };
        let mut found = Vec::new();
        if let (Some(held), Some(row)) = (held, shown) {
            found.extend(differences(&held.columns, row).into_iter().map(|it| (String::new(), it)));
        }
        for children in &projection.children {
            let ours = self.store.children(object, children.table).await?;
            found.extend(of_children(&ours, &children.rows, children.whole));
        }
        // What is erased stays erased, and is no difference.
        let erased = match projection.customer() {
            Some(customer) => self.store.is_erased(customer, self.scope).await?,
            None => false,
        };
        found.retain(|(_, it)| !(erased && it.personal));
        Ok(Compared { kind: object.kind, id: object.id.to_owned(), whole, differences: found })
    }
}

fn of_children(ours: &[HeldRow], theirs: &[Row], whole: bool) -> Vec<(String, Difference)> {
    let note = |id: &str, held: &str, shown: &str| {
        let difference = Difference {
            column: "(whole)",
            personal: false,
            held: Some(held.to_owned()),
            shown: Some(shown.to_owned()),
        };
        (id.to_owned(), difference)
    };
    let mut found = Vec::new();
    for row in theirs {
        match ours.iter().find(|it| it.id == row.id) {
            None => found.push(note(&row.id, "missing", "there")),
            Some(held) if held.deleted => found.push(note(&row.id, "removed", "there")),
            Some(held) => found
                .extend(differences(&held.columns, row).into_iter().map(|it| (row.id.clone(), it))),
        }
    }
    for held in ours.iter().filter(|it| whole && !it.deleted) {
        if !theirs.iter().any(|it| it.id == held.id) {
            found.push(note(&held.id, "there", "removed"));
        }
    }
    found
}

impl Compared {
    fn differs(&self) -> bool {
        self.whole.is_some() || !self.differences.is_empty()
    }

    fn show(&self, as_json: bool, show_personal: bool) {
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
            let differences: Vec<Value> = self.differences.iter().map(each).collect();
            let json = json!({
                "type": self.kind.as_str(), "id": self.id, "whole": self.whole,
                "differs": self.differs(), "differences": differences,
            });
            output::line(&json.to_string());
            return;
        }
        let verdict = match (self.whole, self.differences.len()) {
            (Some(whole), _) => whole.to_owned(),
            (None, 0) => "the same on both sides".to_owned(),
            (None, 1) => "1 difference".to_owned(),
            (None, count) => format!("{count} differences"),
        };
        output::line(&format!("{} {}: {verdict}", self.kind, self.id));
        if self.differences.is_empty() {
            return;
        }
        let cells = |(child, it): &(String, Difference)| {
            let column = if child.is_empty() {
                it.column.to_owned()
            } else {
                format!("{child} {}", it.column)
            };
            vec![column, value(it, &it.held), value(it, &it.shown)]
        };
        output::table(
            &["COLUMN", "WE HELD", "STRIPE SAYS"],
            &self.differences.iter().map(cells).collect::<Vec<_>>(),
        );
    }
}
