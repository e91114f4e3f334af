//! The life cycles of STRIPE.md 4.2: the set of events of each, and the objects they end in.

mod checkout;
mod portal;
