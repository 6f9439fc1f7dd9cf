//! Configuration: one TOML file, checked whole before anything is opened.
//!
//! It knows names and limits. It must not know files other than its own, sockets or threads.

mod check;
mod decimal;
mod error;
mod file;
mod members;
mod sinks;
mod totals;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use matchgate_core::domain::{GatewayId, Instrument, Name, ShardId, Symbol};

pub use decimal::{Decimal, DecimalError};
pub use error::ConfigError;
pub use sinks::{LoginConfig, NatsConfig, QuestDbConfig, SinkConfig};

/// The configuration that is in force where no file is given.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// A checked configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the journals live.
    pub data_directory: PathBuf,
    /// Address of Cap'n Proto order entry; port 0 for any.
    pub capnp_address: SocketAddr,
    /// Address of the admin port, for monitoring; port 0 for any.
    pub admin_address: SocketAddr,
    /// What is fixed when the data directory is made.
    pub venue: VenueLimits,
    /// How much the rings between agents hold.
    pub rings: RingConfig,
    /// How the journal is written.
    pub journal: JournalConfig,
    /// Which agents share which core.
    pub cores: Vec<CoreConfig>,
    /// Where published events go.
    pub sinks: Vec<SinkConfig>,
    /// What is traded.
    pub instruments: Vec<InstrumentConfig>,
    /// Who trades.
    pub firms: Vec<FirmConfig>,
    /// For whom.
    pub accounts: Vec<AccountConfig>,
    /// Over which sessions.
    pub sessions: Vec<SessionConfig>,
}

/// What is fixed when the data directory is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VenueLimits {
    /// Shards.
    pub shards: u8,
    /// Gateway agents.
    pub gateways: u8,
    /// Live orders of one shard.
    pub orders_per_shard_max: u32,
    /// Price levels of one side of one book.
    pub levels_per_side_max: u32,
    /// Instruments of the venue.
    pub instruments_max: u32,
    /// Accounts of the venue.
    pub accounts_max: u32,
    /// Sessions of the venue.
    pub sessions_max: u32,
}

/// Which system calls write the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalBackend {
    /// glommio where the file system allows `O_DIRECT`, else plain.
    Auto,
    /// glommio; an error where the file system refuses.
    Glommio,
    /// pwrite and fdatasync.
    Plain,
}

/// Records that the rings between agents hold; free to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingConfig {
    /// Commands from one gateway to one shard; an eighth is kept free for cancels.
    pub commands: usize,
    /// Events from one shard to one gateway.
    pub events: usize,
}

/// How the journal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalConfig {
    /// Which system calls.
    pub backend: JournalBackend,
    /// CPU of the writer's thread.
    pub cpu: Option<usize>,
    /// Bytes of a segment file.
    pub segment_bytes: u64,
    /// Bytes of a staging log.
    pub staging_bytes: u64,
}

/// How a core waits when its agents have nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleConfig {
    /// It does not.
    Spin,
    /// It gives the CPU to whoever wants it.
    Yield,
    /// It sleeps a bounded time.
    Park,
}

/// One core and its agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreConfig {
    /// Operating system's number of the CPU; `None` for any.
    pub cpu: Option<usize>,
    /// Agents, polled in turn.
    pub agents: Vec<String>,
    /// How it waits.
    pub idle: IdleConfig,
}

/// One instrument; its number is given by the control journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstrumentConfig {
    /// All but the number.
    pub instrument: Instrument,
}

impl InstrumentConfig {
    /// Returns its symbol.
    #[must_use]
    pub const fn symbol(&self) -> Symbol {
        self.instrument.symbol
    }

    /// Returns its shard.
    #[must_use]
    pub const fn shard(&self) -> ShardId {
        self.instrument.shard
    }
}

/// One firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmConfig {
    /// Name, unique.
    pub name: Name,
    /// Its home.
    pub gateway: GatewayId,
}

/// One account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountConfig {
    /// Name, unique over the venue.
    pub name: Name,
    /// Its firm.
    pub firm: Name,
    /// Live orders it may have.
    pub open_orders_max: u32,
}

/// One session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// Key, unique.
    pub key: Name,
    /// Its firm.
    pub firm: Name,
    /// Account of an order that names none.
    pub account: Name,
    /// Messages kept for a resend.
    pub resend_messages_max: u32,
}

impl Config {
    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    ///
    /// Returns the first [`ConfigError`]: file, line, key, fault, allowed values.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            file: file.clone(),
            line: None,
            key: String::new(),
            fault: error.to_string(),
        })?;
        Self::parse(&file, &text)
    }

    /// Checks `text`; `file` names it in errors. Tables that are left out take the default's.
    ///
    /// # Errors
    ///
    /// Returns the first [`ConfigError`].
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        check::Check::new(file, text).config()
    }

    /// Returns the configuration of [`DEFAULT_TOML`].
    ///
    /// # Panics
    ///
    /// Panics if the built-in text is not valid, which a test rules out.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse("built-in defaults", DEFAULT_TOML).expect("a test parses the built-in text")
    }

    /// Returns the agents that have to be placed on cores: all but sinks with a thread of their
    /// own.
    #[must_use]
    pub fn agent_names(&self) -> Vec<String> {
        agent_names(&self.venue, &self.sinks)
    }

    /// Returns the topology with all hot agents on one core and the rest on another.
    #[must_use]
    pub fn inline_cores(venue: &VenueLimits, sinks: &[SinkConfig]) -> Vec<CoreConfig> {
        let (hot, cold) = agent_names(venue, sinks)
            .into_iter()
            .partition(|name| is_hot(name));
        vec![
            CoreConfig {
                cpu: None,
                agents: hot,
                idle: IdleConfig::Yield,
            },
            CoreConfig {
                cpu: None,
                agents: cold,
                idle: IdleConfig::Park,
            },
        ]
    }

    /// Returns the topology with each hot agent on a core of its own.
    #[must_use]
    pub fn split_cores(venue: &VenueLimits, sinks: &[SinkConfig]) -> Vec<CoreConfig> {
        let (hot, cold): (Vec<_>, Vec<_>) = agent_names(venue, sinks)
            .into_iter()
            .partition(|name| is_hot(name));
        let mut cores: Vec<_> = hot
            .into_iter()
            .map(|name| CoreConfig {
                cpu: None,
                agents: vec![name],
                idle: IdleConfig::Yield,
            })
            .collect();
        cores.push(CoreConfig {
            cpu: None,
            agents: cold,
            idle: IdleConfig::Park,
        });
        cores
    }
}

fn is_hot(agent: &str) -> bool {
    agent.starts_with("gateway:") || agent.starts_with("shard:")
}

fn agent_names(venue: &VenueLimits, sinks: &[SinkConfig]) -> Vec<String> {
    let gateways = (0..venue.gateways).map(|index| format!("gateway:{index}"));
    let shards = (0..venue.shards).map(|index| format!("shard:{index}"));
    let cold = ["acceptor", "control", "clock", "follower"].map(str::to_owned);
    let sinks = sinks.iter().filter(|sink| !sink.has_own_thread());
    let sinks = sinks.map(|sink| format!("sink:{}", sink.name()));
    gateways.chain(shards).chain(cold).chain(sinks).collect()
}

#[cfg(test)]
mod tests;
