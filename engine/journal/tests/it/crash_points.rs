//! The power fails, or the process dies, before and behind each operation on the disk: what was
//! told synced is there, what is there is what was written, and no number comes again.
//!
//! One script of three streams and two clean stops is run against a simulated disk, once for each
//! point; what it leaves is then opened three times: as after a kill, as after a loss of power that
//! took all that was not synced, and as after one that took some of it. At some of the points the
//! opening itself is cut short, at each of its own operations, and repeated.

use matchgate_journal::Fault;

use crate::machine::*;

/// Records of the script, over all streams.
const RECORDS: u64 = 2_000;
/// One in so many points is crashed again while it recovers.
const DOUBLE_EVERY: usize = 433;
/// All points are in so many pieces; the variables tell how many of them to crash again, and from
/// which on.
const PIECES: usize = 64;
const PIECES_VARIABLE: &str = "MATCHGATE_CRASH_POINT_PIECES";
const FIRST_PIECE_VARIABLE: &str = "MATCHGATE_CRASH_POINT_PIECE";

/// The points of a run: each operation that changes something, before it and behind it.
fn points(machine: &Machine, from: u64) -> Vec<(u64, Fault)> {
    let operations = machine.disk.operations();
    let numbered = (1..).zip(operations);
    let changing = numbered.filter(|(number, operation)| *number >= from && operation.changes());
    changing
        .flat_map(|(number, _)| [(number, Fault::PowerBefore), (number, Fault::PowerAfter)])
        .collect()
}

/// Opens what a crash left, with the power failing at each operation of that, and checks what a
/// second opening finds. Returns how often.
fn crash_again(machine: &Machine, first: Crash, seen: &Seen, at: &str) -> usize {
    let rehearsal = machine.after(first);
    drop(Life::begin(&rehearsal, &mut seen.clone()));
    let points = points(&rehearsal, 1);
    let mut recoveries = 0;
    for (point, (number, fault)) in points.iter().enumerate() {
        let opening = machine.after(first);
        opening.disk.plan(*number, fault.clone());
        let cut_short = Life::begin(&opening, &mut seen.clone()).is_err();
        assert!(cut_short, "{at}: operation {number} does not fail");
        for second in crashes(point) {
            let at = format!("{at}, {first:?}, then operation {number} {fault:?}, {second:?}");
            // What a loss of power took before is not there after a kill either.
            let crash = match first {
                Crash::Kill => second,
                Crash::Power(_) => first,
            };
            check(&opening.after(second), crash, seen, &at);
            recoveries += 1;
        }
    }
    recoveries
}

/// Which points are crashed again while they recover.
enum Doubled {
    Sample,
    Pieces { first: usize, count: usize },
}

impl Doubled {
    #[expect(
        clippy::disallowed_methods,
        reason = "how much is tested is asked of the whole run"
    )]
    fn asked() -> Self {
        let number = |variable| {
            let text = std::env::var(variable).ok()?;
            Some(text.parse().expect("a number"))
        };
        match number(PIECES_VARIABLE) {
            None => Self::Sample,
            Some(count) => Self::Pieces {
                first: number(FIRST_PIECE_VARIABLE).unwrap_or(0) % PIECES,
                count,
            },
        }
    }

    fn holds(&self, point: usize) -> bool {
        match self {
            Self::Sample => point.is_multiple_of(DOUBLE_EVERY),
            Self::Pieces { first, count } => (point + PIECES - first) % PIECES < *count,
        }
    }
}

#[test]
pub(crate) fn what_was_synced_survives_a_crash_at_every_operation() {
    let doubled = Doubled::asked();
    let whole = Machine::fresh();
    let mut seen = Seen::default();
    run_script(&whole, RECORDS, &mut seen).expect("a run without faults");
    assert_eq!(seen.appended.iter().sum::<u64>(), RECORDS);
    assert_eq!(seen.synced, seen.appended);
    let points = points(&whole, 1);
    let (mut recoveries, mut cut_short) = (0, 0);
    for (point, (number, fault)) in points.iter().enumerate() {
        let machine = Machine::fresh();
        machine.disk.plan(*number, fault.clone());
        let mut seen = Seen::default();
        run_script(&machine, RECORDS, &mut seen).expect_err("the power fails");
        assert!(machine.next_operation() > *number);
        let at = format!("operation {number} {fault:?}");
        for crash in crashes(point) {
            if doubled.holds(point) {
                cut_short += crash_again(&machine, crash, &seen, &at);
            }
            let at = format!("{at}, {crash:?}");
            check(&machine.after(crash), crash, &seen, &at);
            recoveries += 1;
        }
    }
    println!(
        "{} points of {RECORDS} records: {recoveries} recoveries, and {cut_short} that were cut \
         short first",
        points.len()
    );
    if let Doubled::Pieces { count, .. } = doubled {
        println!("cut short {count} pieces of {PIECES}");
    }
}
