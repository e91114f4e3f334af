//! One page, or one customer, or one short list, against the rows that should be in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI32, Ordering};

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::{ObjectKind, Projection, Value};
use counterfoil_domain::reconcile::{
    HeldHead, Leaf, Next, ShownHead, Stretch, Suspicion, compare_leaf,
};
use counterfoil_projection::{ProjectionError, project, table_of};
use counterfoil_store::{Progress, RunHandle, Store, Suspect, Walk};
use counterfoil_stripe_client::{
    Answer, Asked, Listed, Listing, PageAsked, StripeError, Walk as Way, listing_of,
};
use counterfoil_stripe_wire::page::Page;

use crate::call::{Caller, Shown};
use crate::metrics::ReconcilerMetrics;
use crate::turn::JobError;

/// What steps share.
pub(super) struct Stepper {
    pub(super) store: Store,
    pub(super) caller: Caller,
    pub(super) run: RunHandle,
    pub(super) metrics: ReconcilerMetrics,
    /// The last part of each kind.
    pub(super) parts: BTreeMap<ObjectKind, AtomicI32>,
}

/// What a step brought.
pub(super) struct Stepped {
    pub(super) walk: Walk,
    /// A part that is split off.
    pub(super) split: Option<Walk>,
    pub(super) objects: u64,
    pub(super) pages: u64,
    /// Why the list cannot be read at all.
    pub(super) skipped: Option<StripeError>,
}

/// An entry of a page.
struct Entry<'a> {
    text: &'a str,
    projection: Projection,
    made: Option<i64>,
}

/// What a step gathers before it notes where it is.
#[derive(Default)]
struct Gathered {
    pages: i64,
    objects: i64,
    known: u64,
    suspects: Vec<Suspect>,
}

/// Pages of one second, one customer or one short list at most: far beyond what there is of them.
const PAGES_MAX: usize = 10_000;

/// Pages that are compared before it is noted where the walk is. A kill repeats so many at most.
const PAGES_PER_STEP: i64 = 8;

impl Stepper {
    pub(super) async fn step(&self, walk: Walk, hungry: bool) -> Result<Stepped, JobError> {
        let Some(listing) = listing_of(walk.kind) else {
            return Ok(Stepped {
                walk: Walk { done: true, ..walk },
                split: None,
                objects: 0,
                pages: 0,
                skipped: None,
            });
        };
        let mut gathered = Gathered::default();
        let mut next = walk.clone();
        while !next.done && gathered.pages < PAGES_PER_STEP {
            let before = gathered.pages;
            let stepped = match listing.walk {
                Way::ByCreated(made) => self.stretch(listing, made, &mut next, &mut gathered).await,
                Way::ByCursor(made) => self.behind(listing, made, &mut next, &mut gathered).await,
                Way::AsOne => self.as_one(listing, &mut next, &mut gathered).await,
                Way::OfEachCustomer => self.customers(listing, &mut next, &mut gathered).await,
            };
            match stepped {
                Ok(()) => {}
                Err(JobError::Stripe(
                    error @ (StripeError::Refused { .. }
                    | StripeError::Unauthorized { status: 403, .. }),
                )) => {
                    let skipped = Some(error);
                    return Ok(Stepped { walk, split: None, objects: 0, pages: 0, skipped });
                }
                Err(error) => return Err(error),
            }
            // Whoever has nothing to do gets a part; what differs is noted before more is read.
            if hungry || !gathered.suspects.is_empty() || gathered.pages == before {
                break;
            }
        }
        let splits =
            matches!(listing.walk, Way::ByCreated(_) | Way::OfEachCustomer) && hungry && !next.done;
        let split = splits.then(|| self.split(&mut next)).flatten();
        let progress = Progress {
            pages: gathered.pages,
            objects: gathered.objects,
            known: i64::try_from(gathered.known).unwrap_or(i64::MAX),
            suspects: gathered.suspects,
            split: split.as_ref(),
        };
        self.store.advance(&self.run, &next, &progress).await?;
        let (objects, pages) = (progress.objects.unsigned_abs(), progress.pages.unsigned_abs());
        self.metrics.compared(walk.kind.as_str(), objects);
        Ok(Stepped { walk: next, split, objects, pages, skipped: None })
    }

    /// Gives the older half of what is left away.
    fn split(&self, walk: &mut Walk) -> Option<Walk> {
        let (newer, older) = walk.stretch.halves()?;
        let part = self.parts.get(&walk.kind)?.fetch_add(1, Ordering::Relaxed) + 1;
        walk.stretch = newer;
        Some(Walk { kind: walk.kind, part, stretch: older, behind: None, done: false })
    }

    /// The newest page of a stretch of seconds.
    async fn stretch(
        &self,
        listing: Listing,
        made: &'static str,
        walk: &mut Walk,
        gathered: &mut Gathered,
    ) -> Result<(), JobError> {
        let asked = PageAsked { created: Some(walk.stretch), ..PageAsked::default() };
        let listed = self.caller.page_of(listing, asked).await?;
        let (entries, has_more) = entries(walk.kind, listing, made, &listed)?;
        gathered.pages += 1;
        let Next { whole, rest } =
            walk.stretch.after(oldest(listing, &entries, has_more)?, has_more);
        if let Some(whole) = whole {
            // What is of the last second comes again with the next page.
            let proven: Vec<&Entry<'_>> =
                entries.iter().filter(|it| it.made.is_none_or(|it| it >= whole.from)).collect();
            let held = self.held(walk.kind, made, whole, &proven).await?;
            Self::compare(walk.kind, &proven, &held, listed.second, gathered);
        }
        if let Some(second) = go_on(walk, whole, rest) {
            self.dense_second(listing, made, second, walk.kind, gathered).await?;
        }
        Ok(())
    }

    /// A second in which more was made than a page holds: walked by ids, of which alone all are kept
    /// until its end.
    async fn dense_second(
        &self,
        listing: Listing,
        made: &'static str,
        second: Stretch,
        kind: ObjectKind,
        gathered: &mut Gathered,
    ) -> Result<(), JobError> {
        let held = self.store.heads_made(kind, made, second, &self.run.scope).await?;
        let mut seen = BTreeSet::new();
        let mut behind: Option<String> = None;
        let mut first = None;
        for _ in 0..PAGES_MAX {
            let asked =
                PageAsked { created: Some(second), after: behind.as_deref(), customer: None };
            let listed = match self.caller.page_of(listing, asked).await {
                // The object is gone behind which the list was to go on: from the top again.
                Err(error) if behind.is_some() && is_refused(&error) => {
                    behind = None;
                    continue;
                }
                listed => listed?,
            };
            let begun = *first.get_or_insert(listed.second);
            let (entries, has_more) = entries(kind, listing, made, &listed)?;
            gathered.pages += 1;
            let shown: Vec<&Entry<'_>> = entries.iter().collect();
            let ids: BTreeSet<&str> = entries.iter().map(|it| it.projection.id.as_str()).collect();
            let mut page: Vec<HeldHead> =
                held.iter().filter(|it| ids.contains(it.id.as_str())).cloned().collect();
            page.extend(self.others(kind, &shown, &page).await?);
            Self::compare(kind, &shown, &page, listed.second, gathered);
            seen.extend(entries.iter().map(|it| it.projection.id.clone()));
            behind = entries.last().map(|it| it.projection.id.clone());
            if !has_more || behind.is_none() {
                let rest: Vec<HeldHead> =
                    held.into_iter().filter(|it| !seen.contains(&it.id)).collect();
                Self::compare(kind, &[], &rest, begun, gathered);
                return Ok(());
            }
        }
        Err(endless(listing))
    }

    /// The page behind the last object seen.
    async fn behind(
        &self,
        listing: Listing,
        made: &'static str,
        walk: &mut Walk,
        gathered: &mut Gathered,
    ) -> Result<(), JobError> {
        let asked = PageAsked { after: walk.behind.as_deref(), ..PageAsked::default() };
        let listed = match self.caller.page_of(listing, asked).await {
            // The object is gone behind which the list was to go on: from the top again.
            Err(JobError::Stripe(StripeError::Refused { status: 400, .. }))
                if walk.behind.is_some() =>
            {
                walk.behind = None;
                walk.stretch = Stretch::ALL;
                return Ok(());
            }
            listed => listed?,
        };
        let (entries, has_more) = entries(walk.kind, listing, made, &listed)?;
        gathered.pages += 1;
        let Next { whole, rest } =
            walk.stretch.after(oldest(listing, &entries, has_more)?, has_more);
        // What is of the last second comes again with the next page, unless it is all of this one.
        let again = whole.is_some() && has_more;
        let shown: Vec<&Entry<'_>> =
            entries.iter().filter(|it| !again || it.made >= whole.map(|it| it.from)).collect();
        let whole = whole.unwrap_or(Stretch { from: 1, to: 0 });
        let held = self.held(walk.kind, made, whole, &shown).await?;
        Self::compare(walk.kind, &shown, &held, listed.second, gathered);
        if let Some(last) = shown.last() {
            walk.behind = Some(last.projection.id.clone());
        }
        match rest {
            Some(rest) if !entries.is_empty() => walk.stretch = rest,
            Some(_) | None => walk.done = true,
        }
        Ok(())
    }

    /// A short list, from its first page to its last.
    async fn as_one(
        &self,
        listing: Listing,
        walk: &mut Walk,
        gathered: &mut Gathered,
    ) -> Result<(), JobError> {
        let pages = self.pages(listing, None, None, gathered).await?;
        let mut all = Vec::new();
        for listed in &pages {
            all.extend(entries(walk.kind, listing, "", listed)?.0);
        }
        let Some(first) = pages.first() else { return Ok(()) };
        let held = self.store.heads(walk.kind, &self.run.scope).await?;
        Self::compare(walk.kind, &all.iter().collect::<Vec<_>>(), &held, first.second, gathered);
        walk.done = true;
        Ok(())
    }

    /// The lists of the customers of the newest page of a stretch. The customers are Stripe's, so
    /// that those are among them which are not held yet.
    async fn customers(
        &self,
        listing: Listing,
        walk: &mut Walk,
        gathered: &mut Gathered,
    ) -> Result<(), JobError> {
        let kind = ObjectKind::Customer;
        let Some(all) = listing_of(kind) else { return Ok(()) };
        let asked = PageAsked { created: Some(walk.stretch), ..PageAsked::default() };
        let listed = self.caller.page_of(all, asked).await?;
        let (entries, has_more) = entries(kind, all, "created", &listed)?;
        gathered.pages += 1;
        let Next { whole, rest } = walk.stretch.after(oldest(all, &entries, has_more)?, has_more);
        let mut customers: Vec<String> = entries
            .iter()
            .filter(|it| it.made.is_none() || it.made >= whole.map(|it| it.from))
            .map(|it| it.projection.id.clone())
            .collect();
        if let Some(second) = go_on(walk, whole, rest) {
            customers = self.ids_of_second(all, second, gathered).await?;
        }
        for customer in customers {
            match self.customer(listing, walk.kind, &customer, gathered).await {
                // One that was deleted since its page was read has no lists any more; those of the
                // others are there.
                Err(error @ JobError::Stripe(StripeError::Refused { .. })) => {
                    if !self.is_gone(&customer).await? {
                        return Err(error);
                    }
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// Whether Stripe has a customer no more.
    async fn is_gone(&self, customer: &str) -> Result<bool, JobError> {
        let kind = ObjectKind::Customer;
        let asked = Asked { kind, id: customer, customer: None, subscription: None };
        Ok(match self.caller.fetch(asked).await?.it {
            Answer::Absent { .. } => true,
            Answer::Found { body, .. } => {
                project(kind, &body, false).is_ok_and(|it| it.change.is_deletion())
            }
            Answer::Unaskable { .. } => false,
        })
    }

    /// The ids of everything that was made in a second in which more was made than a page holds.
    async fn ids_of_second(
        &self,
        listing: Listing,
        second: Stretch,
        gathered: &mut Gathered,
    ) -> Result<Vec<String>, JobError> {
        let mut ids = Vec::new();
        for page in self.pages(listing, None, Some(second), gathered).await? {
            let page = read(listing, &page.it)?;
            ids.extend(page.entries.iter().filter_map(|it| id_of(it.get())));
        }
        Ok(ids)
    }

    /// One customer's list.
    async fn customer(
        &self,
        listing: Listing,
        kind: ObjectKind,
        customer: &str,
        gathered: &mut Gathered,
    ) -> Result<(), JobError> {
        let scope = &self.run.scope;
        let mut held = self.store.heads_of_customer(table_of(kind), customer, scope).await?;
        if kind == ObjectKind::ActiveEntitlementSummary {
            let asked = Asked { kind, id: customer, customer: None, subscription: None };
            let answer = self.caller.fetch(asked).await?;
            gathered.pages += 1;
            if let Answer::Found { body, .. } = &answer.it {
                let entry = entry(kind, body, "").map_err(|_| unreadable(listing))?;
                // A customer without entitlements is told of by no event.
                let nothing = entry.projection.children.iter().all(|it| it.rows.is_empty());
                if !(nothing && held.is_empty()) {
                    Self::compare(kind, &[&entry], &held, answer.second, gathered);
                }
            }
            return Ok(());
        }
        let pages = self.pages(listing, Some(customer), None, gathered).await?;
        let mut all = Vec::new();
        for listed in &pages {
            all.extend(entries(kind, listing, "", listed)?.0);
        }
        if let Some(first) = pages.first() {
            let shown: Vec<&Entry<'_>> = all.iter().collect();
            held.extend(self.others(kind, &shown, &held).await?);
            Self::compare(kind, &shown, &held, first.second, gathered);
        }
        Ok(())
    }

    /// All pages of a list that is short.
    async fn pages(
        &self,
        listing: Listing,
        customer: Option<&str>,
        created: Option<Stretch>,
        gathered: &mut Gathered,
    ) -> Result<Vec<Shown<Listed>>, JobError> {
        let mut all: Vec<Shown<Listed>> = Vec::new();
        let mut behind: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let asked = PageAsked { customer, after: behind.as_deref(), created };
            let listed = match self.caller.page_of(listing, asked).await {
                // The object is gone behind which the list was to go on: from the top again.
                Err(error) if behind.is_some() && is_refused(&error) => {
                    behind = None;
                    all.clear();
                    continue;
                }
                listed => listed?,
            };
            gathered.pages += 1;
            let page = read(listing, &listed.it)?;
            let last = page.entries.last().map(|it| it.get());
            behind = last.and_then(id_of).filter(|_| page.has_more);
            all.push(listed);
            if behind.is_none() {
                return Ok(all);
            }
        }
        Err(endless(listing))
    }

    /// What is held of a stretch, and of these entries wherever they are.
    async fn held(
        &self,
        kind: ObjectKind,
        made: &'static str,
        stretch: Stretch,
        shown: &[&Entry<'_>],
    ) -> Result<Vec<HeldHead>, JobError> {
        let scope = &self.run.scope;
        let mut held = if stretch.from > stretch.to {
            Vec::new()
        } else {
            self.store.heads_made(kind, made, stretch, scope).await?
        };
        held.extend(self.others(kind, shown, &held).await?);
        Ok(held)
    }

    /// What is held of entries that are not among these rows: held as deleted, and no longer known
    /// when they were made.
    async fn others(
        &self,
        kind: ObjectKind,
        shown: &[&Entry<'_>],
        held: &[HeldHead],
    ) -> Result<Vec<HeldHead>, JobError> {
        let there: BTreeSet<&str> = held.iter().map(|it| it.id.as_str()).collect();
        let ids: Vec<&str> = shown
            .iter()
            .map(|it| it.projection.id.as_str())
            .filter(|id| !there.contains(id))
            .collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.heads_of(kind, &ids, &self.run.scope).await?)
    }

    fn compare(
        kind: ObjectKind,
        entries: &[&Entry<'_>],
        held: &[HeldHead],
        second: Timestamp,
        gathered: &mut Gathered,
    ) {
        let shown: Vec<ShownHead<'_>> = entries
            .iter()
            .map(|it| ShownHead {
                id: &it.projection.id,
                digest: it.projection.digest,
                complete: it.projection.is_complete() && !it.projection.hidden,
            })
            .collect();
        let Leaf { suspects, known } = compare_leaf(&shown, held, second);
        gathered.known += known;
        gathered.objects += i64::try_from(entries.len()).unwrap_or(i64::MAX);
        if suspects.is_empty() {
            return;
        }
        let by_id: BTreeMap<&str, &&Entry<'_>> =
            entries.iter().map(|it| (it.projection.id.as_str(), it)).collect();
        for (id, suspicion) in suspects {
            let entry = by_id.get(id.as_str());
            gathered.suspects.push(Suspect {
                kind,
                shown_at: (suspicion == Suspicion::Shown).then_some(second),
                body: entry.map(|it| it.text.to_owned()),
                id,
                suspicion,
            });
        }
    }
}

/// Moves a walk behind a page. Answers the second that has more in it than a page holds, where the page
/// did not get through it: the walk goes on behind that second, which is to be walked by ids.
fn go_on(walk: &mut Walk, whole: Option<Stretch>, rest: Option<Stretch>) -> Option<Stretch> {
    match rest {
        Some(rest) if whole.is_none() && rest == walk.stretch => {
            walk.stretch = Stretch { from: rest.from, to: rest.to - 1 };
            walk.done = walk.stretch.from > walk.stretch.to;
            Some(Stretch { from: rest.to, to: rest.to })
        }
        Some(rest) => {
            walk.stretch = rest;
            None
        }
        None => {
            walk.done = true;
            None
        }
    }
}

/// The entries of a page, read; and whether more follow. An entry that cannot be read is left out:
/// its row is then asked for by itself, and that answer says what is wrong.
fn entries<'a>(
    kind: ObjectKind,
    listing: Listing,
    made: &str,
    listed: &'a Shown<Listed>,
) -> Result<(Vec<Entry<'a>>, bool), JobError> {
    let page = read(listing, &listed.it)?;
    let all = page.entries.into_iter().filter_map(|it| match entry(kind, it.get(), made) {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::warn!(kind = kind.as_str(), %error, "an entry of a list cannot be read");
            None
        }
    });
    Ok((all.collect(), page.has_more))
}

fn entry<'a>(kind: ObjectKind, text: &'a str, made: &str) -> Result<Entry<'a>, ProjectionError> {
    let projection = project(kind, text, false)?;
    let made = match projection.change.row().and_then(|it| it.get(made)) {
        Some(Value::Time(it)) => Some(it.unix_seconds()),
        _ => None,
    };
    Ok(Entry { text, projection, made })
}

fn read(listing: Listing, listed: &Listed) -> Result<Page<'_>, JobError> {
    Page::read(&listed.body).ok_or_else(|| unreadable(listing))
}

fn is_refused(error: &JobError) -> bool {
    matches!(error, JobError::Stripe(StripeError::Refused { .. }))
}

fn unreadable(listing: Listing) -> JobError {
    let what = "it is no page of a list";
    JobError::Stripe(StripeError::Unreadable { operation: listing.operation, what })
}

/// The second of the oldest entry. A page that is not the last, and of which nothing says when it
/// was made, would be taken for the end of its list.
fn oldest(
    listing: Listing,
    entries: &[Entry<'_>],
    has_more: bool,
) -> Result<Option<i64>, JobError> {
    let oldest = entries.iter().filter_map(|it| it.made).min();
    if has_more && oldest.is_none() { Err(unreadable(listing)) } else { Ok(oldest) }
}

fn id_of(text: &str) -> Option<String> {
    let it: serde_json::Value = serde_json::from_str(text).ok()?;
    it["id"].as_str().map(str::to_owned)
}

fn endless(listing: Listing) -> JobError {
    let what = "the list has more pages than it can have";
    JobError::Stripe(StripeError::Unreadable { operation: listing.operation, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_on_behind_a_page_and_past_a_second_that_fills_it() {
        let stretch = |from, to| Stretch { from, to };
        let walked = |whole, rest| {
            let mut walk = Walk {
                kind: ObjectKind::Customer,
                part: 0,
                stretch: stretch(10, 20),
                behind: None,
                done: false,
            };
            let dense = go_on(&mut walk, whole, rest);
            (walk.stretch, walk.done, dense)
        };
        let behind = walked(Some(stretch(16, 20)), Some(stretch(10, 15)));
        assert_eq!(behind, (stretch(10, 15), false, None));
        let dense = walked(None, Some(stretch(10, 20)));
        assert_eq!(dense, (stretch(10, 19), false, Some(stretch(20, 20))));
        assert!(walked(Some(stretch(10, 20)), None).1);
    }

    #[test]
    fn lists_go_by_columns_that_there_are() {
        for kind in ObjectKind::ALL {
            let column = match listing_of(kind).map(|it| it.walk) {
                Some(Way::ByCreated(column) | Way::ByCursor(column)) => column,
                Some(Way::AsOne | Way::OfEachCustomer) | None => continue,
            };
            let has = |it: &str| table_of(kind).columns.iter().any(|column| column.name == it);
            assert!(has(column), "{kind} has no {column}");
        }
    }
}
