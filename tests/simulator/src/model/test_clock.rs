//! Test clocks: a time of their own for some customers.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockStatus {
    Ready,
    /// On its way to this second.
    Advancing {
        to: i64,
        /// Whether it will not get there.
        fails: bool,
    },
    /// It cannot be advanced any more.
    InternalFailure,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TestClock {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) deleted: bool,
    /// The account's second at which it may be deleted.
    pub(crate) deletes_after: i64,
    pub(crate) frozen_time: i64,
    pub(crate) name: Option<String>,
    pub(crate) status: ClockStatus,
}
