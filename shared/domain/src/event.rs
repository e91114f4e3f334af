//! What makes an event the same event.

use crate::scope::Scope;

/// The key of one event in the inbox. The same id under another account or mode is another event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey {
    /// Stripe's id (`evt_…`), or `sha256:…` of the body where it has none that can be used.
    pub id: String,
    /// The account and mode it belongs to.
    pub scope: Scope,
}
