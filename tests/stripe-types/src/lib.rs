//! Holds what the simulator answers against async-stripe's own types.
//!
//! [`Shape`] is one of those types; [`Shape::faults`] reads a body as async-stripe does (by
//! miniserde) and names every field at fault: absent though required, of the wrong type, unknown
//! to the type, with a value its enum does not know, or left out though Stripe shows it always.
//! miniserde itself only says "no".
//! [`paths`] is the table of the paths that the simulator serves with the type that async-stripe's
//! request builder for the path declares as its output, [`kinds`] the types of the objects inside
//! events.
//!
//! The tests walk over every path by plain HTTP, one walk for each [`paths::Subject`], and judge
//! every answer and every event:
//!
//! | command | what it runs |
//! | --- | --- |
//! | `cargo nextest run -p counterfoil-stripe-types` | all walks |
//! | `cargo nextest run -p counterfoil-stripe-types customers` | one of them |
//!
//! A walk is one file, `tests/it/<subject>.rs`: calls in the order a host would make them. A new
//! path gets its row in [`paths`] and a call in its walk; a path in the table that no walk gets an
//! answer from fails the walk of its subject.
//!
//! The types are those of one release of async-stripe, whose API version is the simulator's newest.
//! `fields.txt` lists the names of their fields; a name that is missing there makes a message
//! poorer, never a verdict wrong. Those types do not tell a field that may be null from one that may
//! be absent; `always.txt` does, from the types of the official Node library.

pub mod kinds;
pub mod paths;
mod reading;
mod shape;
mod warnings;

pub use reading::Fault;
pub use shape::Shape;
