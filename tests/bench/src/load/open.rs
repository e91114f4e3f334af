//! Open loop: events are sent at times that are fixed beforehand, whatever the other side does.
//!
//! A latency begins at the time at which the event was to be sent, also when it was sent late
//! because its connection was still waiting for the answer before: a stall counts for everything
//! that would have come meanwhile, as it does for real senders.
//!
//! Each connection has a thread that sleeps until its next event is due: the timers of an
//! asynchronous runtime are as coarse as what is measured here.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::Target;
use super::answer::{ANSWER_BYTES_MAX, Answer, answer};
use crate::stats::{Latencies, number};

/// What is sent, and when.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Events in a second, evenly spaced.
    pub per_second: u32,
    /// Connections, which take turns.
    pub connections: u32,
    /// How long the load runs before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub span: Duration,
}

/// What was seen of the events that were due within the span.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// From the time an event was due until its answer was read.
    pub latencies: Latencies,
    /// From the time an event was due until it was sent: the generator's own lateness, and waiting
    /// for the answer before.
    pub lateness: Latencies,
    /// Answers other than 200, the warm-up's among them.
    pub refused: u64,
    /// Answers with 200, the warm-up's among them.
    pub accepted: u64,
    /// Events answered in a second.
    pub per_second: f64,
}

/// How long before the first event the threads are started.
const LEAD: Duration = Duration::from_millis(200);
/// The longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The stack of a connection's thread, in bytes.
const STACK_BYTES: usize = 128 * 1_024;

#[derive(Default)]
struct Seen {
    latencies: Vec<u64>,
    lateness: Vec<u64>,
    refused: u64,
    accepted: u64,
    last: Duration,
}

impl Schedule {
    fn due(self, start: Duration, event: u64) -> Duration {
        let nanos = u128::from(event) * 1_000_000_000 / u128::from(self.per_second.max(1));
        start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many events are due within this time.
    fn events(self, within: Duration) -> u64 {
        let events = within.as_nanos() * u128::from(self.per_second) / 1_000_000_000;
        u64::try_from(events).unwrap_or(u64::MAX)
    }
}

/// Sends by the schedule. Holds the calling thread.
pub fn run(target: &Target, schedule: Schedule) -> anyhow::Result<Outcome> {
    sharpen_timers();
    let start = target.clock.monotonic() + LEAD;
    let mut threads = Vec::new();
    for number in 0..schedule.connections {
        let target = target.clone();
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn(move || connection(&target, schedule, start, number));
        threads.push(thread.context("a connection's thread cannot be started")?);
    }
    let mut all = Seen::default();
    for thread in threads {
        let Ok(seen) = thread.join() else {
            anyhow::bail!("a connection's thread panicked; its message is above")
        };
        let seen = seen?;
        all.latencies.extend(seen.latencies);
        all.lateness.extend(seen.lateness);
        all.refused += seen.refused;
        all.accepted += seen.accepted;
        all.last = all.last.max(seen.last);
    }
    let first = schedule.due(start, schedule.events(schedule.warm_up));
    let measured = u64::try_from(all.latencies.len()).unwrap_or(u64::MAX);
    Ok(Outcome {
        per_second: number(measured) / all.last.saturating_sub(first).as_secs_f64(),
        latencies: Latencies::new(all.latencies),
        lateness: Latencies::new(all.lateness),
        refused: all.refused,
        accepted: all.accepted,
    })
}

fn connection(
    target: &Target,
    schedule: Schedule,
    start: Duration,
    number: u32,
) -> anyhow::Result<Seen> {
    let connected = TcpStream::connect(target.address);
    let mut stream = connected.with_context(|| format!("{} does not answer", target.address))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = target.request()?;
    let mut buffer = [0_u8; ANSWER_BYTES_MAX];
    let mut seen = Seen::default();
    let unmeasured = schedule.events(schedule.warm_up);
    let end = schedule.events(schedule.warm_up + schedule.span);
    let every = usize::try_from(schedule.connections).unwrap_or(usize::MAX);
    for event in (u64::from(number)..end).step_by(every) {
        let due = schedule.due(start, event);
        std::thread::sleep(due.saturating_sub(target.clock.monotonic()));
        let sent = target.clock.monotonic();
        stream.write_all(request.renew(target.clock.now()))?;
        let status = read(&mut stream, &mut buffer)?.status;
        let answered = target.clock.monotonic();
        if status == 200 {
            seen.accepted += 1;
        } else {
            seen.refused += 1;
        }
        if event >= unmeasured {
            seen.latencies.push(nanos(answered.saturating_sub(due)));
            seen.lateness.push(nanos(sent.saturating_sub(due)));
            seen.last = answered;
        }
    }
    Ok(seen)
}

/// Reads one answer.
pub(crate) fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<Answer> {
    let mut filled = 0;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let read = stream.read(room).context("an answer did not come")?;
        anyhow::ensure!(read > 0, "a connection was closed before its answer was whole");
        filled += read;
        if let Some(answer) = answer(buffer.get(..filled).unwrap_or_default()) {
            return Ok(answer);
        }
    }
}

fn nanos(it: Duration) -> u64 {
    u64::try_from(it.as_nanos()).unwrap_or(u64::MAX)
}

/// Asks the kernel to wake this thread, and those it starts, on time; by default it may let them
/// sleep 50 µs longer. Where it cannot be asked, latencies read that much worse for product and
/// ceiling alike.
fn sharpen_timers() {
    let thread = std::fs::read_link("/proc/thread-self").ok();
    if let Some(id) = thread.as_deref().and_then(Path::file_name) {
        let _later = std::fs::write(Path::new("/proc").join(id).join("timerslack_ns"), "1");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_due_at_even_times_whatever_the_rate() {
        let schedule = Schedule {
            per_second: 3,
            connections: 1,
            warm_up: Duration::from_secs(1),
            span: Duration::from_secs(2),
        };
        let start = Duration::from_secs(10);
        assert_eq!(schedule.due(start, 0), start);
        assert_eq!(schedule.due(start, 1), Duration::from_nanos(10_333_333_333));
        assert_eq!(schedule.due(start, 9), Duration::from_secs(13));
        assert_eq!(schedule.events(schedule.warm_up + schedule.span), 9);
    }
}
