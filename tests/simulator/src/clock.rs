//! The simulated clock. Objects and events are stamped by it, and so is the `Date` of every
//! answer, because a reader of Stripe dates what it fetched by that header.

use crate::wall::Wall;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// The beginning of the year 9000, where simulated time ends: periods, trials and expiries that are
/// counted from there still end within the years that a calendar has.
pub(crate) const SECOND_MAX: i64 = 221_845_392_000;

/// How simulated time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockMode {
    /// It is this second (Unix time) until the clock is advanced.
    Manual(i64),
    /// It is what the wall clock says, and goes on with it.
    Wall,
}

/// Simulated time: held still and advanced by hand, or running with the wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    mode: Mode,
    /// Simulated time never goes back, whatever the wall clock does.
    latest_second: i64,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Held,
    /// Runs with the wall clock, this many microseconds ahead of it.
    Running {
        ahead_micros: i64,
    },
}

impl Clock {
    pub(crate) fn new(mode: ClockMode, wall: &dyn Wall) -> Self {
        match mode {
            ClockMode::Manual(second) => Self { mode: Mode::Held, latest_second: second },
            ClockMode::Wall => Self {
                mode: Mode::Running { ahead_micros: 0 },
                latest_second: wall.unix_micros().div_euclid(MICROS_PER_SECOND),
            },
        }
    }

    /// The simulated second, Unix time.
    pub(crate) fn now(&mut self, wall: &dyn Wall) -> i64 {
        if let Mode::Running { ahead_micros } = self.mode {
            let reading = (wall.unix_micros() + ahead_micros).div_euclid(MICROS_PER_SECOND);
            self.latest_second = self.latest_second.max(reading);
        }
        self.latest_second
    }

    /// Moves simulated time forward, to its end at the furthest; a running clock goes on from there.
    pub(crate) fn advance(&mut self, seconds: i64, wall: &dyn Wall) -> i64 {
        let now = self.now(wall);
        let seconds = seconds.clamp(0, (SECOND_MAX - now).max(0));
        self.latest_second = now + seconds;
        if let Mode::Running { ahead_micros } = &mut self.mode {
            *ahead_micros += seconds * MICROS_PER_SECOND;
        }
        self.latest_second
    }

    /// Holds the clock at a second. Only a history that is still empty may be moved back.
    pub(crate) fn hold_at(&mut self, second: i64) {
        *self = Self { mode: Mode::Held, latest_second: second };
    }

    /// Lets the clock run with the wall clock, neither ahead nor behind.
    pub(crate) fn follow_wall(&mut self) {
        self.mode = Mode::Running { ahead_micros: 0 };
    }
}
