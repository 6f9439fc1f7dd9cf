//! B12: our ring against `rtrb`, records of 64 bytes between two cores: how long one hop takes,
//! and how fast a stream goes that is published in batches.

use std::hint::spin_loop;
use std::thread;

use anyhow::{Result, anyhow, ensure};
use matchgate_ring::Full;
use matchgate_runtime::{Clock, pin_current_thread};

use super::{Run, Surroundings};
use crate::bar::{Bar, Gate};
use crate::latencies::Latencies;
use crate::machine::Cpus;
use crate::number::float;
use crate::pairs::{Arm, Pairs};
use crate::statistics::median;
use crate::wire::pinned;

pub(super) const GATE: Gate = Gate::AtMost {
    must: 1.0,
    stretch: 0.8,
};
const GATE_STREAM: Gate = Gate::AtLeast {
    must: 1.5,
    stretch: 3.0,
};
/// Slots of each ring.
const SLOTS: usize = 1_024;
const ROUND_TRIPS: u64 = 40_000;
/// Round trips between two looks at the clock: it steps by up to ten nanoseconds, and its own time
/// is none of the ring's.
const ROUND_TRIPS_AT_ONCE: u64 = 8;
const STREAMED: u64 = 2_000_000;
/// Records after which the stream's input batch ends.
const BATCH: u64 = 32;

/// An event is as long.
type Record = [u64; 8];

/// Returns the record of `number`. Its words differ: one that is torn is not the record of any.
fn record_of(number: u64) -> Record {
    [0, 1, 2, 3, 4, 5, 6, 7].map(|word| number ^ word << 56)
}

/// Returns the sum of a record's words. Whoever takes a record reads all of it: a hand-over whose
/// bytes nobody looks at has moved none of them.
fn sum_of(record: &Record) -> u64 {
    record.iter().copied().fold(0, u64::wrapping_add)
}

/// The end of a ring that pushes.
trait Push: Send {
    /// Pushes a record, and waits for room where there is none.
    fn push(&mut self, record: Record);
    /// Ends a batch.
    fn end_batch(&mut self);
}

/// The end that takes.
trait Take: Send {
    /// Takes what is there, and adds all words to `sum`; returns how many records there were.
    fn take(&mut self, sum: &mut u64) -> u64;
    /// Takes one record, if there is one.
    fn take_one(&mut self) -> Option<Record>;
}

impl Push for matchgate_ring::Producer<Record> {
    #[inline]
    fn push(&mut self, record: Record) {
        let mut record = record;
        while let Err(Full(again)) = self.try_push(record) {
            record = again;
            spin_loop();
        }
    }

    #[inline]
    fn end_batch(&mut self) {
        self.publish();
    }
}

impl Take for matchgate_ring::Consumer<Record> {
    #[inline]
    fn take(&mut self, sum: &mut u64) -> u64 {
        let taken = self.for_each(usize::MAX, |record| *sum = sum.wrapping_add(sum_of(record)));
        crate::number::count(taken)
    }

    #[inline]
    fn take_one(&mut self) -> Option<Record> {
        self.pop()
    }
}

impl Push for rtrb::Producer<Record> {
    #[inline]
    fn push(&mut self, record: Record) {
        let mut record = record;
        while let Err(rtrb::PushError::Full(again)) = rtrb::Producer::push(self, record) {
            record = again;
            spin_loop();
        }
    }

    #[inline]
    fn end_batch(&mut self) {}
}

impl Take for rtrb::Consumer<Record> {
    #[inline]
    fn take(&mut self, sum: &mut u64) -> u64 {
        let mut taken = 0;
        while let Ok(record) = self.pop() {
            *sum = sum.wrapping_add(sum_of(&record));
            taken += 1;
        }
        taken
    }

    #[inline]
    fn take_one(&mut self) -> Option<Record> {
        self.pop().ok()
    }
}

/// Measures both.
pub(super) fn measure(run: &mut Run) -> Result<Vec<Bar>> {
    let cpus = Cpus::choose()?;
    let clock = run.clock.clone();
    let surroundings = Surroundings::before(cpus)?;
    let (pairs, seed) = (run.plan.pairs, run.plan.seed);
    let hops = pinned(cpus.client, || {
        Pairs::run(pairs, seed, |arm| match arm {
            Arm::Subject => hop(&clock, cpus, || matchgate_ring::ring(SLOTS)),
            Arm::Base => hop(&clock, cpus, || rtrb::RingBuffer::new(SLOTS)),
        })
    })?;
    let streams = pinned(cpus.client, || {
        Pairs::run(pairs, seed, |arm| match arm {
            Arm::Subject => stream(&clock, cpus, matchgate_ring::ring(SLOTS)),
            Arm::Base => stream(&clock, cpus, rtrb::RingBuffer::new(SLOTS)),
        })
    })?;
    let (mut details, _) = surroundings.after()?;
    details.truncate(1);
    let of = |pairs: &Pairs<f64>, of: fn(&(f64, f64)) -> f64| {
        median(&pairs.measures().iter().map(of).collect::<Vec<_>>())
    };
    details.push(format!(
        "hop {:.0} ns, rtrb {:.0}; stream {:.0} M/s in batches of {BATCH}, rtrb {:.0} M/s one by one; \
         {SLOTS} slots of 64 bytes, cpus {} and {}",
        of(&hops, |pair| pair.0),
        of(&hops, |pair| pair.1),
        of(&streams, |pair| pair.0),
        of(&streams, |pair| pair.1),
        cpus.client,
        cpus.hot
    ));
    let value = |&value: &f64| value;
    let hop = ("B12", "hop, p50: ours / rtrb");
    let stream = ("B12", "batched stream, rate: ours / rtrb push and pop");
    Ok(vec![
        Bar::estimated(hop, &hops.ratio(value), "x", GATE, hops.void_reason(value)),
        Bar::estimated(
            stream,
            &streams.ratio(value),
            "x",
            GATE_STREAM,
            streams.void_reason(value),
        )
        .with_details(details),
    ])
}

/// Returns half of a round trip through two rings, nanoseconds: the median over groups of them.
fn hop<P: Push, T: Take>(clock: &Clock, cpus: Cpus, make: impl Fn() -> (P, T)) -> Result<f64> {
    let (mut asks, mut asked) = make();
    let (mut answers, mut answered) = make();
    thread::scope(|scope| {
        let answering = scope.spawn(move || {
            let pinned = pin_current_thread(cpus.hot);
            for _ in 0..ROUND_TRIPS {
                answers.push(wait_for_one(&mut asked));
                answers.end_batch();
            }
            pinned
        });
        let mut groups = Latencies::new();
        let mut torn = 0_u64;
        for group in 0..ROUND_TRIPS / ROUND_TRIPS_AT_ONCE {
            let start = clock.ticks();
            for number in 0..ROUND_TRIPS_AT_ONCE {
                let asking = record_of(group * ROUND_TRIPS_AT_ONCE + number);
                asks.push(asking);
                asks.end_batch();
                torn += u64::from(wait_for_one(&mut answered) != asking);
            }
            groups.record(clock.ticks_to_ns(start, clock.ticks()));
        }
        answering
            .join()
            .map_err(|_| anyhow!("the answering thread panicked"))??;
        ensure!(torn == 0, "{torn} answers are not what was asked");
        let trips = float(2 * ROUND_TRIPS_AT_ONCE);
        Ok(float(groups.percentile_ns(50.0)) / trips)
    })
}

/// Returns the next record, once it is there.
#[inline]
fn wait_for_one(receiver: &mut impl Take) -> Record {
    loop {
        match receiver.take_one() {
            Some(record) => return record,
            None => spin_loop(),
        }
    }
}

/// Returns millions of records a second.
fn stream<P: Push, T: Take>(
    clock: &Clock,
    cpus: Cpus,
    (mut sender, mut receiver): (P, T),
) -> Result<f64> {
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let pinned = pin_current_thread(cpus.hot);
            let (mut sum, mut taken) = (0, 0);
            while taken < STREAMED {
                taken += receiver.take(&mut sum);
            }
            pinned.map(|()| sum)
        });
        let start_ns = clock.now_ns();
        let mut sum = 0_u64;
        for number in 0..STREAMED {
            let record = record_of(number);
            sum = sum.wrapping_add(sum_of(&record));
            sender.push(record);
            if number % BATCH == BATCH - 1 {
                sender.end_batch();
            }
        }
        sender.end_batch();
        let read = reading
            .join()
            .map_err(|_| anyhow!("the reader panicked"))??;
        let ns = clock.now_ns().saturating_sub(start_ns);
        ensure!(read == sum, "records were lost on their way");
        Ok(1e3 * float(STREAMED) / float(ns.max(1)))
    })
}
