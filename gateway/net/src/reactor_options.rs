//! What a reactor is made with, what it counts, and how it fails.

use std::io;
use std::net::TcpStream;

/// Connections of one reactor at the most. Each takes some 66 KiB, set aside at the start: two
/// halves of its output and the beginning of a frame. Its receive buffers are shared. The whole is
/// 290 MiB, and the queues of the kernel's instance end at 10,922 connections.
pub const CONNECTIONS_MAX: u32 = 4_096;
/// Connections that a gateway has beside one for each of its sessions: those that were told to end
/// hold their slot until the peer closes, for a second at the most, while the next ones of their
/// sessions are here already; and those of keys whose session has a connection.
pub const CLOSING_CONNECTIONS: u32 = 256;
/// Sessions whose home one gateway may be.
pub const SESSIONS_PER_GATEWAY_MAX: u32 = CONNECTIONS_MAX - CLOSING_CONNECTIONS;
/// Receive buffers of one reactor at the most.
pub const RECEIVE_BUFFERS_MAX: u16 = 4_096;
/// Bytes of one receive buffer at the most.
pub const RECEIVE_BUFFER_BYTES_MAX: u32 = 65_536;
/// Bytes that may wait to be sent on one connection at the most, beside those in flight.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// Sizes of a reactor, fixed at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactorOptions {
    /// Connections at one time; 1 to [`CONNECTIONS_MAX`].
    pub connections: u32,
    /// Receive buffers, shared by all connections; a power of two up to [`RECEIVE_BUFFERS_MAX`].
    pub receive_buffers: u16,
    /// Bytes of each; 1 to [`RECEIVE_BUFFER_BYTES_MAX`].
    pub receive_buffer_bytes: u32,
    /// Bytes that may wait on one connection, and as many again in flight; 1 to
    /// [`OUTPUT_BYTES_MAX`].
    pub output_bytes: usize,
}

impl Default for ReactorOptions {
    /// 256 connections, 512 buffers of 4 KiB, 32 KiB of output each way: 18 MiB in all.
    fn default() -> Self {
        Self {
            connections: 256,
            receive_buffers: 512,
            receive_buffer_bytes: 4_096,
            output_bytes: 32 * 1_024,
        }
    }
}

impl ReactorOptions {
    /// Returns the options of a gateway that is the home of `sessions` sessions: one connection for
    /// each and [`CLOSING_CONNECTIONS`], [`CONNECTIONS_MAX`] at the most, and two receive buffers
    /// for each connection.
    #[must_use]
    pub fn for_sessions(sessions: u32) -> Self {
        let wanted = sessions.saturating_add(CLOSING_CONNECTIONS);
        let connections = wanted.min(CONNECTIONS_MAX);
        let buffers = (2 * connections).next_power_of_two();
        Self {
            connections,
            receive_buffers: u16::try_from(buffers)
                .unwrap_or(u16::MAX)
                .min(RECEIVE_BUFFERS_MAX),
            ..Self::default()
        }
    }

    /// Returns whether every option is within its range.
    ///
    /// # Errors
    ///
    /// Returns [`ReactorError::Option`] for the first that is not.
    pub fn check(&self) -> Result<(), ReactorError> {
        let wrong = |name, value| Err(ReactorError::Option { name, value });
        let number = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
        if !(1..=CONNECTIONS_MAX).contains(&self.connections) {
            return wrong("connections", number(self.connections));
        }
        let buffers = self.receive_buffers;
        if !buffers.is_power_of_two() || buffers > RECEIVE_BUFFERS_MAX {
            return wrong("receive_buffers", usize::from(buffers));
        }
        if !(1..=RECEIVE_BUFFER_BYTES_MAX).contains(&self.receive_buffer_bytes) {
            return wrong("receive_buffer_bytes", number(self.receive_buffer_bytes));
        }
        if !(1..=OUTPUT_BYTES_MAX).contains(&self.output_bytes) {
            return wrong("output_bytes", self.output_bytes);
        }
        Ok(())
    }
}

/// The reactor cannot start or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReactorError {
    /// An option is outside its range.
    #[error("reactor option {name} = {value} is outside its range")]
    Option {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: usize,
    },
    /// The process may not have as many files open as the reactor has connections.
    #[error(
        "{connections} connections, but the process may have only {open_files} files open \
         (ulimit -n, LimitNOFILE)"
    )]
    OpenFiles {
        /// Connections of the reactor.
        connections: u32,
        /// Files that may be open.
        open_files: u64,
    },
    /// The kernel made no io_uring instance: older than Linux 6.6, `io_uring_disabled`, or too
    /// little lockable memory.
    #[error("no io_uring instance (Linux 6.6 or later, not disabled): {0}")]
    Setup(#[source] io::Error),
    /// The kernel refused a submission as a whole.
    #[error("io_uring_enter failed: {0}")]
    Enter(#[source] io::Error),
}

/// A socket was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// Every slot is in use. Here is the socket back.
    #[error("every connection slot is in use")]
    Full(TcpStream),
    /// The socket could not be set up; it is closed.
    #[error("socket could not be set up: {0}")]
    Socket(#[from] io::Error),
}

/// How often what happened, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReactorCounts {
    /// Connections taken over.
    pub connections_opened: u64,
    /// Connections that ended.
    pub connections_closed: u64,
    /// Bytes that came.
    pub bytes_received: u64,
    /// Bytes that the kernel took.
    pub bytes_sent: u64,
    /// Sends of which the kernel took a part only.
    pub sends_partial: u64,
    /// Receives that found no buffer and were begun again.
    pub receives_starved: u64,
    /// Receives that were stopped because their connection was paused or too far ahead.
    pub receives_stopped: u64,
    /// System calls made by [`crate::Reactor::submit`].
    pub enters: u64,
}
