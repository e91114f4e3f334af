//! The simulator from outside: by its library, by HTTP, and by what its endpoints receive.

#![cfg(test)]

mod api;
mod bulk;
mod caller;
mod delivery;
mod destinations;
mod expand;
mod history;
mod keys;
mod lives;
mod outages;
mod receiver;
mod search;
mod seeding;
mod stage;
mod test_clocks;
mod thin;
mod version_two;
mod webhook_endpoints;
