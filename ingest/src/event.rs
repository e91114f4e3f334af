//! From a genuine body to the message that carries it.
//!
//! Whatever is correctly signed is carried. What is no event, or not of the endpoint's form, goes
//! with the reason why it is to be parked; its key is then the digest of its bytes, so that sending
//! it again makes no second one.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use counterfoil_bus::EventMessage;
use counterfoil_domain::{Lane, Timestamp};
use counterfoil_projection::coverage::lane_of;
use counterfoil_service::TraceParent;
use counterfoil_service::config::Payload;
use counterfoil_stripe_wire::head::{EventForm, EventHead};
use counterfoil_stripe_wire::signature::Verified;

use crate::endpoint::Endpoint;

/// A thin event came to an endpoint of snapshots, or the other way round.
const WRONG_FORM: &str = "wrong_form";

/// What is to be published, and what is worth counting about it.
#[derive(Debug)]
pub(crate) struct Forward {
    pub(crate) lane: Lane,
    pub(crate) event: EventMessage,
    /// Why it is to be parked, by the reason's stable name.
    pub(crate) parked: Option<&'static str>,
    /// Whether it was rendered by another API version than the endpoint expects.
    pub(crate) version_differs: bool,
}

/// Makes the message for a genuine body. `bytes` are the request's body, in which `genuine` lies.
pub(crate) fn forward(
    genuine: Verified<'_>,
    bytes: &Bytes,
    endpoint: &Endpoint,
    received_at: Timestamp,
    trace: Option<TraceParent>,
) -> Forward {
    let body = bytes.slice_ref(genuine.body());
    let mut event = EventMessage {
        id: String::new(),
        event_type: None,
        endpoint: endpoint.name.clone(),
        account: endpoint.account.clone(),
        livemode: endpoint.livemode,
        connect: endpoint.connect,
        api_version: None,
        expected_version: endpoint.api_version.clone(),
        received_at,
        traceparent: trace.map(|it| it.to_string()),
        park: None,
        replay: false,
        body,
    };
    let head = match EventHead::read(genuine.body()) {
        Ok(head) => head,
        Err(reason) => {
            event.id = format!("sha256:{}", hex::encode(Sha256::digest(genuine.body())));
            event.park = Some(reason.to_string());
            let parked = Some(reason.code());
            return Forward { lane: Lane::Record, event, parked, version_differs: false };
        }
    };
    let fits = match endpoint.payload {
        Payload::Snapshot => head.form == EventForm::Snapshot,
        Payload::Thin => head.form == EventForm::Thin,
    };
    let (lane, parked) = if fits {
        (lane_of(&head.event_type), None)
    } else {
        event.park = Some(match endpoint.payload {
            Payload::Snapshot => "a thin event at an endpoint of snapshot events".to_owned(),
            Payload::Thin => "a snapshot event at an endpoint of thin events".to_owned(),
        });
        (Lane::Record, Some(WRONG_FORM))
    };
    let version_differs = match (&head.api_version, &endpoint.api_version) {
        (Some(seen), Some(expected)) => seen != expected,
        (None, _) | (_, None) => false,
    };
    event.id = head.id;
    event.event_type = Some(head.event_type);
    event.api_version = head.api_version;
    Forward { lane, event, parked, version_differs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_stripe_wire::signature::{Secrets, Tolerance, sign, verify};

    const NOW: i64 = 1_700_000_000;

    fn endpoint(payload: Payload) -> Endpoint {
        Endpoint {
            name: "stripe".to_owned(),
            secrets: Secrets::new(["whsec_test"]).unwrap(),
            tolerance: Tolerance::STRIPES_OWN,
            api_version: Some("2026-10-28.endive".to_owned()),
            account: Some("acct_1".to_owned()),
            livemode: Some(false),
            payload,
            connect: true,
        }
    }

    fn carried(body: &[u8], payload: Payload) -> Forward {
        let endpoint = endpoint(payload);
        let now = Timestamp::from_unix_seconds(NOW).unwrap();
        let bytes = Bytes::copy_from_slice(body);
        let header = sign(body, &endpoint.secrets, now);
        let tolerance = endpoint.tolerance;
        let genuine =
            verify(&bytes, Some(header.as_bytes()), &endpoint.secrets, now, tolerance).unwrap();
        let forward = forward(genuine, &bytes, &endpoint, now, None);
        assert_eq!(forward.event.body, body, "the bytes are carried unchanged");
        forward
    }

    #[test]
    fn an_event_travels_in_its_lane_with_what_is_known_of_it() {
        let body = br#"{"object":"event","id":"evt_1","type":"customer.subscription.updated","api_version":"2026-10-28.endive"}"#;
        let it = carried(body, Payload::Snapshot);
        assert_eq!((it.lane, it.parked, it.version_differs), (Lane::Access, None, false));
        let event = it.event;
        assert_eq!(event.id, "evt_1");
        assert_eq!(event.event_type.as_deref(), Some("customer.subscription.updated"));
        assert_eq!((event.account.as_deref(), event.livemode), (Some("acct_1"), Some(false)));
        assert_eq!(event.api_version, event.expected_version);
        assert!(event.connect && !event.replay && event.park.is_none());
        assert_eq!(event.received_at.unix_seconds(), NOW);
        let other =
            br#"{"object":"event","id":"evt_2","type":"a.new.type","api_version":"2020-08-27"}"#;
        let it = carried(other, Payload::Snapshot);
        assert_eq!((it.lane, it.parked, it.version_differs), (Lane::Record, None, true));
        let thin =
            br#"{"object":"v2.core.event","id":"evt_3","type":"v1.billing.meter.no_meter_found"}"#;
        let it = carried(thin, Payload::Thin);
        assert_eq!((it.lane, it.parked, it.version_differs), (Lane::Record, None, false));
    }

    #[test]
    fn what_is_no_event_travels_by_its_digest_to_be_parked() {
        let long = format!(r#"{{"object":"event","id":"{}","type":"a"}}"#, "a".repeat(256));
        let deep = "[".repeat(100_000);
        for (body, parked) in [
            (&b"\x1f\x8b\x08\x00gzip"[..], "not_utf8"),
            (b"\xff\xfe", "not_utf8"),
            (b"", "not_json"),
            (deep.as_bytes(), "not_json"),
            (b"[]", "not_an_object"),
            (b"{\"object\":\"list\"}", "wrong_object"),
            (long.as_bytes(), "id_too_long"),
            (br#"{"object":"event","id":"evt\u0000","type":"a"}"#, "id_unprintable"),
            (br#"{"object":"event","id":"evt_1"}"#, "no_type"),
        ] {
            let it = carried(body, Payload::Snapshot);
            assert_eq!((it.lane, it.parked), (Lane::Record, Some(parked)));
            assert!(it.event.park.is_some() && it.event.event_type.is_none());
            let digest = it.event.id.strip_prefix("sha256:").unwrap();
            assert_eq!(digest.len(), 64);
        }
        let id = carried(b"{}", Payload::Snapshot).event.id;
        let known = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(id, known);
    }

    #[test]
    fn an_event_of_the_other_form_is_set_aside_under_its_own_id() {
        let thin =
            br#"{"object":"v2.core.event","id":"evt_1","type":"v1.customer.subscription.updated"}"#;
        let snapshot = br#"{"object":"event","id":"evt_1","type":"customer.subscription.updated"}"#;
        for (body, payload) in [(&thin[..], Payload::Snapshot), (&snapshot[..], Payload::Thin)] {
            let it = carried(body, payload);
            assert_eq!((it.lane, it.parked), (Lane::Record, Some(WRONG_FORM)));
            assert_eq!(it.event.id, "evt_1");
            assert!(it.event.park.is_some());
        }
    }
}
