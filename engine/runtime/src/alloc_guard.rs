//! The allocation guard: lets a test or a measurement prove that a section asks for no memory. The
//! product must not use it.

pub use crate::sys::CountingAllocator;

/// Runs `section` and returns its answer and how often the calling thread asked for memory
/// meanwhile. The count is always 0 where [`CountingAllocator`] is not the global allocator, so a
/// test first shows that an allocation is counted.
pub fn count_allocations<R>(section: impl FnOnce() -> R) -> (R, u64) {
    let before = crate::sys::allocations_of_this_thread();
    let answer = section();
    let after = crate::sys::allocations_of_this_thread();
    (answer, after.wrapping_sub(before))
}
