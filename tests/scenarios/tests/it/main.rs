//! Whole flows over a real Postgres, a real RabbitMQ and the simulator, with the real program as
//! processes that can be killed. `make test` starts the servers.

mod bad_events;
mod broker_outage;
mod command_line;
mod database_cut;
mod lives;
mod setup;
mod worker_killed;
mod worlds;
