//! What is asked and answered over the admin socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum AdminRequest {
    /// Where everything stands.
    Status,
    /// Stop trading in a symbol; cancels go on.
    Halt {
        /// The symbol.
        symbol: String,
    },
    /// Trade again.
    Resume {
        /// The symbol.
        symbol: String,
    },
    /// End the day of a symbol: its day orders expire.
    EndDay {
        /// The symbol.
        symbol: String,
    },
    /// The best levels of a book, as the follower has it.
    Book {
        /// The symbol.
        symbol: String,
        /// Levels a side.
        levels: usize,
    },
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminReply {
    /// Where everything stands.
    Status(Box<Status>),
    /// The act is in force; its place in the control journal.
    Done {
        /// That place.
        control: u64,
    },
    /// The best levels.
    Book(BookView),
    /// It was refused.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Counts the starts on this data directory.
    pub epoch: u32,
    /// Last record of the control journal that is in force.
    pub control: u64,
    /// What the journal writer uses.
    pub journal_backend: String,
    /// Instruments, by number.
    pub instruments: Vec<InstrumentStatus>,
    /// Sessions, by number.
    pub sessions: Vec<SessionStatus>,
    /// Streams: control, shards, gateways.
    pub streams: Vec<StreamStatus>,
    /// Followers: each sink's place in each shard.
    pub followers: Vec<FollowerStatus>,
    /// Counters of all agents.
    pub counters: BTreeMap<String, u64>,
}

impl Status {
    /// Returns whether the operators' follower has everything that shards have applied.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let followers = self.followers.iter().filter(|one| one.sink == "follower");
        followers.into_iter().all(|follower| {
            let stream = format!("shard-{}", follower.shard);
            let owner = self.streams.iter().find(|one| one.stream == stream);
            owner.is_some_and(|owner| follower.sequence >= owner.applied)
        })
    }

    /// Returns a line for each follower or sink that has stopped for good, with the reason.
    #[must_use]
    pub fn alarms(&self) -> Vec<String> {
        let stopped = self.followers.iter().filter(|one| one.is_stopped);
        let mut lines: Vec<_> = stopped
            .map(|one| format!("{}: {}", one.sink, one.health))
            .collect();
        // It has an entry for each shard, which all say the same.
        lines.dedup();
        lines
    }
}

/// One instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentStatus {
    /// Its symbol.
    pub symbol: String,
    /// Its shard.
    pub shard: u8,
    /// Its phase.
    pub phase: String,
    /// Hash of its book at the follower's position, 32 hexadecimal digits.
    pub book_hash: String,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStatus {
    /// Its key.
    pub key: String,
    /// Its home.
    pub gateway: u8,
    /// Whether a client is logged on.
    pub connected: bool,
    /// Sequence of its next outbound message.
    pub next_sequence: u64,
    /// Highest request number taken.
    pub request_highest: u64,
    /// Live orders, those on their way included.
    pub open_orders: u64,
}

/// One journal stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStatus {
    /// Its name: `control`, `shard-N`, `gateway-N`.
    pub stream: String,
    /// Last sequence in the staging log.
    pub written: u64,
    /// Last sequence on disk.
    pub synced: u64,
    /// Last sequence applied by its owner.
    pub applied: u64,
}

/// One follower's place in one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowerStatus {
    /// The agent: `follower` for operators' own view, else the sink it feeds.
    pub sink: String,
    /// `healthy`, or why it waits or has stopped.
    pub health: String,
    /// Whether it has stopped for good: a state hash disagreed, the journal could not be read, or
    /// the sink refused.
    pub is_stopped: bool,
    /// The shard.
    pub shard: u8,
    /// Last sequence it applied.
    pub sequence: u64,
    /// Its state hash there, 32 hexadecimal digits.
    pub state_hash: String,
}

/// The best levels of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookView {
    /// The symbol.
    pub symbol: String,
    /// Bids, best first: price in 1e-9 units, quantity.
    pub bids: Vec<(i64, u64)>,
    /// Asks, best first.
    pub asks: Vec<(i64, u64)>,
}

/// Returns a hash as 32 hexadecimal digits.
#[must_use]
pub fn hash_text(hash: u128) -> String {
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::{FollowerStatus, Status};

    fn follower(sink: &str, shard: u8, health: &str, is_stopped: bool) -> FollowerStatus {
        FollowerStatus {
            sink: sink.to_owned(),
            health: health.to_owned(),
            is_stopped,
            shard,
            sequence: 7,
            state_hash: String::new(),
        }
    }

    #[test]
    fn each_follower_that_has_stopped_is_one_alarm_and_one_that_waits_is_none() {
        let disagrees = "stopped: shard 1: state hash at 9 is 00, the journal says 01";
        let mut status = Status {
            followers: vec![
                follower("follower", 0, "healthy", false),
                follower(
                    "sink:local",
                    0,
                    "waiting: sink is not available: full",
                    false,
                ),
            ],
            ..Status::default()
        };
        assert!(status.alarms().is_empty());
        for shard in [0, 1] {
            status
                .followers
                .push(follower("follower", shard, disagrees, true));
        }
        assert_eq!(status.alarms(), [format!("follower: {disagrees}")]);
    }
}
