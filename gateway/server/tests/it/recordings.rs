//! Recorded sessions over TCP through the whole venue: what was recorded is what happens, in every
//! topology and over kills.

use std::sync::OnceLock;
use std::time::Instant;

use matchgate_core::domain::Notional;
use matchgate_replay::flow::ExecutionTotals;
use matchgate_replay::lobster::Executions;
use matchgate_replay::session::RunEnd;
use matchgate_server::config::Config;
use matchgate_server::venue::Venue;

use crate::data_folder::DataFolder;
use crate::member::Random;
use crate::recording::{AAPL, GOOG, Recording, Replayed};
use crate::venue_process::{VenueProcess, write_config};

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

/// Everything is as recorded: each order's executions, both sides' sums, the final book.
fn is_as_recorded(Replayed { summary, .. }: &Replayed, expected: ExecutionTotals) {
    assert!(summary.passed(), "{:?}", summary.checks.differences);
    assert_eq!(summary.checks.executed, expected);
    assert_eq!(summary.resting, expected);
    assert_eq!(summary.final_book_equal, Some(true));
    assert!(summary.refusals.is_empty(), "{:?}", summary.refusals);
    assert_eq!(summary.sequence_gaps, 0);
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
    is_as_recorded(inline, goog());
    assert_eq!(inline.summary.checks.takes, 7_765);
    let row = inline.summary.final_row.as_ref().unwrap();
    assert_eq!((row.levels, row.asks.len(), row.bids.len()), (10, 10, 10));
    let split = recording.replay(recording.split_config(), Executions::OneByOne);
    is_as_recorded(&split, goog());
    assert_eq!(split.book_hash, inline.book_hash);
    assert_eq!(split.summary.checks, inline.summary.checks);
}

#[test]
fn one_level_recording_is_the_same_in_both_topologies() {
    let Some(recording) = Recording::find(AAPL) else {
        return;
    };
    let inline = recording.replay(recording.config(), Executions::OneByOne);
    is_as_recorded(&inline, aapl());
    assert_eq!(inline.summary.checks.takes, 23_658);
    let split = recording.replay(recording.split_config(), Executions::OneByOne);
    is_as_recorded(&split, aapl());
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
    is_as_recorded(
        &joined,
        ExecutionTotals {
            count: executed.count,
            ..goog()
        },
    );
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
    is_as_recorded(&killed, goog());
    assert_eq!(killed.summary.reconnects, KILLS);
    let calm = undisturbed_goog(&recording);
    assert_eq!(killed.book_hash, calm.book_hash);
    assert_eq!(killed.summary.checks, calm.summary.checks);
}
