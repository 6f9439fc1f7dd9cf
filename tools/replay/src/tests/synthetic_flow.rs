//! Synthetic sessions in a book that matches: the flow looks like a market's, and answers that
//! fills in flight do not explain fail the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use matchgate_core::domain::{Quantity, RejectReason, RequestNumber};
use matchgate_schema::message::{ClientMessage, ExecType, ExecutionReport, OrderTarget};

use super::fake_venue::{FakeVenue, execution_of};
use super::matching_venue::{Fault, MatchingAnswers};
use super::synthetic_sessions::{TICK, client, instrument, options};
use crate::synthetic::{
    ActionKind, ExpectedAnswer, SyntheticAction, SyntheticClient, SyntheticOptions, SyntheticRun,
    SyntheticRunOptions, SyntheticSummary,
};

const LIVE_ORDERS_MAX: usize = 300;

fn run(seed: u64, fault: Fault) -> (SyntheticSummary, Vec<usize>) {
    let options = SyntheticOptions {
        live_orders_max: LIVE_ORDERS_MAX,
        ..options(seed)
    };
    let client = SyntheticClient::new(&options, 0, RequestNumber(1)).expect("valid options");
    let mut venue = FakeVenue::new(1, MatchingAnswers::new(TICK, fault));
    let run_options = SyntheticRunOptions {
        duration_ns: 10_000_000,
        rate_per_second: None,
        window_max: 16,
        reconnect_max_ns: 1_000_000_000,
    };
    let summary = SyntheticRun::new(client, run_options, &venue)
        .run(&mut venue, &AtomicBool::new(false))
        .expect("every request is answered");
    (summary, venue.answers.live_counts)
}

/// Returns thousandths of all requests.
fn share(summary: &SyntheticSummary, count: u64) -> u64 {
    count * 1_000 / summary.requests()
}

#[test]
fn flow_is_mostly_entering_and_canceling_with_few_fills() {
    for seed in 1..=3 {
        let (summary, _) = run(seed, Fault::None);
        assert!(summary.passed(), "{summary:?}");
        assert!(summary.requests() > 10_000, "{}", summary.requests());
        let of = |kinds: &[ActionKind]| {
            let counts = kinds.iter().filter_map(|kind| summary.actions.get(kind));
            share(&summary, counts.sum())
        };
        let passive = of(&[ActionKind::Passive, ActionKind::PostOnly]);
        assert!((400..=480).contains(&passive), "{passive}");
        let cancels = of(&[ActionKind::Cancel]);
        assert!((350..=420).contains(&cancels), "{cancels}");
        let changes = cancels + of(&[ActionKind::Replace, ActionKind::Reduce]);
        assert!((440..=550).contains(&changes), "{changes}");
        let takes = of(&[ActionKind::Take, ActionKind::Market]);
        assert!((30..=50).contains(&takes), "{takes}");
        let fills = share(&summary, summary.resting.count);
        assert!((30..=100).contains(&fills), "{fills}");
    }
}

#[test]
fn orders_named_are_live_but_for_races() {
    for seed in 1..=3 {
        let (summary, _) = run(seed, Fault::None);
        let refused = |reason| summary.refusals.get(&reason).copied().unwrap_or(0);
        let unknown = refused(RejectReason::UnknownOrder);
        let intended = summary.actions[&ActionKind::UnknownOrder];
        // With a window of 16 there are races, and they are few.
        assert!(unknown > intended, "{unknown} of {intended} intended");
        assert!(share(&summary, unknown) <= 30, "{unknown}");
    }
}

#[test]
fn live_orders_stay_a_little_below_the_bound() {
    let (summary, live) = run(1, Fault::None);
    assert!(summary.passed(), "{summary:?}");
    // The anchor is one more; the last request cancels all.
    let most = live.iter().max().copied().unwrap_or(0);
    assert!(most <= LIVE_ORDERS_MAX + 1, "{most}");
    let after_begin = &live[2_000..live.len() - 1];
    let least = after_begin.iter().min().copied().unwrap_or(0);
    assert!(least >= LIVE_ORDERS_MAX * 3 / 4, "{least}");
}

#[test]
fn one_client_in_one_venue_makes_equal_sessions() {
    let (one, one_live) = run(5, Fault::None);
    let (other, other_live) = run(5, Fault::None);
    assert_eq!(one.actions, other.actions);
    assert_eq!(one.aggressor, other.aggressor);
    assert_eq!(one_live, other_live);
}

#[test]
fn refusal_of_an_order_whose_end_is_not_told_fails_the_run() {
    for fault in [Fault::HidesEnds, Fault::Forgets] {
        let (summary, _) = run(1, fault);
        assert!(summary.unexpected > 0, "{fault:?}");
        assert!(!summary.passed(), "{fault:?}");
        let told = &summary.unexpected_kept[0];
        assert!(told.contains("reason: UnknownOrder"), "{told}");
    }
}

#[test]
fn change_of_an_order_whose_end_is_told_fails_the_run() {
    let (summary, _) = run(1, Fault::Revives);
    assert!(summary.unexpected > 0);
    assert!(!summary.passed());
    let told = &summary.unexpected_kept[0];
    assert!(told.contains("Ended was due"), "{told}");
}

#[test]
fn change_of_another_order_fails_the_run() {
    let (summary, _) = run(1, Fault::MistakesOrders);
    assert!(summary.unexpected > 0);
    assert!(!summary.passed());
}

fn ended(order: RequestNumber, exec_type: ExecType) -> ExecutionReport {
    ExecutionReport {
        exec_type,
        leaves: Quantity::ZERO,
        ..execution_of(order)
    }
}

/// Returns the order that an action changes.
fn target(action: &SyntheticAction) -> Option<RequestNumber> {
    match action.expected {
        ExpectedAnswer::Done { order, .. } => Some(order),
        _ => None,
    }
}

#[test]
fn order_whose_end_was_told_is_not_picked_again() {
    for exec_type in [
        ExecType::Trade,
        ExecType::Rejected,
        ExecType::Reduced,
        ExecType::Replaced,
        ExecType::Canceled,
    ] {
        let mut client = client(1, 0);
        let mut told = BTreeSet::new();
        for at in 0..5_000 {
            let action = client.next_action();
            if let Some(order) = target(&action) {
                assert!(!told.contains(&order), "{order} was picked again");
            }
            let passive = [ActionKind::Passive, ActionKind::PostOnly].contains(&action.kind);
            if passive && at % 3 == 0 {
                let order = action.message.request().expect("orders are numbered");
                client.take_note(&ended(order, exec_type));
                told.insert(order);
            }
        }
        assert!(told.len() > 500);
    }
}

#[test]
fn order_is_changed_to_more_than_what_traded() {
    let mut client = client(2, 0);
    let mut traded: BTreeMap<RequestNumber, u64> = BTreeMap::new();
    let mut changed = 0;
    for _ in 0..20_000 {
        let action = client.next_action();
        match action.message {
            ClientMessage::NewOrder(order) if order.quantity.get() > 1 => {
                let half = order.quantity.get() / 2;
                let report = ExecutionReport {
                    exec_type: ExecType::Trade,
                    cumulative: Quantity::new(half),
                    leaves: Quantity::new(order.quantity.get() - half),
                    ..execution_of(order.request)
                };
                client.take_note(&report);
                traded.insert(order.request, half);
            }
            ClientMessage::Replace(replace) => {
                let order = target(&action).expect("a replace changes an order");
                let cumulative = traded.get(&order).copied().unwrap_or(0);
                assert!(replace.quantity.get() > cumulative);
                changed += 1;
            }
            ClientMessage::Reduce(reduce) => {
                let order = target(&action).expect("a reduce changes an order");
                let cumulative = traded.get(&order).copied().unwrap_or(0);
                assert!(reduce.quantity.get() > cumulative);
                changed += 1;
            }
            _ => {}
        }
    }
    assert!(changed > 500);
}

#[test]
fn changes_name_the_order_that_they_expect_to_change() {
    let mut client = client(3, 0);
    let mut named = 0;
    for _ in 0..5_000 {
        let action = client.next_action();
        let by = match action.message {
            ClientMessage::Cancel(cancel) => cancel.target,
            ClientMessage::Replace(replace) => replace.target,
            ClientMessage::Reduce(reduce) => reduce.target,
            _ => continue,
        };
        if let (Some(order), OrderTarget::Request(request)) = (target(&action), by) {
            assert_eq!(order, request);
            named += 1;
        }
    }
    assert!(named > 500);
}

#[test]
fn mid_follows_trades() {
    let price_mean = |traded_ticks: i64| {
        let mut client = client(4, 0);
        let instrument = instrument("AAA");
        let price = instrument.price(traded_ticks);
        let (mut sum, mut count) = (0, 0);
        for _ in 0..2_000 {
            let mut report = execution_of(RequestNumber(0));
            report.exec_type = ExecType::Trade;
            report.symbol = instrument.symbol;
            report.last_price = price;
            client.take_note(&report);
            let action = client.next_action();
            if let ClientMessage::NewOrder(order) = action.message
                && action.kind == ActionKind::Passive
                && order.symbol == instrument.symbol
            {
                sum += (order.price.get() - price.get()) / TICK;
                count += 1;
            }
        }
        sum / count
    };
    for ticks in [-150, 0, 150] {
        let mean = price_mean(ticks);
        assert!((-4..=4).contains(&mean), "{mean} ticks from the trades");
    }
}
