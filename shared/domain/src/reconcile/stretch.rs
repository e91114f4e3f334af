//! Stretches of `created` that are still to be listed, newest first, and how a page shortens them.

/// Before any object of Stripe's: the company's first year, as a second since 1970.
pub const BEGINNING: i64 = 1_262_304_000;
/// After any object of Stripe's. Objects of a test clock are made in the clock's time, which may lie
/// years ahead (STRIPE.md section 8).
pub const END: i64 = 4_102_444_800;

/// The seconds from `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The oldest second.
    pub from: i64,
    /// The newest second.
    pub to: i64,
}

/// What a page of a stretch, newest first, leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// The seconds of which every object was shown. `None` where the page did not get to the end of
    /// one second.
    pub whole: Option<Stretch>,
    /// What is still to be listed.
    pub rest: Option<Stretch>,
}

impl Stretch {
    /// All there is.
    pub const ALL: Self = Self { from: BEGINNING, to: END };

    /// What a page whose oldest object is of the second `oldest` leaves to do, where more follow.
    /// The oldest second may go on behind the page, so it is listed again.
    ///
    /// A page of one second alone leaves the stretch as it is: that second must be walked by the
    /// ids of its objects.
    #[must_use]
    pub fn after(self, oldest: Option<i64>, has_more: bool) -> Next {
        match oldest {
            Some(oldest) if has_more => {
                let oldest = oldest.clamp(self.from, self.to);
                let whole = Self { from: oldest.saturating_add(1), to: self.to };
                Next {
                    whole: (whole.from <= whole.to).then_some(whole),
                    rest: Some(Self { from: self.from, to: oldest }),
                }
            }
            // Nothing older is left.
            _ => Next { whole: Some(self), rest: None },
        }
    }

    /// Its newer and its older half, where it is longer than one second.
    #[must_use]
    pub fn halves(self) -> Option<(Self, Self)> {
        if self.from >= self.to {
            return None;
        }
        let middle = self.from + (self.to - self.from) / 2;
        let newer = Self { from: middle + 1, to: self.to };
        Some((newer, Self { from: self.from, to: middle }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: i64, to: i64) -> Stretch {
        Stretch { from, to }
    }

    #[test]
    fn a_page_proves_the_seconds_it_got_behind() {
        let check = |oldest, more, whole: Option<(i64, i64)>, rest: Option<(i64, i64)>| {
            let pair = |it: (i64, i64)| stretch(it.0, it.1);
            let expected = Next { whole: whole.map(pair), rest: rest.map(pair) };
            assert_eq!(stretch(10, 20).after(oldest, more), expected, "{oldest:?} {more}");
        };
        check(Some(15), true, Some((16, 20)), Some((10, 15)));
        check(Some(20), true, None, Some((10, 20)));
        check(Some(10), true, Some((11, 20)), Some((10, 10)));
        check(Some(15), false, Some((10, 20)), None);
        check(None, false, Some((10, 20)), None);
        // A list that shows what was not asked for takes nothing away.
        check(Some(3), true, Some((11, 20)), Some((10, 10)));
        check(Some(99), true, None, Some((10, 20)));
    }

    #[test]
    fn halves_leave_nothing_out() {
        for (from, to) in [(10, 20), (10, 11), (0, 3)] {
            let (newer, older) = stretch(from, to).halves().unwrap();
            assert_eq!((older.from, newer.to, older.to + 1), (from, to, newer.from));
        }
        assert_eq!(stretch(5, 5).halves(), None);
    }
}
