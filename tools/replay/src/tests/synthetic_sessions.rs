//! Synthetic sessions: repeatable, bounded, in stated shares, judged answer by answer.

use std::collections::BTreeMap;

use std::sync::atomic::AtomicBool;

use matchgate_core::domain::{
    OrderType, Price, Quantity, RejectReason, RequestNumber, Symbol, TimeInForce,
};
use matchgate_schema::message::{ClientMessage, ExecType, Report};
use proptest::prelude::*;

use super::fake_venue::{FakeVenue, cancel_reject, execution_of};
use super::obliging_venue::ObligingAnswers;
use crate::pace::{LatencyKind, SILENCE_MAX_NS};
use crate::synthetic::{
    ActionKind, ExpectedAnswer, SyntheticAction, SyntheticClient, SyntheticInstrument,
    SyntheticOptions, SyntheticRun, SyntheticRunOptions, SyntheticSummary,
};

pub(crate) const TICK: i64 = 10_000_000;

pub(crate) fn instrument(symbol: &str) -> SyntheticInstrument {
    SyntheticInstrument {
        symbol: Symbol::new(symbol.as_bytes()).expect("a symbol"),
        tick: Price::new(TICK),
        price_min: Price::new(TICK),
        price_max: Price::new(1_000 * Price::ONE),
        quantity_max: Quantity::new(1_000_000),
        mid: Price::new(100 * Price::ONE),
    }
}

pub(crate) fn options(seed: u64) -> SyntheticOptions {
    SyntheticOptions {
        seed,
        instruments: vec![instrument("AAA"), instrument("BBB")],
        live_orders_max: 50,
    }
}

pub(crate) fn client(seed: u64, client: u32) -> SyntheticClient {
    SyntheticClient::new(&options(seed), client, RequestNumber(1)).expect("valid options")
}

fn actions(seed: u64, number: u32, count: usize) -> Vec<SyntheticAction> {
    let mut client = client(seed, number);
    (0..count).map(|_| client.next_action()).collect()
}

fn run_options() -> SyntheticRunOptions {
    SyntheticRunOptions {
        duration_ns: 2_000_000,
        rate_per_second: None,
        window_max: 16,
        reconnect_max_ns: 1_000_000_000,
    }
}

fn venue() -> FakeVenue<ObligingAnswers> {
    FakeVenue::new(1, ObligingAnswers::new(TICK))
}

fn run(venue: &mut FakeVenue<ObligingAnswers>, options: SyntheticRunOptions) -> SyntheticSummary {
    let run = SyntheticRun::new(client(7, 0), options, venue);
    run.run(venue, &AtomicBool::new(false))
        .expect("every request is answered")
}

#[test]
fn equal_seed_and_client_make_equal_actions() {
    assert_eq!(actions(1, 0, 5_000), actions(1, 0, 5_000));
    assert_ne!(actions(1, 0, 100), actions(1, 1, 100));
    assert_ne!(actions(1, 0, 100), actions(2, 0, 100));
}

#[test]
fn shares_are_as_stated() {
    let count = 100_000;
    let mut kinds: BTreeMap<ActionKind, u32> = BTreeMap::new();
    for action in actions(3, 0, count) {
        *kinds.entry(action.kind).or_default() += 1;
    }
    let share = |kind| kinds.get(&kind).copied().unwrap_or(0) / 100;
    assert_eq!(kinds[&ActionKind::Anchor], 1);
    // Nothing fills, so cancels alone make room for new orders.
    let entering = share(ActionKind::Passive) + share(ActionKind::PostOnly);
    assert!((405..=425).contains(&entering), "{entering}");
    let post_only = share(ActionKind::PostOnly);
    assert!((45..=58).contains(&post_only), "{post_only}");
    // A post-only order that should be replaced is canceled; so is one of 1 that should be reduced.
    let canceling = share(ActionKind::Cancel);
    assert!((405..=425).contains(&canceling), "{canceling}");
    let replacing = share(ActionKind::Replace);
    assert!((38..=50).contains(&replacing), "{replacing}");
    let reducing = share(ActionKind::Reduce);
    assert!((33..=42).contains(&reducing), "{reducing}");
    assert!((25..=35).contains(&share(ActionKind::Take)));
    assert!((7..=13).contains(&share(ActionKind::Market)));
    for refused in [
        ActionKind::OffTick,
        ActionKind::DuplicateId,
        ActionKind::UnknownOrder,
    ] {
        assert!((10..=17).contains(&share(refused)), "{refused:?}");
    }
}

#[test]
fn run_passes_where_every_answer_is_right_and_live_orders_are_bounded() {
    let mut venue = venue();
    let summary = run(&mut venue, run_options());
    assert!(summary.passed(), "{summary:?}");
    assert!(summary.requests() > 1_000, "{}", summary.requests());
    assert_eq!(summary.latency.kind, LatencyKind::ServiceTime);
    assert_eq!(summary.latency.round_trip_ns.len(), summary.requests());
    assert!(summary.mass_canceled > 0);
    // The anchor is one more.
    assert!(venue.answers.live_most <= 51);
    assert!(summary.refusals.contains_key(&RejectReason::PriceOffTick));
    assert!(
        summary
            .refusals
            .contains_key(&RejectReason::DuplicateClientOrderId)
    );
    assert!(summary.refusals.contains_key(&RejectReason::UnknownOrder));
}

#[test]
fn run_at_a_rate_plans_every_request() {
    let options = SyntheticRunOptions {
        rate_per_second: Some(100_000),
        ..run_options()
    };
    let summary = run(&mut venue(), options);
    assert!(summary.passed(), "{summary:?}");
    assert_eq!(summary.requests(), 201);
    assert_eq!(summary.latency.kind, LatencyKind::ResponseTime);
    assert_eq!(summary.latency.late_sends, 0);
}

#[test]
fn run_outlives_lost_connections() {
    let mut venue = venue();
    venue.losses = (1..40).map(|count| count * 25).collect();
    venue.reconnect_tries = 2;
    let options = SyntheticRunOptions {
        duration_ns: 200_000_000,
        ..run_options()
    };
    let summary = run(&mut venue, options);
    assert!(summary.passed(), "{summary:?}");
    assert_eq!(summary.reconnects, 39);
}

#[test]
fn wrong_answer_fails_the_run_and_is_told() {
    let mut venue = venue();
    venue.answers.lies = vec![5, 6];
    let summary = run(&mut venue, run_options());
    assert!(!summary.passed());
    assert!(summary.unexpected >= 2);
    assert!(
        summary.unexpected_kept[0].starts_with("request 5, "),
        "{summary:?}"
    );
}

#[test]
fn venue_that_answers_no_more_ends_the_run() {
    struct Mute;
    impl super::fake_venue::Answers for Mute {
        fn answer(&mut self, _message: &ClientMessage, _reports: &mut Vec<Report>) {}
    }
    let mut venue = FakeVenue::new(1, Mute);
    let run = SyntheticRun::new(client(7, 0), run_options(), &venue);
    let error = run
        .run(&mut venue, &AtomicBool::new(false))
        .expect_err("nothing is answered");
    assert!(
        error.to_string().starts_with("no answer any more"),
        "{error}"
    );
    assert!(crate::link::OrderLink::now_ns(&venue) > SILENCE_MAX_NS);
}

#[test]
fn summaries_of_several_clients_add_up() {
    let one = run(&mut venue(), run_options());
    let mut all = SyntheticSummary::new(one.latency.kind);
    all.merge(&one);
    all.merge(&one);
    assert_eq!(all.requests(), 2 * one.requests());
    assert_eq!(all.expected, 2 * one.expected);
    assert_eq!(all.elapsed_ns, one.elapsed_ns);
    assert!(all.passed());
    all.resting.count += 1;
    assert!(!all.passed(), "an execution was told to one side only");
}

#[test]
fn price_range_that_is_too_narrow_is_refused() {
    let narrow = SyntheticInstrument {
        price_max: Price::new(102 * Price::ONE),
        ..instrument("AAA")
    };
    let options = SyntheticOptions {
        instruments: vec![narrow],
        ..options(1)
    };
    let error = SyntheticClient::new(&options, 0, RequestNumber(1)).expect_err("too narrow");
    assert_eq!(
        error.to_string(),
        "AAA: the price range is too narrow around the mid"
    );
}

#[test]
fn answers_are_judged_by_kind_and_reason() {
    let request = RequestNumber(1);
    let report = |exec_type, reason| {
        let mut report = execution_of(request);
        report.exec_type = exec_type;
        report.reject_reason = reason;
        Report::Execution(report)
    };
    let done = |exec_type, order| ExpectedAnswer::Done { exec_type, order };
    let new = report(ExecType::New, None);
    let off_tick = report(ExecType::Rejected, Some(RejectReason::PriceOffTick));
    let canceled = report(ExecType::Canceled, None);
    let unknown = cancel_reject(request, RejectReason::UnknownOrder);
    let not_live = cancel_reject(request, RejectReason::OrderNotLive);
    let cases = [
        (ExpectedAnswer::Accepted, vec![&new]),
        (
            ExpectedAnswer::AcceptedOr(RejectReason::PriceOffTick),
            vec![&new, &off_tick],
        ),
        (ExpectedAnswer::AcceptedOr(RejectReason::Busy), vec![&new]),
        (
            ExpectedAnswer::Rejected(RejectReason::PriceOffTick),
            vec![&off_tick],
        ),
        (ExpectedAnswer::Rejected(RejectReason::Busy), vec![]),
        (done(ExecType::Canceled, request), vec![&canceled]),
        (done(ExecType::Canceled, RequestNumber(2)), vec![]),
        (done(ExecType::Replaced, request), vec![]),
        (ExpectedAnswer::Ended, vec![&unknown, &not_live]),
        (
            ExpectedAnswer::CancelRejected(RejectReason::UnknownOrder),
            vec![&unknown],
        ),
    ];
    for (expected, right) in cases {
        for report in [&new, &off_tick, &canceled, &unknown, &not_live] {
            assert_eq!(
                expected.is(report),
                right.contains(&report),
                "{expected:?} {report:?}"
            );
        }
    }
}

#[test]
fn change_is_refused_once_the_end_of_its_order_is_told() {
    let (exec_type, order) = (ExecType::Canceled, RequestNumber(3));
    let due = ExpectedAnswer::Done { exec_type, order };
    let mut expected = due;
    expected.note_end(RequestNumber(4));
    assert_eq!(expected, due, "another order has ended");
    expected.note_end(order);
    assert_eq!(expected, ExpectedAnswer::Ended);
    let mut other = ExpectedAnswer::Accepted;
    other.note_end(order);
    assert_eq!(other, ExpectedAnswer::Accepted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn orders_are_within_the_range_and_numbered_without_gaps(seed in any::<u64>()) {
        for (number, action) in (1..).zip(actions(seed, 3, 3_000)) {
            prop_assert_eq!(action.message.request(), Some(RequestNumber(number)));
            let ClientMessage::NewOrder(order) = action.message else {
                continue;
            };
            prop_assert_eq!(
                action.immediate,
                order.time_in_force == TimeInForce::Ioc
            );
            if order.order_type == OrderType::Limit {
                let on_tick = order.price.get() % TICK == 0;
                prop_assert_eq!(on_tick, action.kind != ActionKind::OffTick);
                prop_assert!(order.price >= instrument("AAA").price_min);
                prop_assert!(order.price <= instrument("AAA").price_max);
            }
            prop_assert!(!order.quantity.is_zero());
        }
    }
}
