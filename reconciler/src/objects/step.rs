//! One page, or one customer, or one short list, against the rows that should be in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI32, Ordering};

use counterfoil_domain::Timestamp;
use counterfoil_domain::absorb::Held;
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{HeldHead, Known, Next, Stretch, next_part};
use counterfoil_projection::{project, reading_of, table_of};
use counterfoil_store::{HeldRow, Progress, RunHandle, Seen, Store, Walk, Which};
use counterfoil_stripe_client::{
    Answer, Asked, Listed, Listing, PageAsked, StripeError, Walk as Way, listing_of,
};
use twox_hash::XxHash3_128;

use super::part::{
    self, Entries, Entry, Gathered, entries, entry, id_of, oldest, read, unreadable,
};
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

/// What earlier passes saw of what is ahead, from the newest to the oldest.
#[derive(Default)]
struct Ahead {
    known: Vec<Known>,
    /// Of each, the digest of the page that said what our rows say now.
    there: Vec<Option<Vec<u8>>>,
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
        let pages_max = if hungry { 1 } else { PAGES_PER_STEP };
        let ahead = match listing.walk {
            Way::ByCreated(made) => self.ahead(&walk, made, pages_max).await?,
            Way::ByCursor(_) | Way::AsOne | Way::OfEachCustomer => Ahead::default(),
        };
        while !next.done && gathered.pages < pages_max && !ahead.is_behind(&next) {
            let before = gathered.pages;
            let stepped = match listing.walk {
                Way::ByCreated(made) => {
                    self.stretch(listing, (made, &ahead), &mut next, &mut gathered).await
                }
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
            // What differs is noted before more is read.
            if !gathered.suspects.is_empty() || gathered.pages == before {
                break;
            }
        }
        // Whoever has nothing to do gets a part.
        let splits =
            matches!(listing.walk, Way::ByCreated(_) | Way::OfEachCustomer) && hungry && !next.done;
        let split = if splits { self.split(&mut next).await? } else { None };
        let progress = Progress {
            pages: gathered.pages,
            objects: gathered.objects,
            known: i64::try_from(gathered.known).unwrap_or(i64::MAX),
            suspects: gathered.suspects,
            seen: (gathered.seen, reading_of(walk.kind)),
            split: split.as_ref(),
        };
        self.store.advance(&self.run, &next, &progress).await?;
        let (objects, pages) = (progress.objects.unsigned_abs(), progress.pages.unsigned_abs());
        self.metrics.compared(walk.kind.as_str(), objects);
        Ok(Stepped { walk: next, split, objects, pages, skipped: None })
    }

    /// What earlier passes saw of the next pages.
    async fn ahead(&self, walk: &Walk, made: &'static str, limit: i64) -> Result<Ahead, JobError> {
        let list = super::list_of(walk.kind, made, &self.run.scope);
        let found = self.store.known_stretches(list, walk.stretch, limit).await?;
        let (known, there) = found.into_iter().unzip();
        Ok(Ahead { known, there })
    }

    /// Gives the older half of what is left away; a page that is known is not cut in two.
    async fn split(&self, walk: &mut Walk) -> Result<Option<Walk>, JobError> {
        let Some((newer, _)) = walk.stretch.halves() else { return Ok(None) };
        let Some(parts) = self.parts.get(&walk.kind) else { return Ok(None) };
        let (table, scope) = (table_of(walk.kind), &self.run.scope);
        let bound = self.store.known_bound(table, scope, newer.from).await?;
        let from = bound.filter(|it| *it > walk.stretch.from).unwrap_or(newer.from);
        let newer = Stretch { from, to: walk.stretch.to };
        let Some(older) = walk.stretch.below(newer) else { return Ok(None) };
        let part = parts.fetch_add(1, Ordering::Relaxed) + 1;
        walk.stretch = newer;
        Ok(Some(Walk { kind: walk.kind, part, stretch: older, behind: None, done: false }))
    }

    /// The newest page of a stretch of seconds.
    async fn stretch(
        &self,
        listing: Listing,
        (made, ahead): (&'static str, &Ahead),
        walk: &mut Walk,
        gathered: &mut Gathered,
    ) -> Result<(), JobError> {
        let asked = next_part(walk.stretch, &ahead.known);
        let part = asked.stretch;
        let created = PageAsked { created: Some(part), ..PageAsked::default() };
        let listed = self.caller.page_of(listing, created).await?;
        gathered.pages += 1;
        let there = digest_of(&listed.it.body);
        // Page and rows are as they were when they said the same.
        if let Some(objects) = asked.known.and_then(|place| ahead.unchanged(place, &there)) {
            gathered.objects += i64::from(objects);
            gathered.known += u64::from(objects);
            go_on(walk, part, Next { whole: Some(part), rest: None });
            return Ok(());
        }
        let Entries { all, has_more, left_out } = entries(walk.kind, listing, made, &listed)?;
        let next = part.after(oldest(listing, &all, has_more)?, has_more);
        if let Some(whole) = next.whole {
            // What is of the last second comes again with the next page.
            let proven: Vec<&Entry<'_>> =
                all.iter().filter(|it| it.made.is_none_or(|it| it >= whole.from)).collect();
            let held = self.held(walk.kind, made, whole, &proven).await?;
            let here = self.compare(walk.kind, &proven, &held, listed.second, gathered).await?;
            let objects = u32::try_from(proven.len()).unwrap_or(u32::MAX);
            // The same question is answered with the same page only where it is all of it.
            let equal = here.filter(|_| !has_more && !left_out).map(|here| (there, here));
            gathered.seen.push(Seen { stretch: whole, objects, equal });
        }
        if let Some(second) = go_on(walk, part, next) {
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
            let Entries { all, has_more, .. } = entries(kind, listing, made, &listed)?;
            gathered.pages += 1;
            let shown: Vec<&Entry<'_>> = all.iter().collect();
            let page = self.others(kind, &shown, &[]).await?;
            self.compare(kind, &shown, &page, listed.second, gathered).await?;
            seen.extend(all.iter().map(|it| it.projection.id.clone()));
            behind = all.last().map(|it| it.projection.id.clone());
            if !has_more || behind.is_none() {
                let unseen = held.iter().filter(|(id, _)| !seen.contains(id));
                let heads: Vec<HeldHead<'_>> = unseen.map(head_of).collect();
                part::suspect(kind, &[], (&[], &heads), begun, gathered);
                let objects = u32::try_from(seen.len()).unwrap_or(u32::MAX);
                gathered.seen.push(Seen { stretch: second, objects, equal: None });
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
        let Entries { all, has_more, .. } = entries(walk.kind, listing, made, &listed)?;
        gathered.pages += 1;
        let Next { whole, rest } = walk.stretch.after(oldest(listing, &all, has_more)?, has_more);
        // What is of the last second comes again with the next page, unless it is all of this one.
        let again = whole.is_some() && has_more;
        let shown: Vec<&Entry<'_>> =
            all.iter().filter(|it| !again || it.made >= whole.map(|it| it.from)).collect();
        let whole = whole.unwrap_or(Stretch { from: 1, to: 0 });
        let held = self.held(walk.kind, made, whole, &shown).await?;
        self.compare(walk.kind, &shown, &held, listed.second, gathered).await?;
        if let Some(last) = shown.last() {
            walk.behind = Some(last.projection.id.clone());
        }
        match rest {
            Some(rest) if !all.is_empty() => walk.stretch = rest,
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
            all.extend(entries(walk.kind, listing, "", listed)?.all);
        }
        let Some(first) = pages.first() else { return Ok(()) };
        let held = self.store.rows(table_of(walk.kind), Which::All, &self.run.scope).await?;
        let shown: Vec<&Entry<'_>> = all.iter().collect();
        self.compare(walk.kind, &shown, &held, first.second, gathered).await?;
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
        let page = entries(kind, all, "created", &listed)?;
        gathered.pages += 1;
        let next = walk.stretch.after(oldest(all, &page.all, page.has_more)?, page.has_more);
        let mut customers: Vec<String> = page
            .all
            .iter()
            .filter(|it| it.made.is_none() || it.made >= next.whole.map(|it| it.from))
            .map(|it| it.projection.id.clone())
            .collect();
        if let Some(second) = go_on(walk, walk.stretch, next) {
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
        let of_customer = Which::OfCustomer(customer);
        let mut held = self.store.rows(table_of(kind), of_customer, scope).await?;
        if kind == ObjectKind::ActiveEntitlementSummary {
            let asked = Asked { kind, id: customer, customer: None, subscription: None };
            let answer = self.caller.fetch(asked).await?;
            gathered.pages += 1;
            if let Answer::Found { body, .. } = &answer.it {
                let entry = entry(kind, body, "").map_err(|_| unreadable(listing))?;
                // A customer without entitlements is told of by no event.
                let nothing = entry.projection.children.iter().all(|it| it.rows.is_empty());
                if !(nothing && held.is_empty()) {
                    self.compare(kind, &[&entry], &held, answer.second, gathered).await?;
                }
            }
            return Ok(());
        }
        let pages = self.pages(listing, Some(customer), None, gathered).await?;
        let mut all = Vec::new();
        for listed in &pages {
            all.extend(entries(kind, listing, "", listed)?.all);
        }
        if let Some(first) = pages.first() {
            let shown: Vec<&Entry<'_>> = all.iter().collect();
            held.extend(self.others(kind, &shown, &held).await?);
            self.compare(kind, &shown, &held, first.second, gathered).await?;
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
    ) -> Result<Vec<HeldRow>, JobError> {
        let scope = &self.run.scope;
        let mut held = if stretch.from > stretch.to {
            Vec::new()
        } else {
            self.store.rows(table_of(kind), Which::Made(made, stretch), scope).await?
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
        held: &[HeldRow],
    ) -> Result<Vec<HeldRow>, JobError> {
        let there: BTreeSet<&str> = held.iter().map(|it| it.row.id.as_str()).collect();
        let ids: Vec<&str> = shown
            .iter()
            .map(|it| it.projection.id.as_str())
            .filter(|id| !there.contains(id))
            .collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.rows(table_of(kind), Which::Ids(&ids), &self.run.scope).await?)
    }

    async fn compare(
        &self,
        kind: ObjectKind,
        shown: &[&Entry<'_>],
        held: &[HeldRow],
        second: Timestamp,
        gathered: &mut Gathered,
    ) -> Result<Option<i128>, JobError> {
        let scope = &self.run.scope;
        part::compare(&self.store, scope, kind, shown, (held, second), gathered).await
    }
}

impl Ahead {
    /// Whether a walk has come past all that was looked up.
    fn is_behind(&self, walk: &Walk) -> bool {
        self.known.last().is_some_and(|it| it.stretch.from > walk.stretch.to)
    }

    /// How many objects are in a known stretch, where its page and our rows are as they were when
    /// they said the same.
    fn unchanged(&self, place: usize, there: &[u8]) -> Option<u32> {
        let before = self.there.get(place)?.as_deref()?;
        (before == there).then(|| self.known.get(place).map(|it| it.objects))?
    }
}

fn head_of((id, held): &(String, Held)) -> HeldHead<'_> {
    HeldHead { id, second: held.sighting.second, deleted: held.deleted }
}

/// A page in short. Against accidents: whoever could make a page of the same digest could as well
/// have us absorb what it likes.
fn digest_of(body: &str) -> [u8; 16] {
    XxHash3_128::oneshot(body.as_bytes()).to_be_bytes()
}

/// Moves a walk behind a page of its newest part. Answers the second that has more in it than a page
/// holds, where the page did not get through it: the walk goes on behind that second, which is to be
/// walked by ids.
fn go_on(walk: &mut Walk, part: Stretch, Next { whole, rest }: Next) -> Option<Stretch> {
    let from = walk.stretch.from;
    match rest {
        Some(rest) if whole.is_none() && rest == part => {
            walk.stretch = Stretch { from, to: rest.to - 1 };
            walk.done = walk.stretch.from > walk.stretch.to;
            Some(Stretch { from: rest.to, to: rest.to })
        }
        Some(rest) => {
            walk.stretch = Stretch { from, to: rest.to };
            None
        }
        None => {
            match walk.stretch.below(part) {
                Some(below) => walk.stretch = below,
                None => walk.done = true,
            }
            None
        }
    }
}

fn is_refused(error: &JobError) -> bool {
    matches!(error, JobError::Stripe(StripeError::Refused { .. }))
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
        let walked = |part, whole, rest| {
            let mut walk = Walk {
                kind: ObjectKind::Customer,
                part: 0,
                stretch: stretch(10, 20),
                behind: None,
                done: false,
            };
            let dense = go_on(&mut walk, part, Next { whole, rest });
            (walk.stretch, walk.done, dense)
        };
        let all = stretch(10, 20);
        let behind = walked(all, Some(stretch(16, 20)), Some(stretch(10, 15)));
        assert_eq!(behind, (stretch(10, 15), false, None));
        let dense = walked(all, None, Some(all));
        assert_eq!(dense, (stretch(10, 19), false, Some(stretch(20, 20))));
        assert!(walked(all, Some(all), None).1);
        let newest = stretch(15, 20);
        let behind = walked(newest, Some(stretch(18, 20)), Some(stretch(15, 17)));
        assert_eq!(behind, (stretch(10, 17), false, None));
        let dense = walked(newest, None, Some(newest));
        assert_eq!(dense, (stretch(10, 19), false, Some(stretch(20, 20))));
        assert_eq!(walked(newest, Some(newest), None), (stretch(10, 14), false, None));
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
