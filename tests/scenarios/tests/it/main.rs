//! Whole flows over a real Postgres, a real RabbitMQ and the simulator, with the real program as
//! processes that can be killed. `make test` starts the servers.

mod asking;
mod bad_events;
mod broker_outage;
mod command_line;
mod database_cut;
mod erased;
mod lives;
mod operator;
mod peers;
mod reconcile;
mod resync;
mod sealed;
mod sent;
mod setup;
mod stripe_away;
mod worker_killed;
mod worlds;
