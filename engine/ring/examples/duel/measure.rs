//! The measures: how fast a stream goes, how long a hop takes, what a working producer pays.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use crate::ends::{Receiver, Record, Sender};

/// Round trips of one sample: the clock is too coarse for a single one.
const ROUND_TRIPS_PER_SAMPLE: u64 = 16;

/// How a receiver takes records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// One by one.
    Pop,
    /// All that are there.
    Drain,
}

/// What a producer does besides.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    /// Steps of work before each record.
    pub(crate) steps: u32,
    /// Records after which its input batch ends and it publishes.
    pub(crate) batch: u64,
}

/// A stream of records, produced at full speed or by a producer that works.
pub(crate) struct Stream {
    /// Records.
    pub(crate) count: u64,
    /// How they are taken.
    pub(crate) take: Take,
    /// What the producer does besides.
    pub(crate) work: Work,
    /// Pins the calling thread to one of two cores.
    pub(crate) pin: fn(usize),
}

impl Stream {
    /// Returns the nanoseconds per record, as the producer sees it.
    ///
    /// # Panics
    ///
    /// Panics where a record was lost or torn.
    pub(crate) fn run<T: Record>(
        &self,
        (mut sender, receiver): (impl Sender<T>, impl Receiver<T>),
    ) -> f64 {
        let start = Arc::new(Barrier::new(2));
        let reader = {
            let (count, take, pin, start) = (self.count, self.take, self.pin, Arc::clone(&start));
            thread::spawn(move || {
                pin(1);
                start.wait();
                receive(receiver, count, take)
            })
        };
        (self.pin)(0);
        start.wait();
        let begin = Instant::now();
        let sum = self.produce(&mut sender);
        let elapsed = begin.elapsed();
        assert_eq!(reader.join().expect("the reader ends"), sum);
        elapsed.as_secs_f64() * 1e9 / self.count as f64
    }

    fn produce<T: Record>(&self, sender: &mut impl Sender<T>) -> u64 {
        let mut memory = vec![0_u64; 8192];
        let (mut sum, mut state, mut left) = (0_u64, 0x2545_F491_4F6C_DD1D_u64, self.work.batch);
        for number in 0..self.count {
            for _ in 0..self.work.steps {
                state = state.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (state >> 29);
                let cell = &mut memory[(state >> 51) as usize];
                *cell = cell.wrapping_add(state);
            }
            let record = T::of(number ^ state);
            sum = sum.wrapping_add(record.sum());
            while !sender.try_push(record) {
                spin_loop();
            }
            left -= 1;
            if left == 0 {
                left = self.work.batch;
                while !sender.publish() {
                    spin_loop();
                }
            }
        }
        while !sender.publish() {
            spin_loop();
        }
        black_box(memory);
        sum
    }
}

fn receive<T: Record>(mut receiver: impl Receiver<T>, count: u64, take: Take) -> u64 {
    let (mut sum, mut taken) = (0_u64, 0);
    while taken < count {
        let now = match take {
            Take::Pop => receiver.pop().map_or(0, |record| {
                sum = sum.wrapping_add(record.sum());
                1
            }),
            Take::Drain => receiver.drain(|record| sum = sum.wrapping_add(record.sum())),
        };
        if now == 0 {
            spin_loop();
        }
        taken += now as u64;
    }
    sum
}

/// Returns the nanoseconds of one hop, p50: half a round trip through two hand-offs.
///
/// # Panics
///
/// Panics where a record was lost or torn.
pub(crate) fn hop<T: Record, S: Sender<T>, R: Receiver<T>>(
    make: impl Fn() -> (S, R),
    round_trips: u64,
    pin: fn(usize),
) -> f64 {
    let (mut asks, mut asked) = make();
    let (mut answers, mut answered) = make();
    let answerer = thread::spawn(move || {
        pin(1);
        for _ in 0..round_trips {
            let record = wait(|| asked.pop());
            wait(|| answers.try_send(record).then_some(()));
        }
    });
    pin(0);
    let mut samples = Vec::new();
    let mut begin = Instant::now();
    for number in 1..=round_trips {
        let record = T::of(number);
        wait(|| asks.try_send(record).then_some(()));
        assert_eq!(wait(|| answered.pop()).sum(), record.sum());
        if number % ROUND_TRIPS_PER_SAMPLE == 0 {
            let end = Instant::now();
            samples.push((end - begin).as_secs_f64());
            begin = end;
        }
    }
    answerer.join().expect("the answerer ends");
    median(&mut samples) * 1e9 / (2.0 * ROUND_TRIPS_PER_SAMPLE as f64)
}

#[inline]
fn wait<R>(mut ready: impl FnMut() -> Option<R>) -> R {
    loop {
        match ready() {
            Some(result) => return result,
            None => spin_loop(),
        }
    }
}

/// Returns the nanoseconds in which a cache line goes to the other core and back, p50.
///
/// # Panics
///
/// Panics where the other thread does.
pub(crate) fn core_to_core(pin: fn(usize)) -> f64 {
    #[derive(Default)]
    #[repr(align(128))]
    struct Line(AtomicU64);

    const ROUND_TRIPS: u64 = 8_000;
    let lines = Arc::new([Line::default(), Line::default()]);
    let other = Arc::clone(&lines);
    let answerer = thread::spawn(move || {
        pin(1);
        for number in 1..=ROUND_TRIPS {
            wait(|| (other[0].0.load(Ordering::Acquire) == number).then_some(()));
            other[1].0.store(number, Ordering::Release);
        }
    });
    pin(0);
    let mut samples = Vec::new();
    let mut begin = Instant::now();
    for number in 1..=ROUND_TRIPS {
        lines[0].0.store(number, Ordering::Release);
        wait(|| (lines[1].0.load(Ordering::Acquire) == number).then_some(()));
        if number % ROUND_TRIPS_PER_SAMPLE == 0 {
            let end = Instant::now();
            samples.push((end - begin).as_secs_f64());
            begin = end;
        }
    }
    answerer.join().expect("the answerer ends");
    median(&mut samples) * 1e9 / ROUND_TRIPS_PER_SAMPLE as f64
}

/// Returns the median; sorts `values`.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
