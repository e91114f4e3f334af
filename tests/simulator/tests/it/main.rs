//! The simulator from outside: by its library, by HTTP, and by what its endpoints receive.

#![cfg(test)]

mod api;
mod bulk;
mod caller;
mod catalogue;
mod checkout_sessions;
mod clock_rules;
mod credits;
mod cycles;
mod delivery;
mod destinations;
mod discounts;
mod entitlements;
mod expand;
mod history;
mod keys;
mod lives;
mod meter_errors;
mod meter_events;
mod meter_events_v2;
mod metered;
mod metered_billing;
mod meters;
mod mishaps;
mod one_seed;
mod outages;
mod pages;
mod payments;
mod portal;
mod receiver;
mod rules;
mod schedules;
mod search;
mod seeding;
mod stage;
mod status_table;
mod subscriber;
mod subscription_changes;
mod subscription_items;
mod test_clocks;
mod thin;
mod version_two;
mod versions;
mod webhook_endpoints;
