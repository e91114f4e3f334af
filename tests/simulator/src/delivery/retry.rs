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
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_hours(1),
            give_up_after: Duration::from_hours(72),
            timeout: Duration::from_secs(30),
        }
    }
}

impl Retries {
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
}
