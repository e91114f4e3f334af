//! Idempotency keys (STRIPE.md 7.2): the first result of a write under a key is kept for some
//! simulated time and given again, byte for byte, to whoever repeats the request.
//!
//! What was refused before anything was done is not kept: a repetition runs anew. A request whose
//! caller hangs up keeps its key in use until it is over, and its result is kept all the same.

use super::error::ApiError;
use super::request::Fingerprint;
use bytes::Bytes;
use http::StatusCode;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a result of version 1 of the API is kept, in simulated seconds.
pub(super) const KEPT_SECONDS: i64 = 86_400;
/// The longest key, in characters.
const KEY_LENGTH_MAX: usize = 255;

/// The first result under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

#[derive(Debug)]
struct Entry {
    asked: Fingerprint,
    /// None while the first request is running.
    kept: Option<Kept>,
    since: i64,
}

/// The keys of an account, for one version of the API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    /// How long a result is kept, in simulated seconds.
    kept_seconds: i64,
    entries: HashMap<String, Entry>,
    /// Keys by the second they were first used in; an older use of a key that is used anew is
    /// left in the line and ignored.
    line: VecDeque<(i64, String)>,
}

/// What a key says about a request.
#[derive(Debug)]
pub(super) enum Turn {
    /// It is the first under its key, or the first since the last result was let go of.
    Run(Running),
    /// It repeats one that was answered.
    Replay(Kept),
}

/// The use of a key by a request that is running. When it is dropped, the key is free again, or
/// holds the result.
#[derive(Debug)]
pub(super) struct Running {
    keys: Keys,
    key: String,
    result: Option<Kept>,
}

impl Keys {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a key into use at a simulated second, while results are kept for so many seconds.
    pub(super) fn begin(
        &self,
        key: &str,
        asked: Fingerprint,
        now: i64,
        kept_seconds: i64,
    ) -> Result<Turn, ApiError> {
        if key.chars().count() > KEY_LENGTH_MAX {
            return Err(ApiError::key_too_long(KEY_LENGTH_MAX));
        }
        let mut book = self.book();
        book.kept_seconds = kept_seconds;
        let second = now.saturating_sub(kept_seconds);
        book.forget_before(second);
        match book.entries.get(key) {
            Some(held) if held.asked != asked => return Err(ApiError::key_of_another(key)),
            Some(Entry { kept: None, .. }) => return Err(ApiError::key_in_use(key)),
            Some(Entry { kept: Some(kept), .. }) => return Ok(Turn::Replay(kept.clone())),
            None => {}
        }
        book.entries.insert(key.to_owned(), Entry { asked, kept: None, since: now });
        book.line.push_back((now, key.to_owned()));
        Ok(Turn::Run(Running { keys: self.clone(), key: key.to_owned(), result: None }))
    }
}

impl Book {
    /// Lets go of what was first used at or before a second, unless it is still running.
    fn forget_before(&mut self, second: i64) {
        while self.line.front().is_some_and(|(since, _)| *since <= second) {
            let Some((since, key)) = self.line.pop_front() else { return };
            let old = self.entries.get(&key).filter(|entry| entry.since == since);
            match old {
                Some(entry) if entry.kept.is_some() => {
                    self.entries.remove(&key);
                }
                // It is looked at again when it would have been answered for as long.
                Some(_) => {
                    let again = second.saturating_add(self.kept_seconds);
                    if let Some(entry) = self.entries.get_mut(&key) {
                        entry.since = again;
                    }
                    self.line.push_back((again, key));
                }
                None => {}
            }
        }
    }
}

impl Running {
    /// What repetitions will be given.
    pub(super) fn keep(&mut self, kept: Kept) {
        self.result = Some(kept);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut book = self.keys.book();
        match self.result.take() {
            Some(kept) => {
                if let Some(entry) = book.entries.get_mut(&self.key) {
                    entry.kept = Some(kept);
                }
            }
            None => {
                book.entries.remove(&self.key);
            }
        }
    }
}
