//! I26: snapshot and tail are the full replay. What was restored is compared in every event and in
//! all hashes after every command, and in every byte of its own snapshot.

use matchgate_core::domain::{Command, EventBody, InstrumentId, Sequenced, ShardId};
use matchgate_core::{Shard, ShardCapacity};
use matchgate_twin::differential::SHARD;
use matchgate_twin::generator::Flow;

use super::subject::{
    Random, SMALL, Subject, commands, commands_of_single_lists, saved, small_shard, story,
};

/// Commands of a seed.
const A_SEED: usize = 5_000;
/// Shards that go on beside the one that was never saved, each restored at another time.
const RESTORED: usize = 3;

/// What the commands of a run came to, so that the test knows that it has compared something.
#[derive(Debug, Default)]
struct Met {
    cuts: usize,
    live_orders_max: u32,
    waiting: bool,
    pegged: bool,
    parked: bool,
    hidden: bool,
    triggered: usize,
    expired: usize,
    prevented: usize,
    restated: usize,
    replaced: usize,
    mass_canceled: usize,
}

impl Met {
    fn note(&mut self, shard: &Shard) {
        use matchgate_core::domain::Side::{Buy, Sell};

        self.cuts += 1;
        self.live_orders_max = self.live_orders_max.max(shard.live_order_count());
        for (instrument, _) in shard.instruments() {
            let book = shard.book(instrument.id).unwrap();
            self.waiting |= !book.stops(Buy).is_empty() && !book.stops(Sell).is_empty();
            self.pegged |= book.pegs().reference().is_some();
            self.parked |= !book.pegs().is_empty() && book.pegs().reference().is_none();
            let mut displayed = shard.live_orders(instrument.id, Sell);
            self.hidden |= displayed.any(|order| order.displayed < order.leaves);
        }
    }

    fn note_event(&mut self, body: &EventBody) {
        match body {
            EventBody::Triggered { .. } => self.triggered += 1,
            EventBody::Expired { .. } => self.expired += 1,
            EventBody::SelfTradePrevented { .. } => self.prevented += 1,
            EventBody::Restated { .. } => self.restated += 1,
            EventBody::Replaced { .. } => self.replaced += 1,
            EventBody::MassCanceled { count, .. } if *count > 1 => self.mass_canceled += 1,
            _ => {}
        }
    }
}

/// Returns the shard of another one's snapshot, which has the same one.
fn restored(shard: &Shard, capacity: ShardCapacity) -> Shard {
    let bytes = saved(shard);
    let restored = Shard::restore(shard.id(), capacity, &bytes).unwrap();
    assert!(saved(&restored) == bytes, "it was saved with other bytes");
    restored
}

/// Compares what two shards show and hash.
fn assert_equal(one: &Shard, other: &Shard, instruments: u32) {
    assert_eq!(one.state_hash(), other.state_hash());
    assert_eq!(one.live_order_count(), other.live_order_count());
    assert_eq!(one.next_deadline_ns(), other.next_deadline_ns());
    for instrument in (0..instruments).map(InstrumentId) {
        assert_eq!(one.book_hash(instrument), other.book_hash(instrument));
    }
}

/// Runs the commands of a seed through a shard and, beside it, through shards that are restored
/// from it, or from another restored one, at random times.
fn run(seed: u64, flow: Flow, met: &mut Met) {
    println!("seed {seed} of {flow:?}");
    run_commands((seed, flow), &commands(seed, flow, A_SEED), met);
}

fn run_commands((seed, flow): (u64, Flow), commands: &[Sequenced<Command>], met: &mut Met) {
    let capacity = flow.capacity();
    let mut random = Random(seed);
    let mut original = Subject::new(Shard::new(SHARD, capacity));
    let mut others: Vec<_> = (0..RESTORED)
        .map(|_| Subject::new(restored(&original.shard, capacity)))
        .collect();
    for command in commands {
        let expected = original.apply(command);
        expected
            .iter()
            .for_each(|event| met.note_event(&event.body));
        for other in &mut others {
            assert_eq!(other.apply(command), expected, "{command:?}");
            assert_equal(&original.shard, &other.shard, capacity.instruments);
        }
        for (at, mean_age) in [10, 100, 1000].into_iter().enumerate() {
            if random.below(mean_age) == 0 {
                let from = random.below(RESTORED + 1);
                let from = others
                    .get(from)
                    .map_or(&original.shard, |other| &other.shard);
                others[at] = Subject::new(restored(from, capacity));
                met.note(&original.shard);
            }
        }
        if random.below(200) == 0 {
            for other in &others {
                assert!(
                    saved(&other.shard) == saved(&original.shard),
                    "bytes differ"
                );
            }
        }
    }
}

#[test]
fn snapshot_and_tail_equal_the_full_replay() {
    let mut met = Met::default();
    for seed in 1..=30 {
        run(seed, Flow::Mixed, &mut met);
        run(seed, Flow::Wide, &mut met);
    }
    println!("{met:?}");
    assert!(met.cuts > 30_000 && met.live_orders_max > 40, "{met:?}");
    assert!(
        met.waiting && met.pegged && met.parked && met.hidden,
        "{met:?}"
    );
    let counts = [
        met.triggered,
        met.expired,
        met.prevented,
        met.restated,
        met.replaced,
        met.mass_canceled,
    ];
    assert!(counts.iter().all(|&count| count > 100), "{met:?}");
}

#[test]
fn snapshot_and_tail_equal_the_full_replay_of_deep_books_and_many_pegs() {
    let mut met = Met::default();
    run(1, Flow::Deep, &mut met);
    run(1, Flow::Pegs, &mut met);
    println!("{met:?}");
    assert!(met.live_orders_max > 300, "{met:?}");
}

#[test]
fn snapshot_and_tail_equal_the_full_replay_where_mass_cancels_go_over_one_list() {
    let mut met = Met::default();
    for seed in 1..=20 {
        println!("seed {seed}");
        let commands = commands_of_single_lists(seed, Flow::Mixed, A_SEED);
        run_commands((seed, Flow::Mixed), &commands, &mut met);
    }
    println!("{met:?}");
    assert!(met.mass_canceled > 300, "{met:?}");
}

#[test]
fn saving_a_restored_shard_gives_the_same_bytes() {
    let shard = small_shard();
    let other = restored(&shard, SMALL);
    assert_equal(&shard, &other, SMALL.instruments);
    assert_eq!(saved(&shard), saved(&other));
}

/// Format 1, byte by byte: change `golden/small.mgs` only together with `schema/docs/snapshot.md`.
#[test]
fn small_snapshot_has_the_golden_bytes() {
    let golden = include_bytes!("golden/small.mgs");
    let bytes = saved(&small_shard());
    let differs = bytes
        .iter()
        .zip(golden)
        .position(|(one, other)| one != other);
    assert_eq!(differs, None, "offset of the first other byte");
    assert_eq!(bytes.len(), golden.len());
}

#[test]
fn every_cut_of_the_small_story_equals_the_full_replay() {
    let commands = story();
    for cut in 0..=commands.len() {
        let mut original = Subject::new(Shard::new(ShardId(0), SMALL));
        for command in &commands[..cut] {
            original.apply(command);
        }
        let mut other = Subject::new(restored(&original.shard, SMALL));
        for command in &commands[cut..] {
            assert_eq!(original.apply(command), other.apply(command), "{cut}");
            assert_equal(&original.shard, &other.shard, SMALL.instruments);
        }
        assert_eq!(saved(&original.shard), saved(&other.shard));
    }
}

#[test]
fn shard_that_was_told_nothing_is_restored() {
    let shard = Shard::new(ShardId(0), SMALL);
    let other = restored(&shard, SMALL);
    assert_equal(&shard, &other, SMALL.instruments);
    assert_eq!(saved(&shard).len(), 128 + 2 * 8);
}

#[test]
fn saving_appends() {
    let shard = small_shard();
    let mut bytes = vec![7];
    shard.save(&mut bytes);
    assert_eq!(bytes[1..], saved(&shard));
}

#[test]
#[should_panic(expected = "the last command is not complete")]
fn half_a_command_is_not_saved() {
    use matchgate_core::{EventBuffer, Progress};

    let flow = Flow::Deep;
    let mut subject = Subject::new(Shard::new(SHARD, flow.capacity()));
    let mut buffer = EventBuffer::new();
    for command in commands(1, flow, 20_000) {
        let mut progress = subject.shard.apply(&command, &mut buffer);
        if progress == Progress::More {
            saved(&subject.shard);
        }
        while progress == Progress::More {
            buffer.clear();
            progress = subject.shard.resume(&mut buffer);
        }
        buffer.clear();
    }
}
