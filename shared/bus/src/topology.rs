//! The names and arguments of every exchange and queue, as data.
//!
//! Everything here is a function of a prefix and a few bounds, so that what the broker is asked
//! for, what a test expects and what the documents list are one thing. [`crate::declare`] carries
//! it out.
//!
//! Each line of work has six queues: the main queue, one queue per rung of the retry ladder, and
//! the parking queue. All are quorum queues, and none of them drops a message:
//!
//! - a full queue refuses (`reject-publish`), so that the publisher learns of it;
//! - a message that was handed out [`DELIVERIES_MAX`] times without being acknowledged is moved to
//!   the parking queue, because it takes its consumer down each time;
//! - a message whose time on a rung is over returns to the main queue;
//! - both moves are at-least-once: the broker removes a message from the one queue after the other
//!   has confirmed it. They go through the broker's default exchange, whose routing keys are the
//!   names of the queues and which nobody can delete.
//!
//! What is published goes through one direct exchange. What it cannot route falls through to a
//! queue that refuses everything, so that a publisher hears a `nack` for exactly the message that
//! had nowhere to go.

use std::time::Duration;

use counterfoil_domain::{Lane, retry::Rung};

/// One line of work: a main queue with its retry rungs and its parking queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Line {
    /// Stripe's events, by lane.
    Events(Lane),
    /// Events whose object must be asked of Stripe, so that no lane waits for the answer.
    Refetches,
    /// Emissions to send to Stripe.
    Emissions,
    /// Notifications to the host.
    Outbound,
}

impl Line {
    /// Every line, the most urgent first.
    pub const ALL: [Self; 5] = [
        Self::Events(Lane::Access),
        Self::Events(Lane::Record),
        Self::Refetches,
        Self::Emissions,
        Self::Outbound,
    ];

    /// The line's name in queues, metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events(Lane::Access) => "events.access",
            Self::Events(Lane::Record) => "events.record",
            Self::Refetches => "refetches",
            Self::Emissions => "emissions",
            Self::Outbound => "outbound",
        }
    }

    /// Where the line stands in [`Line::ALL`].
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Events(Lane::Access) => 0,
            Self::Events(Lane::Record) => 1,
            Self::Refetches => 2,
            Self::Emissions => 3,
            Self::Outbound => 4,
        }
    }
}

/// How often a message is handed out again after a consumer was lost with it, before it is parked.
pub const DELIVERIES_MAX: i64 = 50;

/// How many bytes of messages a main queue holds by default before it refuses: 8 GiB.
pub const QUEUE_BYTES_MAX: i64 = 8 << 30;

/// How much a main queue holds before it refuses what is published to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Bytes of message bodies.
    Bytes(i64),
    /// Number of messages.
    Messages(i64),
}

/// What a queue is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Work that waits for a consumer.
    Main,
    /// Work that waits for its next try.
    Retry(Rung),
    /// What was set aside for a person, with its reason.
    Parked,
}

/// The value of a queue's or an exchange's argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

/// One queue as it must be on the broker; every queue is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its whole name.
    pub name: String,
    /// The line it belongs to, and what it is for. `None` for the queue that refuses what could
    /// not be routed.
    pub part: Option<(Line, Role)>,
    /// The exchange it is bound to; the routing key is its name.
    pub exchange: String,
    /// Its arguments, as RabbitMQ names them.
    pub arguments: Vec<(&'static str, Argument)>,
}

/// How an exchange routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routing {
    /// To the queue that is bound under the routing key.
    Direct,
    /// To every queue that is bound.
    Fanout,
}

/// One exchange as it must be on the broker; every exchange is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeSpec {
    /// Its whole name.
    pub name: String,
    /// How it routes.
    pub kind: Routing,
    /// Its arguments, as RabbitMQ names them.
    pub arguments: Vec<(&'static str, Argument)>,
}

/// Why a text cannot be the prefix of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// The prefix is empty or too long.
    #[error("the prefix of the queues' names has {0} bytes; give it 1 to 100")]
    Length(usize),
    /// The prefix has a character outside `a-z A-Z 0-9 . _ -`.
    #[error("the prefix of the queues' names has {0:?}; use letters, digits, '.', '_' and '-'")]
    Character(char),
    /// The broker keeps names that start with `amq.` to itself.
    #[error("the prefix of the queues' names starts with \"amq.\", which the broker reserves")]
    Reserved,
}

/// The names and arguments under one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    prefix: String,
    bound: Bound,
    waits: [Duration; Rung::ALL.len()],
}

impl Default for Topology {
    fn default() -> Self {
        Self {
            prefix: "counterfoil".to_owned(),
            bound: Bound::Bytes(QUEUE_BYTES_MAX),
            waits: Rung::ALL.map(Rung::wait),
        }
    }
}

impl Topology {
    /// The topology whose names all begin with `prefix`.
    pub fn new(prefix: &str) -> Result<Self, TopologyError> {
        if prefix.is_empty() || prefix.len() > 100 {
            return Err(TopologyError::Length(prefix.len()));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(bad) = prefix.chars().find(|&c| !allowed(c)) {
            return Err(TopologyError::Character(bad));
        }
        if prefix.starts_with("amq.") {
            return Err(TopologyError::Reserved);
        }
        Ok(Self { prefix: prefix.to_owned(), ..Self::default() })
    }

    /// The same with another bound on the main queues.
    #[must_use]
    pub fn with_bound(mut self, bound: Bound) -> Self {
        self.bound = bound;
        self
    }

    /// The same with other waits on the rungs, the shortest first. For tests, which cannot wait
    /// an hour.
    #[must_use]
    pub fn with_waits(mut self, waits: [Duration; Rung::ALL.len()]) -> Self {
        self.waits = waits;
        self
    }

    /// What every name begins with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The exchange through which everything is published; routing keys are names of queues.
    #[must_use]
    pub fn exchange(&self) -> String {
        self.prefix.clone()
    }

    /// The exchange, and the queue of the same name, for what the first exchange cannot route.
    #[must_use]
    pub fn unroutable(&self) -> String {
        format!("{}.unroutable", self.prefix)
    }

    /// The main queue of a line.
    #[must_use]
    pub fn queue(&self, line: Line) -> String {
        format!("{}.{}", self.prefix, line.as_str())
    }

    /// The queue of one rung of a line's retry ladder.
    #[must_use]
    pub fn retry_queue(&self, line: Line, rung: Rung) -> String {
        format!("{}.{}.retry.{}", self.prefix, line.as_str(), rung.as_str())
    }

    /// The parking queue of a line.
    #[must_use]
    pub fn parking_queue(&self, line: Line) -> String {
        format!("{}.{}.parked", self.prefix, line.as_str())
    }

    /// The longest a message stays on a rung.
    #[must_use]
    pub fn wait(&self, rung: Rung) -> Duration {
        self.waits[rung_index(rung)]
    }

    /// A rung's wait with jitter, as [`Rung::jittered`] rules it, at the scale of this topology.
    #[must_use]
    pub fn jittered(&self, rung: Rung, chance: u64) -> Duration {
        let full = rung.wait().as_millis().max(1);
        let scaled = rung.jittered(chance).as_millis() * self.wait(rung).as_millis() / full;
        Duration::from_millis(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// Every exchange, each after those that it refers to.
    #[must_use]
    pub fn exchanges(&self) -> Vec<ExchangeSpec> {
        vec![
            ExchangeSpec { name: self.unroutable(), kind: Routing::Fanout, arguments: Vec::new() },
            ExchangeSpec {
                name: self.exchange(),
                kind: Routing::Direct,
                arguments: vec![("alternate-exchange", Argument::Text(self.unroutable()))],
            },
        ]
    }

    /// Every queue with its arguments.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueSpec> {
        // A classic queue, because only those refuse at exactly their bound. It never holds a
        // message, so nothing is lost with the node it lives on.
        let mut queues = vec![QueueSpec {
            name: self.unroutable(),
            part: None,
            exchange: self.unroutable(),
            arguments: vec![
                ("x-max-length", Argument::Number(0)),
                ("x-overflow", Argument::Text("reject-publish".to_owned())),
            ],
        }];
        for line in Line::ALL {
            queues.push(self.spec(line, Role::Main));
            queues.extend(Rung::ALL.map(|rung| self.spec(line, Role::Retry(rung))));
            queues.push(self.spec(line, Role::Parked));
        }
        queues
    }

    fn spec(&self, line: Line, role: Role) -> QueueSpec {
        let mut arguments = vec![("x-queue-type", Argument::Text("quorum".to_owned()))];
        let name = match role {
            Role::Main => {
                arguments.push(("x-delivery-limit", Argument::Number(DELIVERIES_MAX)));
                arguments.push(match self.bound {
                    Bound::Bytes(bytes) => ("x-max-length-bytes", Argument::Number(bytes)),
                    Bound::Messages(count) => ("x-max-length", Argument::Number(count)),
                });
                arguments.extend(dead_letters_to(self.parking_queue(line)));
                self.queue(line)
            }
            Role::Retry(rung) => {
                let wait = i64::try_from(self.wait(rung).as_millis()).unwrap_or(i64::MAX);
                arguments.push(("x-message-ttl", Argument::Number(wait)));
                arguments.extend(dead_letters_to(self.queue(line)));
                self.retry_queue(line, rung)
            }
            // No limit on age or number: what is parked waits for a person.
            Role::Parked => self.parking_queue(line),
        };
        QueueSpec { name, part: Some((line, role)), exchange: self.exchange(), arguments }
    }
}

/// At-least-once dead-lettering, which the broker grants only to queues that refuse when full.
fn dead_letters_to(queue: String) -> [(&'static str, Argument); 4] {
    [
        ("x-overflow", Argument::Text("reject-publish".to_owned())),
        ("x-dead-letter-strategy", Argument::Text("at-least-once".to_owned())),
        ("x-dead-letter-exchange", Argument::Text(String::new())),
        ("x-dead-letter-routing-key", Argument::Text(queue)),
    ]
}

fn rung_index(rung: Rung) -> usize {
    match rung {
        Rung::Seconds5 => 0,
        Rung::Seconds30 => 1,
        Rung::Minutes5 => 2,
        Rung::Hour1 => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        let check = |prefix: &str, expected: Result<(), TopologyError>| {
            assert_eq!(Topology::new(prefix).map(|_| ()), expected, "{prefix:?}");
        };
        check("counterfoil", Ok(()));
        check("a.b_c-9", Ok(()));
        check(&"a".repeat(100), Ok(()));
        check("", Err(TopologyError::Length(0)));
        check(&"a".repeat(101), Err(TopologyError::Length(101)));
        check("a b", Err(TopologyError::Character(' ')));
        check("ä", Err(TopologyError::Character('ä')));
        check("amq.mine", Err(TopologyError::Reserved));
    }

    #[test]
    fn every_line_has_six_queues_of_its_own() {
        let topology = Topology::default();
        let mut names: Vec<String> = topology.queues().into_iter().map(|it| it.name).collect();
        assert_eq!(names[1], "counterfoil.events.access");
        assert_eq!(names[2], "counterfoil.events.access.retry.5s");
        assert_eq!(names[6], "counterfoil.events.access.parked");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 1 + 6 * Line::ALL.len());
        for (index, line) in Line::ALL.into_iter().enumerate() {
            assert_eq!(line.index(), index);
        }
        for (index, rung) in Rung::ALL.into_iter().enumerate() {
            assert_eq!(rung_index(rung), index);
        }
    }

    #[test]
    fn what_leaves_a_queue_goes_to_a_queue_that_exists_and_is_not_lost_on_the_way() {
        let topology = Topology::default();
        let queues = topology.queues();
        for queue in &queues {
            let argument =
                |name: &str| queue.arguments.iter().find(|it| it.0 == name).map(|it| &it.1);
            let text = |it: &str| Argument::Text(it.to_owned());
            let Some((line, role)) = queue.part else { continue };
            assert_eq!(argument("x-queue-type"), Some(&text("quorum")));
            let target = match role {
                Role::Main => Some(topology.parking_queue(line)),
                Role::Retry(_) => Some(topology.queue(line)),
                Role::Parked => None,
            };
            assert_eq!(
                argument("x-dead-letter-routing-key"),
                target.clone().map(Argument::Text).as_ref(),
            );
            if let Some(target) = target {
                assert!(queues.iter().any(|it| it.name == target), "{target}");
                assert_eq!(argument("x-dead-letter-strategy"), Some(&text("at-least-once")));
                assert_eq!(argument("x-overflow"), Some(&text("reject-publish")));
            }
        }
    }

    #[test]
    fn jitter_keeps_its_share_at_every_scale() {
        let fast = Topology::default().with_waits([Duration::from_millis(400); 4]);
        for chance in [0, 1, 700, 12_345, u64::MAX] {
            for rung in Rung::ALL {
                let real = Topology::default().jittered(rung, chance);
                assert_eq!(real, rung.jittered(chance));
                let scaled = fast.jittered(rung, chance).as_millis();
                assert!((299..=400).contains(&scaled), "{rung:?} {chance} {scaled}");
            }
        }
    }
}
