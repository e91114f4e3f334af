//! The bare programs: what remains of a row when everything that can be left out is left out.

pub mod echo;
pub mod publisher;
pub mod unnest;
