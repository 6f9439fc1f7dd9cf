//! A recorded session that names the orders of each trade, over TCP through the whole venue: the
//! same trades between the same orders, and the same orders at rest, in every topology.

use std::path::PathBuf;
use std::time::Instant;

use matchgate_client::{Client, ClientOptions};
use matchgate_core::domain::{Price, Quantity, Side, Symbol};
use matchgate_follower::FollowerView;
use matchgate_replay::client_link::ClientLink;
use matchgate_replay::instrument::{DerivedInstrument, InstrumentOptions};
use matchgate_replay::ledger::{OpenOrder, RestingChecks};
use matchgate_replay::lobster::Executions;
use matchgate_replay::pace::Speed;
use matchgate_replay::recording;
use matchgate_replay::session::{FinalBook, ReplayOptions, ReplaySummary, RunEnd, WireReplay};
use matchgate_server::config::Config;

use crate::local_venue::LocalVenue;
use crate::trader::name;

const RECORDING: &str = "bitstamp_btcusd_20260502";
const TRADES: u64 = 284;
const RESTING: u64 = 6_516;
const POST_ONLY_REFUSED: u64 = 100_518;
const MEMBERS: &str = "[[firm]]\nname = \"F\"\n\
     [[account]]\nname = \"TRADER\"\nfirm = \"F\"\nopen_orders_max = 200000\n\
     [[session]]\nkey = \"replay\"\nfirm = \"F\"\naccount = \"TRADER\"\n\
     resend_messages_max = 1048576\n";
/// Requests without an answer at one time.
const WINDOW: usize = 1024;

/// Returns where the recording is; says so and returns `None` where there is no recorded data.
fn recorded() -> Option<PathBuf> {
    let folder = std::env::var_os("MATCHGATE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(RECORDING);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no recorded data ({})", path.display());
    None
}

/// Replays it and returns what was found, and the hash of the final book.
fn replay(path: &std::path::Path, split: bool) -> (ReplaySummary, u128) {
    let started = Instant::now();
    let derived = DerivedInstrument::derive(path, &InstrumentOptions::default()).unwrap();
    let instrument = derived.to_toml();
    let text = format!("[listen]\ncapnp = \"127.0.0.1:0\"\n{instrument}{MEMBERS}");
    let mut config = Config::parse("the test's configuration", &text).unwrap();
    if split {
        config.cores = Config::split_cores(&config.venue, &config.sinks);
    }
    let venue = LocalVenue::start_with(config);
    let options = ClientOptions::new(name("replay"));
    let mut link = ClientLink::new(Client::connect(venue.address(), options).unwrap().0);
    let options = ReplayOptions {
        symbol: derived.symbol,
        account: None,
        seed_account: None,
        speed: Speed::Max,
        window_max: WINDOW,
        reconnect_max_ns: 0,
    };
    let opened = recording::open(path, Executions::OneByOne).unwrap();
    let mut replay = WireReplay::new(opened, options, &link);
    assert_eq!(replay.run(&mut link, None).unwrap(), RunEnd::Complete);
    venue.venue().wait_for_followers().unwrap();
    let mut summary = replay.finish();
    let view = venue.venue().view();
    summary.check_final_book(derived.symbol, &SeenBook(view));
    println!(
        "{} commands, {} ms of replay, {} ms in all",
        summary.checks.commands,
        summary.elapsed_ns / 1_000_000,
        started.elapsed().as_millis()
    );
    (summary, view.book_hash(&derived.symbol).unwrap())
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
            let sides = [Side::Sell, Side::Buy].into_iter();
            let orders = sides.flat_map(|side| state.shard().live_orders(instrument.id, side));
            orders
                .map(|order| OpenOrder {
                    request: order.request,
                    side: order.side,
                    price: order.price,
                    leaves: order.leaves,
                })
                .collect()
        })
    }
}

fn is_as_recorded(summary: &ReplaySummary) {
    let ledger = summary
        .checks
        .ledger
        .as_ref()
        .expect("orders are compared");
    assert!(summary.passed(), "{:?}", summary.checks);
    assert_eq!(ledger.trades_recorded, TRADES);
    assert_eq!(ledger.trades_equal, TRADES);
    assert_eq!(ledger.trades, summary.checks.executed);
    let all = RestingChecks {
        recorded: RESTING,
        found: RESTING,
        equal: RESTING,
    };
    assert_eq!(ledger.resting_told, all);
    assert_eq!(ledger.resting_in_book, Some(all));
    assert_eq!(summary.checks.post_only_refused, POST_ONLY_REFUSED);
    assert_eq!(summary.final_book_equal, Some(true));
}

#[test]
fn recorded_trades_and_resting_orders_are_the_same_in_both_topologies() {
    let Some(path) = recorded() else {
        return;
    };
    let (inline, inline_hash) = replay(&path, false);
    is_as_recorded(&inline);
    let (split, split_hash) = replay(&path, true);
    is_as_recorded(&split);
    assert_eq!(split_hash, inline_hash);
    assert_eq!(split.checks, inline.checks);
}
