//! A duel between this ring and `rtrb`, in interleaved rounds: hop, stream, a producer that works.
//!
//! ```sh
//! cargo run --release -p matchgate-ring --example duel -- [ROUNDS] [CAPACITY]
//! valgrind --tool=callgrind --toggle-collect='*instructions_of_ours*' \
//!     target/release/examples/duel instructions
//! ```
//!
//! Two virtual cores change their distance within seconds, so only ratios within a round count;
//! the distance is printed before and after. A ratio is the median over the rounds, with its 95 %
//! bootstrap interval.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]
#![expect(clippy::disallowed_methods, reason = "a program that measures time")]
#![expect(clippy::cast_possible_truncation, reason = "figures and small indices")]

mod ends;
mod measure;

use ends::{Receiver, Record, Sender, chunks, ours, single};
use measure::{Stream, Take, Work, core_to_core, hop, median};

const STREAM_RECORDS: u64 = 200_000;
const WORKED_RECORDS: u64 = 50_000;
const ROUND_TRIPS: u64 = 4_000;
const DRAWS: usize = 2_000;

/// Pushes that one call of an `instructions_of` function makes.
const PUSHES: u64 = 32;

type Arm = (&'static str, Box<dyn Fn() -> f64>);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("instructions") {
        instructions();
        return;
    }
    let rounds = number(first, 21);
    let capacity = number(arguments.next(), 1024);
    records::<8>(rounds, capacity);
    records::<4>(rounds, capacity);
}

fn number(argument: Option<String>, otherwise: usize) -> usize {
    argument.map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Pins the calling thread. A thread that is pinned sees one core only, so the cores are not asked
/// for: they are the first two.
fn pin(core: usize) {
    let pinned = core_affinity::set_for_current(core_affinity::CoreId { id: core });
    assert!(pinned, "cores 0 and 1 are ours to use");
}

fn records<const WORDS: usize>(rounds: usize, capacity: usize) {
    let bytes = 8 * WORDS;
    let hop_of = |name, arm: fn(usize) -> f64| -> Arm { (name, Box::new(move || arm(capacity))) };
    let arms = vec![
        hop_of("rtrb push/pop", |capacity| {
            hop::<[u64; WORDS], _, _>(|| single(capacity), ROUND_TRIPS, pin)
        }),
        hop_of("rtrb slice of one", |capacity| {
            hop::<[u64; WORDS], _, _>(|| chunks(capacity), ROUND_TRIPS, pin)
        }),
        hop_of("ours", |capacity| {
            hop::<[u64; WORDS], _, _>(|| ours(capacity), ROUND_TRIPS, pin)
        }),
    ];
    duel(&format!("hop p50, ns, {bytes} bytes"), &arms, rounds, false);
    let full_speed = Work {
        steps: 0,
        batch: u64::MAX,
    };
    let arms = streams::<WORDS>(capacity, STREAM_RECORDS, full_speed);
    duel(&format!("stream, M/s, {bytes} bytes"), &arms, rounds, true);
    for batch in [32, 4] {
        let arms = streams::<WORDS>(capacity, WORKED_RECORDS, Work { steps: 8, batch });
        let what = format!("producer that works, batches of {batch}, ns a record, {bytes} bytes");
        duel(&what, &arms, rounds, false);
    }
}

fn streams<const WORDS: usize>(capacity: usize, count: u64, work: Work) -> Vec<Arm> {
    let stream = move |take| Stream {
        count,
        take,
        work,
        pin,
    };
    vec![
        (
            "rtrb push/pop",
            Box::new(move || stream(Take::Pop).run::<[u64; WORDS]>(single(capacity))),
        ),
        (
            "rtrb slices of 32, chunks",
            Box::new(move || stream(Take::Drain).run::<[u64; WORDS]>(chunks(capacity))),
        ),
        (
            "ours, pop",
            Box::new(move || stream(Take::Pop).run::<[u64; WORDS]>(ours(capacity))),
        ),
        (
            "ours, for_each",
            Box::new(move || stream(Take::Drain).run::<[u64; WORDS]>(ours(capacity))),
        ),
    ]
}

/// Runs all arms `rounds` times, each round in an order of its own, and prints each against the
/// first; nanoseconds a record, or millions of records a second where `as_rate`.
fn duel(what: &str, arms: &[Arm], rounds: usize, as_rate: bool) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut values = vec![Vec::with_capacity(rounds); arms.len()];
    let before = core_to_core(pin);
    for _ in 0..rounds {
        let mut order: Vec<usize> = (0..arms.len()).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, random.below(place + 1));
        }
        for arm in order {
            let nanoseconds = arms[arm].1();
            values[arm].push(match as_rate {
                true => 1_000.0 / nanoseconds,
                false => nanoseconds,
            });
        }
    }
    let after = core_to_core(pin);
    println!("{what} (core to core and back {before:.0} ns before, {after:.0} ns after)");
    for ((name, _), of_arm) in arms.iter().zip(&values) {
        let ratios: Vec<f64> = of_arm.iter().zip(&values[0]).map(|(a, b)| a / b).collect();
        let (low, high) = interval(&ratios, &mut random);
        let ratio = median(&mut ratios.clone());
        let figure = median(&mut of_arm.clone());
        println!("    {name:<28}{figure:8.1}   {ratio:5.2}x [{low:.2}, {high:.2}]");
    }
}

/// Returns the 95 % bootstrap interval of the median.
fn interval(values: &[f64], random: &mut Random) -> (f64, f64) {
    let mut medians: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let mut drawn: Vec<f64> = (0..values.len())
                .map(|_| values[random.below(values.len())])
                .collect();
            median(&mut drawn)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    (medians[DRAWS / 40], medians[DRAWS - 1 - DRAWS / 40])
}

/// A generator that needs no crate.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }
}

/// Pushes and pops on one thread, for a tool that counts the instructions of the functions below.
fn instructions() {
    type Record64 = [u64; 8];
    const CALLS: u64 = 1_000;
    let (mut sender, mut receiver) = single::<Record64>(1024);
    count(CALLS, &mut receiver, |call| {
        instructions_of_single(&mut sender, call);
    });
    let (mut sender, mut receiver) = chunks::<Record64>(1024);
    count(CALLS, &mut receiver, |call| {
        instructions_of_chunks(&mut sender, call);
    });
    let (mut sender, mut receiver) = ours::<Record64>(1024);
    count(CALLS, &mut receiver, |call| {
        instructions_of_ours(&mut sender, call);
    });
    println!("{} pushes by each of the three", CALLS * PUSHES);
}

fn count<T: Record>(calls: u64, receiver: &mut impl Receiver<T>, mut push: impl FnMut(u64)) {
    for call in 0..calls {
        push(call);
        let mut left = PUSHES as usize;
        while left > 0 {
            left -= receiver.drain(|record| {
                std::hint::black_box(record);
            });
        }
    }
}

#[inline(never)]
fn instructions_of_single<T: Record>(sender: &mut impl Sender<T>, call: u64) {
    push(sender, call);
}

#[inline(never)]
fn instructions_of_chunks<T: Record>(sender: &mut impl Sender<T>, call: u64) {
    push(sender, call);
}

#[inline(never)]
fn instructions_of_ours<T: Record>(sender: &mut impl Sender<T>, call: u64) {
    push(sender, call);
}

#[inline]
fn push<T: Record>(sender: &mut impl Sender<T>, call: u64) {
    for number in 0..PUSHES {
        assert!(sender.try_push(T::of(call ^ number)), "there is room");
    }
    assert!(sender.publish(), "there is room");
}
