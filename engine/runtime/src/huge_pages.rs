//! Large tables on huge pages: fewer page addresses to look up. It must not know what a table is.
//!
//! A processor keeps the addresses of some hundred pages at hand. A table of some megabytes on
//! pages of 4 KiB has more than that, and what is read at random in it waits for the page table
//! first.

pub use crate::sys::PagedAllocator;

/// Runs `section` and returns its answer. Every block of 2 MiB or more that the calling thread
/// allocates meanwhile asks for huge pages, where [`PagedAllocator`] is the global allocator.
///
/// It is for tables that are touched as a whole when they are made: a huge page is given, and
/// cleared, at the first touch of any byte in it.
pub fn on_huge_pages<R>(section: impl FnOnce() -> R) -> R {
    crate::sys::advised(section)
}
