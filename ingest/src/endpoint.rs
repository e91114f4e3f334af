//! The configured endpoints, ready to judge deliveries.

use secrecy::ExposeSecret;

use counterfoil_service::config::{EndpointConfig, Mode, Payload};
use counterfoil_stripe_wire::signature::{BlankSecret, Secrets, Tolerance};

/// Why an endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint `{name}` cannot be served; correct its secrets")]
pub struct EndpointError {
    /// The endpoint's name.
    pub name: String,
    /// What is wrong with them.
    #[source]
    pub source: BlankSecret,
}

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) secrets: Secrets,
    pub(crate) tolerance: Tolerance,
    pub(crate) api_version: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) livemode: Option<bool>,
    pub(crate) payload: Payload,
    pub(crate) connect: bool,
}

impl Endpoint {
    pub(crate) fn new(config: &EndpointConfig) -> Result<Self, EndpointError> {
        let secrets = Secrets::new(config.secrets.iter().map(ExposeSecret::expose_secret))
            .map_err(|source| EndpointError { name: config.name.clone(), source })?;
        Ok(Self {
            name: config.name.clone(),
            secrets,
            tolerance: Tolerance::new(config.tolerance),
            api_version: config.api_version.clone(),
            account: config.account.clone(),
            livemode: match config.mode {
                Mode::Any => None,
                Mode::Live => Some(true),
                Mode::Test => Some(false),
            },
            payload: config.payload,
            connect: config.connect,
        })
    }
}
