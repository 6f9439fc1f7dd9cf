//! The provided-buffer ring: memory that the kernel fills with whatever connection has bytes.
//!
//! A buffer is either the kernel's, or out as a [`Filled`], which is the only key to its bytes
//! and is given up when the buffer goes back.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::IoUring;
use io_uring::types::BufRingEntry;

/// Alignment that the kernel asks of the ring.
const PAGE_BYTES: usize = 4096;

/// A buffer that the kernel has filled and given to us.
#[derive(Debug)]
pub(crate) struct Filled {
    buffer: u16,
    /// Bytes at its start that were used already.
    used: u32,
    length: u32,
}

impl Filled {
    /// Returns the number of the buffer, below the count of them.
    #[inline]
    pub(crate) fn buffer(&self) -> u16 {
        self.buffer
    }

    /// Returns how many bytes it holds.
    #[inline]
    pub(crate) fn length(&self) -> u32 {
        self.length - self.used
    }

    /// Leaves only the last `rest` bytes; all, where it holds fewer.
    pub(crate) fn keep_last(&mut self, rest: usize) {
        let rest = u32::try_from(rest).unwrap_or(u32::MAX);
        self.used = self.used.max(self.length.saturating_sub(rest));
    }
}

/// The buffers and the ring through which they go to the kernel.
#[derive(Debug)]
pub(crate) struct ReceiveBuffers {
    entries: NonNull<BufRingEntry>,
    memory: NonNull<u8>,
    count: u16,
    buffer_bytes: u32,
    tail: u16,
    out: u16,
}

// SAFETY: the two allocations belong to this value alone and follow it to another thread.
unsafe impl Send for ReceiveBuffers {}

impl ReceiveBuffers {
    /// Allocates `count` buffers of `buffer_bytes`, all of them ours until they are provided.
    /// `count` is a power of two of at most 32,768.
    pub(crate) fn new(count: u16, buffer_bytes: u32) -> Self {
        assert!(
            count.is_power_of_two() && buffer_bytes > 0,
            "whole ring of buffers"
        );
        let (entries_layout, memory_layout) = layouts(count, buffer_bytes);
        // SAFETY: the layout has at least one entry, so its size is not zero.
        let entries = unsafe { alloc_zeroed(entries_layout) };
        // SAFETY: at least one buffer of at least one byte, so its size is not zero.
        let memory = unsafe { alloc(memory_layout) };
        let memory = NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(memory_layout));
        // SAFETY: the allocation has that size. Touched now, so that no page is missing later.
        unsafe { memory.write_bytes(u8::MAX, memory_layout.size()) };
        Self {
            entries: NonNull::new(entries.cast())
                .unwrap_or_else(|| handle_alloc_error(entries_layout)),
            memory,
            count,
            buffer_bytes,
            tail: 0,
            out: 0,
        }
    }

    /// Registers the ring as buffer group `group` and gives the kernel every buffer.
    ///
    /// # Errors
    ///
    /// Returns the kernel's error.
    ///
    /// # Safety
    ///
    /// This value outlives every operation of `uring` that selects from the group.
    pub(crate) unsafe fn register(&mut self, uring: &IoUring, group: u16) -> std::io::Result<()> {
        let address = u64::try_from(self.entries.as_ptr().expose_provenance())
            .expect("an address has at most 64 bits");
        // SAFETY: `entries` holds `count` entries, is page aligned, and by the caller's word
        // outlives the operations that use it.
        let registered = unsafe {
            uring
                .submitter()
                .register_buf_ring_with_flags(address, self.count, group, 0)
        };
        registered?;
        for buffer in 0..self.count {
            self.provide(buffer);
        }
        self.publish();
        Ok(())
    }

    /// Returns how many buffers the kernel has, or has filled without our having seen it yet.
    #[inline]
    pub(crate) fn available(&self) -> u16 {
        self.count - self.out
    }

    /// Takes what the kernel says it has filled; `None` where it names no buffer of ours.
    ///
    /// # Safety
    ///
    /// `buffer` and `length` come from a completion, once for each completion.
    #[inline]
    pub(crate) unsafe fn take(&mut self, buffer: u16, length: u32) -> Option<Filled> {
        let known = buffer < self.count && length <= self.buffer_bytes;
        debug_assert!(known, "the kernel fills only buffers it was given");
        known.then(|| {
            self.out += 1;
            Filled {
                buffer,
                used: 0,
                length,
            }
        })
    }

    /// Returns the bytes of a filled buffer.
    #[inline]
    pub(crate) fn bytes(&self, filled: &Filled) -> &[u8] {
        let number = |bytes: u32| usize::try_from(bytes).expect("a length fits the address space");
        let start = self.buffer_start(filled.buffer);
        // SAFETY: the buffer lies inside our allocation, `length` is at most its size (checked
        // when it was taken), the kernel wrote the bytes, and does not write there again before
        // `give_back`, which takes the key.
        let bytes = unsafe { std::slice::from_raw_parts(start.as_ptr(), number(filled.length)) };
        bytes.get(number(filled.used)..).unwrap_or_default()
    }

    /// Gives a buffer back to the kernel.
    #[inline]
    pub(crate) fn give_back(&mut self, filled: Filled) {
        let Filled { buffer, .. } = filled;
        self.out -= 1;
        self.provide(buffer);
        self.publish();
    }

    /// Writes the entry of `buffer` behind the tail.
    #[inline]
    fn provide(&mut self, buffer: u16) {
        let address = u64::try_from(self.buffer_start(buffer).as_ptr().expose_provenance())
            .expect("an address has at most 64 bits");
        let index = usize::from(self.tail & (self.count - 1));
        // SAFETY: the index is below `count`, so the entry lies inside the allocation.
        let mut entry = unsafe { self.entries.add(index) };
        // SAFETY: the entry is zeroed or was written before, the kernel reads only entries below
        // the published tail, and nobody else of ours refers to it.
        let entry = unsafe { entry.as_mut() };
        // The three setters leave alone the field that is the tail in entry 0.
        entry.set_addr(address);
        entry.set_len(self.buffer_bytes);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
    }

    /// Shows the kernel every entry below the tail.
    #[inline]
    fn publish(&self) {
        // SAFETY: `entries` is the address of the first entry of the ring, and it is initialized.
        let tail = unsafe { BufRingEntry::tail(self.entries.as_ptr()) };
        // SAFETY: the field is two bytes, aligned, lives as long as `self`, and is only ever
        // written through this atomic.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }

    #[inline]
    fn buffer_start(&self, buffer: u16) -> NonNull<u8> {
        let bytes = usize::try_from(self.buffer_bytes).expect("a length fits the address space");
        // SAFETY: `buffer` is below `count` wherever one is made, so this stays inside `memory`.
        unsafe { self.memory.add(usize::from(buffer) * bytes) }
    }
}

impl Drop for ReceiveBuffers {
    fn drop(&mut self) {
        let (entries_layout, memory_layout) = layouts(self.count, self.buffer_bytes);
        // SAFETY: allocated in `new` with this layout; no operation uses it any more, by the word
        // that `register` was given.
        unsafe { dealloc(self.entries.as_ptr().cast(), entries_layout) };
        // SAFETY: as above.
        unsafe { dealloc(self.memory.as_ptr(), memory_layout) };
    }
}

/// Returns the layout of the entries and of the buffers, both page aligned.
fn layouts(count: u16, buffer_bytes: u32) -> (Layout, Layout) {
    let count = usize::from(count);
    let buffer_bytes = usize::try_from(buffer_bytes).expect("a length fits the address space");
    let layout = |bytes: usize| {
        Layout::from_size_align(bytes, PAGE_BYTES).expect("a bounded size, a power of two")
    };
    (
        layout(count * size_of::<BufRingEntry>()),
        layout(count * buffer_bytes),
    )
}
