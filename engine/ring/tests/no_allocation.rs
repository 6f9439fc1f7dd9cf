//! Nothing is allocated after a ring is made.
//!
//! A program of its own, since it counts what every allocation of the thread costs.
#![expect(
    unsafe_code,
    reason = "an allocator that counts can only be made this way"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use matchgate_ring::{Full, ring};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct CountingAllocator;

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, so from the system, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn pushing_and_popping_allocate_nothing() {
    let before = ALLOCATIONS.get();
    let (mut producer, mut consumer) = ring::<[u64; 8]>(100);
    let made = ALLOCATIONS.get();
    assert!(made > before, "the allocator counts");
    let mut sum = 0;
    for number in 0..100_000 {
        if let Err(Full(record)) = producer.try_push([number; 8]) {
            sum += consumer.pop().unwrap()[0];
            consumer.for_each(50, |record| sum += record[7]);
            producer.try_push(record).unwrap();
        }
    }
    producer.publish();
    consumer.for_each(usize::MAX, |record| sum += record[3]);
    assert_eq!(sum, (0..100_000).sum());
    assert_eq!(ALLOCATIONS.get(), made);
}
