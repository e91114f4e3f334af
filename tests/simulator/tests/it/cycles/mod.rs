//! The life cycles of STRIPE.md 4.2: the set of events of each step, and the objects they end in.

mod cancels;
mod checkout;
mod dispute;
mod failed_renewal;
mod pauses;
mod portal;
mod refund;
mod renewals;
mod starts;
mod tiers;
mod trials;
mod upgrades;
