//! What downstream servers hold of a session: each fill once and in order, whoever was killed in
//! the middle of it.

use std::time::{Duration, Instant};

use matchgate_client::{Client, ClientOptions};
use matchgate_core::domain::Side;
use matchgate_replay::lobster::Executions;
use matchgate_replay::session::RunEnd;
use matchgate_schema::message::{ClientMessage, ExecType, Report, ServerMessage};

use crate::downstream::{Downstream, Stream, Trade, trades};
use crate::local_venue::{LocalVenue, SMALL};
use crate::recording::{GOOG, Recording};
use crate::trader::{name, order};

/// How long a server may take to show what it was given; a test that waits longer fails.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the recording's displayed executions come to.
const FILLS: u64 = 7_765;
/// Shares.
const QUANTITY: u64 = 492_509;
/// Price in cents times shares.
const NOTIONAL_CENTS: i64 = 28_037_143_208;

/// Waits until `found` says so.
fn wait_until(what: &str, mut found: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !found() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// Where a shard's journal stood on disk when a server was stopped, and when it was killed.
#[derive(Clone, Copy, Debug)]
struct Outage {
    stopped: u64,
    killed: u64,
}

impl Outage {
    /// The server was killed with between a tenth and nine tenths of all fills in it, and with
    /// fills on disk that it did not have.
    fn is_in_the_middle(self, had_before: u64, trades: &[Trade]) {
        let up_to = |sequence: u64| {
            let counted = trades.iter().filter(|trade| trade.sequence <= sequence);
            u64::try_from(counted.count()).expect("few")
        };
        let (at_most, on_disk) = (up_to(self.stopped), up_to(self.killed));
        println!("killed with {had_before} to {at_most} of {FILLS} fills, {on_disk} on disk");
        assert!(had_before * 10 >= FILLS && at_most * 10 <= FILLS * 9);
        assert!(on_disk > at_most, "{self:?}");
    }
}

#[test]
fn recording_is_downstream_once_though_each_server_was_killed() {
    let Some(recording) = Recording::find(GOOG) else {
        return;
    };
    let Some(mut downstream) = Downstream::start() else {
        return;
    };
    let started = Instant::now();
    let config = recording.config_text() + &downstream.sinks();
    let venue = LocalVenue::start(&config);
    let (mut replay, mut link) = recording.start(venue.address(), Executions::OneByOne);
    let mut run_to = |answered| {
        let end = replay.run(&mut link, Some(answered)).unwrap();
        assert_eq!(end, RunEnd::Stopped, "the replay has more commands");
    };
    let synced = || venue.venue().shard_marks()[0].synced();
    let stream = Stream::connect(&downstream.nats);

    run_to(60_000);
    wait_until("both have a tenth", || {
        stream.messages().min(downstream.trades()) * 10 >= FILLS
    });
    let nats_had = stream.messages();
    downstream.nats.pause();
    let stopped = synced();
    run_to(90_000);
    // Meanwhile the other goes on.
    let before = downstream.trades();
    wait_until("QuestDB goes on", || {
        downstream.trades() > before.max(nats_had) + 100
    });
    let killed = synced();
    downstream.nats.kill();
    let nats_outage = Outage { stopped, killed };

    let questdb_had = downstream.trades();
    downstream.questdb.pause();
    let stopped = synced();
    run_to(120_000);
    downstream.nats.restart().unwrap();
    let stream = Stream::connect(&downstream.nats);
    wait_until("NATS goes on", || stream.messages() > questdb_had);
    let killed = synced();
    downstream.questdb.kill();
    let questdb_outage = Outage { stopped, killed };
    run_to(150_000);
    downstream.questdb.restart().unwrap();

    assert_eq!(replay.run(&mut link, None).unwrap(), RunEnd::Complete);
    let replayed = recording.finish(replay, venue.venue());
    assert!(replayed.summary.passed(), "{:?}", replayed.summary.checks);
    wait_until("NATS has all", || stream.messages() >= FILLS);
    wait_until("QuestDB has all", || downstream.trades() >= FILLS);
    downstream.questdb.wait_until_applied("trades").unwrap();
    downstream.questdb.wait_until_applied("ticks").unwrap();

    let limits = venue.limits();
    let trades = trades(&venue.data(), &limits);
    nats_outage.is_in_the_middle(nats_had, &trades);
    questdb_outage.is_in_the_middle(questdb_had, &trades);
    let expected: Vec<_> = trades.iter().map(Trade::told).collect();
    assert_eq!(stream.read(), expected);
    holds_each_trade_once(&downstream, &trades);
    let sums = "SELECT count(), sum(qty_lots), sum(px_ticks * qty_lots) FROM trades";
    let found = downstream.questdb.query(sums).unwrap();
    assert_eq!(
        found[0],
        serde_json::json!([FILLS, QUANTITY, NOTIONAL_CENTS])
    );
    last_tick_is_the_top_of_the_book(&downstream, &recording, &venue);
    println!("{} ms in all", started.elapsed().as_millis());
}

/// The rows of `trades` are the journal's, each once.
fn holds_each_trade_once(downstream: &Downstream, trades: &[Trade]) {
    let rows = "SELECT epoch, shard, seq, idx, px_ticks, qty_lots FROM trades \
         ORDER BY shard, seq, idx";
    let found = downstream.questdb.query(rows).unwrap();
    let expected: Vec<_> = trades
        .iter()
        .map(|trade| {
            serde_json::json!([
                trade.epoch,
                trade.shard,
                trade.sequence,
                trade.index,
                trade.price_ticks,
                trade.quantity_lots
            ])
        })
        .collect();
    assert_eq!(found, serde_json::Value::Array(expected));
}

fn last_tick_is_the_top_of_the_book(
    downstream: &Downstream,
    recording: &Recording,
    venue: &LocalVenue,
) {
    let symbol = recording.derived.symbol;
    let book = venue.venue().book(&symbol, 1).unwrap();
    let tick = "SELECT bid_ticks, bid_lots, ask_ticks, ask_lots FROM ticks \
         ORDER BY ts DESC, seq DESC, idx DESC LIMIT 1";
    let found = downstream.questdb.query(tick).unwrap();
    let ((bid, bid_lots), (ask, ask_lots)) = (book.bids[0], book.asks[0]);
    let cents = |price: i64| price / 10_000_000;
    let expected = serde_json::json!([cents(bid), bid_lots, cents(ask), ask_lots]);
    assert_eq!(found[0], expected);
}

/// Two instruments, each on a shard of its own.
const TWO_SHARDS: &str = "[venue]\nshards = 2\n\
     [[instrument]]\nsymbol = \"A\"\nshard = 0\ntick = \"0.01\"\nprice_min = \"1\"\n\
     price_max = \"1000\"\n\
     [[instrument]]\nsymbol = \"B.1\"\nshard = 1\ntick = \"0.01\"\nprice_min = \"1\"\n\
     price_max = \"1000\"\n\
     [[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n";

/// Trades one of each instrument, `count` times, and hears all of it.
fn trade(client: &mut Client, count: usize) {
    let mut open = 0;
    for _ in 0..count {
        for symbol in ["A", "B.1"] {
            for side in [Side::Sell, Side::Buy] {
                let order = order(symbol, side, 1000, 1);
                client.send(ClientMessage::NewOrder(order)).unwrap();
                open += 1;
            }
        }
        while open > 0 {
            let heard = client.wait(PATIENCE).unwrap().expect("the venue answers");
            if let ServerMessage::Report {
                report: Report::Execution(report),
                ..
            } = heard
            {
                open -= i32::from(report.exec_type == ExecType::New);
            }
        }
    }
}

#[test]
fn two_shards_publish_into_one_stream_though_the_server_was_killed() {
    let Some(mut downstream) = Downstream::start() else {
        return;
    };
    let venue = LocalVenue::start(&format!("{SMALL}{TWO_SHARDS}{}", downstream.sinks()));
    let options = ClientOptions::new(name("f"));
    let (mut client, _) = Client::connect(venue.address(), options).unwrap();
    trade(&mut client, 300);
    let stream = Stream::connect(&downstream.nats);
    wait_until("fills of both shards are there", || stream.messages() > 100);
    downstream.nats.kill();
    trade(&mut client, 300);
    downstream.nats.restart().unwrap();
    trade(&mut client, 300);
    let stream = Stream::connect(&downstream.nats);
    wait_until("NATS has all", || stream.messages() >= 1_800);
    wait_until("QuestDB has all", || downstream.trades() >= 1_800);
    venue.venue().wait_for_followers().unwrap();
    downstream.questdb.wait_until_applied("trades").unwrap();
    let limits = venue.limits();
    let trades = trades(&venue.data(), &limits);
    let told = stream.read();
    assert_eq!(told.len(), trades.len());
    for shard in 0..2 {
        let of_shard = |id: &str| id.split('.').nth(1) == Some(&shard.to_string());
        let found = told.iter().filter(|told| of_shard(&told.id));
        let expected = trades.iter().filter(|trade| trade.shard == shard);
        let expected: Vec<_> = expected.map(Trade::told).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|mut told| {
                told.subject = told.subject.replace("B.1", "B=2E1");
                told
            })
            .collect();
        assert!(found.eq(expected.iter()), "shard {shard}");
    }
    holds_each_trade_once(&downstream, &trades);
}
