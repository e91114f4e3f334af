//! What is answered 200, and how it arrives.

use counterfoil_domain::Lane;

use crate::client::{POST, delivery, event, request, signature_with, signed};
use crate::world::{NOW, World};

#[tokio::test]
async fn an_event_arrives_as_it_was_signed_with_what_is_known_of_it() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let settings = [
        ("COUNTERFOIL_STRIPE_ACCOUNT", "acct_1"),
        ("COUNTERFOIL_STRIPE_LIVEMODE", "test"),
        ("COUNTERFOIL_STRIPE_API_VERSION", "2025-09-30.clover"),
    ];
    let world = World::start(&settings).await;
    world.until_ready().await;
    let mut body = event("evt_1");
    body.extend_from_slice(b"  \n");
    let mut client = world.connect().await;
    client.send(&signed(POST, &[&format!("traceparent: {trace}")], &body)).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    client.send(&signed(POST, &["traceparent: nonsense"], &event("evt_2"))).await;
    assert_eq!(client.answer().await.status, 200);

    let arrived = world.arrived(2).await;
    let (lane, first) = &arrived[0];
    assert_eq!((*lane, first.id.as_str()), (Lane::Access, "evt_1"));
    assert_eq!(first.body, body);
    assert_eq!(first.event_type.as_deref(), Some("customer.subscription.updated"));
    assert_eq!((first.endpoint.as_str(), first.account.as_deref()), ("stripe", Some("acct_1")));
    assert_eq!((first.livemode, first.connect, first.replay), (Some(false), false, false));
    assert_eq!(first.api_version.as_deref(), Some("2026-10-28.endive"));
    assert_eq!(first.expected_version.as_deref(), Some("2025-09-30.clover"));
    assert_eq!(first.received_at.unix_seconds(), NOW);
    assert_eq!((first.traceparent.as_deref(), first.park.as_deref()), (Some(trace), None));
    assert_eq!(arrived[1].1.traceparent, None);

    let endpoint = "{endpoint=\"stripe\"";
    let mismatch = format!("counterfoil_ingest_api_version_mismatch_total{endpoint}");
    assert_eq!(world.metric(&mismatch), Some(2.0));
    let published = format!("counterfoil_ingest_published_total{endpoint},lane=\"access\"");
    assert_eq!(world.metric(&published), Some(2.0));
    assert_eq!(world.metric("counterfoil_ingest_received_total"), Some(2.0));
    assert_eq!(world.metric("counterfoil_ingest_request_seconds_count"), Some(2.0));
    world.finish(2).await;
}

#[tokio::test]
async fn each_endpoint_has_its_own_secrets_and_its_own_form() {
    let toml = "[[endpoints]]\nname = \"thin\"\npayload = \"thin\"\nsecrets = [\"whsec_a\", \"whsec_b\"]\n";
    let world = World::shaped(&[], toml, |_| {}).await;
    world.until_ready().await;
    let mut client = world.connect().await;
    let thin =
        br#"{"id":"evt_1","object":"v2.core.event","type":"v1.billing.meter.no_meter_found"}"#;
    let line = "POST /webhooks/stripe/thin HTTP/1.1";
    for (line, secret, status) in [
        (line, "whsec_a", 200),
        (line, "whsec_b", 200),
        (line, "whsec_test", 400),
        (POST, "whsec_a", 400),
        (POST, "whsec_test", 200),
        ("POST /webhooks/stripe/stripe HTTP/1.1", "whsec_test", 200),
    ] {
        let header = format!("stripe-signature: {}", signature_with(secret, NOW, thin));
        client.send(&request(line, &[&header], thin)).await;
        assert_eq!(client.answer().await.status, status, "{line} {secret}");
    }
    let arrived = world.arrived(4).await;
    let parked: Vec<_> =
        arrived.iter().map(|(_, it)| (it.endpoint.as_str(), it.park.is_some())).collect();
    assert_eq!(parked, [("thin", false), ("thin", false), ("stripe", true), ("stripe", true)]);
    assert_eq!(world.metric("counterfoil_ingest_parked_total{reason=\"wrong_form\"}"), Some(2.0));
    world.finish(4).await;
}

#[tokio::test]
async fn whatever_is_signed_is_taken_and_what_is_no_event_is_set_aside() {
    let world = World::start(&[]).await;
    world.until_ready().await;
    let long = "a".repeat(256);
    let with = |id: &str, kind: &str| {
        format!(r#"{{"object":"event","id":"{id}","type":"{kind}"}}"#).into_bytes()
    };
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3".to_vec();
    let deep_data = format!(
        r#"{{"object":"event","id":"evt_deep","type":"a","data":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let cases: Vec<(Vec<u8>, Option<&str>)> = vec![
        (gzip, Some("not_utf8")),
        (b"\xff\xfe".to_vec(), Some("not_utf8")),
        (b"".to_vec(), Some("not_json")),
        ("[".repeat(100_000).into_bytes(), Some("not_json")),
        (b"[]".to_vec(), Some("not_an_object")),
        (br#"{"object":"invoice","id":"in_1","type":"a"}"#.to_vec(), Some("wrong_object")),
        (with(&long, "a"), Some("id_too_long")),
        (with("evt_1", &long), Some("type_too_long")),
        (with("evt\\u0000", "a"), Some("id_unprintable")),
        (with("evt_1", "a\\u0000"), Some("type_unprintable")),
        (br#"{"object":"event","type":"invoice.upcoming"}"#.to_vec(), Some("no_id")),
        (deep_data.into_bytes(), None),
        (with("evt_unknown", "never.heard.of"), None),
        (br#"{"object":"event","id":"evt_nul","type":"a","data":"\u0000"}"#.to_vec(), None),
    ];
    let mut client = world.connect().await;
    for (number, (body, reason)) in cases.iter().enumerate() {
        client.send(&signed(POST, &["content-encoding: gzip"], body)).await;
        assert_eq!(client.answer().await.status, 200, "case {number}");
        let (lane, event) = world.arrived(number + 1).await.pop().unwrap();
        assert_eq!((lane, event.body.as_ref()), (Lane::Record, body.as_slice()), "case {number}");
        assert_eq!(event.park.is_some(), reason.is_some(), "case {number}");
        assert_eq!(event.id.starts_with("sha256:"), reason.is_some(), "case {number}");
        if let Some(reason) = reason {
            let parked = format!("counterfoil_ingest_parked_total{{reason=\"{reason}\"}}");
            assert!(world.metric(&parked).is_some(), "{reason}");
        }
    }
    world.finish(cases.len()).await;
}

#[tokio::test]
async fn every_way_of_framing_a_request_is_understood() {
    let world = World::start(&[]).await;
    world.until_ready().await;

    // Two requests in one piece, and a connection that goes on.
    let mut client = world.connect().await;
    let mut both = delivery(&event("evt_1"));
    both.extend(delivery(&event("evt_2")));
    client.send(&both).await;
    assert_eq!((client.answer().await.status, client.answer().await.status), (200, 200));

    // In pieces of one byte.
    for byte in delivery(&event("evt_3")) {
        client.send(&[byte]).await;
    }
    assert_eq!(client.answer().await.status, 200);

    // Chunked, with an extension and a trailer.
    let body = event("evt_4");
    let (start, rest) = body.split_at(10);
    let mut chunked = Vec::new();
    for (piece, extension) in [(start, ";a=b"), (rest, "")] {
        chunked.extend(format!("{:x}{extension}\r\n", piece.len()).into_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\nlast: one\r\n\r\n");
    let signature = format!("stripe-signature: {}", crate::client::signature(&body));
    client.send(&request(POST, &["transfer-encoding: chunked", &signature], &chunked)).await;
    assert_eq!(client.answer().await.status, 200);

    // The body only after it was asked for.
    let body = event("evt_5");
    let mut head = signed(POST, &["expect: 100-continue"], &body);
    head.truncate(head.len() - body.len());
    client.send(&head).await;
    assert_eq!(client.answer().await.status, 100);
    client.send(&body).await;
    assert_eq!(client.answer().await.status, 200);

    // HTTP/1.0 ends with the answer; so does a client that says nothing more.
    let mut old = world.connect().await;
    old.send(&signed("POST /webhooks/stripe HTTP/1.0", &[], &event("evt_6"))).await;
    assert_eq!(old.answer().await.status, 200);
    assert!(old.next().await.is_none());
    let mut half = world.connect().await;
    half.send(&delivery(&event("evt_7"))).await;
    half.end().await;
    assert_eq!(half.answer().await.status, 200);
    assert!(half.next().await.is_none());

    drop(client);
    world.finish(7).await;
}
