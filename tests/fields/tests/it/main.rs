//! Bodies of many versions, and what the projection makes of each.

#![cfg(test)]

mod caller;
mod complete;
mod judge;
mod recorded;
mod simulated;
