//! The only unsafe code of this crate: the wall clock, a fence and the allocators.
#![expect(
    unsafe_code,
    reason = "clock_gettime, lfence and GlobalAlloc have no safe form"
)]

mod counting;
mod paged;

pub use counting::CountingAllocator;
pub(crate) use counting::allocations_of_this_thread;
pub use paged::PagedAllocator;
pub(crate) use paged::advised;

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

/// Waits until every instruction before it has ended, loads included. Stores may still be on their
/// way to the cache.
#[inline]
pub(crate) fn end_of_all_before() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `lfence` is of SSE2, which every x86-64 processor has; it changes nothing.
    unsafe {
        std::arch::x86_64::_mm_lfence();
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}
