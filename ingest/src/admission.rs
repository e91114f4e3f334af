//! Who may send, and how much: the checks on a client's address, before anything is read.
//!
//! The signature decides what is genuine; these bounds only keep strangers cheap. Memory is
//! bounded: an address is forgotten once it has nothing to make up for, and a client of IPv6
//! counts with its whole /64, which is what one subscriber is given.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use counterfoil_service::Clock;
use counterfoil_service::config::IngestConfig;

/// After how many requests addresses that have nothing to make up for are forgotten.
const REQUESTS_PER_SWEEP: u64 = 4_096;

/// Decides on a request by the address it counts for.
pub(crate) struct Admission {
    allowed: Vec<IpNet>,
    rate: Option<Rate>,
}

struct Rate {
    limiter: RateLimiter<IpAddr, DashMapStateStore<IpAddr>, Readings, NoOpMiddleware<Duration>>,
    requests: AtomicU64,
}

/// Our clock as the limiter reads it.
#[derive(Clone)]
struct Readings(Clock);

impl governor::clock::Clock for Readings {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// It may go on.
    Yes,
    /// Its address is not one of the allowed ones.
    NotAllowed,
    /// Its address sends too much; it may send again after this.
    TooMany(Duration),
}

impl Admission {
    pub(crate) fn new(config: &IngestConfig, clock: Clock) -> Self {
        let rate = NonZeroU32::new(config.requests_per_address_per_second);
        let burst = NonZeroU32::new(config.requests_per_address_burst).unwrap_or(NonZeroU32::MIN);
        let rate = rate.map(|rate| Rate {
            limiter: RateLimiter::dashmap_with_clock(
                Quota::per_second(rate).allow_burst(burst),
                Readings(clock),
            ),
            requests: AtomicU64::new(0),
        });
        Self { allowed: config.allowed_addresses.clone(), rate }
    }

    /// Decides on one request. Where the address is unknown an allow-list admits nobody, and the
    /// rate is not limited.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Admitted {
        if !self.allowed.is_empty() {
            let known = address.is_some_and(|it| self.allowed.iter().any(|net| net.contains(&it)));
            if !known {
                return Admitted::NotAllowed;
            }
        }
        match (&self.rate, address) {
            (Some(rate), Some(address)) => rate.admit(address),
            (None, _) | (_, None) => Admitted::Yes,
        }
    }
}

impl Rate {
    fn admit(&self, address: IpAddr) -> Admitted {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed);
        if requests % REQUESTS_PER_SWEEP == REQUESTS_PER_SWEEP - 1 {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&subscriber(address)) {
            Ok(()) => Admitted::Yes,
            Err(until) => Admitted::TooMany(until.wait_time_from(self.limiter.clock().now())),
        }
    }
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_domain::Timestamp;
    use counterfoil_service::config::{Config, Sources};

    fn admission(environment: &[(&str, &str)]) -> (Admission, Clock) {
        let config = Config::load(&Sources::given(environment.iter().copied()), &[]).unwrap();
        let clock = Clock::fixed(Timestamp::EPOCH);
        (Admission::new(&config.ingest, clock.clone()), clock)
    }

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn an_allow_list_admits_its_addresses_only() {
        let (it, _) =
            admission(&[("COUNTERFOIL_INGEST_ALLOWED_ADDRESSES", "3.18.12.63,10.0.0.0/8,::1")]);
        for (address, expected) in [
            (ip("3.18.12.63"), Admitted::Yes),
            (ip("10.9.8.7"), Admitted::Yes),
            (ip("::1"), Admitted::Yes),
            (ip("3.18.12.64"), Admitted::NotAllowed),
            (None, Admitted::NotAllowed),
        ] {
            assert_eq!(it.admit(address), expected, "{address:?}");
        }
    }

    const SLOW: [(&str, &str); 2] = [
        ("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_PER_SECOND", "2"),
        ("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_BURST", "3"),
    ];

    #[test]
    fn each_address_has_its_own_rate_which_comes_back_with_time() {
        let (it, clock) = admission(&SLOW);
        let burst = |address| (0..4).map(|_| it.admit(address)).collect::<Vec<_>>();
        let wait = Admitted::TooMany(Duration::from_millis(500));
        let expected = [Admitted::Yes, Admitted::Yes, Admitted::Yes, wait];
        assert_eq!(burst(ip("1.1.1.1")), expected);
        assert_eq!(burst(ip("2.2.2.2")), expected);
        assert_eq!(burst(ip("2001:db8::1")), expected);
        assert_eq!(it.admit(ip("2001:db8::2")), wait, "one subscriber of IPv6");
        assert_eq!(it.admit(ip("2001:db8:0:1::1")), Admitted::Yes);
        clock.advance(Duration::from_millis(500));
        assert_eq!(it.admit(ip("1.1.1.1")), Admitted::Yes);
        assert_eq!(it.admit(ip("1.1.1.1")), wait);
        assert!((0..10).all(|_| it.admit(None) == Admitted::Yes));
    }

    #[test]
    fn a_rate_of_nought_is_no_limit() {
        let (it, _) = admission(&[("COUNTERFOIL_INGEST_REQUESTS_PER_ADDRESS_PER_SECOND", "0")]);
        assert!((0..100_000).all(|_| it.admit(ip("1.1.1.1")) == Admitted::Yes));
    }

    #[test]
    fn addresses_are_forgotten_once_they_have_nothing_to_make_up_for() {
        let (it, clock) = admission(&SLOW);
        for number in 0..20_000_u32 {
            it.admit(Some(IpAddr::from(number.to_be_bytes())));
            clock.advance(Duration::from_millis(1));
        }
        let kept = it.rate.unwrap().limiter.len();
        assert!(kept < 10_000, "{kept} addresses are kept");
    }
}
