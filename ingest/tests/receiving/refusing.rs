//! What is refused, with which status, and that the next good event is served all the same.

use crate::client::{POST, delivery, event, request, signature, signature_with, signed};
use crate::world::{NOW, SECRET, World};

/// Sends bytes on a connection of their own; then a good event is served on another one.
async fn check(world: &World, name: &str, bytes: &[u8], status: u16, cause: &str) {
    let mut client = world.connect().await;
    client.send(bytes).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, status, "{name}: {answer:?}");
    assert!(answer.body.starts_with(cause), "{name}: {answer:?}");
    assert_eq!(answer.header("allow"), (status == 405).then_some("POST"), "{name}");
    assert!(!answer.body.contains("whsec"), "{name}: {answer:?}");
    world.good_event_is_served(&format!("evt_after_{name}")).await;
}

#[tokio::test]
async fn bad_input_gets_its_status_and_costs_the_next_sender_nothing() {
    let world = World::start(&[("COUNTERFOIL_INGEST_BODY_LIMIT_BYTES", "4096")]).await;
    world.until_ready().await;
    let body = event("evt_bad");
    let with = |headers: &[&str]| request(POST, headers, &body);
    let header = |value: &str| format!("stripe-signature: {value}");
    let good = header(&signature(&body));
    let at = |seconds| header(&signature_with(SECRET, seconds, &body));
    let no_t = header(&signature(&body).replace(&format!("t={NOW},"), ""));
    let v0 = header(&signature(&body).replace("v1=", "v0="));
    let large = vec![b' '; 4_097];
    let mut announced = signed(POST, &[], &large);
    announced.truncate(announced.len() - large.len());
    let mut expecting = signed(POST, &["expect: 100-continue"], &large);
    expecting.truncate(expecting.len() - large.len());
    let chunk = [b"1001\r\n", large.as_slice(), b"\r\n0\r\n\r\n"].concat();
    let chunked = |chunks: &[u8]| request(POST, &["transfer-encoding: chunked", &good], chunks);
    let huge = request(POST, &[&format!("x-large: {}", "a".repeat(200_000))], b"");
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("no_signature", with(&[]), 400, "signature_no_header"),
        ("blank_signature", with(&[&header("")]), 400, "signature_no_header"),
        ("malformed", with(&[&header("bad_header")]), 400, "signature_malformed"),
        ("no_time", with(&[&no_t]), 400, "signature_no_time"),
        ("only_v0", with(&[&v0]), 400, "signature_no_v1"),
        ("no_match", with(&[&header(&signature(b"else"))]), 400, "signature_no_match"),
        ("too_old", with(&[&at(NOW - 301)]), 400, "signature_too_old"),
        ("too_far_ahead", with(&[&at(NOW + 301)]), 400, "signature_too_far_ahead"),
        ("two_signatures", with(&[&good, &good]), 400, "body_broken"),
        ("announced_too_long", announced, 413, "body_too_long"),
        ("expecting_too_long", expecting, 413, "body_too_long"),
        ("sent_too_long", signed(POST, &[], &large), 413, "body_too_long"),
        ("chunked_too_long", chunked(&chunk), 413, "body_too_long"),
        ("chunked_wrongly", chunked(b"xyz\r\n"), 400, "body_broken"),
        ("other_path", signed("POST /webhooks HTTP/1.1", &[], &body), 404, "unknown_path"),
        (
            "other_endpoint",
            signed("POST /webhooks/stripe/other HTTP/1.1", &[], &body),
            404,
            "unknown_endpoint",
        ),
        ("get", request("GET /webhooks/stripe HTTP/1.1", &[], b""), 405, "wrong_method"),
        ("put", signed("PUT /webhooks/stripe HTTP/1.1", &[], &body), 405, "wrong_method"),
        ("two_lengths", with(&["content-length: 1", "content-length: 2", &good]), 400, ""),
        ("huge_head", huge, 431, ""),
        ("a_hello_of_tls", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03".to_vec(), 400, ""),
        ("http_0_9", b"nonsense\r\n\r\n".to_vec(), 400, ""),
    ];
    for (name, bytes, status, cause) in &cases {
        check(&world, name, bytes, *status, cause).await;
    }
    assert_eq!(
        world.metric("counterfoil_ingest_refused_total{cause=\"body_too_long\"}"),
        Some(4.0)
    );
    world.finish(cases.len()).await;
}

#[tokio::test]
async fn a_refused_sender_may_go_on_where_its_request_was_whole() {
    let world = World::start(&[]).await;
    world.until_ready().await;
    let mut client = world.connect().await;
    client.send(&request(POST, &[], &event("evt_bad"))).await;
    assert_eq!(client.answer().await.status, 400);
    client.send(&request("GET / HTTP/1.1", &[], b"")).await;
    assert_eq!(client.answer().await.status, 404);
    client.send(&delivery(&event("evt_1"))).await;
    assert_eq!(client.answer().await.status, 200);
    drop(client);
    world.finish(1).await;
}

#[tokio::test]
async fn a_large_body_that_is_refused_still_hears_why() {
    let world = World::start(&[]).await;
    world.until_ready().await;
    let large = signed(POST, &[], &vec![b'a'; 3 << 20]);
    check(&world, "three_mebibytes", &large, 413, "body_too_long").await;
    // A sender that is still writing when the answer comes is not broken off.
    let mut client = world.connect().await;
    let (start, rest) = large.split_at(1_024);
    client.send(start).await;
    assert_eq!(client.answer().await.status, 413);
    for piece in rest.chunks(256 * 1_024) {
        client.send_whole(piece).await.unwrap();
    }
    client.end().await;
    assert!(client.next().await.is_none());
    drop(client);
    world.finish(1).await;
}

#[tokio::test]
async fn who_dawdles_or_breaks_off_is_let_go() {
    let settings = [
        ("COUNTERFOIL_INGEST_HEADER_TIMEOUT", "500ms"),
        ("COUNTERFOIL_INGEST_BODY_TIMEOUT", "500ms"),
    ];
    let world = World::start(&settings).await;
    world.until_ready().await;
    let whole = delivery(&event("evt_slow"));

    // The body stalls.
    check(&world, "slow_body", &whole[..whole.len() - 1], 408, "body_too_slow").await;

    // The head stalls, and a client says nothing at all.
    for (name, said) in [("slow_head", &whole[..20]), ("silent", &[])] {
        let mut client = world.connect().await;
        client.send(said).await;
        assert!(client.next().await.is_none(), "{name}");
        world.good_event_is_served(&format!("evt_after_{name}")).await;
    }

    // The body breaks off.
    let mut client = world.connect().await;
    client.send(&whole[..whole.len() - 1]).await;
    client.end().await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 400, "{answer:?}");
    world.good_event_is_served("evt_after_break").await;
    world.finish(4).await;
}

#[tokio::test]
async fn without_a_secret_nothing_is_genuine_and_the_fault_is_ours() {
    let world = World::start(&[("STRIPE_WEBHOOK_SECRET", "")]).await;
    let mut client = world.connect().await;
    client.send(&delivery(&event("evt_1"))).await;
    // There is no endpoint at all: one without a secret cannot be configured.
    assert_eq!(client.answer().await.status, 404);
    drop(client);
    world.finish(0).await;
}
