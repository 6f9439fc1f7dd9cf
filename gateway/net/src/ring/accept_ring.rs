//! A small io_uring instance that takes connections: one multishot accept brings all of them.
//!
//! For a cold core. What the kernel has to run for the operation is not deferred to an enter of
//! this instance: it runs with the thread's next system call of any kind, a peek or the core's
//! park, and until then a flag in shared memory says that it waits. So a look costs no system call
//! where nothing came. It must not know what a connection is for.

use std::io;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use io_uring::types::{CancelBuilder, Fd, Timespec};
use io_uring::{EnterFlags, IoUring, cqueue, opcode};

/// Connections that the kernel takes ahead of their user, to within one; the others wait in the
/// listener's own queue.
const AHEAD_MAX: u32 = 64;
/// Operations that are begun at one time: there is only the accept.
const OPERATIONS_MAX: u32 = 2;
/// Rounds in which the accept is told to stop; one is enough unless it was not begun yet.
const STOP_ROUNDS_MAX: u32 = 16;
/// Longest wait of one such round, seconds.
const STOP_SECONDS_MAX: u64 = 1;

/// The instance. One thread at a time uses it, not always the same one.
pub(crate) struct AcceptRing {
    uring: IoUring,
    accepting: bool,
    enters: u64,
}

impl std::fmt::Debug for AcceptRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("AcceptRing")
            .field("accepting", &self.accepting)
            .field("enters", &self.enters)
            .finish_non_exhaustive()
    }
}

impl AcceptRing {
    /// Makes an instance, on any thread.
    ///
    /// # Errors
    ///
    /// Returns the kernel's error: io_uring is disabled, or older than Linux 6.6, or memory may
    /// not be locked.
    pub(crate) fn new() -> io::Result<Self> {
        let uring = IoUring::builder()
            .setup_coop_taskrun()
            .setup_taskrun_flag()
            .setup_no_sqarray()
            .setup_cqsize(AHEAD_MAX)
            .build(OPERATIONS_MAX)?;
        Ok(Self {
            uring,
            accepting: false,
            enters: 0,
        })
    }

    /// Returns whether an accept was begun that has not ended.
    pub(crate) fn is_accepting(&self) -> bool {
        self.accepting
    }

    /// Returns the system calls made by [`Self::run`].
    pub(crate) fn enters(&self) -> u64 {
        self.enters
    }

    /// Begins to accept on a listener that may block, with the next [`Self::run`], unless it is
    /// accepting already. Sockets come non-blocking.
    pub(crate) fn begin(&mut self, listener: BorrowedFd<'_>) {
        if self.accepting {
            return;
        }
        let accept = opcode::AcceptMulti::new(Fd(listener.as_raw_fd()))
            .flags(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK)
            .build();
        // SAFETY: the operation points to no memory; the kernel holds the listener's file itself
        // from the submission on, and fails the operation where the descriptor is closed by then.
        let pushed = unsafe { self.uring.submission().push(&accept) };
        self.accepting = pushed.is_ok();
    }

    /// Submits what was begun and lets the kernel run what waits. Makes at most one system call,
    /// none where there is neither, and never waits.
    ///
    /// # Errors
    ///
    /// Returns the kernel's error where it is not one that the next call gets over.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        let submission = self.uring.submission();
        let queued = submission.len();
        if queued == 0 && !submission.taskrun() && !submission.cq_overflow() {
            return Ok(());
        }
        drop(submission);
        let queued = u32::try_from(queued).expect("the queue is bounded");
        let flags = EnterFlags::GETEVENTS.bits();
        self.enters += 1;
        // SAFETY: `queued` entries were pushed, and no argument is passed.
        let entered = unsafe {
            let submitter = self.uring.submitter();
            submitter.enter::<libc::sigset_t>(queued, 0, flags, None)
        };
        match entered {
            Ok(_) => Ok(()),
            // Interrupted, out of memory for the moment, or completions to be taken first.
            Err(error)
                if matches!(
                    error.raw_os_error(),
                    Some(libc::EINTR | libc::EAGAIN | libc::EBUSY)
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the oldest connection, or the error number with which the accept has ended. No system
    /// call. The accept also ends behind a connection, where too many wait to be taken.
    pub(crate) fn next(&mut self) -> Option<Result<TcpStream, i32>> {
        let entry = self.uring.completion().next()?;
        self.accepting = cqueue::more(entry.flags());
        let result = entry.result();
        if result < 0 {
            return Some(Err(-result));
        }
        // SAFETY: the kernel opened this descriptor for the completion that is being taken.
        let socket = unsafe { OwnedFd::from_raw_fd(result) };
        Some(Ok(socket.into()))
    }

    /// Stops to accept and gives what was accepted until then to `take`. The listener's address is
    /// free as soon as the listener is closed, where this is the thread that accepted.
    pub(crate) fn stop(&mut self, mut take: impl FnMut(TcpStream)) {
        for _ in 0..STOP_ROUNDS_MAX {
            let wait = Timespec::new().sec(STOP_SECONDS_MAX);
            // Nothing found means that the accept has ended, or is begun by the run below.
            let _canceled = self
                .uring
                .submitter()
                .register_sync_cancel(Some(wait), CancelBuilder::any());
            let ran = self.run();
            while let Some(accepted) = self.next() {
                if let Ok(socket) = accepted {
                    take(socket);
                }
            }
            if !self.accepting || ran.is_err() {
                return;
            }
        }
    }
}

impl Drop for AcceptRing {
    fn drop(&mut self) {
        self.stop(drop);
    }
}
