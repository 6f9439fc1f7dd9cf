//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

use super::PagedAllocator;

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

/// [`PagedAllocator`] with a count per thread of how often memory was asked for. A test binary
/// makes it the global allocator.
#[derive(Debug)]
pub struct CountingAllocator;

// SAFETY: every method hands its arguments unchanged to the other allocator and returns its
// answer; counting touches one thread-local integer and asks for no memory.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract for `layout`.
        unsafe { PagedAllocator.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc_zeroed`'s contract for `layout`.
        unsafe { PagedAllocator.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: `pointer` came from this allocator, hence from the other, with `layout`; the
        // caller keeps `realloc`'s contract for `new_size`.
        unsafe { PagedAllocator.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from this allocator, hence from the other, with `layout`.
        unsafe { PagedAllocator.dealloc(pointer, layout) }
    }
}
