//! Setting up where events go. Whoever does it, version 1 or 2 of the API, the library or the
//! control API, a destination is kept in the world, to be listed, and its deliveries go to an
//! endpoint of the courier, which is told of every change.

use crate::delivery::courier::Courier;
use crate::delivery::endpoint::{Endpoint, EndpointId, Kinds, Payload};
use crate::life::LifeError;
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::model::{Metadata, merge_metadata};
use crate::version::ApiVersion;
use crate::world::World;

/// The account whose events a destination is sent unless it says otherwise.
pub(crate) const OWN_EVENTS: &str = "@self";

/// A destination as it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct NewDestination {
    pub(crate) api_version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) events_from: Vec<String>,
    pub(crate) metadata: Metadata,
    pub(crate) name: String,
    pub(crate) payload: Payload,
    pub(crate) url: String,
}

/// What is changed of a destination. Empty texts unset.
#[derive(Clone, Debug, Default)]
pub(crate) struct DestinationChange {
    pub(crate) description: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) enabled_events: Option<Vec<String>>,
    pub(crate) metadata: Metadata,
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
}

impl World {
    /// Sets up a destination by a call of the API, which may have as many as the account allows.
    /// Answers its id and the secret that is shown once.
    pub(crate) fn make_destination(
        &mut self,
        new: NewDestination,
        courier: &Courier,
    ) -> Result<(String, String), LifeError> {
        let version = match &new.api_version {
            None => self.account_version(),
            Some(text) => ApiVersion::parse(text)
                .ok_or_else(|| invalid("api_version", "Invalid API version"))?,
        };
        check_kinds(&new.enabled_events, new.payload)?;
        let mut endpoint = at(&new.url)?.with_version(version);
        let live = self.webhook_endpoints.rows().iter().filter(|held| !held.deleted).count();
        if live >= self.rules.endpoints_max {
            let most = self.rules.endpoints_max;
            let message = format!("You have reached the maximum of {most} test webhook endpoints.");
            return Err(LifeError::NotNow { code: None, message });
        }
        let secret = self.ids.long("whsec_");
        endpoint.secrets = vec![secret.clone()];
        endpoint.payload = new.payload;
        endpoint.kinds = kinds(&new.enabled_events, &new.events_from);
        let sends_to = courier.add_endpoint(endpoint);
        Ok((self.keep_destination(new, sends_to, courier), secret))
    }

    /// Lists an endpoint that the library or the control API adds, however many there are.
    pub(crate) fn adopt_endpoint(&mut self, endpoint: Endpoint, courier: &Courier) -> EndpointId {
        let new = NewDestination {
            api_version: Some(endpoint.api_version.as_str().to_owned()),
            description: None,
            enabled_events: match &endpoint.kinds {
                Kinds::All => vec!["*".to_owned()],
                Kinds::Only(kinds) => kinds.iter().cloned().collect(),
            },
            events_from: vec![OWN_EVENTS.to_owned()],
            metadata: Metadata::new(),
            name: endpoint.url(),
            payload: endpoint.payload,
            url: endpoint.url(),
        };
        let enabled = endpoint.enabled;
        let sends_to = courier.add_endpoint(endpoint);
        let id = self.keep_destination(new, sends_to, courier);
        self.edit::<WebhookEndpoint>(&id, |held| held.enabled = enabled);
        sends_to
    }

    fn keep_destination(
        &mut self,
        new: NewDestination,
        sends_to: EndpointId,
        courier: &Courier,
    ) -> String {
        // Unverified: that the two kinds of destinations have these prefixes.
        let id = match new.payload {
            Payload::Snapshot => self.ids.long("we_"),
            Payload::Thin => self.ids.long("ed_test_"),
        };
        let held = WebhookEndpoint {
            id: id.clone(),
            created: self.now,
            api_version: new.api_version.filter(|_| new.payload == Payload::Snapshot),
            deleted: false,
            description: new.description.filter(|text| !text.is_empty()),
            enabled: true,
            enabled_events: new.enabled_events,
            events_from: new.events_from,
            metadata: new.metadata,
            name: new.name,
            payload: new.payload,
            sends_to,
            updated: self.now,
            url: new.url,
        };
        self.webhook_endpoints.insert(&id, held);
        self.listen(courier.listeners());
        id
    }

    pub(crate) fn change_destination(
        &mut self,
        id: &str,
        change: DestinationChange,
        courier: &Courier,
    ) -> Result<(), LifeError> {
        let held = self.live_destination(id)?;
        let (sends_to, payload, from) = (held.sends_to, held.payload, held.events_from.clone());
        let parsed = change.url.as_deref().map(at).transpose()?;
        if let Some(events) = &change.enabled_events {
            check_kinds(events, payload)?;
        }
        let now = self.now;
        self.edit::<WebhookEndpoint>(id, |held| {
            if let Some(description) = change.description {
                held.description = Some(description).filter(|text| !text.is_empty());
            }
            held.enabled = change.enabled.unwrap_or(held.enabled);
            if let Some(events) = &change.enabled_events {
                held.enabled_events.clone_from(events);
            }
            merge_metadata(&mut held.metadata, &change.metadata);
            if let Some(name) = change.name {
                held.name = name;
            }
            if let Some(url) = change.url {
                held.url = url;
            }
            held.updated = now;
        });
        courier.change_endpoint(sends_to, |endpoint| {
            endpoint.enabled = change.enabled.unwrap_or(endpoint.enabled);
            if let Some(parsed) = parsed {
                endpoint.url = parsed.url;
            }
            if let Some(events) = &change.enabled_events {
                endpoint.kinds = kinds(events, &from);
            }
        });
        self.listen(courier.listeners());
        Ok(())
    }

    pub(crate) fn delete_destination(
        &mut self,
        id: &str,
        courier: &Courier,
    ) -> Result<(), LifeError> {
        let sends_to = self.live_destination(id)?.sends_to;
        self.edit::<WebhookEndpoint>(id, |held| held.deleted = true);
        courier.change_endpoint(sends_to, |endpoint| endpoint.enabled = false);
        self.listen(courier.listeners());
        Ok(())
    }

    pub(crate) fn live_destination(&self, id: &str) -> Result<&WebhookEndpoint, LifeError> {
        self.webhook_endpoints.get(id).filter(|held| !held.deleted).ok_or_else(|| {
            LifeError::Missing { kind: "webhook endpoint", id: id.to_owned(), param: "id" }
        })
    }

    /// The destination whose deliveries go to an endpoint, unless it was deleted.
    pub(crate) fn destination_of(&self, endpoint: EndpointId) -> Option<&WebhookEndpoint> {
        let rows = self.webhook_endpoints.rows().iter();
        rows.rev().find(|held| held.sends_to == endpoint && !held.deleted)
    }
}

fn invalid(param: &'static str, message: &str) -> LifeError {
    LifeError::Invalid { param, message: message.to_owned() }
}

/// An endpoint at a URL that events can be sent to.
fn at(url: &str) -> Result<Endpoint, LifeError> {
    Endpoint::new(url, String::new()).map_err(|_| invalid("url", "Not a valid URL"))
}

/// Refuses types that events of this form do not have.
fn check_kinds(enabled: &[String], payload: Payload) -> Result<(), LifeError> {
    let fits = |kind: &String| {
        let is_thin = kind.starts_with("v1.") || kind.starts_with("v2.");
        kind == "*" || (!kind.is_empty() && is_thin == (payload == Payload::Thin))
    };
    match enabled.iter().find(|kind| !fits(kind)) {
        Some(kind) => Err(invalid("enabled_events", &format!("Invalid enabled_events: '{kind}'"))),
        None => Ok(()),
    }
}

/// What an endpoint is sent; nothing, when it wants the events of other accounts only.
fn kinds(enabled: &[String], from: &[String]) -> Kinds {
    if !from.iter().any(|from| from == OWN_EVENTS) {
        return Kinds::Only(std::collections::BTreeSet::new());
    }
    if enabled.iter().any(|kind| kind == "*") {
        Kinds::All
    } else {
        Kinds::Only(enabled.iter().cloned().collect())
    }
}
