//! Is this webhook genuine: the one place that decides it.
//!
//! A body is genuine when Stripe's header carries, in scheme `v1`, the HMAC-SHA-256 of its time and
//! the raw bytes under one of the endpoint's secrets, and that time is near enough to now. Without
//! a secret nothing is genuine. Nothing here fails in another way: whatever the header holds, the
//! answer is a [`Rejection`] with its cause, and the sender may deliver again with a fresh header.
//!
//! Where Stripe's own libraries differ from each other, this is what holds here:
//! - Every `v1` is compared with every secret; one match suffices, whatever stands beside it.
//! - The signature is checked before its age, so that only a genuine header learns it is too old.
//! - A time in the future beyond the tolerance is refused like one in the past, although Stripe's
//!   libraries accept it: a header dated ahead would otherwise stay good for that much longer.
//! - Uppercase hex is no match, as in node and python: Stripe writes lowercase.
//! - Blanks are part of what they stand beside: ` v1` is not the scheme `v1`, ` 1` is no time.
//! - `v1` may stand before `t`; of several `t` the last counts, and each must be a time.
//! - Schemes other than `v1` are ignored, `v0` of test mode included.
//! - An empty body and bytes that are no UTF-8 are signed like any other.
//! - A tolerance of zero allows the present second only; the check cannot be switched off.

use std::fmt;
use std::hint::black_box;
use std::time::Duration;

use counterfoil_domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The signing secrets of one endpoint: several while they are rotated.
#[derive(Clone)]
pub struct Secrets {
    /// One keyed MAC for each secret; keying costs as much as hashing 128 bytes.
    keyed: Vec<Hmac<Sha256>>,
}

/// A secret is blank, so that whoever knows that could sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signing secret {number} is blank; set it, or leave it out of the list")]
pub struct BlankSecret {
    /// Its place in the list, from 1.
    pub number: usize,
}

impl Secrets {
    /// The secrets as Stripe shows them, `whsec_` included: the whole text is the key. An empty
    /// list is allowed; nothing is genuine then.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, BlankSecret> {
        let keyed = secrets.into_iter().enumerate().map(|(at, secret)| {
            let blank = BlankSecret { number: at + 1 };
            if secret.trim().is_empty() {
                return Err(blank);
            }
            // HMAC takes keys of every length, so the other error cannot happen.
            Hmac::new_from_slice(secret.as_bytes()).map_err(|_| blank)
        });
        Ok(Self { keyed: keyed.collect::<Result<_, _>>()? })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} not shown)", self.keyed.len())
    }
}

/// How far a signature's time may lie from now, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance(Duration);

impl Tolerance {
    /// What Stripe's own libraries allow for the past.
    pub const STRIPES_OWN: Self = Self(Duration::from_mins(5));

    /// This much; less than a second counts as none.
    #[must_use]
    pub const fn new(span: Duration) -> Self {
        Self(span)
    }

    fn seconds(self) -> i64 {
        i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX)
    }
}

/// Bytes whose signature held. Only [`verify`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    body: &'a [u8],
    signed_at: Timestamp,
}

impl<'a> Verified<'a> {
    /// The bytes as they were received and signed.
    #[must_use]
    pub fn body(self) -> &'a [u8] {
        self.body
    }

    /// The second in which this delivery was signed; every attempt has its own.
    #[must_use]
    pub fn signed_at(self) -> Timestamp {
        self.signed_at
    }
}

/// Why a body is not taken for genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// The endpoint has no secret: it cannot know, so it refuses.
    #[error("no signing secret is configured for this endpoint")]
    NoSecret,
    /// There is no header, or a blank one.
    #[error("the Stripe-Signature header is missing or blank")]
    NoHeader,
    /// A part of the header is no `name=value`, or a `t` is no time in whole seconds.
    #[error("the Stripe-Signature header is malformed")]
    Malformed,
    /// The header has no `t`.
    #[error("the Stripe-Signature header has no time")]
    NoTime,
    /// The header has no signature in scheme `v1`.
    #[error("the Stripe-Signature header has no signature of scheme v1")]
    NoSignature,
    /// No signature is the body's under any secret.
    #[error("no signature matches the body; the secret or the bytes differ from the signed ones")]
    NoMatch,
    /// The signature holds, but was made too long ago.
    #[error("the signature is older than this endpoint allows")]
    TooOld,
    /// The signature holds, but its time is too far ahead.
    #[error("the signature's time is further in the future than this endpoint allows")]
    TooFarAhead,
}

impl Rejection {
    /// All causes.
    pub const ALL: [Self; 8] = [
        Self::NoSecret,
        Self::NoHeader,
        Self::Malformed,
        Self::NoTime,
        Self::NoSignature,
        Self::NoMatch,
        Self::TooOld,
        Self::TooFarAhead,
    ];

    /// The cause's name in metrics, logs and answers; never changes.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSecret => "signature_no_secret",
            Self::NoHeader => "signature_no_header",
            Self::Malformed => "signature_malformed",
            Self::NoTime => "signature_no_time",
            Self::NoSignature => "signature_no_v1",
            Self::NoMatch => "signature_no_match",
            Self::TooOld => "signature_too_old",
            Self::TooFarAhead => "signature_too_far_ahead",
        }
    }
}

/// Decides whether `body` is genuine. `body` must be the bytes as they were received, before any
/// decoding; `header` is the value of `Stripe-Signature`.
pub fn verify<'a>(
    body: &'a [u8],
    header: Option<&[u8]>,
    secrets: &Secrets,
    now: Timestamp,
    tolerance: Tolerance,
) -> Result<Verified<'a>, Rejection> {
    if secrets.keyed.is_empty() {
        return Err(Rejection::NoSecret);
    }
    let header = header.filter(|it| !it.trim_ascii().is_empty()).ok_or(Rejection::NoHeader)?;
    let mut time = None;
    let mut signatures = 0_usize;
    for part in header.split(|it| *it == b',') {
        match name_and_value(part).ok_or(Rejection::Malformed)? {
            (b"t", value) => time = Some((value, seconds(value).ok_or(Rejection::Malformed)?)),
            (b"v1", _) => signatures += 1,
            _ => {}
        }
    }
    let (time_as_signed, signed_at) = time.ok_or(Rejection::NoTime)?;
    if signatures == 0 {
        return Err(Rejection::NoSignature);
    }
    if !secrets.keyed.iter().any(|key| {
        let expected = signature(key.clone(), time_as_signed, body);
        // All are compared even after a match: how long it takes says nothing of which one held.
        given_signatures(header).fold(false, |any, given| same(&expected, given) | any)
    }) {
        return Err(Rejection::NoMatch);
    }
    let age = now.unix_seconds() - signed_at.unix_seconds();
    if age > tolerance.seconds() {
        return Err(Rejection::TooOld);
    }
    if -age > tolerance.seconds() {
        return Err(Rejection::TooFarAhead);
    }
    Ok(Verified { body, signed_at })
}

/// Signs a body as Stripe does and writes the header: for simulators, and for sending events again.
/// A blank or empty list of secrets gives a header without signature.
#[must_use]
pub fn sign(body: &[u8], secrets: &Secrets, at: Timestamp) -> String {
    let time = at.unix_seconds().to_string();
    let mut header = format!("t={time}");
    for key in &secrets.keyed {
        header.push_str(",v1=");
        let hex = signature(key.clone(), time.as_bytes(), body);
        header.extend(hex.iter().map(|it| char::from(*it)));
    }
    header
}

fn name_and_value(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = part.iter().position(|it| *it == b'=')?;
    Some((part.get(..at)?, part.get(at + 1..)?))
}

fn given_signatures(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    header
        .split(|it| *it == b',')
        .filter_map(name_and_value)
        .filter_map(|(name, value)| (name == b"v1").then_some(value))
}

/// Digits only: no sign, no blank. Out of the calendar's range is no time either.
fn seconds(text: &[u8]) -> Option<Timestamp> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let seconds = std::str::from_utf8(text).ok()?.parse().ok()?;
    Timestamp::from_unix_seconds(seconds).ok()
}

fn signature(mut mac: Hmac<Sha256>, time: &[u8], body: &[u8]) -> [u8; 64] {
    mac.update(time);
    mac.update(b".");
    mac.update(body);
    let mut hex = [0_u8; 64];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(mac.finalize().into_bytes()) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0f)]);
    }
    hex
}

/// By arithmetic, not by a table: where in memory a table is read depends on the secret value.
fn digit(nibble: u8) -> u8 {
    let letters = u8::from(nibble > 9);
    nibble + b'0' + letters * (b'a' - b'0' - 10)
}

/// Compares in a time that depends on the given length only, which its sender knows: a comparison
/// that stops at the first difference tells how much of a guess was right. The difference passes
/// through `black_box`, so that the compiler does not find a shorter way.
fn same(expected: &[u8; 64], given: &[u8]) -> bool {
    if given.len() != expected.len() {
        return false;
    }
    let difference = expected.iter().zip(given).fold(0, |sum, (a, b)| black_box(sum | (a ^ b)));
    black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "whsec_test_secret";
    const ROLLED: &str = "whsec_test_secret_rolled_key";
    const P1: &[u8] = b"{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\"\n}";
    const P2: &[u8] = b"{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\",\n  \"data\": { \"object\": { \"id\": \"rdr_123\", \"object\": \"terminal.reader\" } }\n}";
    const T: i64 = 1_492_774_577;
    const GOOD: &str = "c2f890decbc5ede7c5060bb9a6d31e0626a4342bacb9aeae2adb1bcea72f9812";
    const GOOD_ROLLED: &str = "58a4723fa0114d50bc17d58cedd6d02c4769c2b1ca4bf2ebfcb369803f6d94a3";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    fn tolerance(seconds: u64) -> Tolerance {
        Tolerance::new(Duration::from_secs(seconds))
    }

    fn secrets(texts: &[&str]) -> Secrets {
        Secrets::new(texts.iter().copied()).unwrap()
    }

    /// Judges a header for P1 at its own time with one secret.
    fn check(header: &str, expected: Result<(), Rejection>) {
        let bytes = header.as_bytes();
        let seen = verify(P1, Some(bytes), &secrets(&[SECRET]), at(T), Tolerance::STRIPES_OWN);
        assert_eq!(seen.map(|_| ()), expected, "{header}");
    }

    #[test]
    fn known_signatures_hold() {
        assert_eq!((P1.len(), P2.len()), (51, 125));
        let name = "{\"name\":\"Zoë 東京\"}".as_bytes();
        for (secret, time, body, hex) in [
            (SECRET, T, P1, GOOD),
            (ROLLED, T, P1, GOOD_ROLLED),
            (
                SECRET,
                12_345,
                P2,
                "07b1ede164afb7b5de91267ffa656f568c65d6e0783ce0ac55ee094643578eda",
            ),
            (SECRET, T, b"", "0b143541b2e58bb8a2681ed7577ec944676988d66733d6a9d9cd6ccce1022353"),
            (
                SECRET,
                T,
                b"\xff\xfe",
                "0a41d34f2bfd1c96fc5e2809d333e713d5ed10cb87631e873610fb9282f11927",
            ),
            (
                SECRET,
                1_700_000_000,
                b"{}",
                "ceb8863f7208fa249a6cd8f951e993c7563412aca65866f6272283debe143ab3",
            ),
            (
                SECRET,
                1_700_000_000,
                name,
                "2dbec1fe5a96a4c1833a6645cd388b52dce8413423b089b64afd0ecbae63184e",
            ),
        ] {
            let keys = secrets(&[secret]);
            let header = format!("t={time},v1={hex}");
            assert_eq!(sign(body, &keys, at(time)), header);
            let verified =
                verify(body, Some(header.as_bytes()), &keys, at(time), tolerance(0)).unwrap();
            assert_eq!((verified.body(), verified.signed_at()), (body, at(time)));
        }
    }

    #[test]
    fn headers_one_by_one() {
        let upper = GOOD.to_uppercase();
        check(&format!("t={T},v1={GOOD}"), Ok(()));
        check("", Err(Rejection::NoHeader));
        check("  ", Err(Rejection::NoHeader));
        check("bad_header", Err(Rejection::Malformed));
        check("v1,t=1", Err(Rejection::Malformed));
        check(&format!("t={T},v1={GOOD},"), Err(Rejection::Malformed));
        check("t=", Err(Rejection::Malformed));
        check(&format!("t=,v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("t=soon,v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("t=-{T},v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("t=+{T},v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("t={T}.0,v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("t=99999999999999999999,v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("t=999999999999999,v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("v1={GOOD}"), Err(Rejection::NoTime));
        check(&format!("t={T}"), Err(Rejection::NoSignature));
        check(&format!("t={T},v0={GOOD}"), Err(Rejection::NoSignature));
        check(&format!("t={T},V1={GOOD}"), Err(Rejection::NoSignature));
        check(&format!("t={T},v1=bad"), Err(Rejection::NoMatch));
        check(&format!("t={T},v1="), Err(Rejection::NoMatch));
        check(&format!("t={T},v1={GOOD_ROLLED}"), Err(Rejection::NoMatch));
        check(&format!("t={T},v1={upper}"), Err(Rejection::NoMatch));
        check(&format!("t={T},v1={GOOD}0"), Err(Rejection::NoMatch));
        check(&format!("t={T},v1={}", &GOOD[..63]), Err(Rejection::NoMatch));
        check(&format!("t={},v1={GOOD}", T + 1), Err(Rejection::NoMatch));
        check(&format!("t=0{T},v1={GOOD}"), Err(Rejection::NoMatch));
        check(&format!("t={T},v1={GOOD},v1=bad_signature"), Ok(()));
        check(&format!("t={T},v1=bad_signature,v1={GOOD}"), Ok(()));
        check(&format!("t={T},v1={GOOD_ROLLED},v1={GOOD}"), Ok(()));
        check(&format!("t={T},v0=false,v1={GOOD},v2=later"), Ok(()));
        check(&format!("t={T}, v1={GOOD}"), Err(Rejection::NoSignature));
        check(&format!(" t={T},v1={GOOD}"), Err(Rejection::NoTime));
        check(&format!("t= {T},v1={GOOD}"), Err(Rejection::Malformed));
        check(&format!("t={T},v1={GOOD} "), Err(Rejection::NoMatch));
        check(&format!("v1={GOOD},t={T}"), Ok(()));
        check(&format!("t=1,t={T},v1={GOOD}"), Ok(()));
        check(&format!("t={T},t=1,v1={GOOD}"), Err(Rejection::NoMatch));
    }

    #[test]
    fn a_missing_header_a_missing_secret_and_bytes_that_are_no_text_are_refused() {
        let header = format!("t={T},v1={GOOD}").into_bytes();
        let judge = |header, keys: &[&str]| {
            verify(P1, header, &secrets(keys), at(T), Tolerance::STRIPES_OWN).map(|_| ())
        };
        assert_eq!(judge(None, &[SECRET]), Err(Rejection::NoHeader));
        assert_eq!(judge(Some(&header), &[]), Err(Rejection::NoSecret));
        assert_eq!(judge(None, &[]), Err(Rejection::NoSecret));
        assert_eq!(judge(Some(b"t=1\xff,v1=\xff"), &[SECRET]), Err(Rejection::Malformed));
        assert_eq!(judge(Some(b"t=1,v1=\xff"), &[SECRET]), Err(Rejection::NoMatch));
    }

    #[test]
    fn secrets_are_tried_in_any_order_and_blank_ones_are_refused() {
        let header = format!("t={T},v1={GOOD}").into_bytes();
        let both = format!("t={T},v1={GOOD_ROLLED},v1={GOOD}").into_bytes();
        for (header, keys, expected) in [
            (&header, &[SECRET, ROLLED][..], Ok(())),
            (&header, &[ROLLED, SECRET][..], Ok(())),
            (&header, &[ROLLED][..], Err(Rejection::NoMatch)),
            (&both, &[ROLLED][..], Ok(())),
            (&both, &[SECRET][..], Ok(())),
            (&both, &["whsec_third"][..], Err(Rejection::NoMatch)),
        ] {
            let seen = verify(P1, Some(header), &secrets(keys), at(T), Tolerance::STRIPES_OWN);
            assert_eq!(seen.map(|_| ()), expected, "{keys:?}");
        }
        for (texts, number) in [(vec![""], 1), (vec![SECRET, "  "], 2)] {
            assert_eq!(Secrets::new(texts).map(|_| ()), Err(BlankSecret { number }));
        }
        assert_eq!(format!("{:?}", secrets(&[SECRET])), "Secrets(1 not shown)");
    }

    #[test]
    fn age_is_bounded_in_both_directions_and_asked_last() {
        let header = format!("t={T},v1={GOOD}").into_bytes();
        let wrong = format!("t={T},v1={GOOD_ROLLED}").into_bytes();
        for (header, now, allowed, expected) in [
            (&header, T + 15, 10, Err(Rejection::TooOld)),
            (&header, T + 15, 20, Ok(())),
            (&header, T + 300, 300, Ok(())),
            (&header, T + 301, 300, Err(Rejection::TooOld)),
            (&header, T - 300, 300, Ok(())),
            (&header, T - 301, 300, Err(Rejection::TooFarAhead)),
            (&header, T - 3_600, 300, Err(Rejection::TooFarAhead)),
            (&header, T, 0, Ok(())),
            (&header, T + 1, 0, Err(Rejection::TooOld)),
            (&header, T - 1, 0, Err(Rejection::TooFarAhead)),
            (&header, 253_402_300_799, u64::MAX, Ok(())),
            (&wrong, T + 301, 300, Err(Rejection::NoMatch)),
        ] {
            let keys = secrets(&[SECRET]);
            let seen = verify(P1, Some(header), &keys, at(now), tolerance(allowed));
            assert_eq!(seen.map(|_| ()), expected, "{now} within {allowed}");
        }
    }

    #[test]
    fn every_cause_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<_> = Rejection::ALL.map(Rejection::code).into();
        assert_eq!(codes.len(), Rejection::ALL.len());
    }

    proptest! {
        #[test]
        fn one_changed_bit_never_verifies(
            body in proptest::collection::vec(any::<u8>(), 1..300),
            place in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let keys = secrets(&[ROLLED, SECRET]);
            let header = sign(&body, &secrets(&[SECRET]), at(T)).into_bytes();
            let now = at(T);
            let holds = |body: &[u8], header: &[u8]| {
                verify(body, Some(header), &keys, now, Tolerance::new(Duration::MAX)).is_ok()
            };
            prop_assert!(holds(&body, &header));
            let mut changed = body.clone();
            changed[place.index(body.len())] ^= 1 << bit;
            prop_assert!(!holds(&changed, &header));
            let mut changed = header.clone();
            changed[place.index(header.len())] ^= 1 << bit;
            prop_assert!(!holds(&body, &changed));
            let mut longer = body.clone();
            longer.push(b'\n');
            prop_assert!(!holds(&longer, &header));
            prop_assert!(!holds(&body[..body.len() - 1], &header));
        }

        #[test]
        fn any_header_at_all_is_answered(header in proptest::collection::vec(any::<u8>(), 0..200)) {
            let keys = secrets(&[SECRET]);
            prop_assert!(verify(P1, Some(&header), &keys, at(T), tolerance(300)).is_err());
        }

        #[test]
        fn a_header_of_the_right_shape_is_answered(header in "(t=[0-9 +-]{0,22}|v[012]=[0-9a-fA-F]{0,70}|,|=){0,8}") {
            let keys = secrets(&[SECRET]);
            let seen = verify(P1, Some(header.as_bytes()), &keys, at(T), tolerance(300));
            prop_assert!(seen.is_err());
        }
    }
}
