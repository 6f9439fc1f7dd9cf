//! Recorded sessions over TCP through the whole venue: what was recorded is what happens, in every
//! topology and over kills.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Instant;

use matchgate_client::{Client, ClientOptions};
use matchgate_core::domain::{Notional, Price, Quantity, Side, Symbol};
use matchgate_follower::FollowerView;
use matchgate_replay::client_link::ClientLink;
use matchgate_replay::flow::ExecutionTotals;
use matchgate_replay::instrument::{DerivedInstrument, InstrumentOptions};
use matchgate_replay::lobster::{Executions, Reader, Translator};
use matchgate_replay::pace::Speed;
use matchgate_replay::session::{FinalBook, ReplayOptions, ReplaySummary, RunEnd, WireReplay};
use matchgate_server::config::Config;
use matchgate_server::venue::Venue;

use crate::data_folder::DataFolder;
use crate::local_venue::LocalVenue;
use crate::member::Random;
use crate::trader::name;
use crate::venue_process::{VenueProcess, write_config};

const GOOG: &str = "LOBSTER_SampleFile_GOOG_2012-06-21_10.zip";
const AAPL: &str = "LOBSTER_SampleFile_AAPL_2012-06-21_1.zip";
/// Members of the replay: the recorded orders' account, and one for what was there before.
const MEMBERS: &str = "[[firm]]\nname = \"F\"\n\
     [[account]]\nname = \"TRADER\"\nfirm = \"F\"\nopen_orders_max = 200000\n\
     [[account]]\nname = \"SEED\"\nfirm = \"F\"\nopen_orders_max = 200000\n\
     [[session]]\nkey = \"replay\"\nfirm = \"F\"\naccount = \"TRADER\"\n\
     resend_messages_max = 1048576\n";
/// Requests without an answer at one time.
const WINDOW: usize = 1024;
/// How long a killed venue may stay away.
const RECONNECT_MAX_NS: u64 = 30_000_000_000;
/// Kills of the killed replay.
const KILLS: u64 = 5;
/// Answers between two kills at the least: more than may be on their way.
const KILLS_APART: u64 = 10_000;
/// Answers from among which each kill is drawn, one kill behind the other; the replay has more
/// than all of them.
const KILL_RANGE: u64 = 40_000;

/// What the recording's displayed executions come to.
fn recorded(count: u64, quantity: u64, notional_cents: i128) -> ExecutionTotals {
    let notional = Notional::new(notional_cents * 10_000_000);
    ExecutionTotals {
        count,
        quantity,
        notional,
    }
}

fn goog() -> ExecutionTotals {
    recorded(7_765, 492_509, 28_037_143_208)
}

/// 23,658 orders; seven of them meet two orders.
fn aapl() -> ExecutionTotals {
    recorded(23_665, 1_845_964, 107_550_599_825)
}

/// A recording that is there, and what it trades.
struct Recording {
    path: PathBuf,
    derived: DerivedInstrument,
}

impl Recording {
    /// Returns `None`, and says so, where there is no recorded data.
    fn find(file_name: &str) -> Option<Self> {
        let folder = std::env::var_os("MATCHGATE_DATA").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            PathBuf::from,
        );
        let path = folder.join(file_name);
        if !path.exists() {
            println!("skipped: no recorded data ({})", path.display());
            return None;
        }
        let derived = DerivedInstrument::derive(&path, &InstrumentOptions::default()).unwrap();
        Some(Self { path, derived })
    }

    fn config_text(&self) -> String {
        let instrument = self.derived.to_toml();
        format!("[listen]\ncapnp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n{instrument}{MEMBERS}")
    }

    fn config(&self) -> Config {
        Config::parse("the test's configuration", &self.config_text()).unwrap()
    }

    fn split_config(&self) -> Config {
        let mut config = self.config();
        config.cores = Config::split_cores(&config.venue, &config.sinks);
        config
    }

    fn start(&self, address: SocketAddr, executions: Executions) -> (WireReplay, ClientLink) {
        let options = ClientOptions::new(name("replay"));
        let link = ClientLink::new(Client::connect(address, options).unwrap().0);
        let translator = Translator::new(Reader::open(&self.path).unwrap(), executions);
        let options = ReplayOptions {
            symbol: self.derived.symbol,
            account: None,
            seed_account: Some(name("SEED")),
            speed: Speed::Max,
            window_max: WINDOW,
            reconnect_max_ns: RECONNECT_MAX_NS,
        };
        (WireReplay::new(translator, options, &link), link)
    }

    /// Compares the final book and returns the summary and the book's hash.
    fn finish(&self, replay: WireReplay, venue: &Venue) -> Replayed {
        venue.wait_for_followers().unwrap();
        let mut summary = replay.finish();
        summary.check_final_book(self.derived.symbol, &SeenBook(venue.view()));
        let book_hash = venue.view().book_hash(&self.derived.symbol).unwrap();
        Replayed { summary, book_hash }
    }

    /// Replays it through a venue in this process.
    fn replay(&self, config: Config, executions: Executions) -> Replayed {
        let started = Instant::now();
        let venue = LocalVenue::start_with(config);
        let (mut replay, mut link) = self.start(venue.address(), executions);
        assert_eq!(replay.run(&mut link, None).unwrap(), RunEnd::Complete);
        let replayed = self.finish(replay, venue.venue());
        println!(
            "{}: {} commands, {} ms of replay, {} ms in all",
            self.derived.symbol,
            replayed.summary.checks.commands,
            replayed.summary.elapsed_ns / 1_000_000,
            started.elapsed().as_millis()
        );
        replayed
    }
}

/// What a replay came to.
#[derive(Clone, Debug)]
struct Replayed {
    summary: ReplaySummary,
    book_hash: u128,
}

impl Replayed {
    /// Everything is as recorded: each order's executions, both sides' sums, the final book.
    fn is_as_recorded(&self, expected: ExecutionTotals) {
        let Self { summary, .. } = self;
        assert!(summary.passed(), "{:?}", summary.checks.differences);
        assert_eq!(summary.checks.executed, expected);
        assert_eq!(summary.resting, expected);
        assert_eq!(summary.final_book_equal, Some(true));
        assert!(summary.refusals.is_empty(), "{:?}", summary.refusals);
        assert_eq!(summary.sequence_gaps, 0);
    }
}

/// The follower's book as the replay compares it.
struct SeenBook<'a>(&'a FollowerView);

impl FinalBook for SeenBook<'_> {
    fn depth(&self, symbol: Symbol, side: Side, levels: usize) -> Vec<(Price, Quantity)> {
        let book = self.0.book(&symbol, levels).expect("it is traded");
        let side = match side {
            Side::Buy => book.bids,
            Side::Sell => book.asks,
        };
        side.iter()
            .map(|level| {
                let quantity = u64::try_from(level.quantity).expect("a recorded quantity");
                (level.price, Quantity::new(quantity))
            })
            .collect()
    }
}

/// The ten-level recording, undisturbed, with all hot agents on one core: what every other way of
/// replaying it must come to.
fn undisturbed_goog(recording: &Recording) -> &'static Replayed {
    static REPLAYED: OnceLock<Replayed> = OnceLock::new();
    REPLAYED.get_or_init(|| recording.replay(recording.config(), Executions::OneByOne))
}

#[test]
fn ten_level_recording_is_the_same_in_both_topologies() {
    let Some(recording) = Recording::find(GOOG) else {
        return;
    };
    let inline = undisturbed_goog(&recording);
    inline.is_as_recorded(goog());
    assert_eq!(inline.summary.checks.takes, 7_765);
    let row = inline.summary.final_row.as_ref().unwrap();
    assert_eq!((row.levels, row.asks.len(), row.bids.len()), (10, 10, 10));
    let split = recording.replay(recording.split_config(), Executions::OneByOne);
    split.is_as_recorded(goog());
    assert_eq!(split.book_hash, inline.book_hash);
    assert_eq!(split.summary.checks, inline.summary.checks);
}

#[test]
fn one_level_recording_is_the_same_in_both_topologies() {
    let Some(recording) = Recording::find(AAPL) else {
        return;
    };
    let inline = recording.replay(recording.config(), Executions::OneByOne);
    inline.is_as_recorded(aapl());
    assert_eq!(inline.summary.checks.takes, 23_658);
    let split = recording.replay(recording.split_config(), Executions::OneByOne);
    split.is_as_recorded(aapl());
    assert_eq!(split.book_hash, inline.book_hash);
    assert_eq!(split.summary.checks, inline.summary.checks);
}

#[test]
fn joined_sweeps_execute_what_was_recorded_in_many_fills() {
    let Some(recording) = Recording::find(GOOG) else {
        return;
    };
    let joined = recording.replay(recording.config(), Executions::SweepsJoined);
    let executed = joined.summary.checks.executed;
    // A joined order may meet one order twice as often or half as often; the sums stand.
    joined.is_as_recorded(ExecutionTotals {
        count: executed.count,
        ..goog()
    });
    let split = recording.replay(recording.split_config(), Executions::SweepsJoined);
    assert_eq!(split.book_hash, joined.book_hash);
    assert_eq!(split.summary.checks, joined.summary.checks);
    let checks = &joined.summary.checks;
    assert_eq!(checks.takes, 5_931);
    assert!(checks.takes_with_several_fills > 1_000, "{checks:?}");
}

#[test]
fn recording_over_five_kills_ends_in_the_book_of_an_undisturbed_run() {
    let Some(recording) = Recording::find(GOOG) else {
        return;
    };
    let started = Instant::now();
    let folder = DataFolder::new();
    let data = folder.data();
    let config = write_config(folder.path(), &recording.config_text());
    let mut random = Random(17);
    let kills: Vec<u64> = (0..KILLS)
        .map(|kill| kill * KILL_RANGE + KILLS_APART + random.below(KILL_RANGE - KILLS_APART))
        .collect();
    let mut venue = VenueProcess::start(&config, &data).unwrap();
    let (mut replay, mut link) = recording.start(venue.address, Executions::OneByOne);
    for &answered in &kills {
        let end = replay.run(&mut link, Some(answered)).unwrap();
        assert_eq!(end, RunEnd::Stopped, "the replay has more commands");
        venue.kill();
        venue = VenueProcess::start(&config, &data).unwrap();
        link.move_to(venue.address);
    }
    assert_eq!(replay.run(&mut link, None).unwrap(), RunEnd::Complete);
    drop(link);
    assert!(venue.stop().success());
    // The follower of one more start has the whole journal, and so every life before.
    let mut config = Config::load(&config).unwrap();
    config.data_directory = data;
    let venue = Venue::start(&config).unwrap();
    let killed = recording.finish(replay, &venue);
    venue.stop().unwrap();
    println!(
        "killed after {kills:?} answers, {} reconnects, {} ms in all",
        killed.summary.reconnects,
        started.elapsed().as_millis()
    );
    killed.is_as_recorded(goog());
    assert_eq!(killed.summary.reconnects, KILLS);
    let calm = undisturbed_goog(&recording);
    assert_eq!(killed.book_hash, calm.book_hash);
    assert_eq!(killed.summary.checks, calm.summary.checks);
}
