//! The client: follows the venue's sequence and answers, keeps the connection alive.

mod logon;
mod requests;

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use matchgate_core::domain::RequestNumber;
use matchgate_schema::capnp::{DecodeError, Encoder, decode_server, encode_client};
use matchgate_schema::message::{ClientMessage, ServerMessage};

pub use logon::Resumption;

use crate::error::ClientError;
use crate::link::{Fill, Link};
use crate::liveness::{Due, Liveness};
use crate::options::ClientOptions;
use crate::state::ClientState;
use crate::tail::Tail;

/// The longest single wait; a longer one is asked for again.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// One session of one client over Cap'n Proto. See the crate's documentation for its use.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    options: ClientOptions,
    link: Link,
    liveness: Liveness,
    encoder: Encoder,
    tail: Tail,
    next_request: RequestNumber,
    next_sequence: u64,
    durable_through: u64,
    lost_from: u64,
}

impl Client {
    /// Writes what is buffered, as far as the socket takes it without waiting; all of it in as few
    /// writes as can be.
    ///
    /// # Errors
    ///
    /// The socket failed or is down.
    pub fn flush(&mut self) -> Result<(), ClientError> {
        if !self.is_connected() {
            return Err(ClientError::Disconnected);
        }
        self.write().map_err(|error| self.down(error.into()))
    }

    fn write(&mut self) -> std::io::Result<()> {
        if self.link.flush()? {
            self.liveness.sent(Instant::now());
        }
        Ok(())
    }

    /// Ends the session's connection in good order: buffers a logout and flushes. The venue
    /// answers with its own, after what it sent before.
    ///
    /// # Errors
    ///
    /// As [`Client::flush`].
    pub fn logout(&mut self) -> Result<(), ClientError> {
        self.link
            .queue(encode_client(&ClientMessage::Logout, &mut self.encoder));
        self.flush()
    }

    /// Returns the next message of the venue if one is there; never waits. Also writes what is
    /// buffered and sends the heartbeats that are due, so call it at least every interval.
    ///
    /// After [`ServerMessage::Logout`] the connection is down.
    ///
    /// # Errors
    ///
    /// The socket failed, the venue closed it, was silent for too long, left out a sequence or
    /// sent what cannot be read. The connection is down then.
    pub fn poll(&mut self) -> Result<Option<ServerMessage>, ClientError> {
        let written = match self.link.output_bytes() {
            0 => Ok(()),
            _ => self.write(),
        };
        // What the venue said before it closed comes first: it may say why.
        match (self.receive(), written) {
            (Ok(Some(message)), _) => Ok(Some(message)),
            (Ok(None), Ok(())) => Ok(None),
            (Ok(None), Err(error)) => Err(self.down(error.into())),
            (Err(error), _) => Err(self.down(error)),
        }
    }

    fn receive(&mut self) -> Result<Option<ServerMessage>, ClientError> {
        if let Some(message) = self.take_message()? {
            return self.follow(message).map(Some);
        }
        if !self.is_connected() {
            return Err(ClientError::Disconnected);
        }
        let fill = self.link.fill()?;
        let now = Instant::now();
        match fill {
            Fill::Closed => return Err(ClientError::Disconnected),
            Fill::Bytes => self.liveness.heard(now),
            Fill::Nothing => {}
        }
        self.keep_alive(now)?;
        match self.take_message()? {
            Some(message) => self.follow(message).map(Some),
            None => Ok(None),
        }
    }

    fn keep_alive(&mut self, now: Instant) -> Result<(), ClientError> {
        match self.liveness.due(now) {
            Due::NothingBefore(_) => Ok(()),
            // Output that is stuck will show life as well as a heartbeat behind it.
            Due::Heartbeat if self.link.output_bytes() > 0 => Ok(()),
            Due::Heartbeat => {
                let frame = encode_client(&ClientMessage::Heartbeat, &mut self.encoder);
                self.link.queue(frame);
                Ok(self.write()?)
            }
            Due::Dead { silent } => Err(ClientError::VenueSilent {
                silent_ms: silent.as_millis(),
            }),
        }
    }

    /// Waits for the next message of the venue for at most `timeout`, sending heartbeats as they
    /// fall due; `None` where none came.
    ///
    /// # Errors
    ///
    /// As [`Client::poll`].
    pub fn wait(&mut self, timeout: Duration) -> Result<Option<ServerMessage>, ClientError> {
        let deadline = Instant::now() + timeout.min(WAIT_MAX);
        loop {
            if let Some(message) = self.poll()? {
                return Ok(Some(message));
            }
            let now = Instant::now();
            if now >= deadline {
                return Ok(None);
            }
            let until = match self.liveness.due(now) {
                Due::NothingBefore(due) => due.min(deadline),
                // Only with stuck output, or since the poll: that wait is short.
                Due::Heartbeat | Due::Dead { .. } => now,
            };
            if let Err(error) = self.link.wait_readable(until - now) {
                return Err(self.down(error.into()));
            }
        }
    }

    fn take_message(&mut self) -> Result<Option<ServerMessage>, ClientError> {
        match self.link.take_frame(decode_server) {
            Ok(Some(decoded)) => Ok(Some(decoded?)),
            Ok(None) => Ok(None),
            Err(reason) => Err(DecodeError::of_frame(reason).into()),
        }
    }

    /// Follows the venue's numbering and answers.
    fn follow(&mut self, message: ServerMessage) -> Result<ServerMessage, ClientError> {
        match &message {
            ServerMessage::LogonAnswer(_) => return Err(ClientError::OutOfPlace),
            ServerMessage::Report {
                sequence, report, ..
            } => {
                self.count(*sequence)?;
                self.tail.decide(report.request());
            }
            ServerMessage::RequestRepeated { request } => self.tail.decide(*request),
            ServerMessage::Heartbeat {
                durable_through, ..
            } => self.durable_through = *durable_through,
            ServerMessage::Logout { .. } => self.link.close(),
        }
        Ok(message)
    }

    /// A power loss leaves one hole in the numbers, which begins where the answer said.
    fn count(&mut self, sequence: u64) -> Result<(), ClientError> {
        let expected = self.next_sequence;
        let is_behind_loss = self.lost_from == expected && sequence > expected;
        if sequence != expected && !is_behind_loss {
            return Err(ClientError::SequenceGap {
                expected,
                received: sequence,
            });
        }
        self.next_sequence = sequence.saturating_add(1);
        Ok(())
    }

    fn down(&mut self, error: ClientError) -> ClientError {
        self.link.close();
        error
    }

    /// Returns what a restarted process needs to go on; see [`ClientState`].
    #[must_use]
    pub fn state(&self) -> ClientState {
        ClientState {
            next_request: self.next_request,
            next_sequence: self.next_sequence,
            unacknowledged: self.tail.undecided().copied().collect(),
        }
    }

    /// Returns the number that the next request gets.
    #[must_use]
    pub const fn next_request(&self) -> RequestNumber {
        self.next_request
    }

    /// Returns the sequence of the next numbered message.
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Returns the sequence through which, as the last heartbeat said, messages would survive a
    /// power loss.
    #[must_use]
    pub const fn durable_through(&self) -> u64 {
        self.durable_through
    }

    /// Returns how many requests have no answer yet.
    #[must_use]
    pub const fn unacknowledged_count(&self) -> usize {
        self.tail.undecided_count()
    }

    /// Returns whether a connection is up, as far as is known.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.link.stream().is_some()
    }

    /// Returns the socket, for a caller that waits for several at once. It is non-blocking and
    /// must stay so.
    #[must_use]
    pub const fn socket(&self) -> Option<&TcpStream> {
        self.link.stream()
    }
}
