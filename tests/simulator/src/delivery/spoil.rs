//! Signatures that are wrong on purpose (STRIPE.md 1.1 and 1.2): each of them a receiver must
//! refuse, after which the delivery comes again with a right one.

use super::faults::Faults;
use super::signature::{false_signature, signature_header};
use crate::chance::Chance;
use crate::mishap::{EventFault, Mishap};

const SECONDS_OFF: i64 = 3_600;

/// What is wrong with the signature of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoil {
    Future,
    Malformed,
    Stale,
    V0Only,
}

impl Spoil {
    /// What was decided to be wrong with a delivery's first attempt, or what is by chance.
    pub(super) fn decide(mishap: Mishap, by_chance: Option<Self>) -> Option<Self> {
        match mishap {
            Mishap::LeftToChance => by_chance,
            Mishap::Decided(fault) => match fault? {
                EventFault::FutureTime => Some(Self::Future),
                EventFault::MalformedHeader => Some(Self::Malformed),
                EventFault::StaleTime => Some(Self::Stale),
                EventFault::V0Only => Some(Self::V0Only),
                EventFault::BeforeBasil
                | EventFault::BeforeClover
                | EventFault::Delayed { .. }
                | EventFault::Duplicated
                | EventFault::FirstAttemptDropped
                | EventFault::GenerationFailed
                | EventFault::Lost
                | EventFault::NeverGenerated
                | EventFault::Redelivered
                | EventFault::SecondId
                | EventFault::UnknownEnum
                | EventFault::UnknownField
                | EventFault::UnknownType => None,
            },
        }
    }

    /// What is wrong with a delivery's first attempt, by chance: the first that hits.
    pub(super) fn draw(faults: &Faults, chance: &mut Chance) -> Option<Self> {
        [
            (faults.future_time_rate, Self::Future),
            (faults.malformed_header_rate, Self::Malformed),
            (faults.stale_time_rate, Self::Stale),
            (faults.v0_only_rate, Self::V0Only),
        ]
        .into_iter()
        .find(|(rate, _)| chance.hits(*rate))
        .map(|(_, spoil)| spoil)
    }
}

/// The value of `Stripe-Signature`, right or spoilt.
pub(super) fn header(spoil: Option<Spoil>, secrets: &[String], second: i64, body: &[u8]) -> String {
    match spoil {
        None => signature_header(secrets, second, body),
        Some(Spoil::Future) => signature_header(secrets, second + SECONDS_OFF, body),
        Some(Spoil::Stale) => signature_header(secrets, second - SECONDS_OFF, body),
        Some(Spoil::V0Only) => format!("t={second},v0={}", false_signature(second)),
        Some(Spoil::Malformed) => format!("{second};v1"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Spoil, header};
    use crate::delivery::signature::sign;

    #[test]
    fn each_way_of_spoiling_shows() {
        let secrets = ["whsec_one".to_owned()];
        let check = |spoil: Option<Spoil>, starts: &str, signed_at: Option<i64>| {
            let header = header(spoil, &secrets, 10_000, b"{}");
            assert!(header.starts_with(starts), "{spoil:?}: {header}");
            let signature = signed_at.map(|second| sign("whsec_one", second, b"{}"));
            let signature = signature.map(|it| format!(",v1={it},"));
            assert_eq!(header.contains(",v1="), signature.is_some(), "{spoil:?}");
            assert!(signature.is_none_or(|it| header.contains(&it)), "{spoil:?}: {header}");
        };
        check(None, "t=10000,", Some(10_000));
        check(Some(Spoil::Future), "t=13600,", Some(13_600));
        check(Some(Spoil::Stale), "t=6400,", Some(6_400));
        check(Some(Spoil::V0Only), "t=10000,v0=", None);
        check(Some(Spoil::Malformed), "10000;v1", None);
    }
}
