//! A workload by its name, with the room that it needs: what a program is told on its command line.

use matchgate_workloads::meb::{self, Message, Scenario};
use matchgate_workloads::{Operation, cross, deep, ec_head};

use crate::book::Room;
use crate::ec_mix::{self, EcMix};
use crate::shard::Market;

/// Commands of the mix before those that are timed.
const WARM_UP: usize = 20_000;

/// A workload.
#[derive(Clone, Debug)]
pub struct Load {
    /// Done before the clock.
    pub before: Vec<Operation>,
    /// What is timed.
    pub timed: Timed,
    /// Room of a book.
    pub room: Room,
    /// Users; each has an account and a session of its own.
    pub users: u32,
    /// Sum over the reports to what is timed, where the generator knows it.
    pub checksum: Option<u64>,
}

/// What is timed.
#[derive(Clone, Debug)]
pub enum Timed {
    /// Messages of the public benchmark.
    Messages(Vec<Message>),
    /// Operations.
    Operations(Vec<Operation>),
}

/// The words name no workload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no workload: meb SCENARIO SEED ORDERS, or one of ec, ec-head, deep, cross with SEED OPERATIONS"
)]
pub struct NoLoadError(Vec<String>);

impl Load {
    /// Returns the workload that `words` name.
    ///
    /// # Errors
    ///
    /// Returns an error where they name none.
    pub fn named(words: &[&str]) -> Result<Self, NoLoadError> {
        let load = match *words {
            ["meb", scenario, seed, orders] => Self::meb_named(scenario, seed, orders),
            [kind, seed, count] => Self::flow_named(kind, seed, count),
            _ => None,
        };
        load.ok_or_else(|| NoLoadError(words.iter().map(|&word| word.to_owned()).collect()))
    }

    /// Returns a scenario of the public benchmark.
    #[must_use]
    pub fn meb(scenario: Scenario, seed: u32, orders: u32) -> Self {
        Self {
            before: Vec::new(),
            timed: Timed::Messages(meb::generate(scenario, seed, orders)),
            // The calm scenario keeps most orders: some 42,000 of a million.
            room: Room::new((orders / 16).max(4_096), 2_048),
            users: 1,
            checksum: None,
        }
    }

    /// Returns the EC mix.
    #[must_use]
    pub fn ec_mix(seed: u64, operations: usize) -> Self {
        let mix = EcMix::new(seed, WARM_UP, operations);
        Self {
            before: mix.before,
            timed: Timed::Operations(mix.timed),
            room: ec_mix::ROOM,
            users: ec_mix::USERS,
            checksum: Some(mix.checksum),
        }
    }

    /// Returns how large a shard has to be for it.
    #[must_use]
    pub const fn market(&self) -> Market {
        Market {
            orders: self.room.orders,
            levels: self.room.levels,
            instruments: 1,
            users: self.users,
        }
    }

    /// Returns what is timed, as operations.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        match &self.timed {
            Timed::Messages(messages) => messages.iter().map(Operation::from).collect(),
            Timed::Operations(operations) => operations.clone(),
        }
    }

    fn meb_named(scenario: &str, seed: &str, orders: &str) -> Option<Self> {
        let scenario = Scenario::from_name(scenario)?;
        Some(Self::meb(
            scenario,
            seed.parse().ok()?,
            orders.parse().ok()?,
        ))
    }

    fn flow_named(kind: &str, seed: &str, count: &str) -> Option<Self> {
        let (seed, count) = (seed.parse().ok()?, count.parse().ok()?);
        let (workload, room, users) = match kind {
            "ec" => return Some(Self::ec_mix(seed, count)),
            "ec-head" => {
                let workload = ec_head::generate(seed, 1_000, count);
                (workload, Room::new(4_096, 4_096), ec_mix::USERS)
            }
            "deep" => {
                let workload = deep::generate(seed, deep::RESTING, count);
                (workload, Room::new(1 << 20, 16_384), 1)
            }
            "cross" => {
                let orders = u32::try_from(count).ok()?;
                (cross::generate(seed, count), Room::new(orders, 64), 1)
            }
            _ => return None,
        };
        Some(Self {
            before: workload.before,
            timed: Timed::Operations(workload.timed),
            room,
            users,
            checksum: Some(workload.checksum),
        })
    }
}
