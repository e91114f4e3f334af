//! When a failed delivery is sent again. Stripe publishes neither its waits nor its timeout.

use std::time::Duration;

/// Waits between the attempts of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// The wait after the first failure; each further one doubles it.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// A delivery is given up when its next attempt would be later than this after its first.
    pub give_up_after: Duration,
    /// How many times a delivery is tried again; none leaves it to the time.
    pub retries_max: Option<u32>,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_hours(1),
            give_up_after: Duration::from_hours(72),
            retries_max: None,
            timeout: Duration::from_secs(30),
        }
    }
}

impl Retries {
    /// As in live mode: for three days, with growing waits. The waits themselves are assumed.
    #[must_use]
    pub fn live() -> Self {
        Self {
            first_wait: Duration::from_mins(5),
            longest_wait: Duration::from_hours(12),
            ..Self::default()
        }
    }

    /// As in a sandbox: three times over a few hours. The waits themselves are assumed.
    #[must_use]
    pub fn sandbox() -> Self {
        Self {
            first_wait: Duration::from_mins(30),
            longest_wait: Duration::from_hours(2),
            retries_max: Some(3),
            ..Self::default()
        }
    }

    /// The wait after this many failed attempts.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1).min(30));
        self.first_wait.saturating_mul(doubled).min(self.longest_wait)
    }
}

#[cfg(test)]
mod tests {
    use super::Retries;
    use std::time::Duration;

    #[test]
    fn waits_double_up_to_the_longest() {
        let retries = Retries::default();
        let check = |failures: u32, seconds: u64| {
            assert_eq!(retries.wait_after(failures), Duration::from_secs(seconds), "{failures}");
        };
        check(1, 1);
        check(2, 2);
        check(5, 16);
        check(12, 2_048);
        check(13, 3_600);
        check(u32::MAX, 3_600);
    }

    #[test]
    fn a_sandbox_retries_over_some_hours_and_live_mode_for_days() {
        let waits = |retries: Retries, times: u32| -> Duration {
            (1..=times).map(|failures| retries.wait_after(failures)).sum()
        };
        assert_eq!(waits(Retries::sandbox(), 3), Duration::from_mins(210));
        assert!(waits(Retries::live(), 8) < Duration::from_hours(24));
        assert!(waits(Retries::live(), 16) > Retries::live().give_up_after);
    }
}
