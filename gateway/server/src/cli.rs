//! The command line: verbs and options, as a person types them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use matchgate_replay::pace::Speed;

/// What the program's exit codes mean, at the end of `--help`.
const EXIT_CODES: &str = "Exit codes: 0 all is well; 1 results disagree, or a follower or sink \
    has stopped; 2 usage or configuration; 3 data directory in use; 4 journal damaged; 5 write or sync error; 6 address in use; \
    7 format, build or configuration do not match the data directory; 101 a fault of ours";

/// An ultra-low-latency co-located matching gateway.
#[derive(Debug, Parser)]
#[command(
    name = "matchgate",
    version,
    about = "An ultra-low-latency co-located matching gateway",
    after_help = EXIT_CODES,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the venue until it is told to stop (Ctrl-C or SIGTERM).
    Serve(Serve),
    /// Start a venue on loopback, drive it with several clients, and check everything it did.
    Demo(Demo),
    /// Send a recorded session (LOBSTER or Bitstamp) to a gateway over TCP and check executions and
    /// final book.
    Replay(Replay),
    /// Ask a running venue, halt and resume trading, or end the day.
    Admin(Admin),
    /// Read the journal of a data directory.
    Journal(Journal),
    /// Print the built-in configuration: every key with its default.
    Config,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Configuration file; without one the built-in defaults hold (see `matchgate config`).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory, instead of the configuration's.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Check the configuration and say so, open nothing.
    #[arg(long)]
    pub check: bool,
}

/// Which agents share which core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TopologyChoice {
    /// Gateways and shards on one core.
    #[default]
    Inline,
    /// Each on a core of its own.
    Split,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// How long clients send: 10s, 2m, 500ms.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub duration: Duration,
    /// Keep the journal here instead of in a temporary directory.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Drive it with a recorded session instead of the synthetic one.
    #[arg(long, value_name = "FILE|DIR")]
    pub recording: Option<PathBuf>,
    /// Clients of the synthetic session.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub clients: u8,
    /// Seed of the synthetic session.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Which agents share which core.
    #[arg(long, value_enum, default_value_t)]
    pub topology: TopologyChoice,
}

/// Options of `replay`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Replay {
    /// A verb of its own; without one the recording is sent.
    #[command(subcommand)]
    pub verb: Option<ReplayVerb>,
    /// Options of the run.
    #[command(flatten)]
    pub run: ReplayRun,
}

/// Verbs of `replay`.
#[derive(Debug, Subcommand)]
pub enum ReplayVerb {
    /// Print the instrument table that the configuration needs for a recording.
    Instrument {
        /// The recording.
        #[arg(value_name = "FILE|DIR")]
        recording: PathBuf,
        /// Symbol, instead of the one in the recording.
        #[arg(long)]
        symbol: Option<String>,
        /// Tick, instead of the one that is derived from the prices.
        #[arg(long)]
        tick: Option<String>,
    },
}

/// Options of a replay run.
#[derive(Debug, Args)]
pub struct ReplayRun {
    /// The recording, LOBSTER or Bitstamp: a folder or zip with its files, or one of them.
    #[arg(long, value_name = "FILE|DIR", required = true)]
    pub recording: Option<PathBuf>,
    /// max, x1 for recorded time, or xN for N times as fast.
    #[arg(long, default_value = "max")]
    pub speed: Speed,
    /// Address of a running gateway; without one a gateway is started in this process and still
    /// spoken to over loopback TCP.
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<std::net::SocketAddr>,
    /// Key of the session on that gateway.
    #[arg(long, default_value = "demo-1", requires = "to")]
    pub key: String,
    /// Data directory of that gateway on this machine, to compare its final book; or where the
    /// gateway in this process keeps its journal.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Send each sweep of a LOBSTER recording as one order.
    #[arg(long)]
    pub joined_sweeps: bool,
    /// Symbol, instead of the one in the recording.
    #[arg(long)]
    pub symbol: Option<String>,
    /// Tick, instead of the one that is derived from the prices.
    #[arg(long)]
    pub tick: Option<String>,
    /// Topology of the gateway in this process.
    #[arg(long, value_enum, default_value_t, conflicts_with = "to")]
    pub topology: TopologyChoice,
}

/// Options of `admin`.
#[derive(Debug, Args)]
pub struct Admin {
    /// What to ask or do.
    #[command(subcommand)]
    pub verb: AdminVerb,
    /// Data directory of the venue.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "matchgate-data",
        global = true
    )]
    pub data: PathBuf,
    /// Answer as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Verbs of `admin`.
#[derive(Debug, Subcommand)]
pub enum AdminVerb {
    /// Phases, sessions, positions, marks, hashes. Exits with 1, after an ALARM line a cause, where
    /// a follower disagrees with a state hash, or a follower or sink has stopped.
    Status,
    /// Stop trading in a symbol: new orders and replaces are refused, cancels go on.
    Halt {
        /// The symbol.
        symbol: String,
    },
    /// Trade in it again.
    Resume {
        /// The symbol.
        symbol: String,
    },
    /// End the day of a symbol: its day orders expire, others stay.
    EndDay {
        /// The symbol.
        symbol: String,
    },
    /// The best levels of a book.
    Book {
        /// The symbol.
        symbol: String,
        /// Levels a side.
        #[arg(long, default_value_t = 10)]
        levels: usize,
    },
}

/// Options of `journal`.
#[derive(Debug, Args)]
pub struct Journal {
    /// What to do.
    #[command(subcommand)]
    pub verb: JournalVerb,
}

/// Verbs of `journal`. None of them changes anything on disk.
#[derive(Debug, Subcommand)]
pub enum JournalVerb {
    /// Read every record of every stream; apply those of shards, compare every hash record, and
    /// print the final state hashes.
    #[command(after_help = "Example: matchgate journal verify matchgate-data")]
    Verify {
        /// The data directory; no venue may be running on it.
        data: PathBuf,
        /// Answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a stream, one line a record, in words; behind each command of a shard what it did.
    Cat(JournalCat),
    /// Count what is in every stream: segments, epochs, gaps, records and events by kind.
    Stats(JournalStats),
    /// Show the state of a shard right behind a command: its hash, phases, books, an order, an
    /// account.
    At(JournalAt),
    /// Compare the shards of two data directories, command by command. Exits with 1 where they
    /// differ, after it has printed the first difference.
    Diff(JournalDiff),
    /// Replay a shard with some commands changed or left out, and print what would have been
    /// different.
    #[command(name = "what-if")]
    WhatIf(JournalWhatIf),
    /// Copy what can be read of a damaged data directory to another one, of each stream what stands
    /// before the damage. The damaged one stays as it is.
    Salvage(JournalSalvage),
    /// Copy a data directory with one shard through a sequence only.
    Cut(JournalCut),
}

/// Options of `journal cat`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example, what happened to order 42 of shard 0: matchgate journal cat --data \
    matchgate-data --shard 0 --from 42 | grep -w 42"
)]
#[group(skip)]
pub struct JournalCat {
    /// The data directory; no venue may be running on it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The commands of a shard; of the only one where no stream is named.
    #[arg(long, value_name = "K", conflicts_with_all = ["gateway", "control"])]
    pub shard: Option<u8>,
    /// The log of a gateway.
    #[arg(long, value_name = "K", conflicts_with = "control")]
    pub gateway: Option<u8>,
    /// The control journal.
    #[arg(long)]
    pub control: bool,
    /// First sequence shown.
    #[arg(long, value_name = "SEQ")]
    pub from: Option<u64>,
    /// Last sequence shown.
    #[arg(long, value_name = "SEQ")]
    pub to: Option<u64>,
    /// One JSON object a line: decimals as texts, their units as whole numbers.
    #[arg(long)]
    pub json: bool,
}

/// Options of `journal stats`.
#[derive(Debug, Args)]
#[command(after_help = "Example: matchgate journal stats --data matchgate-data --json")]
pub struct JournalStats {
    /// The data directory; no venue may be running on it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `journal at`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: matchgate journal at 1200 --data matchgate-data --shard 0 --symbol \
    DEMO --order 1187"
)]
pub struct JournalAt {
    /// Sequence of the command behind which one looks.
    #[arg(value_name = "SEQ")]
    pub sequence: u64,
    /// The data directory; no venue may be running on it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The shard; where none is named, the order's or the only one.
    #[arg(long, value_name = "K")]
    pub shard: Option<u8>,
    /// Show a book, with its orders.
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// Show an order and what happened to it so far; by the id that reports give it.
    #[arg(long, value_name = "ID")]
    pub order: Option<u64>,
    /// Show an account's positions and live orders.
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `journal diff`.
#[derive(Debug, Args)]
#[command(after_help = "Example: matchgate journal diff --data matchgate-data --data copy-of-it")]
pub struct JournalDiff {
    /// A data directory, given twice; no venue may be running on either.
    #[arg(long, value_name = "DIR", required = true)]
    pub data: Vec<PathBuf>,
    /// This shard alone.
    #[arg(long, value_name = "K")]
    pub shard: Option<u8>,
}

/// Options of `journal salvage`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: matchgate journal salvage --data matchgate-data --to salvaged\n\n\
    The copy starts as after a loss of power: clients learn what was lost. What a killed venue has \
    left in shared memory is not in it, nor are the cursors of sinks."
)]
pub struct JournalSalvage {
    /// The data directory; no venue may be running on it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Where the copy is made; missing, or an empty folder.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// Options of `journal cut`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: matchgate journal cut --data matchgate-data --shard 0 --through 1200 \
    --to cut\n\nOther streams are copied whole. The copy starts as after a loss of power, see \
    `journal salvage`."
)]
pub struct JournalCut {
    /// The data directory; no venue may be running on it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The shard; the only one where none is named.
    #[arg(long, value_name = "K")]
    pub shard: Option<u8>,
    /// The last sequence of the copy.
    #[arg(long, value_name = "SEQ")]
    pub through: u64,
    /// Where the copy is made; missing, or an empty folder.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// Options of `journal what-if`.
#[derive(Debug, Args)]
#[command(after_help = WHAT_IF_HELP)]
pub struct JournalWhatIf {
    /// The data directory; no venue may be running on it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The shard; the only one where none is named.
    #[arg(long, value_name = "K")]
    pub shard: Option<u8>,
    /// What is to be changed: see below.
    #[arg(long, value_name = "FILE")]
    pub change: PathBuf,
}

/// What a file of changes is, at the end of the help of `journal what-if`.
const WHAT_IF_HELP: &str = "\
The file is TOML, one table a command, named by its sequence (see `journal cat`):

  [[change]]
  sequence = 42
  drop = true                # leave it out

  [[change]]
  sequence = 43              # a new order: price, quantity, side, time_in_force, post_only,
  price = \"10.05\"            # self_trade, stop_price, display_quantity, minimum_quantity,
  quantity = 100             # expire_time_ns

A replace takes price, quantity and stop_price, a reduce quantity, a set phase phase, a definition of an
instrument tick, price_min, price_max, lot, quantity_min, quantity_max, notional_max, protection.

It is the shard that is asked: what a gateway has refused, and what clients would have done next, stays
as it was.

Example: matchgate journal what-if --data matchgate-data --shard 0 --change change.toml";

fn duration(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number
        .parse()
        .map_err(|_| "is no time such as 10s, 2m or 500ms")?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" | "" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err("is no time such as 10s, 2m or 500ms".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cli, Verb, duration};
    use clap::{CommandFactory, Parser};
    use std::time::Duration;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_read_or_refused() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert!(duration("10h").is_err() && duration("s").is_err());
    }

    #[test]
    fn bare_replay_runs_and_needs_a_recording() {
        let cli = Cli::try_parse_from(["matchgate", "replay", "--recording", "a.zip"]).unwrap();
        assert!(matches!(cli.verb, Verb::Replay(replay) if replay.verb.is_none()));
        assert!(Cli::try_parse_from(["matchgate", "replay"]).is_err());
        let cli = Cli::try_parse_from(["matchgate", "replay", "instrument", "a.zip"]).unwrap();
        assert!(matches!(cli.verb, Verb::Replay(replay) if replay.verb.is_some()));
    }
}
