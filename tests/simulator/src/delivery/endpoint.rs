//! Endpoints: where events are sent, which ones, and signed with what.

use crate::version::ApiVersion;
use http::Uri;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;

/// Names an endpoint of one simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EndpointId(pub(crate) usize);

/// Which event types an endpoint is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kinds {
    /// Every type.
    #[default]
    All,
    /// Only these types.
    Only(BTreeSet<String>),
}

impl Kinds {
    pub(crate) fn include(&self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(kinds) => kinds.contains(kind),
        }
    }
}

/// In which form an endpoint is sent events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// With the object as it was, in the endpoint's API version.
    #[default]
    Snapshot,
    /// Thin events: what happened to what, to be fetched.
    Thin,
}

/// A URL that events cannot be sent to.
#[derive(Debug, Error)]
#[error("cannot send events to '{url}'; give an http:// URL with a host")]
pub struct InvalidUrl {
    url: String,
}

/// An endpoint for events.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The version that bodies are rendered in; thin events have none.
    pub api_version: ApiVersion,
    /// The types it is sent.
    pub kinds: Kinds,
    /// Whether it is sent anything. What waits for one that is not is given up when it is due.
    pub enabled: bool,
    /// The form of the events.
    pub payload: Payload,
    /// The live secrets; each signs every delivery.
    pub secrets: Vec<String>,
    pub(crate) url: Uri,
}

impl Endpoint {
    /// An endpoint for every event, in the newest version.
    ///
    /// # Errors
    ///
    /// When the URL is not `http` or has no host: the simulator speaks no TLS.
    pub fn new(url: &str, secret: impl Into<String>) -> Result<Self, InvalidUrl> {
        let invalid = || InvalidUrl { url: url.to_owned() };
        let parsed: Uri = url.parse().map_err(|_| invalid())?;
        if parsed.scheme_str() != Some("http") || parsed.host().is_none() {
            return Err(invalid());
        }
        Ok(Self {
            api_version: ApiVersion::newest(),
            kinds: Kinds::All,
            enabled: true,
            payload: Payload::Snapshot,
            secrets: vec![secret.into()],
            url: parsed,
        })
    }

    /// An endpoint for every thin event (types such as `v1.customer.created`).
    ///
    /// # Errors
    ///
    /// When the URL is not `http` or has no host: the simulator speaks no TLS.
    pub fn thin(url: &str, secret: impl Into<String>) -> Result<Self, InvalidUrl> {
        Ok(Self { payload: Payload::Thin, ..Self::new(url, secret)? })
    }

    /// The same endpoint, with bodies in another version.
    #[must_use]
    pub fn with_version(mut self, version: ApiVersion) -> Self {
        self.api_version = version;
        self
    }

    /// The same endpoint, for these types only.
    #[must_use]
    pub fn only(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.kinds = Kinds::Only(kinds.into_iter().map(Into::into).collect());
        self
    }

    /// Where events are sent.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.to_string()
    }
}
