//! Bodies of many versions, and what the projection makes of each.

#![cfg(test)]

mod caller;
mod complete;
mod judge;
mod list;
mod recorded;
mod simulated;
mod version;
