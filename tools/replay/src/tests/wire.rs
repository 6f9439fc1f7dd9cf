//! Replays over a session: what is sent, what is checked, and how a replay outlives connections.

use matchgate_core::domain::{Name, Price, RejectReason, Symbol};

use super::fake_venue::{BookAnswers, FakeVenue};
use super::recorded_data::recorded;
use super::written::Written;
use crate::error::ReplayError;
use crate::link::LinkError;
use crate::lobster::{Executions, Reader, Translator};
use crate::pace::{LATE_SEND_NS, LatencyKind, Speed};
use crate::recording::RecordingTotals;
use crate::session::{ReplayOptions, ReplaySummary, RunEnd, WireReplay};

/// Enters, reduces, cancels, an execution and a level that leaves and comes back.
fn recording() -> Written {
    Written::new(
        &[
            "34200.000,1,11,100,5000000,1",
            "34200.001,1,12,50,5000200,-1",
            "34200.002,2,11,40,5000000,1",
            "34200.003,4,12,50,5000200,-1",
            "34200.004,5,0,7,5000150,1",
            "34200.005,3,11,60,5000000,1",
        ],
        &[
            "5000300,10,5000000,100",
            "5000200,50,5000000,100",
            "5000200,50,5000000,60",
            "5000300,10,5000000,60",
            "5000300,10,5000000,60",
            "5000300,10,4999000,30",
        ],
        1,
    )
}

/// Commands that the recording makes.
const COMMANDS: u64 = 9;

fn symbol() -> Symbol {
    Symbol::new(b"XYZ").expect("a symbol")
}

fn venue(next_request: u64) -> FakeVenue<BookAnswers> {
    FakeVenue::new(next_request, BookAnswers::default())
}

fn options(speed: Speed) -> ReplayOptions {
    ReplayOptions {
        symbol: symbol(),
        account: Name::new(b"TRADER"),
        seed_account: Name::new(b"SEED"),
        speed,
        window_max: 4,
        reconnect_max_ns: 1_000_000_000,
    }
}

fn translator(written: &Written) -> Translator {
    let reader = Reader::open(&written.path()).expect("a recording");
    Translator::new(reader, Executions::OneByOne)
}

fn replay(venue: &mut FakeVenue<BookAnswers>, speed: Speed) -> Result<ReplaySummary, ReplayError> {
    let written = recording();
    let mut replay = WireReplay::new(translator(&written), options(speed), venue);
    assert_eq!(replay.run(venue, None)?, RunEnd::Complete);
    let mut summary = replay.finish();
    summary.check_final_book(symbol(), &venue.answers);
    Ok(summary)
}

#[test]
fn replay_passes_where_the_venue_does_what_was_recorded() {
    let mut venue = venue(1);
    let summary = replay(&mut venue, Speed::Max).expect("nothing goes wrong");
    assert!(summary.passed(), "{summary:?}");
    assert_eq!(summary.checks.commands, COMMANDS);
    let RecordingTotals::Lobster(totals) = summary.totals else {
        panic!("a LOBSTER recording");
    };
    assert_eq!(totals.commands, COMMANDS);
    assert_eq!(summary.checks.executed.quantity, 50);
    assert_eq!(summary.resting, summary.checks.executed);
    assert_eq!(summary.final_book_equal, Some(true));
    assert_eq!(summary.latency.kind, LatencyKind::ServiceTime);
    assert_eq!(summary.latency.round_trip_ns.len(), COMMANDS);
    assert_eq!((summary.reconnects, summary.sequence_gaps), (0, 0));
}

#[test]
fn seeds_go_to_an_account_of_their_own() {
    let mut venue = venue(1);
    replay(&mut venue, Speed::Max).expect("nothing goes wrong");
    let (trader, seed) = (Name::new(b"TRADER"), Name::new(b"SEED"));
    assert_eq!(
        venue.answers.accounts,
        [seed, trader, trader, trader, seed, seed]
    );
}

#[test]
fn session_that_was_used_before_goes_on_with_its_numbers() {
    let mut venue = venue(1_000);
    assert!(
        replay(&mut venue, Speed::Max)
            .expect("nothing goes wrong")
            .passed()
    );
}

#[test]
fn planned_times_are_kept_and_latency_counts_from_them() {
    let mut venue = venue(1);
    let summary = replay(&mut venue, Speed::Times(2)).expect("nothing goes wrong");
    assert!(summary.passed());
    assert_eq!(summary.latency.kind, LatencyKind::ResponseTime);
    assert_eq!(summary.latency.late_sends, 0);
    assert!(
        (2_500_000..2_600_000).contains(&summary.elapsed_ns),
        "{}",
        summary.elapsed_ns
    );
}

#[test]
fn venue_that_stalls_makes_late_sends_and_their_wait_is_latency() {
    let written = recording();
    let mut venue = venue(1);
    let mut replay = WireReplay::new(translator(&written), options(Speed::Times(1)), &venue);
    venue.lose_connection();
    venue.reconnect_tries = 5;
    assert_eq!(
        replay.run(&mut venue, None).expect("it comes back"),
        RunEnd::Complete
    );
    let summary = replay.finish();
    assert!(summary.passed());
    assert_eq!(summary.reconnects, 1);
    assert!(summary.latency.late_sends > 0);
    assert!(summary.latency.round_trip_ns.max() > LATE_SEND_NS);
}

#[test]
fn pause_between_two_runs_makes_no_late_send() {
    let written = recording();
    let mut venue = venue(1);
    let mut replay = WireReplay::new(translator(&written), options(Speed::Times(1)), &venue);
    assert_eq!(
        replay.run(&mut venue, Some(3)).expect("a stop"),
        RunEnd::Stopped
    );
    venue.pass(60_000_000_000);
    assert_eq!(
        replay.run(&mut venue, None).expect("the rest"),
        RunEnd::Complete
    );
    let summary = replay.finish();
    assert!(summary.passed());
    assert_eq!(summary.latency.late_sends, 0);
    assert!(summary.elapsed_ns < 6_000_000, "{}", summary.elapsed_ns);
}

#[test]
fn replay_survives_a_loss_after_every_message() {
    let total = usize::try_from(COMMANDS).expect("few") + 2;
    for lost_after in 0..=total {
        let mut venue = venue(1);
        venue.losses.insert(lost_after);
        venue.reconnect_tries = 3;
        let summary = replay(&mut venue, Speed::Max).expect("it comes back");
        assert!(summary.passed(), "loss after {lost_after}: {summary:?}");
        assert_eq!(summary.checks.commands, COMMANDS);
        assert_eq!(summary.reports, u64::try_from(total).expect("few"));
    }
}

#[test]
fn replay_goes_on_after_a_stop_at_any_count() {
    for stop_after in 0..=COMMANDS {
        let written = recording();
        let mut venue = venue(1);
        let mut replay = WireReplay::new(translator(&written), options(Speed::Max), &venue);
        let end = replay.run(&mut venue, Some(stop_after)).expect("a stop");
        assert!(replay.answered() >= stop_after);
        assert!(end == RunEnd::Stopped || stop_after == COMMANDS);
        venue.lose_connection();
        assert_eq!(
            replay.run(&mut venue, None).expect("the rest"),
            RunEnd::Complete
        );
        let mut summary = replay.finish();
        summary.check_final_book(symbol(), &venue.answers);
        assert!(summary.passed(), "stop after {stop_after}: {summary:?}");
        assert_eq!(summary.checks.commands, COMMANDS);
    }
}

#[test]
fn venue_that_stays_away_ends_the_replay() {
    let mut venue = venue(1);
    venue.losses.insert(2);
    venue.reconnect_tries = u32::MAX;
    let error = replay(&mut venue, Speed::Max).expect_err("it never comes back");
    assert!(
        matches!(error, ReplayError::Link(LinkError::Lost(_))),
        "{error}"
    );
}

#[test]
fn refused_order_fails_the_replay_and_is_counted_by_reason() {
    let mut venue = venue(1);
    venue.answers.price_max = Price::new(500_010_000_000);
    let summary = replay(&mut venue, Speed::Max).expect("a refusal is a finding");
    assert!(!summary.passed());
    assert_eq!(
        summary.refusals.get(&RejectReason::PriceAboveMaximum),
        Some(&4)
    );
    assert_eq!(summary.checks.takes_different, 1);
}

#[test]
fn book_that_differs_at_the_end_fails_the_replay() {
    let mut venue = venue(1);
    let mut summary = replay(&mut venue, Speed::Max).expect("nothing goes wrong");
    summary.check_final_book(symbol(), &BookAnswers::default());
    assert_eq!(summary.final_book_equal, Some(false));
    assert!(!summary.passed());
}

#[test]
fn recorded_session_passes_over_a_link_that_keeps_failing() {
    let Some(path) = recorded("LOBSTER_SampleFile_AAPL_2012-06-21_1.zip") else {
        return;
    };
    let reader = Reader::open(&path).expect("a recording");
    let translator = Translator::new(reader, Executions::SweepsJoined);
    let mut venue = venue(1);
    venue.losses = (1..20).map(|count| count * 9_999).collect();
    let options = ReplayOptions {
        window_max: 256,
        ..options(Speed::Max)
    };
    let mut replay = WireReplay::new(translator, options, &venue);
    assert_eq!(
        replay.run(&mut venue, None).expect("it comes back"),
        RunEnd::Complete
    );
    let mut summary = replay.finish();
    summary.check_final_book(symbol(), &venue.answers);
    assert!(summary.passed(), "{:?}", summary.checks);
    assert_eq!(summary.final_book_equal, Some(true));
    assert_eq!(summary.reconnects, 19);
}
