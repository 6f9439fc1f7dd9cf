//! An allocator that gives large tables mappings of their own, on huge pages where they are asked
//! for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::{null_mut, without_provenance_mut};

/// A huge page of x86-64, bytes: what one entry of the middle page table covers.
const HUGE_PAGE: usize = 2 << 20;

thread_local! {
    static ADVISED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `section`; what the calling thread allocates meanwhile asks for huge pages.
pub(crate) fn advised<R>(section: impl FnOnce() -> R) -> R {
    /// Puts back what was, also where `section` panics.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            ADVISED.set(self.0);
        }
    }
    let _before = Before(ADVISED.replace(true));
    section()
}

/// The system allocator for what is smaller than a huge page; a mapping of its own, which begins
/// at the boundary of a huge page, for what is not.
///
/// The mapping is on huge pages where it is asked for inside [`crate::huge_pages::on_huge_pages`]
/// and the kernel has some (`/sys/kernel/mm/transparent_hugepage/enabled` says `madvise` or
/// `always`), else on small ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct PagedAllocator;

// SAFETY: what is large is decided by the layout alone, so that a block goes back where it came
// from; a mapping is at least as large as its layout and aligned to a huge page, which is at least
// as much as a large layout asks for; the system allocator keeps the contract for the rest.
unsafe impl GlobalAlloc for PagedAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match large(layout) {
            Some(bytes) => map(bytes),
            // SAFETY: the caller keeps `alloc`'s contract for `layout`.
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match large(layout) {
            // An anonymous mapping is zeros.
            Some(bytes) => map(bytes),
            // SAFETY: the caller keeps `alloc_zeroed`'s contract for `layout`.
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller keeps `realloc`'s contract: `new_size` is above 0 and does not
        // overflow with this alignment.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (large(layout), large(new)) {
            // SAFETY: `pointer` came from the system's allocator with `layout`; the caller keeps
            // the contract for `new_size`.
            (None, None) => unsafe { System.realloc(pointer, layout, new_size) },
            (Some(old), Some(new)) if old == new => pointer,
            _ => {
                // SAFETY: `new` is a layout of a size above 0.
                let moved = unsafe { self.alloc(new) };
                if !moved.is_null() {
                    let kept = layout.size().min(new_size);
                    // SAFETY: both blocks are valid for the smaller of the two sizes, and not one.
                    unsafe { moved.copy_from_nonoverlapping(pointer, kept) };
                    // SAFETY: `pointer` came from this allocator with `layout`.
                    unsafe { self.dealloc(pointer, layout) };
                }
                moved
            }
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match large(layout) {
            // SAFETY: `map` returned `pointer` for as many bytes, and nobody uses them any more.
            Some(bytes) => unsafe { unmap(pointer, bytes) },
            // SAFETY: `pointer` came from the system's allocator with `layout`.
            None => unsafe { System.dealloc(pointer, layout) },
        }
    }
}

/// Returns the bytes of the mapping that a layout gets, whole huge pages; `None` where it is small.
fn large(layout: Layout) -> Option<usize> {
    let is_large = layout.size() >= HUGE_PAGE && layout.align() <= HUGE_PAGE;
    // A layout is at most `isize::MAX`, so the sum does not overflow.
    is_large.then(|| layout.size().next_multiple_of(HUGE_PAGE))
}

/// Returns new memory of zeros from the boundary of a huge page on; null where there is none.
fn map(bytes: usize) -> *mut u8 {
    // A mapping begins anywhere: what is before and after the huge pages in it goes back. The
    // last that fit are kept, so that the next mapping, which the kernel puts below this one, ends
    // where it begins: the kernel has them as one then, and it allows some 65,000.
    let Some(spare) = bytes.checked_add(HUGE_PAGE) else {
        return null_mut();
    };
    let (protection, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    let anywhere = without_provenance_mut(0);
    // SAFETY: a new anonymous mapping at an address of the kernel's choice touches no other.
    let mapping = unsafe { libc::mmap(anywhere, spare, protection, flags, -1, 0) };
    if mapping == libc::MAP_FAILED {
        return null_mut();
    }
    let mapping: *mut u8 = mapping.cast();
    // From the first boundary a huge page fits beyond `bytes` only where the mapping begins at one.
    let to_boundary = mapping.align_offset(HUGE_PAGE);
    let before = if to_boundary == 0 {
        HUGE_PAGE
    } else {
        to_boundary
    };
    // SAFETY: `before` is at most a huge page, which the mapping is longer than `bytes`.
    let start = unsafe { mapping.add(before) };
    // SAFETY: `bytes` from `start` on lie inside the mapping, or end with it.
    let end = unsafe { start.add(bytes) };
    // SAFETY: it is the part of the mapping before what is returned.
    unsafe { unmap(mapping, before) };
    // SAFETY: it is the part of the mapping behind what is returned.
    unsafe { unmap(end, HUGE_PAGE - before) };
    if ADVISED.try_with(Cell::get).unwrap_or(false) {
        // SAFETY: the range is a mapping of this process; the advice changes no content. A kernel
        // without huge pages refuses, and small ones are as right.
        unsafe { libc::madvise(start.cast(), bytes, libc::MADV_HUGEPAGE) };
    }
    start
}

/// Gives memory back.
///
/// # Safety
///
/// The range is part of what `map` mapped, and nobody uses it any more.
unsafe fn unmap(start: *mut u8, bytes: usize) {
    if bytes > 0 {
        // SAFETY: the caller's.
        let status = unsafe { libc::munmap(start.cast(), bytes) };
        if status != 0 {
            // No error can be told from here, and to go on would be to leak in silence.
            std::process::abort();
        }
    }
}
