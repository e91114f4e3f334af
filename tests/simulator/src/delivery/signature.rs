//! Signatures of deliveries (STRIPE.md 1.1): HMAC-SHA-256 over the time, a dot and the body, with
//! the whole secret, `whsec_` included, as the key.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;

/// The `v1` signature of a body at a Unix second, in lowercase hex.
#[must_use]
pub fn sign(secret: &str, second: i64, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        // An HMAC takes a key of any length.
        return String::new();
    };
    mac.update(second.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// The value of `Stripe-Signature`: the time, one `v1` per live secret, and the deliberately false
/// `v0` that test-mode deliveries carry.
#[must_use]
pub fn signature_header(secrets: &[String], second: i64, body: &[u8]) -> String {
    let mut header = format!("t={second}");
    for secret in secrets {
        // Writing into a text cannot fail.
        let _ = write!(header, ",v1={}", sign(secret, second, body));
    }
    let _ = write!(header, ",v0={}", false_signature(second));
    header
}

/// A signature that no secret makes.
pub(super) fn false_signature(second: i64) -> String {
    sign("a false signature", second, &[])
}

#[cfg(test)]
mod tests {
    use super::{sign, signature_header};

    const P1: &[u8] = b"{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\"\n}";
    const P2: &[u8] = b"{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\",\n  \"data\": { \"object\": { \"id\": \"rdr_123\", \"object\": \"terminal.reader\" } }\n}";

    #[test]
    fn signatures_are_the_published_ones() {
        let check = |secret: &str, second: i64, body: &[u8], expected: &str| {
            assert_eq!(sign(secret, second, body), expected, "{secret} {second}");
        };
        let secret = "whsec_test_secret";
        check(
            secret,
            1_492_774_577,
            P1,
            "c2f890decbc5ede7c5060bb9a6d31e0626a4342bacb9aeae2adb1bcea72f9812",
        );
        check(
            "whsec_test_secret_rolled_key",
            1_492_774_577,
            P1,
            "58a4723fa0114d50bc17d58cedd6d02c4769c2b1ca4bf2ebfcb369803f6d94a3",
        );
        check(
            secret,
            12_345,
            P2,
            "07b1ede164afb7b5de91267ffa656f568c65d6e0783ce0ac55ee094643578eda",
        );
        check(
            secret,
            1_492_774_577,
            b"",
            "0b143541b2e58bb8a2681ed7577ec944676988d66733d6a9d9cd6ccce1022353",
        );
        check(
            secret,
            1_492_774_577,
            &[0xff, 0xfe],
            "0a41d34f2bfd1c96fc5e2809d333e713d5ed10cb87631e873610fb9282f11927",
        );
        check(
            secret,
            1_700_000_000,
            b"{}",
            "ceb8863f7208fa249a6cd8f951e993c7563412aca65866f6272283debe143ab3",
        );
        check(
            secret,
            1_700_000_000,
            r#"{"name":"Zoë 東京"}"#.as_bytes(),
            "2dbec1fe5a96a4c1833a6645cd388b52dce8413423b089b64afd0ecbae63184e",
        );
    }

    #[test]
    fn a_header_has_one_signature_per_secret_and_a_false_one() {
        let secrets = ["whsec_one".to_owned(), "whsec_two".to_owned()];
        let header = signature_header(&secrets, 1_700_000_000, b"{}");
        let parts: Vec<&str> = header.split(',').collect();
        assert_eq!(parts.len(), 4);
        assert_eq!(parts[0], "t=1700000000");
        assert_eq!(parts[1], format!("v1={}", sign("whsec_one", 1_700_000_000, b"{}")));
        assert_eq!(parts[2], format!("v1={}", sign("whsec_two", 1_700_000_000, b"{}")));
        assert!(parts[3].starts_with("v0="));
        assert_ne!(parts[3][3..], parts[1][3..]);
    }
}
