//! Whose objects a command means.

use counterfoil_domain::Scope;
use counterfoil_service::config::{Config, Mode};
use secrecy::ExposeSecret;

use crate::args::ScopeArguments;

/// The account and mode of the configuration and its key.
pub(crate) fn own_scope(config: &Config) -> Scope {
    scope_of(ScopeArguments { account: None, live: false, test: false }, config)
}

/// What was asked for; else what the configuration says; else the mode of the key.
pub(crate) fn scope_of(arguments: ScopeArguments, config: &Config) -> Scope {
    let account = arguments
        .account
        .or_else(|| config.stripe.account.clone())
        .unwrap_or_else(|| Scope::OWN.to_owned());
    let live_key = config.stripe.secret_key.as_ref().is_some_and(|key| {
        ["sk_live_", "rk_live_"].iter().any(|it| key.expose_secret().starts_with(it))
    });
    let livemode = match (arguments.live, arguments.test, config.stripe.livemode) {
        (true, ..) | (false, false, Mode::Live) => true,
        (false, true, _) | (false, false, Mode::Test) => false,
        (false, false, Mode::Any) => live_key,
    };
    Scope { account, livemode }
}
