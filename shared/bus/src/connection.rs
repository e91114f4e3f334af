//! Opening a connection, with credentials that nothing below us can print.

use lapin::auth::AuthProvider;
use lapin::types::{LongString, ShortString};
use lapin::uri::{AMQPUserInfo, SASLMechanism};
use lapin::{Connection, ConnectionProperties};
use secrecy::{ExposeSecret, SecretString};

use crate::admin::BusError;
use crate::options::BusOptions;

/// Opens a connection. It does not recover by itself: whoever opened it knows what has to be made
/// again on the next one, and which publishes are unknown when it breaks.
pub(crate) async fn open(options: &BusOptions, role: &str) -> Result<Connection, BusError> {
    let mut uri = options.url.parsed().map_err(|_| BusError::Address)?;
    let heartbeat = u16::try_from(options.heartbeat.as_secs()).unwrap_or(u16::MAX);
    uri.query.heartbeat.get_or_insert(heartbeat);
    let patience = u64::try_from(options.connect_timeout.as_millis()).unwrap_or(u64::MAX);
    uri.query.connection_timeout.get_or_insert(patience);

    let name = format!("{} {role}", options.connection_name);
    let mut properties = ConnectionProperties::default().with_connection_name(name.as_str().into());
    if matches!(uri.query.auth_mechanism, None | Some(SASLMechanism::Plain)) {
        // The address is printed by what connects it, so the password travels apart from it.
        let AMQPUserInfo { username, password } = std::mem::replace(
            &mut uri.authority.userinfo,
            AMQPUserInfo { username: String::new(), password: String::new() },
        );
        properties = properties.with_auth_provider(Plain { username, password: password.into() });
    }
    match tokio::time::timeout(options.connect_timeout, Connection::connect_uri(uri, properties))
        .await
    {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(BusError::Unreachable { source: Box::new(source) }),
        Err(_) => Err(BusError::Silent),
    }
}

/// SASL's PLAIN mechanism.
struct Plain {
    username: String,
    password: SecretString,
}

impl AuthProvider for Plain {
    fn mechanism(&self) -> ShortString {
        SASLMechanism::Plain.name().into()
    }

    fn auth_starter(&self) -> Result<LongString, String> {
        Ok(format!("\0{}\0{}", self.username, self.password.expose_secret()).into())
    }
}
