//! Sending events to endpoints: signed, at least once, in no promised order.
//!
//! Every event goes to every endpoint that listens for its type, and is sent again with growing
//! waits until the endpoint answers with a 2xx. A delivery is given up only after the time that
//! the retries are set to. What is waiting is kept in memory and is lost with the simulator.

mod book;
pub(crate) mod courier;
pub(crate) mod endpoint;
pub(crate) mod faults;
pub(crate) mod letter;
pub(crate) mod record;
pub(crate) mod retry;
pub(crate) mod signature;
mod spoil;
pub(crate) mod timer;
