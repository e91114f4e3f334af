//! Limits on calls (STRIPE.md 7.4): how many a second and how many at once, for the account, for
//! one endpoint and for one object. Rates are counted over the last second of real time, because
//! simulated time may stand still.

use super::error::ApiError;
use super::lane::Lane;
use super::request::ApiRequest;
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The window that rates are counted over.
const WINDOW: Duration = Duration::from_secs(1);
/// How many objects are counted before those without a call in the window are let go of.
const OBJECTS_MAX: usize = 1_024;

/// A limit, as `Stripe-Rate-Limited-Reason` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateLimit {
    /// Calls a second, all together.
    GlobalRate,
    /// Calls at once, all together.
    GlobalConcurrency,
    /// Calls a second of one endpoint.
    EndpointRate,
    /// Calls at once of one endpoint.
    EndpointConcurrency,
    /// Writes of one object.
    ResourceSpecific,
}

/// What becomes of a call that reports usage of a customer and meter for which another call is
/// running. Version 2 of the API refuses it with a 409 of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageAtOnce {
    /// It is refused with `lock_timeout`, without a reason.
    #[default]
    LockTimeout,
    /// It is refused with the reason `resource-specific`.
    ResourceSpecific,
    /// It is let in.
    Allowed,
}

/// The limits of the account. Each is off where it is none, which is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Calls a second, all together.
    pub global_per_second: Option<u32>,
    /// Calls at once, all together.
    pub global_at_once: Option<u32>,
    /// Calls a second of one endpoint: a method and a path, whatever the ids in it.
    pub endpoint_per_second: Option<u32>,
    /// Calls at once of one endpoint.
    pub endpoint_at_once: Option<u32>,
    /// Writes a second of one object.
    pub object_per_second: Option<u32>,
    /// Whether a write of an object that another call is writing is refused with `lock_timeout`.
    pub locks_objects: bool,
    /// Unverified: what a second call at once for one customer and meter is refused with.
    pub usage_at_once: UsageAtOnce,
    /// Calls a second that report usage. Where there is such a limit, these calls are no part of
    /// the limits on all calls and on those of an endpoint, as in live mode.
    pub usage_per_second: Option<u32>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct LimitBook {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    limits: Limits,
    recent: HashMap<Bucket, VecDeque<Duration>>,
    at_once: HashMap<Bucket, u32>,
}

/// What calls are counted under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Bucket {
    Global,
    Endpoint(String),
    Object(String),
    /// Calls that report usage.
    AllUsage,
    /// Those for one customer and meter.
    Usage(String),
}

/// A call that was let in, until it is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    book: LimitBook,
    buckets: Vec<Bucket>,
}

impl LimitBook {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn limits(&self) -> Limits {
        self.held().limits
    }

    pub(crate) fn set(&self, limits: Limits) {
        self.held().limits = limits;
    }

    /// Lets a call in, or refuses it with the limit it hits.
    pub(super) fn admit(
        &self,
        request: &ApiRequest,
        lane: Option<Lane>,
        now: Duration,
    ) -> Result<Admitted, ApiError> {
        let mut held = self.held();
        let mut limits = held.limits;
        let endpoint = Bucket::Endpoint(request.route());
        let object = written(request).map(Bucket::Object);
        let reports_usage = lane.is_some();
        let in_v2 = lane.as_ref().is_some_and(|lane| lane.in_v2);
        let lane = lane.and_then(|lane| lane.of).map(Bucket::Usage);
        // Usage with a limit of its own is no part of the limits on calls.
        let all = match (reports_usage, limits.usage_per_second) {
            (true, Some(_)) => {
                limits.endpoint_per_second = None;
                Bucket::AllUsage
            }
            (true, None) | (false, _) => Bucket::Global,
        };
        held.forget(now);
        if let Some(limit) = held.hit(&limits, &all, &endpoint, object.as_ref()) {
            return Err(ApiError::rate_limited(limit));
        }
        if limits.locks_objects && object.as_ref().is_some_and(|object| held.running(object) > 0) {
            return Err(ApiError::lock_timeout());
        }
        if lane.as_ref().is_some_and(|lane| held.running(lane) > 0) {
            match limits.usage_at_once {
                UsageAtOnce::Allowed => {}
                UsageAtOnce::LockTimeout | UsageAtOnce::ResourceSpecific if in_v2 => {
                    return Err(ApiError::too_many_at_once());
                }
                UsageAtOnce::LockTimeout => return Err(ApiError::lock_timeout()),
                UsageAtOnce::ResourceSpecific => {
                    return Err(ApiError::rate_limited(RateLimit::ResourceSpecific));
                }
            }
        }
        let rates = [
            (limits.limit_of(&all).is_some(), Some(&all)),
            (limits.endpoint_per_second.is_some(), Some(&endpoint)),
            (limits.object_per_second.is_some(), object.as_ref()),
        ];
        for (counted, bucket) in rates {
            if let (true, Some(bucket)) = (counted, bucket) {
                held.recent.entry(bucket.clone()).or_default().push_back(now);
            }
        }
        let buckets: Vec<Bucket> =
            [Bucket::Global, endpoint].into_iter().chain(object).chain(lane).collect();
        for bucket in &buckets {
            *held.at_once.entry(bucket.clone()).or_default() += 1;
        }
        Ok(Admitted { book: self.clone(), buckets })
    }
}

impl Limits {
    /// How many calls a second there may be of all calls, or of all that report usage.
    fn limit_of(&self, all: &Bucket) -> Option<u32> {
        match all {
            Bucket::AllUsage => self.usage_per_second,
            Bucket::Global | Bucket::Endpoint(_) | Bucket::Object(_) | Bucket::Usage(_) => {
                self.global_per_second
            }
        }
    }
}

impl Held {
    fn running(&self, bucket: &Bucket) -> u32 {
        self.at_once.get(bucket).copied().unwrap_or(0)
    }

    fn is_full(&self, bucket: &Bucket, limit: Option<u32>) -> bool {
        let recent = self.recent.get(bucket).map_or(0, VecDeque::len);
        limit.is_some_and(|limit| recent >= usize::try_from(limit).unwrap_or(usize::MAX))
    }

    fn is_busy(&self, bucket: &Bucket, limit: Option<u32>) -> bool {
        limit.is_some_and(|limit| self.running(bucket) >= limit)
    }

    fn hit(
        &self,
        limits: &Limits,
        all: &Bucket,
        endpoint: &Bucket,
        object: Option<&Bucket>,
    ) -> Option<RateLimit> {
        let object_full = object.is_some_and(|it| self.is_full(it, limits.object_per_second));
        let hits = [
            (self.is_full(all, limits.limit_of(all)), rate_of(all)),
            (self.is_busy(&Bucket::Global, limits.global_at_once), RateLimit::GlobalConcurrency),
            (self.is_full(endpoint, limits.endpoint_per_second), RateLimit::EndpointRate),
            (self.is_busy(endpoint, limits.endpoint_at_once), RateLimit::EndpointConcurrency),
            (object_full, RateLimit::ResourceSpecific),
        ];
        hits.into_iter().find(|(hit, _)| *hit).map(|(_, limit)| limit)
    }

    /// Lets go of calls that are older than the window.
    fn forget(&mut self, now: Duration) {
        let many = self.recent.len() > OBJECTS_MAX;
        for times in self.recent.values_mut() {
            while times.front().is_some_and(|time| now.saturating_sub(*time) >= WINDOW) {
                times.pop_front();
            }
        }
        if many {
            self.recent.retain(|_, times| !times.is_empty());
        }
    }
}

/// The limit that too many calls of all, or of all that report usage, hit.
fn rate_of(all: &Bucket) -> RateLimit {
    if *all == Bucket::AllUsage { RateLimit::EndpointRate } else { RateLimit::GlobalRate }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut held = self.book.held();
        for bucket in &self.buckets {
            if let Some(running) = held.at_once.get_mut(bucket) {
                *running -= 1;
                if *running == 0 {
                    held.at_once.remove(bucket);
                }
            }
        }
    }
}

/// The object that a call writes: the one its path names, or else the customer it is for.
fn written(request: &ApiRequest) -> Option<String> {
    if request.method != Method::POST && request.method != Method::DELETE {
        return None;
    }
    request.named().or_else(|| request.form().owned("customer"))
}
