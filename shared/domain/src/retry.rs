//! How long until the next try, and when to give up.
//!
//! Consumers do not retry in place: a delivery that failed goes to the rung of the ladder that its
//! number of tries names, and comes back by itself. Outages do not climb the ladder at all; the
//! consumer pauses until the other side is back.

use std::time::Duration;

/// One step of the retry ladder; each is a queue whose messages return when their time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rung {
    /// Five seconds.
    Seconds5,
    /// Thirty seconds.
    Seconds30,
    /// Five minutes.
    Minutes5,
    /// One hour, and again one hour after that.
    Hour1,
}

impl Rung {
    /// All rungs, the shortest first.
    pub const ALL: [Self; 4] = [Self::Seconds5, Self::Seconds30, Self::Minutes5, Self::Hour1];

    /// The rung after `tries` tries that failed. It never gives up: giving up is [`gives_up`].
    #[must_use]
    pub fn after(tries: u32) -> Self {
        match tries {
            0 | 1 => Self::Seconds5,
            2 => Self::Seconds30,
            3 => Self::Minutes5,
            _ => Self::Hour1,
        }
    }

    /// The name of the rung in its queue's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds5 => "5s",
            Self::Seconds30 => "30s",
            Self::Minutes5 => "5m",
            Self::Hour1 => "1h",
        }
    }

    /// The longest a message stays on this rung.
    #[must_use]
    pub fn wait(self) -> Duration {
        Duration::from_secs(match self {
            Self::Seconds5 => 5,
            Self::Seconds30 => 30,
            Self::Minutes5 => 300,
            Self::Hour1 => 3_600,
        })
    }

    /// The wait with jitter, so that what failed together does not come back together: between
    /// three quarters of the rung's wait and all of it. `chance` is any number; its value decides.
    #[must_use]
    pub fn jittered(self, chance: u64) -> Duration {
        let full = u64::try_from(self.wait().as_millis()).unwrap_or(u64::MAX);
        let quarter = full / 4;
        Duration::from_millis(full - chance % (quarter + 1))
    }
}

/// Tries after which a failure that is not an outage is parked: 5 s, 30 s, 5 min, then hourly for a
/// day and a half, which is longer than a night and a morning without anyone looking.
pub const TRIES_MAX: u32 = 40;

/// Whether a delivery that failed `tries` times is to be parked.
#[must_use]
pub fn gives_up(tries: u32) -> bool {
    tries >= TRIES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_climbed_one_rung_at_a_time_and_ends_hourly() {
        let waits: Vec<u64> = (1..=6).map(|tries| Rung::after(tries).wait().as_secs()).collect();
        assert_eq!(waits, [5, 30, 300, 3600, 3600, 3600]);
        assert!(!gives_up(TRIES_MAX - 1));
        assert!(gives_up(TRIES_MAX));
    }

    #[test]
    fn jitter_stays_between_three_quarters_and_the_whole_wait() {
        for rung in Rung::ALL {
            for chance in [0, 1, 7, 1_249, 1_250, u64::MAX / 2, u64::MAX] {
                let wait = rung.jittered(chance);
                assert!(wait <= rung.wait() && wait >= rung.wait() * 3 / 4, "{rung:?} {wait:?}");
            }
        }
        assert_ne!(Rung::Seconds5.jittered(0), Rung::Seconds5.jittered(1));
    }
}
