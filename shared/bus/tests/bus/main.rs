//! The bus against a real broker.

#![expect(clippy::missing_panics_doc, reason = "a test that panics has failed, and says why")]

mod consuming;
mod proxy;
mod publishing;
mod topology;
mod world;
