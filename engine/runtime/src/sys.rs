//! The only unsafe code of this crate: the wall clock and the counting allocator.
#![expect(
    unsafe_code,
    reason = "clock_gettime and GlobalAlloc have no safe form"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Returns the wall clock in nanoseconds since the Unix epoch; 0 where it stands before 1970.
pub(crate) fn wall_clock_ns() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid, writable timespec for the duration of the call.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut time) };
    debug_assert_eq!(status, 0, "CLOCK_REALTIME exists on every Linux");
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Returns how often the calling thread asked for memory since it began.
pub(crate) fn allocations_of_this_thread() -> u64 {
    ALLOCATIONS.try_with(Cell::get).unwrap_or(0)
}

fn count() {
    // A thread that is being torn down has no counter any more; nobody reads it then.
    ALLOCATIONS
        .try_with(|count| count.set(count.get().wrapping_add(1)))
        .unwrap_or(());
}

/// The system allocator with a count per thread of how often memory was asked for. A test binary
/// makes it the global allocator.
#[derive(Debug)]
pub struct CountingAllocator;

// SAFETY: every method hands its arguments unchanged to the system allocator and returns its
// answer; counting touches one thread-local integer and asks for no memory.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract for `layout`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc_zeroed`'s contract for `layout`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: `pointer` came from this allocator, hence from the system's, with `layout`; the
        // caller keeps `realloc`'s contract for `new_size`.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from this allocator, hence from the system's, with `layout`.
        unsafe { System.dealloc(pointer, layout) }
    }
}
