//! What the two ends share, and who may touch what of it.
#![expect(
    unsafe_code,
    reason = "two threads share slots that no lock guards; who may touch which is proven below"
)]
//!
//! # Who may touch what
//!
//! A record has a **position**, counted from 0 and never wrapped; a batch has a number, likewise.
//! The record at position `p` lies in the head of its batch where it is the first of it, else in
//! slot `p mod slots`. Batch `b` has head `b mod heads`. There are at least `capacity` slots and
//! as many heads, and a record is staged only where fewer than `capacity` are staged or published
//! and not yet released. So:
//!
//! 1. The producer alone touches a slot or a head's record from the time it is **released** until
//!    it is **published**. Position `p` may be written where `p < released + capacity`: then
//!    `p - slots < released`, so who had the slot before is released. And every batch that is not
//!    released has a record that is not, so at most `heads` of them are there, the new one
//!    included: who had its head before is released.
//! 2. The consumer alone touches them from then until they are released again. It reads position
//!    `p` only below an end that it has loaded from a head.
//! 3. Publishing is a `Release` store of the batch's end into its head, seen by an `Acquire` load.
//!    A head holds an end above the consumer's position only where its batch is published: an end
//!    from an earlier lap is an end that the consumer has passed.
//! 4. Releasing is a `Release` store of the consumer's position, seen by an `Acquire` load.

use std::mem::MaybeUninit;

use crate::sync::{Arc, AtomicBool, AtomicUsize, UnsafeCell};

mod consumer;
mod producer;

pub use consumer::Consumer;
pub use producer::Producer;

/// Records that a producer stages; it publishes them on its own when one more comes.
pub const STAGED_MAX: usize = 32;

/// Bytes that two cores hand each other at once.
const LINE_BYTES: usize = 64;

/// Slots of one block: a power of two.
const BLOCK_SLOTS: usize = 32;

// What is published at once reaches into two blocks at most.
const _: () = assert!(STAGED_MAX <= BLOCK_SLOTS && BLOCK_SLOTS.is_power_of_two());

/// A record, or the room for one.
type Slot<T> = UnsafeCell<MaybeUninit<T>>;

/// Where a batch begins. Two lines, which a core that fetches lines in pairs fetches at once.
#[repr(C, align(128))]
struct Head<T> {
    /// Position behind the batch's last record.
    end: AtomicUsize,
    first: Slot<T>,
}

/// Slots that begin at the begin of a line.
#[repr(C, align(64))]
struct Block<T>([Slot<T>; BLOCK_SLOTS]);

/// A value that no other shares its lines with.
#[repr(align(128))]
struct Alone<T>(T);

struct Shared<T> {
    heads: Box<[Head<T>]>,
    blocks: Box<[Block<T>]>,
    /// Position below which the consumer is done.
    released: Alone<AtomicUsize>,
    producer_gone: AtomicBool,
    consumer_gone: AtomicBool,
    capacity: usize,
}

// SAFETY: one producer and one consumer are made, and neither can be cloned; slots and heads are
// touched by one of them at a time (rules 1 and 2), with an Acquire load of the other's Release
// store between (rules 3 and 4); records move from one thread to the other, so `T` is `Send`.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    #[inline]
    fn head(&self, batch: usize) -> &Head<T> {
        let index = batch & self.heads.len().wrapping_sub(1);
        // SAFETY: the count of heads is a power of two, so the mask keeps the index below it.
        unsafe { self.heads.get_unchecked(index) }
    }

    #[inline]
    fn block(&self, position: usize) -> &Block<T> {
        let index = (position / BLOCK_SLOTS) & self.blocks.len().wrapping_sub(1);
        // SAFETY: the count of blocks is a power of two, so the mask keeps the index below it.
        unsafe { self.blocks.get_unchecked(index) }
    }
}

impl<T: Copy> Shared<T> {
    /// Copies `records`, fewer than [`BLOCK_SLOTS`], to the slots from `position` on.
    ///
    /// # Safety
    ///
    /// These positions are the producer's to write: released and not yet published.
    unsafe fn write(&self, position: usize, records: &[MaybeUninit<T>]) {
        let offset = position % BLOCK_SLOTS;
        let before_edge = records.len().min(BLOCK_SLOTS - offset);
        let (here, beyond) = records.split_at(before_edge);
        // SAFETY: the caller may write these positions; they end at the edge of their block.
        unsafe { copy(here, &self.block(position).0[offset..]) };
        if !beyond.is_empty() {
            let edge = position.wrapping_add(before_edge);
            // SAFETY: the caller may write these positions; fewer than a block are left.
            unsafe { copy(beyond, &self.block(edge).0) };
        }
    }
}

/// Copies `records` to the first of `slots`.
///
/// # Safety
///
/// There are as many slots, and nobody else touches them meanwhile.
#[cfg(not(all(test, loom)))]
#[inline]
unsafe fn copy<T: Copy>(records: &[MaybeUninit<T>], slots: &[Slot<T>]) {
    debug_assert!(records.len() <= slots.len());
    let to = slots.as_ptr().cast_mut().cast::<MaybeUninit<T>>();
    // SAFETY: `records` is readable for its length.
    // `to` is writable for as many: slots are cells around records and nothing else.
    // Both are aligned, being made from slices of that type or a transparent wrapper of it.
    // They do not overlap: `records` is borrowed from the producer's own memory.
    // Nobody else touches the slots, says the caller.
    unsafe { std::ptr::copy_nonoverlapping(records.as_ptr(), to, records.len()) };
}

/// Copies `records` to the first of `slots`, slot by slot, so that loom sees each.
///
/// # Safety
///
/// There are as many slots, and nobody else touches them meanwhile.
#[cfg(all(test, loom))]
unsafe fn copy<T: Copy>(records: &[MaybeUninit<T>], slots: &[Slot<T>]) {
    for (record, slot) in records.iter().zip(slots) {
        // SAFETY: the pointer is the slot's, and nobody else touches it, says the caller.
        slot.with_mut(|to| unsafe { to.write(*record) });
    }
}

/// The ring has no room; here is the record back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// Returns the two ends of a ring of `capacity` records. All allocation happens here, and all of
/// the memory is written once, so that no page is missing later: for each record, their count
/// rounded up to a power of two, a slot and a head of 128 bytes, or more where a record has more
/// than 120.
///
/// # Panics
///
/// Panics where the memory would exceed what the address space holds.
///
/// # Examples
///
/// ```
/// use matchgate_ring::{Full, ring};
///
/// let (mut producer, mut consumer) = ring(2);
/// assert_eq!(producer.try_push('a'), Ok(()));
/// assert_eq!(producer.try_push('b'), Ok(()));
/// assert_eq!(producer.try_push('c'), Err(Full('c')));
/// assert_eq!(consumer.pop(), Some('a')); // a full ring has published what was staged
/// assert_eq!(producer.try_push('c'), Ok(()));
/// ```
#[must_use]
pub fn ring<T: Copy + Send>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let head = |_| Head {
        end: AtomicUsize::new(0),
        first: UnsafeCell::new(MaybeUninit::zeroed()),
    };
    let block = |_| {
        Block(std::array::from_fn(|_| {
            UnsafeCell::new(MaybeUninit::zeroed())
        }))
    };
    // A power of two, as the count of blocks, for the masks; at least the capacity, for rule 1.
    let head_count = capacity.max(1).next_power_of_two();
    let shared = Arc::new(Shared {
        heads: (0..head_count).map(head).collect(),
        blocks: (0..head_count.div_ceil(BLOCK_SLOTS)).map(block).collect(),
        released: Alone(AtomicUsize::new(0)),
        producer_gone: AtomicBool::new(false),
        consumer_gone: AtomicBool::new(false),
        capacity,
    });
    let producer = Producer::new(Arc::clone(&shared));
    (producer, Consumer::new(shared))
}
