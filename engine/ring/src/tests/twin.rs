//! The ring against a queue behind a mutex: the same steps, the same answers, after every step.

use std::collections::VecDeque;
use std::sync::Mutex;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::{Full, STAGED_MAX, ring};

/// What the ring should be, without regard to speed.
struct Twin {
    capacity: usize,
    reserve: usize,
    staged: Vec<u64>,
    published: Mutex<VecDeque<u64>>,
}

impl Twin {
    fn waiting(&self) -> usize {
        self.published.lock().unwrap().len()
    }

    fn free_slots(&self) -> usize {
        let free = self.capacity - self.waiting() - self.staged.len();
        free.saturating_sub(self.reserve)
    }

    fn publish(&mut self) {
        self.published.lock().unwrap().extend(self.staged.drain(..));
    }

    fn push(&mut self, record: u64, free: usize) -> Result<(), Full<u64>> {
        if free == 0 || self.staged.len() == STAGED_MAX {
            self.publish();
        }
        if free == 0 {
            return Err(Full(record));
        }
        self.staged.push(record);
        Ok(())
    }

    fn try_push(&mut self, record: u64) -> Result<(), Full<u64>> {
        self.push(record, self.free_slots())
    }

    fn try_push_reserved(&mut self, record: u64) -> Result<(), Full<u64>> {
        let free = self.capacity - self.waiting() - self.staged.len();
        self.push(record, free)
    }

    fn take(&mut self, limit: usize) -> Vec<u64> {
        let mut published = self.published.lock().unwrap();
        let count = limit.min(published.len());
        published.drain(..count).collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Push(usize),
    PushReserved,
    Publish,
    Pop,
    Take(usize),
    HasRoom(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop_oneof![Just(1), 1_usize..5, 1_usize..80].prop_map(Step::Push),
        1 => Just(Step::PushReserved),
        3 => Just(Step::Publish),
        4 => Just(Step::Pop),
        3 => (0_usize..80).prop_map(Step::Take),
        2 => (0_usize..20).prop_map(Step::HasRoom),
    ]
}

fn agree(capacity: usize, reserve: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let (producer, mut consumer) = ring(capacity);
    let mut producer = producer.with_reserve(reserve);
    let mut twin = Twin {
        capacity,
        reserve,
        staged: Vec::new(),
        published: Mutex::new(VecDeque::new()),
    };
    let mut record = 0;
    for &step in steps {
        record += 1;
        match step {
            Step::Push(count) => {
                for _ in 0..count {
                    record += 1;
                    prop_assert_eq!(producer.try_push(record), twin.try_push(record));
                }
            }
            Step::PushReserved => {
                let pushed = producer.try_push_reserved(record);
                prop_assert_eq!(pushed, twin.try_push_reserved(record));
            }
            Step::Publish => {
                producer.publish();
                twin.publish();
            }
            Step::Pop => prop_assert_eq!(consumer.pop(), twin.take(1).first().copied()),
            Step::Take(limit) => {
                let mut taken = Vec::new();
                let count = consumer.for_each(limit, |&record| taken.push(record));
                prop_assert_eq!(count, taken.len());
                prop_assert_eq!(taken, twin.take(limit));
            }
            Step::HasRoom(records) => {
                let wanted = records.saturating_add(reserve);
                let free = capacity - twin.waiting() - twin.staged.len();
                prop_assert_eq!(producer.has_room(records), free >= wanted);
            }
        }
        prop_assert_eq!(producer.staged(), twin.staged.len());
        prop_assert_eq!(consumer.len(), twin.waiting());
        prop_assert_eq!(consumer.is_empty(), twin.waiting() == 0);
        let oldest = twin.published.lock().unwrap().front().copied();
        prop_assert_eq!(consumer.peek().copied(), oldest);
        if step_looks(step) {
            prop_assert_eq!(producer.free_slots(), twin.free_slots());
        }
    }
    Ok(())
}

/// Returns whether to ask for the free slots after `step`. Not always: the producer's copy of the
/// consumer's position has to grow old too.
fn step_looks(step: Step) -> bool {
    matches!(step, Step::HasRoom(_) | Step::PushReserved)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 8 } else { 1000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn ring_answers_as_a_queue_behind_a_mutex_does(
        capacity in prop_oneof![0_usize..9, 30_usize..35, 60_usize..200],
        reserve in 0_usize..5,
        steps in vec(step(), 1..if cfg!(miri) { 20 } else { 300 }),
    ) {
        agree(capacity, reserve, &steps)?;
    }
}
