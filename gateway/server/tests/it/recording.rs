//! A recorded session that is there, and how it is replayed over TCP through the whole venue.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use matchgate_client::{Client, ClientOptions};
use matchgate_core::domain::{Price, Quantity, Side, Symbol};
use matchgate_follower::FollowerView;
use matchgate_replay::client_link::ClientLink;
use matchgate_replay::instrument::{DerivedInstrument, InstrumentOptions};
use matchgate_replay::ledger::OpenOrder;
use matchgate_replay::lobster::Executions;
use matchgate_replay::pace::Speed;
use matchgate_replay::recording;
use matchgate_replay::session::{FinalBook, ReplayOptions, ReplaySummary, RunEnd, WireReplay};
use matchgate_server::config::Config;
use matchgate_server::venue::Venue;

use crate::local_venue::LocalVenue;
use crate::trader::name;

pub(crate) const GOOG: &str = "LOBSTER_SampleFile_GOOG_2012-06-21_10.zip";
pub(crate) const AAPL: &str = "LOBSTER_SampleFile_AAPL_2012-06-21_1.zip";
pub(crate) const BITSTAMP: &str = "bitstamp_btcusd_20260502";
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

/// A recording that is there, and what it trades.
pub(crate) struct Recording {
    path: PathBuf,
    pub(crate) derived: DerivedInstrument,
}

impl Recording {
    /// Returns `None`, and says so, where there is no recorded data.
    pub(crate) fn find(file_name: &str) -> Option<Self> {
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

    pub(crate) fn config_text(&self) -> String {
        let instrument = self.derived.to_toml();
        format!("[listen]\ncapnp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n{instrument}{MEMBERS}")
    }

    pub(crate) fn config(&self) -> Config {
        Config::parse("the test's configuration", &self.config_text()).unwrap()
    }

    pub(crate) fn split_config(&self) -> Config {
        let mut config = self.config();
        config.cores = Config::split_cores(&config.venue, &config.sinks);
        config
    }

    pub(crate) fn start(
        &self,
        address: SocketAddr,
        executions: Executions,
    ) -> (WireReplay, ClientLink) {
        let options = ClientOptions::new(name("replay"));
        let link = ClientLink::new(Client::connect(address, options).unwrap().0);
        let opened = recording::open(&self.path, executions).unwrap();
        let options = ReplayOptions {
            symbol: self.derived.symbol,
            account: None,
            seed_account: Some(name("SEED")),
            speed: Speed::Max,
            window_max: WINDOW,
            reconnect_max_ns: RECONNECT_MAX_NS,
        };
        (WireReplay::new(opened, options, &link), link)
    }

    /// Compares the final book and returns the summary and the book's hash.
    pub(crate) fn finish(&self, replay: WireReplay, venue: &Venue) -> Replayed {
        venue.wait_for_followers().unwrap();
        let mut summary = replay.finish();
        summary.check_final_book(self.derived.symbol, &SeenBook(venue.view()));
        let book_hash = venue.view().book_hash(&self.derived.symbol).unwrap();
        Replayed { summary, book_hash }
    }

    /// Replays it through a venue in this process.
    pub(crate) fn replay(&self, config: Config, executions: Executions) -> Replayed {
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
pub(crate) struct Replayed {
    pub(crate) summary: ReplaySummary,
    pub(crate) book_hash: u128,
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

    fn open_orders(&self, symbol: Symbol) -> Option<Vec<OpenOrder>> {
        let seen = self.0.instruments();
        let instrument = seen.iter().find(|seen| seen.instrument.symbol == symbol)?;
        let instrument = &instrument.instrument;
        self.0.with_state(instrument.shard, |state| {
            OpenOrder::all_of(state.shard(), instrument.id)
        })
    }
}
