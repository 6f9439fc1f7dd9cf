//! Rounds, stamps and rings change nothing of what a pass comes to.

use matchgate_workloads::meb::{Scenario, generate};
use matchgate_workloads::naive::answer;
use matchgate_workloads::report::fold;
use matchgate_workloads::sweep::{Book, Strike};

use crate::book::Room;
use crate::ec_mix::EcMix;
use crate::latency_run::LatencyRun;
use crate::load::Load;
use crate::ring_run::{HandOverRoom, Plan, hand_over, open_loop};
use crate::shard::Resolved;
use crate::sweep_run::{BookSweep, ShardSweep, Sweeps};

/// A clock that goes on by one with every look.
fn ticking() -> impl Fn() -> u64 {
    let ticks = std::cell::Cell::new(0);
    move || {
        ticks.set(ticks.get() + 1);
        ticks.get()
    }
}

fn resolved(words: &[&str]) -> Resolved {
    let load = Load::named(words).unwrap();
    Resolved::new(load.market(), &load.before, &load.operations()).unwrap()
}

#[test]
fn strike_does_what_it_is_to_do_in_book_and_shard() {
    let book = Book {
        makers: 500,
        levels: 50,
    };
    for (strike, fills, cancels) in [
        (Strike::Sweep(100), 100, 0),
        (Strike::Sweep(500), 500, 0),
        (Strike::CancelAll, 0, 500),
    ] {
        let sweeps = Sweeps::new(1, book, strike, 4).unwrap();
        assert!(sweeps.is_right());
        assert_eq!(sweeps.len(), 4);
        let (mut alone, mut shard) = (BookSweep::new(&sweeps), ShardSweep::new(&sweeps));
        for _ in 0..sweeps.len() {
            assert!(alone.fill() && shard.fill());
            alone.strike();
            shard.strike();
            for struck in [alone.struck(), shard.struck()] {
                assert_eq!(
                    (struck.fills, struck.cancels),
                    (fills, cancels),
                    "{strike:?}"
                );
                assert!(struck.is_right);
            }
        }
        assert!(!alone.fill() && !shard.fill());
    }
}

#[test]
fn stamped_pass_comes_to_the_same_end_and_tells_fills_apart() {
    let mix = EcMix::new(2, 100, 5_000);
    let load = Load::ec_mix(2, 5_000);
    let resolved = Resolved::new(load.market(), &mix.before, &mix.timed).unwrap();
    let mut run = LatencyRun::prepared(&resolved);
    let tick = ticking();
    run.pass(&resolved.timed, &tick, &tick);
    assert_eq!(run.end(), resolved.end);
    let latencies: Vec<_> = run.latencies().collect();
    assert_eq!(latencies.len(), 5_000);
    assert!(latencies.iter().all(|one| one.ticks == 1));
    let traded = latencies.iter().filter(|one| one.traded).count() as u64;
    assert_eq!(traded, mix.shape.trading);
}

#[test]
fn reports_that_are_handed_over_are_all_there_in_their_order() {
    let messages = generate(Scenario::Normal, 3, 20_000);
    let wanted = answer(&messages).reports;
    for slots in [64, 4_096] {
        let room = HandOverRoom {
            book: Room::new(4_096, 2_048),
            slots,
            reports: messages.len() * 2,
        };
        let handed = hand_over(room, (&messages[..0], &messages[..]), ticking(), || ());
        assert!(handed.reports == wanted);
        assert_eq!(handed.report_count, wanted.len());
        assert_eq!(handed.checksum, wanted.iter().fold(0, fold));
        assert_eq!((handed.end.refused, handed.ticks), (0, 1));
    }
}

#[test]
fn what_comes_before_the_clock_is_not_handed_over() {
    let mix = EcMix::new(4, 1_000, 5_000);
    let room = HandOverRoom {
        book: crate::ec_mix::ROOM,
        slots: 1_024,
        reports: 10,
    };
    let handed = hand_over(room, (&mix.before[..], &mix.timed[..]), ticking(), || ());
    assert_eq!(handed.checksum, mix.checksum);
    assert_eq!(handed.reports.len(), 10, "as far as there is room");
}

#[test]
fn open_loop_answers_every_command_once_and_comes_to_the_same_end() {
    let resolved = resolved(&["meb", "swing-40", "5", "5000"]);
    let plan = Plan {
        rate: 1_000_000_000,
        slots: 256,
    };
    let looked = open_loop(&resolved, plan, ticking(), || ());
    assert_eq!(looked.latencies_ns.len(), resolved.timed.len());
    assert_eq!(looked.end, resolved.end);
}
