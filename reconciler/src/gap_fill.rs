//! The gap fill: what Stripe's list of events has and the inbox lacks goes over the bus, like any
//! delivery. Stripe keeps events for 30 days (STRIPE.md section 3).
//!
//! The list is read up to a minute before Stripe's own now, since events appear in it late, and again
//! from a while before where the last run ended. Where it ended is kept, and moves on only when the
//! inbox has all that is older.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_bus::{EventMessage, Line, Publisher, Receipt};
use counterfoil_domain::reconcile::{FindingType, Severity, Stretch};
use counterfoil_domain::{Scope, Timestamp};
use counterfoil_projection::coverage;
use counterfoil_service::wait::pause;
use counterfoil_store::{Correction, NewFinding};
use counterfoil_stripe_client::{EVENTS, PageAsked, StripeError, THIN_EVENTS};
use counterfoil_stripe_wire::head::EventHead;
use counterfoil_stripe_wire::page::Page;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;

use crate::job::Job;
use crate::redeliver::publisher;
use crate::turn::{JobError, Running};

/// The endpoint under which the inbox has events that came from the list.
pub const LISTED: &str = "list of events";

/// How far the list is left alone before Stripe's now.
const BEHIND: Duration = Duration::from_mins(1);
/// How far a run looks back behind where the last one ended.
const OVERLAP: Duration = Duration::from_mins(10);
/// How long Stripe keeps events, less an hour in which the oldest of them go.
const KEPT: Duration = Duration::from_hours(30 * 24 - 1);
/// From this age on the cursor is warned of.
const OLD: Duration = Duration::from_hours(25 * 24);
/// From this age on a full pass is due, since events were lost for good or soon will be.
const TOO_OLD: Duration = Duration::from_hours(28 * 24);
/// The stretch of time that is read and settled at once.
const STRETCH: Duration = Duration::from_hours(6);
/// Publishes without their confirm at once.
const OUTSTANDING: usize = 64;
/// How often the inbox is asked whether it has what was published.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Events that are settled together at most: a stretch may have any number.
const SETTLED_AT_ONCE: usize = 5_000;
/// Pages of one stretch at most.
const PAGES_MAX: usize = 100_000;

/// The two lists of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Snapshot,
    Thin,
}

impl Form {
    fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Thin => "thin",
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Self::Snapshot => EVENTS,
            Self::Thin => THIN_EVENTS,
        }
    }

    /// Whether an endpoint is sent events of this type for certain. The list has all types, and an
    /// endpoint that is sent those only that are needed is not silent while others are made. What
    /// destinations of thin events are sent is not known here.
    fn is_sent(self, event_type: &str) -> bool {
        match self {
            Self::Snapshot => coverage::needed().any(|it| it == event_type),
            Self::Thin => true,
        }
    }
}

/// An event that the inbox lacks.
struct Lacking {
    head: EventHead,
    body: String,
}

/// What one list brought.
#[derive(Default)]
struct Tally {
    /// Events of the list.
    listed: u64,
    /// Those that were never delivered, until the list brought them.
    missed: u64,
    /// When the first and the last of them were made.
    span: Option<(Timestamp, Timestamp)>,
    /// Events of the last while that an endpoint should have received.
    recent: Vec<String>,
}

/// What stands in the tally of a run that asked for a full pass.
pub(crate) const FULL_PASS_WANTED: &str = "full_pass_wanted";

pub(crate) async fn run(running: &Running<'_>) -> Result<(), JobError> {
    let thin = running.context.settings.endpoints.iter().any(|it| it.thin);
    let snapshot = running.context.settings.endpoints.iter().any(|it| !it.thin);
    // An installation without endpoints of its own is fed by the list alone.
    if snapshot || !thin {
        fill(running, Form::Snapshot).await?;
    }
    if thin {
        fill(running, Form::Thin).await?;
    }
    Ok(())
}

async fn fill(running: &Running<'_>, form: Form) -> Result<(), JobError> {
    let context = running.context;
    let caller = running.caller()?;
    let now = caller.page_at(form.operation(), PageAsked::default()).await?.it.date;
    let until = now.minus(BEHIND);
    let oldest = now.minus(KEPT);
    let cursor = context.store.event_cursor(&context.scope, form.as_str()).await?;
    match cursor {
        Some(cursor) if now.since(cursor) >= TOO_OLD => {
            tracing::error!(
                form = form.as_str(),
                "Stripe's list of events was not compared for 28 days: what it no longer has is \
                 found by a full pass, which is due now"
            );
            // Kept, in case this process is killed before the pass begins.
            context.store.tally(&running.handle, &[(FULL_PASS_WANTED, 1)]).await?;
            context.wanted.request(Job::Objects);
        }
        Some(cursor) if now.since(cursor) >= OLD => {
            tracing::warn!(
                form = form.as_str(),
                "Stripe's list of events was not compared for 25 days, and it keeps 30"
            );
        }
        Some(_) | None => {}
    }
    let from = match (running.how.since, cursor) {
        (Some(since), _) => since,
        // Far enough back to see whether anything was delivered in the span of the alarm.
        (None, Some(cursor)) => cursor.minus(OVERLAP.max(context.settings.silence_after + BEHIND)),
        (None, None) => oldest,
    };
    let mut from = from.max(oldest);
    let mut tally = Tally::default();
    let silent_since = until.minus(context.settings.silence_after);
    let mut length = STRETCH;
    while from < until {
        let to = from.plus(length).min(until);
        let stretch = Stretch { from: from.unix_seconds(), to: to.unix_seconds() };
        let pages = one_stretch(running, form, stretch, silent_since, &mut tally).await?;
        // Quiet times are gone through with few calls.
        length = if pages > 1 { STRETCH } else { length.saturating_mul(4) };
        if !running.how.dry_run && running.how.since.is_none() {
            context.store.move_event_cursor(&context.scope, form.as_str(), to).await?;
            context.metrics.cursor(form.as_str(), to);
        }
        running.how.tell(&format!("{} events compared, {} lacking", tally.listed, tally.missed));
        if running.how.limit.is_some_and(|it| tally.listed >= it) {
            break;
        }
        from = to;
        if from.unix_seconds() >= until.unix_seconds() {
            break;
        }
    }
    let count = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
    let done = [("events", count(tally.listed)), ("events_missed", count(tally.missed))];
    context.store.tally(&running.handle, &done).await?;
    if running.how.dry_run { Ok(()) } else { report(running, form, &tally).await }
}

/// Reads a stretch of the list and has the inbox take what it lacks of it. Answers how many pages it
/// had.
async fn one_stretch(
    running: &Running<'_>,
    form: Form,
    stretch: Stretch,
    silent_since: Timestamp,
    tally: &mut Tally,
) -> Result<usize, JobError> {
    let context = running.context;
    let mut page = Pages::new(form, stretch);
    let mut sent: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut connected = None;
    while let Some(body) = page.next(running).await? {
        let heads = heads(form, &body)?;
        tally.listed += u64::try_from(heads.len()).unwrap_or(0);
        let recent = heads.iter().filter(|it| {
            it.head.created.is_some_and(|it| it >= silent_since)
                && form.is_sent(&it.head.event_type)
        });
        tally.recent.extend(recent.map(|it| it.head.id.clone()));
        let ids: Vec<&str> = heads.iter().map(|it| it.head.id.as_str()).collect();
        let lacking = context.store.events_lacking(&ids, &context.scope).await?;
        let lacking: Vec<Lacking> =
            heads.into_iter().filter(|it| lacking.contains(&it.head.id)).collect();
        if running.how.dry_run || lacking.is_empty() {
            tally.missed += u64::try_from(lacking.len()).unwrap_or(0);
            continue;
        }
        if connected.is_none() {
            connected = Some(connect(running).await?);
        }
        if let Some(publisher) = &connected {
            for it in &lacking {
                sent.insert(it.head.id.clone(), it.head.created.unwrap_or(Timestamp::EPOCH));
            }
            publish(running, publisher, lacking).await?;
        }
        if sent.len() >= SETTLED_AT_ONCE {
            settle(running, &sent, tally).await?;
            sent.clear();
        }
    }
    if let Some(publisher) = connected {
        publisher.close().await;
    }
    settle(running, &sent, tally).await?;
    Ok(page.read)
}

async fn connect(running: &Running<'_>) -> Result<Publisher, JobError> {
    let bus = running.context.bus.as_ref();
    publisher(bus.ok_or_else(|| JobError::Bus("AMQP_URL is not set".to_owned()))?).await
}

/// The oldest first, so that they are judged in their order where that is possible.
async fn publish(
    running: &Running<'_>,
    publisher: &Publisher,
    mut lacking: Vec<Lacking>,
) -> Result<(), JobError> {
    lacking.sort_by_key(|it| it.head.created);
    let now = running.now();
    let scope = &running.context.scope;
    let receipts: Vec<Receipt> = stream::iter(lacking)
        .map(|it| {
            let (line, message) = message(it, scope, now);
            publisher.publish(line, message)
        })
        .buffered(OUTSTANDING)
        .collect()
        .await;
    if receipts.iter().all(|it| *it == Receipt::Confirmed) {
        Ok(())
    } else {
        Err(JobError::Bus("the broker did not take all events".to_owned()))
    }
}

fn message(it: Lacking, scope: &Scope, now: Timestamp) -> (Line, counterfoil_bus::Message) {
    let line = Line::Events(coverage::lane_of(&it.head.event_type));
    let message = EventMessage {
        id: it.head.id,
        event_type: Some(it.head.event_type),
        endpoint: LISTED.to_owned(),
        account: (scope.account != Scope::OWN).then(|| scope.account.clone()),
        livemode: Some(scope.livemode),
        connect: false,
        api_version: it.head.api_version,
        expected_version: None,
        received_at: now,
        traceparent: None,
        park: None,
        replay: false,
        body: Bytes::from(it.body),
    };
    (line, message.into_message())
}

/// Waits until the inbox has what was published, or for as long as what is on its way may take, and
/// counts what no endpoint had received: an event whose delivery was merely slower than the list is
/// under its endpoint's name by then.
async fn settle(
    running: &Running<'_>,
    published: &BTreeMap<String, Timestamp>,
    tally: &mut Tally,
) -> Result<(), JobError> {
    if published.is_empty() {
        return Ok(());
    }
    let context = running.context;
    let ids: Vec<&str> = published.keys().map(String::as_str).collect();
    let begun = context.clock.monotonic();
    let mut lacking = context.store.events_lacking(&ids, &context.scope).await?;
    while !lacking.is_empty() {
        if context.clock.monotonic().saturating_sub(begun) > context.settings.backlog_wait {
            let left = lacking.len();
            return Err(JobError::Bus(format!("{left} events are not yet absorbed by a worker")));
        }
        running.how.tell(&format!("waiting for {} events to be absorbed", lacking.len()));
        tokio::select! {
            () = context.shutdown.requested() => return Err(JobError::Stopped),
            () = pause(LOOK_EVERY) => {}
        }
        let left: Vec<&str> = lacking.iter().map(String::as_str).collect();
        lacking = context.store.events_lacking(&left, &context.scope).await?;
    }
    let listed = context.store.events_listed(&ids, &context.scope, LISTED).await?;
    let now = running.now();
    for id in &listed {
        let Some(created) = published.get(id) else { continue };
        context.metrics.corrected(FindingType::Silence.as_str(), now.since(*created));
        let (first, last) = tally.span.unwrap_or((*created, *created));
        tally.span = Some((first.min(*created), last.max(*created)));
    }
    let missed = u64::try_from(listed.len()).unwrap_or(0);
    tally.missed += missed;
    context.metrics.missed(missed);
    Ok(())
}

/// The subject of the findings about a list of events.
const SUBJECT: &str = "events";

/// What was missed is a finding that the list itself has corrected. That nothing at all is delivered
/// any more stays one until something is.
async fn report(running: &Running<'_>, form: Form, tally: &Tally) -> Result<(), JobError> {
    let context = running.context;
    let store = &context.store;
    let actor = running.actor();
    let recent: Vec<&str> = tally.recent.iter().map(String::as_str).collect();
    let listed = store.events_listed(&recent, &context.scope, LISTED).await?.len();
    let silent = !recent.is_empty() && listed == recent.len();
    let silence = format!("{} silence", form.as_str());
    let missed = format!("{} missed", form.as_str());
    let mut found = Vec::new();
    if silent {
        found.push(NewFinding {
            found: FindingType::Silence,
            severity: Severity::Critical,
            kind: SUBJECT.to_owned(),
            id: silence.clone(),
            differences: json!({
                "delivered": { "held": 0, "stripe": recent.len() },
                "minutes": context.settings.silence_after.as_secs() / 60,
            }),
        });
    }
    if let Some((first, last)) = tally.span {
        found.push(NewFinding {
            found: FindingType::Silence,
            severity: Severity::Warning,
            kind: SUBJECT.to_owned(),
            id: missed.clone(),
            differences: json!({
                "events": { "held": 0, "stripe": tally.missed },
                "first": first.to_string(),
                "last": last.to_string(),
            }),
        });
    }
    let (scope, run, now) = (&context.scope, running.run.id, running.now());
    store.record_findings(scope, run, &found, running.run.started_at, now).await?;
    let name = FindingType::Silence.as_str();
    let mut ended = vec![(SUBJECT, missed.as_str(), name)];
    // Without an event nothing could be delivered, and nothing is proven.
    if !silent && !recent.is_empty() {
        ended.push((SUBJECT, silence.as_str(), name));
    }
    let open = store.findings_about(scope, &ended).await?;
    store.correct_findings(&open, Correction { by: "repair", actor: &actor }, now).await?;
    Ok(())
}

fn heads(form: Form, body: &str) -> Result<Vec<Lacking>, JobError> {
    let unreadable = |what| StripeError::Unreadable { operation: form.operation(), what };
    let page = Page::read(body).ok_or(unreadable("it is no page of a list"))?;
    page.entries
        .into_iter()
        .map(|it| {
            let head = EventHead::read(it.get().as_bytes());
            let head = head.map_err(|_| unreadable("an entry is no event"))?;
            Ok(Lacking { head, body: it.get().to_owned() })
        })
        .collect()
}

/// The pages of a stretch, one after the other.
struct Pages {
    form: Form,
    stretch: Stretch,
    /// How the next one is asked for; `None` after the last.
    next: Option<Behind>,
    read: usize,
}

enum Behind {
    Nothing,
    Event(String),
    Address(String),
}

impl Pages {
    fn new(form: Form, stretch: Stretch) -> Self {
        Self { form, stretch, next: Some(Behind::Nothing), read: 0 }
    }

    async fn next(&mut self, running: &Running<'_>) -> Result<Option<String>, JobError> {
        let Some(behind) = self.next.take() else { return Ok(None) };
        let operation = self.form.operation();
        let unreadable = |what| JobError::Stripe(StripeError::Unreadable { operation, what });
        self.read += 1;
        if self.read > PAGES_MAX {
            return Err(unreadable("the list has more pages than it can have"));
        }
        let caller = running.caller()?;
        let created = Some(self.stretch);
        let listed = match &behind {
            Behind::Nothing => {
                caller.page_at(operation, PageAsked { created, ..PageAsked::default() }).await?
            }
            Behind::Event(id) => {
                let asked = PageAsked { created, after: Some(id), customer: None };
                caller.page_at(operation, asked).await?
            }
            Behind::Address(next) => caller.page_behind(operation, next).await?,
        };
        let body = listed.it.body;
        let page = Page::read(&body).ok_or_else(|| unreadable("it is no page of a list"))?;
        if page.has_more {
            let last = page.entries.last().and_then(|it| EventHead::read(it.get().as_bytes()).ok());
            self.next = match (page.next, last) {
                (Some(next), _) => Some(Behind::Address(next)),
                (None, Some(last)) => Some(Behind::Event(last.id)),
                (None, None) => return Err(unreadable("a page that is not the last is empty")),
            };
        }
        Ok(Some(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_endpoint_need_be_sent_is_no_silence() {
        assert!(Form::Snapshot.is_sent("customer.subscription.updated"));
        assert!(Form::Snapshot.is_sent("invoice.paid"));
        assert!(!Form::Snapshot.is_sent("payout.created"));
        assert!(!Form::Snapshot.is_sent("a.type.of_next_year"));
    }
}
