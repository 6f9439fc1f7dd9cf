//! That the guard counts, and that the hot path of this crate asks for no memory.

use matchgate_runtime::alloc_guard::{CountingAllocator, count_allocations};
use matchgate_runtime::{Clock, Counters, EventClock, ring};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn an_allocation_of_this_thread_is_counted() {
    let (memory, count) = count_allocations(|| vec![1_u8, 2, 3]);
    assert_eq!(memory.len(), 3);
    assert_eq!(count, 1);
}

#[test]
fn an_allocation_of_another_thread_is_not_counted() {
    let (start, started) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || {
        started.recv().unwrap();
        vec![0_u8; 4096].len()
    });
    start.send(()).unwrap();
    let (_, count) = count_allocations(|| while !other.is_finished() {});
    assert_eq!(count, 0);
    assert_eq!(other.join().unwrap(), 4096);
}

#[test]
fn rings_clocks_and_counters_ask_for_no_memory() {
    let (mut producer, mut consumer) = ring::<[u64; 16]>(64);
    let counter = Counters::new().counter("records");
    let clock = Clock::new();
    let (event_clock, _agent) = EventClock::new(&clock, &Counters::new());
    let (taken, count) = count_allocations(|| {
        let mut taken = 0;
        for _ in 0..1_000 {
            let stamp = event_clock.now_ns() ^ clock.now_ns() ^ clock.ticks();
            producer.try_push([stamp; 16]).unwrap();
            taken += usize::from(consumer.pop().is_some());
            counter.increment();
        }
        taken
    });
    assert_eq!((taken, count), (1_000, 0));
}
