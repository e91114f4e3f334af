//! Stretches of `created` that are still to be listed, newest first, how a page shortens them, and
//! where an earlier pass had its pages end.

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

/// A stretch that an earlier pass saw whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its seconds, and those up to the next newer one that is known.
    pub stretch: Stretch,
    /// How many objects were in it.
    pub objects: u32,
}

/// What to ask for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The seconds.
    pub stretch: Stretch,
    /// The place of the known stretch that this is, where it is one and no more.
    pub known: Option<usize>,
}

/// Objects that a page holds at most.
const PAGE: u32 = 100;

/// The newest part of what is left that fits on a page, as far as an earlier pass can tell; all that is
/// left where it cannot. Pages that end where they ended before can be the same as before, however
/// much has been made since; and small ones beside each other are asked for as one.
///
/// `known` goes from the newest to the oldest, and may begin above what is left.
#[must_use]
pub fn next_part(left: Stretch, known: &[Known]) -> Part {
    let mut ahead = known
        .iter()
        .enumerate()
        .skip_while(|(_, it)| it.stretch.from > left.to)
        .take_while(|(_, it)| it.stretch.to >= left.from);
    let Some((place, first)) = ahead.next() else { return Part { stretch: left, known: None } };
    let part = |from: i64, known| Part { stretch: Stretch { from, to: left.to }, known };
    if first.stretch.from < left.from || first.stretch.to != left.to {
        return part(first.stretch.from.max(left.from), None);
    }
    let (mut from, mut objects, mut only) = (first.stretch.from, first.objects, Some(place));
    for (_, next) in ahead {
        objects = objects.saturating_add(next.objects);
        if objects > PAGE || next.stretch.from < left.from {
            break;
        }
        (from, only) = (next.stretch.from, None);
    }
    part(from, only)
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

    /// What is older than a part of it. `None` where nothing is.
    #[must_use]
    pub fn below(self, part: Self) -> Option<Self> {
        (part.from > self.from).then(|| Self { from: self.from, to: part.from - 1 })
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

    #[test]
    fn pages_end_where_they_ended_before() {
        let known = |from, to, objects| Known { stretch: stretch(from, to), objects };
        let check = |left: (i64, i64), all: &[Known], expected: (i64, i64), only| {
            let left = stretch(left.0, left.1);
            let part = Part { stretch: stretch(expected.0, expected.1), known: only };
            assert_eq!(next_part(left, all), part, "{left:?}");
        };
        let all = [known(60, 99, 90), known(40, 59, 99), known(10, 39, 70)];
        check((0, 99), &all, (60, 99), Some(0));
        check((0, 59), &all, (40, 59), Some(1));
        check((0, 39), &all, (10, 39), Some(2));
        // Begun within one, ended within one, below all, nothing known.
        check((0, 50), &all, (40, 50), None);
        check((45, 59), &all, (45, 59), None);
        check((0, 9), &all, (0, 9), None);
        check((0, 99), &[], (0, 99), None);
        // Newer than what is known, and not up to it: the gap is asked for together with it.
        check((0, 120), &all, (60, 120), None);
    }

    #[test]
    fn small_parts_are_asked_for_as_one() {
        let known = |from, to, objects| Known { stretch: stretch(from, to), objects };
        let all = [known(60, 99, 1), known(40, 59, 60), known(20, 39, 39), known(10, 19, 1)];
        let part = |left: Stretch| next_part(left, &all);
        assert_eq!(part(stretch(0, 99)), Part { stretch: stretch(20, 99), known: None });
        assert_eq!(part(stretch(30, 99)), Part { stretch: stretch(40, 99), known: None });
        assert_eq!(part(stretch(0, 19)), Part { stretch: stretch(10, 19), known: Some(3) });
    }

    #[test]
    fn what_is_below_a_part() {
        assert_eq!(stretch(0, 9).below(stretch(5, 9)), Some(stretch(0, 4)));
        assert_eq!(stretch(0, 9).below(stretch(0, 9)), None);
    }
}
