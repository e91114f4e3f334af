//! The simulator from outside: by its library, by HTTP, and by what its endpoints receive.

#![cfg(test)]

mod api;
mod delivery;
mod history;
mod lives;
mod receiver;
mod stage;
