//! From a message of the bus to what the store absorbs. Pure.
//!
//! Every message becomes something the inbox can keep: what cannot be read is parked there, under
//! the id that ingest gave it.

use std::collections::BTreeSet;

use counterfoil_bus::EventMessage;
use counterfoil_domain::EventKey;
use counterfoil_domain::endpoint::{Expectation, claimed_scope, scope_of};
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_projection as projection;
use counterfoil_store::{Meaning, Received};
use counterfoil_stripe_wire::event::{Event, Subject};

/// What an operator has chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Kinds of object that Stripe is asked for at every event: the cautious way, at the price of
    /// calls.
    pub always_ask: BTreeSet<ObjectKind>,
}

/// What a message means. `again` says that the delivery is a retry of our own or of the broker's.
pub(crate) fn interpret(message: EventMessage, again: bool, choices: &Choices) -> Received {
    let expected = Expectation {
        account: message.account,
        livemode: message.livemode,
        connect: message.connect,
    };
    let read = match message.park {
        Some(reason) => Err(reason),
        None => Event::read(&message.body).map_err(|_| "the body is no event".to_owned()),
    };
    let read = read.and_then(|event| {
        if event.id == message.id {
            Ok(event)
        } else {
            Err("the body names another event than its message".to_owned())
        }
    });
    match read {
        Ok(event) => {
            let (account, livemode) = (event.account.as_deref(), event.livemode);
            let (scope, meaning) = match scope_of(&expected, account, livemode) {
                Ok(scope) => (scope, meaning_of(&event, choices)),
                Err(misdirected) => (
                    claimed_scope(&expected, account, livemode),
                    Meaning::Park(misdirected.as_str().to_owned()),
                ),
            };
            // The object that is written is the one that is asked for when it must be, and under
            // whose id its other events are found.
            let Subject { id: object_id, customer } = subject_of(&event, &meaning);
            Received {
                key: EventKey { id: message.id, scope },
                endpoint: message.endpoint,
                event_type: event.event_type,
                api_version: event.api_version,
                object_id: object_id.filter(|id| id.len() <= ID_BYTES_MAX),
                customer: customer.filter(|id| id.len() <= ID_BYTES_MAX),
                created: event.created,
                received_at: message.received_at,
                body: message.body.to_vec(),
                meaning,
                replay: message.replay,
                again,
                foreign: expected.connect && event.account.is_some(),
            }
        }
        Err(reason) => Received {
            key: EventKey { id: message.id, scope: claimed_scope(&expected, None, None) },
            endpoint: message.endpoint,
            event_type: message.event_type.unwrap_or_default(),
            api_version: message.api_version,
            object_id: None,
            customer: None,
            // The body does not say when it was made in a way that can be relied on. A repeat of it
            // must meet its first copy, so this cannot be the time at which it came.
            created: counterfoil_domain::Timestamp::EPOCH,
            received_at: message.received_at,
            body: message.body.to_vec(),
            meaning: Meaning::Park(reason),
            replay: message.replay,
            again,
            foreign: false,
        },
    }
}

/// Of whom an event speaks: what its meaning says, and else what the object itself says.
fn subject_of(event: &Event<'_>, meaning: &Meaning) -> Subject {
    match meaning {
        Meaning::Sighting(it) => {
            Subject { id: Some(it.id.clone()), customer: it.customer().map(str::to_owned) }
        }
        Meaning::Ask { id, .. } => {
            Subject { id: Some(id.clone()), customer: event.subject().customer }
        }
        Meaning::Nothing(_) | Meaning::Park(_) => event.subject(),
    }
}

/// Ids are at most this long (STRIPE.md section 5.1); a longer one would not fit an index.
const ID_BYTES_MAX: usize = 255;

fn meaning_of(event: &Event<'_>, choices: &Choices) -> Meaning {
    match projection::meaning_of(event) {
        Ok(projection::Meaning::Sighting(it)) if choices.always_ask.contains(&it.kind) => {
            Meaning::Ask { kind: it.kind, id: it.id }
        }
        Ok(projection::Meaning::Sighting(it)) => Meaning::Sighting(it),
        Ok(projection::Meaning::Ask { kind, id }) => Meaning::Ask { kind, id },
        Ok(projection::Meaning::Nothing(reason)) => Meaning::Nothing(reason.to_owned()),
        Err(error) => Meaning::Park(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use counterfoil_domain::Timestamp;

    use super::*;

    fn message(body: &str) -> EventMessage {
        EventMessage {
            id: "evt_1".to_owned(),
            event_type: None,
            endpoint: "stripe".to_owned(),
            account: Some("acct_1".to_owned()),
            livemode: Some(false),
            connect: false,
            api_version: None,
            expected_version: None,
            received_at: Timestamp::EPOCH,
            traceparent: None,
            park: None,
            replay: false,
            body: Bytes::from(body.to_owned()),
        }
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let found = interpret(message(body), false, &Choices::default());
        let found = match found.meaning {
            Meaning::Sighting(it) => format!("sighting of {} {}", it.kind, it.id),
            Meaning::Ask { kind, id } => format!("ask for {kind} {id}"),
            Meaning::Nothing(reason) => format!("nothing: {reason}"),
            Meaning::Park(reason) => format!("park: {reason}"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn every_message_becomes_something_the_inbox_can_keep() {
        let event = |kind: &str, object: &str| {
            format!(
                r#"{{"id":"evt_1","type":"{kind}","created":5,"livemode":false,
                "data":{{"object":{object}}}}}"#
            )
        };
        check(&event("customer.created", r#"{"id":"cus_1"}"#), "sighting of customer cus_1");
        check(&event("widget.made", "{}"), "nothing: unknown event type");
        check(
            &event("customer.created", "{}"),
            "park: the customer or one of its children has no id",
        );
        check(
            &event("customer.created", r#"{"id":"cus_1","balance":"much"}"#),
            "park: the customer shows balance in a form that no version of Stripe's API has",
        );
        check("{}", "park: the body is no event");
        check(
            r#"{"id":"evt_2","type":"a","created":5}"#,
            "park: the body names another event than its message",
        );
        check(r#"{"id":"evt_1","type":"a","created":5,"livemode":true}"#, "park: mode mismatch");
        check(
            r#"{"id":"evt_1","type":"a","created":5,"account":"acct_2"}"#,
            "park: account mismatch",
        );
    }

    #[test]
    fn a_sighting_is_always_found_under_its_object() {
        let body = r#"{"id":"evt_1","type":"product.created","created":5,
            "data":{"object":{"id":"prod_1","object":7,"customer":[]}}}"#;
        let found = interpret(message(body), false, &Choices::default());
        assert!(matches!(found.meaning, Meaning::Sighting(_)));
        assert_eq!(found.object_id.as_deref(), Some("prod_1"));
    }

    #[test]
    fn what_ingest_found_to_be_no_event_is_parked_with_its_reason() {
        let known = EventMessage { park: Some("not JSON".to_owned()), ..message("\u{1}") };
        let found = interpret(known, false, &Choices::default());
        assert!(matches!(found.meaning, Meaning::Park(reason) if reason == "not JSON"));
        assert_eq!(found.key.scope.account, "acct_1");
    }
}
