//! One io_uring instance with its receive buffers and the outbound bytes of every slot.
//!
//! Single issuer, deferred task work: completions appear only inside [`Uring::enter`], on the
//! thread that made the instance. Slots have registered files, so an operation names a slot and
//! never a descriptor. It must not know when a slot is free: its user sees that no operation of a
//! slot is in flight before it gives the slot another file.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::types::{CancelBuilder, Fixed, Timespec};
use io_uring::{EnterFlags, IoUring, cqueue, opcode, squeue};

use super::output::Output;
use super::receive_buffers::{Filled, ReceiveBuffers};
use super::tag::{Operation, TAG_SLOTS_MAX, Tag};

/// The one group of provided buffers.
const BUFFER_GROUP: u16 = 0;
/// Rounds in which a dropped instance waits for its operations; each runs what has ended.
const QUIESCE_ROUNDS_MAX: u32 = 1_000;
/// Longest wait for the cancellation of everything, seconds.
const QUIESCE_SECONDS_MAX: u64 = 2;

/// Sizes, all fixed at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UringOptions {
    /// Connection slots.
    pub(crate) slots: u32,
    /// Receive buffers; a power of two of at most 32,768.
    pub(crate) receive_buffers: u16,
    /// Bytes of each receive buffer.
    pub(crate) receive_buffer_bytes: u32,
    /// Bytes of each half of a slot's output.
    pub(crate) output_bytes: usize,
}

/// The submission queue is full; the operation was not begun. Room comes with the next enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What a receive brought.
#[derive(Debug)]
pub(crate) enum Received {
    /// Bytes.
    Bytes(Filled),
    /// The peer has ended its side.
    End,
    /// No buffer was free; nothing was taken from the socket.
    NoBuffer,
    /// It was told to stop.
    Canceled,
    /// The connection failed with this error number.
    Failed(i32),
}

/// What has come of an operation.
#[derive(Debug)]
pub(crate) enum Completion {
    /// A receive brought something. `more`: it goes on by itself.
    Received {
        slot: u32,
        generation: u32,
        what: Received,
        more: bool,
    },
    /// The send of a slot has ended; what it took has left the slot's output. `whole`: it took
    /// all that it was given.
    Sent {
        slot: u32,
        generation: u32,
        outcome: Result<u32, i32>,
        whole: bool,
    },
    /// The request to stop a receive has ended, whether or not there was one to stop.
    CancelEnded { slot: u32, generation: u32 },
}

/// The instance and all memory that its operations use.
pub(crate) struct Uring {
    uring: IoUring,
    // These two are dropped by hand, once no operation uses them.
    buffers: ManuallyDrop<ReceiveBuffers>,
    outputs: ManuallyDrop<Box<[Output]>>,
    in_flight: u32,
}

impl std::fmt::Debug for Uring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Uring")
            .field("in_flight", &self.in_flight)
            .field("buffers", &self.buffers)
            .finish_non_exhaustive()
    }
}

impl Uring {
    /// Makes an instance on the calling thread, which alone may use it. All allocation is here.
    ///
    /// # Errors
    ///
    /// Returns the kernel's error: io_uring is disabled, or older than Linux 6.6, or memory may
    /// not be locked.
    pub(crate) fn new(options: &UringOptions) -> io::Result<Self> {
        // One receive, one send and one cancel a slot.
        let submissions = (3 * options.slots).next_power_of_two();
        let completions = submissions * 2 + u32::from(options.receive_buffers).next_power_of_two();
        assert!(options.slots <= TAG_SLOTS_MAX, "every slot has a tag");
        let uring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_taskrun_flag()
            .setup_no_sqarray()
            .setup_submit_all()
            .setup_cqsize(completions.next_power_of_two())
            .setup_clamp()
            .build(submissions)?;
        uring.submitter().register_files_sparse(options.slots)?;
        let outputs = (0..options.slots)
            .map(|_| Output::new(options.output_bytes))
            .collect();
        let buffers = ReceiveBuffers::new(options.receive_buffers, options.receive_buffer_bytes);
        let mut this = Self {
            uring,
            buffers: ManuallyDrop::new(buffers),
            outputs: ManuallyDrop::new(outputs),
            in_flight: 0,
        };
        // SAFETY: `drop` frees the buffers only once no operation is in flight.
        let registered = unsafe { this.buffers.register(&this.uring, BUFFER_GROUP) };
        registered.map(|()| this)
    }

    /// Gives a slot its file, or takes it away.
    ///
    /// # Errors
    ///
    /// Returns the kernel's error; the slot has no file then.
    pub(crate) fn set_file(&mut self, slot: u32, file: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let descriptor = file.map_or(-1, |file| file.as_raw_fd());
        self.uring
            .submitter()
            .register_files_update(slot, &[descriptor])
            .map(|_| ())
    }

    /// Begins to receive on a slot's file until it ends, fails, or no buffer is free.
    ///
    /// # Errors
    ///
    /// Returns [`Full`].
    pub(crate) fn receive(&mut self, slot: u32, generation: u32) -> Result<(), Full> {
        let tag = Tag {
            operation: Operation::Receive,
            slot,
            generation,
        };
        self.push(
            &opcode::RecvMulti::new(Fixed(slot), BUFFER_GROUP).build(),
            tag,
        )
    }

    /// Begins to stop the receive of a slot; it ends with [`Received::Canceled`], or with what
    /// it came upon before.
    ///
    /// # Errors
    ///
    /// Returns [`Full`].
    pub(crate) fn cancel_receive(&mut self, slot: u32, generation: u32) -> Result<(), Full> {
        let tag = |operation| Tag {
            operation,
            slot,
            generation,
        };
        let cancel = opcode::AsyncCancel::new(tag(Operation::Receive).pack()).build();
        self.push(&cancel, tag(Operation::CancelReceive))
    }

    /// Begins to send what the slot's output has, unless a send is in flight or there is nothing.
    ///
    /// # Errors
    ///
    /// Returns [`Full`].
    pub(crate) fn send(&mut self, slot: u32, generation: u32) -> Result<(), Full> {
        if self.uring.submission().is_full() {
            return Err(Full);
        }
        let tag = Tag {
            operation: Operation::Send,
            slot,
            generation,
        };
        let Some(bytes) = self.output(slot).begin_send() else {
            return Ok(());
        };
        let length = u32::try_from(bytes.len()).expect("an output half is bounded");
        let send = opcode::Send::new(Fixed(slot), bytes.as_ptr(), length)
            .flags(libc::MSG_NOSIGNAL)
            .build();
        self.push(&send, tag)
    }

    /// Queues one operation.
    fn push(&mut self, entry: &squeue::Entry, tag: Tag) -> Result<(), Full> {
        let entry = entry.clone().user_data(tag.pack());
        // SAFETY: a receive and a cancel point to no memory of ours but the registered buffers;
        // the bytes of a send stay untouched until its completion (`Output::begin_send`); `drop`
        // frees neither before no operation is in flight.
        let pushed = unsafe { self.uring.submission().push(&entry) };
        pushed.map_err(|_| Full)?;
        self.in_flight += 1;
        Ok(())
    }

    /// Submits what is queued and runs what the kernel has deferred. Makes at most one system
    /// call, none where there is neither, and never waits.
    ///
    /// # Errors
    ///
    /// Returns the kernel's error where it is not one that the next call gets over.
    pub(crate) fn enter(&mut self) -> io::Result<bool> {
        let submission = self.uring.submission();
        let queued = submission.len();
        if queued == 0 && !submission.taskrun() && !submission.cq_overflow() {
            return Ok(false);
        }
        drop(submission);
        self.enter_for(queued, 0)
    }

    fn enter_for(&mut self, queued: usize, wanted: u32) -> io::Result<bool> {
        let queued = u32::try_from(queued).expect("the queue is bounded");
        let submitter = self.uring.submitter();
        let flags = EnterFlags::GETEVENTS.bits();
        // SAFETY: `queued` entries were pushed, and no argument is passed.
        let entered = unsafe { submitter.enter::<libc::sigset_t>(queued, wanted, flags, None) };
        match entered {
            Ok(_) => Ok(true),
            // Interrupted, out of memory for the moment, or completions to be taken first.
            Err(error)
                if matches!(
                    error.raw_os_error(),
                    Some(libc::EINTR | libc::EAGAIN | libc::EBUSY)
                ) =>
            {
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the oldest completion. No system call.
    #[inline]
    pub(crate) fn next_completion(&mut self) -> Option<Completion> {
        loop {
            let entry = self.uring.completion().next()?;
            let more = cqueue::more(entry.flags());
            if !more {
                self.in_flight -= 1;
            }
            let Some(tag) = Tag::unpack(entry.user_data()) else {
                debug_assert!(false, "every operation has a tag");
                continue;
            };
            let Tag {
                operation,
                slot,
                generation,
            } = tag;
            let result = u32::try_from(entry.result()).map_err(|_| -entry.result());
            return Some(match operation {
                Operation::Receive => {
                    let what = self.received(result, entry.flags());
                    Completion::Received {
                        slot,
                        generation,
                        what,
                        more,
                    }
                }
                Operation::CancelReceive => Completion::CancelEnded { slot, generation },
                Operation::Send => {
                    let length = usize::try_from(result.unwrap_or(0)).unwrap_or(0);
                    let whole = self.output(slot).sent(length);
                    Completion::Sent {
                        slot,
                        generation,
                        outcome: result,
                        whole,
                    }
                }
            });
        }
    }

    fn received(&mut self, result: Result<u32, i32>, flags: u32) -> Received {
        let buffer = cqueue::buffer_select(flags);
        match (result, buffer) {
            (Ok(length), Some(buffer)) => {
                // SAFETY: both come from the completion that is being taken.
                let filled = unsafe { self.buffers.take(buffer, length) };
                match filled {
                    Some(filled) if length == 0 => {
                        self.buffers.give_back(filled);
                        Received::End
                    }
                    Some(filled) => Received::Bytes(filled),
                    None => Received::Failed(libc::EIO),
                }
            }
            (Ok(_), None) => Received::End,
            (Err(libc::ENOBUFS), _) => Received::NoBuffer,
            (Err(libc::ECANCELED), _) => Received::Canceled,
            (Err(error), _) => Received::Failed(error),
        }
    }

    /// Returns how many bytes a slot's output takes now.
    #[inline]
    pub(crate) fn output_space(&self, slot: u32) -> usize {
        self.outputs.get(index(slot)).map_or(0, Output::space)
    }

    /// Returns whether the kernel has taken every byte of a slot's output.
    #[inline]
    pub(crate) fn output_is_empty(&self, slot: u32) -> bool {
        self.outputs.get(index(slot)).is_none_or(Output::is_empty)
    }

    /// Returns the room left in a slot's output; bytes written there count once committed.
    #[inline]
    pub(crate) fn output_room(&mut self, slot: u32) -> &mut [u8] {
        self.output(slot).room()
    }

    /// Appends the first `length` bytes of the room.
    #[inline]
    pub(crate) fn output_commit(&mut self, slot: u32, length: usize) {
        self.output(slot).commit(length);
    }

    /// Appends all of `bytes`, or nothing where they do not fit.
    #[inline]
    pub(crate) fn output_append(&mut self, slot: u32, bytes: &[u8]) -> bool {
        self.output(slot).append(bytes)
    }

    /// Forgets a slot's output, for the next connection; no send of the slot is in flight.
    pub(crate) fn output_clear(&mut self, slot: u32) {
        self.output(slot).clear();
    }

    fn output(&mut self, slot: u32) -> &mut Output {
        self.outputs
            .get_mut(index(slot))
            .expect("slots are bounded by the options")
    }

    /// Returns the bytes of a filled buffer.
    #[inline]
    pub(crate) fn bytes(&self, filled: &Filled) -> &[u8] {
        self.buffers.bytes(filled)
    }

    /// Gives a filled buffer back.
    #[inline]
    pub(crate) fn give_back(&mut self, filled: Filled) {
        self.buffers.give_back(filled);
    }

    /// Returns whether a receive could find a buffer.
    #[inline]
    pub(crate) fn has_buffer(&self) -> bool {
        self.buffers.available() > 0
    }

    /// Ends every operation and returns whether none is left.
    fn quiesce(&mut self) -> bool {
        for _ in 0..QUIESCE_ROUNDS_MAX {
            while self.next_completion().is_some() {}
            if self.in_flight == 0 {
                return true;
            }
            let queued = self.uring.submission().len();
            if self.enter_for(queued, 0).is_err() {
                return false;
            }
            let wait = Timespec::new().sec(QUIESCE_SECONDS_MAX);
            // Nothing found means that what is in flight has ended and waits to be taken.
            let _canceled = self
                .uring
                .submitter()
                .register_sync_cancel(Some(wait), CancelBuilder::any());
        }
        false
    }
}

impl Drop for Uring {
    fn drop(&mut self) {
        // Where an operation cannot be ended, as on a thread that is not the instance's own, its
        // memory is left to it for good.
        if self.quiesce() {
            // SAFETY: not used after this; nothing is in flight.
            unsafe { ManuallyDrop::drop(&mut self.buffers) };
            // SAFETY: as above.
            unsafe { ManuallyDrop::drop(&mut self.outputs) };
        }
    }
}

#[inline]
fn index(slot: u32) -> usize {
    usize::try_from(slot).expect("a slot fits the address space")
}
