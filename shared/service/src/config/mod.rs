//! The settings of every service: one table, read once, checked all together.
//!
//! A value comes from the first source that has one: the environment, the file named by `NAME_FILE`
//! (secrets only), the TOML file, the default. What is wrong is collected and reported at once,
//! each fault with the setting, its source and what is expected, so that one start finds them all.
//! A value of a secret is never shown. Nothing is read from the process behind a test's back: the
//! environment and the files come in as [`Sources`].

mod endpoints;
mod fault;
mod file;
mod load;
mod markdown;
mod reader;
mod sources;
mod table;
mod typed;
mod value;

pub use fault::{Fault, Faults};
pub use load::Need;
pub use markdown::settings_table_markdown;
pub use sources::Sources;
pub use typed::{
    AdminConfig, ApiConfig, BusConfig, ClientAddress, Config, EndpointConfig, IngestConfig,
    LogFormat, Mode, Payload, PayloadKey, ReconcilerConfig, StoreConfig, StripeConfig,
    TelemetryConfig, WorkerConfig,
};
