//! Where each column's value lives in Stripe's bodies, written down a second time, and what the
//! projection makes of bodies held against it: no column stays empty where the body had its value.
//!
//! The list is `fields.txt`, by hand from Stripe's documentation of each version. It shares nothing
//! with the projection but the names of kinds, tables and columns. The tests of this package hold
//! bodies against it: those that the simulator renders, in many versions, and recorded ones.
