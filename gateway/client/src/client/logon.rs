//! Logon: connects, resumes, and settles with the venue which requests must be sent again.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use matchgate_core::domain::RequestNumber;
use matchgate_schema::capnp::{Encoder, encode_client};
use matchgate_schema::message::{
    ClientMessage, Logon, LogonAnswer, PROTOCOL_VERSION, ServerMessage,
};

use super::Client;
use crate::error::{ClientError, StateError};
use crate::link::{Fill, Link};
use crate::liveness::Liveness;
use crate::options::ClientOptions;
use crate::state::ClientState;
use crate::tail::Tail;

/// How a session went on after a logon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumption {
    /// What the venue answered.
    pub answer: LogonAnswer,
    /// Requests that were sent again under their numbers, since they had had no effect.
    pub resent: usize,
    /// Requests that could not be sent again: a power loss took decided requests with lower
    /// numbers, so the venue would see a gap. They had no effect, and their numbers will be
    /// given again.
    pub abandoned: Vec<ClientMessage>,
}

impl Client {
    /// Connects and logs on, with nothing to resume: the next request gets the number that the
    /// venue expects.
    ///
    /// # Errors
    ///
    /// Socket errors, the venue's refusal, or no answer in time.
    pub fn connect(
        address: impl ToSocketAddrs,
        options: ClientOptions,
    ) -> Result<(Self, LogonAnswer), ClientError> {
        let state = ClientState {
            next_sequence: options.next_expected,
            ..ClientState::NEW
        };
        let (client, resumption) = Self::resume(address, options, state)?;
        Ok((client, resumption.answer))
    }

    /// Connects and logs on with the saved state of an earlier process: asks for every message
    /// from its sequence on, and sends again exactly the requests that are not decided.
    ///
    /// # Errors
    ///
    /// As [`Client::connect`]; [`ClientError::UnacknowledgedFull`] where the state holds more
    /// requests than `options` let the client keep, [`ClientError::State`] where their numbers do
    /// not rise.
    pub fn resume(
        address: impl ToSocketAddrs,
        options: ClientOptions,
        state: ClientState,
    ) -> Result<(Self, Resumption), ClientError> {
        let address = address
            .to_socket_addrs()?
            .next()
            .ok_or(std::io::ErrorKind::AddrNotAvailable)
            .map_err(std::io::Error::from)?;
        let mut client = Self {
            address,
            options,
            link: Link::new(options.output_bytes_max),
            liveness: Liveness::new(options.logon_timeout, Instant::now()),
            encoder: Encoder::new(),
            tail: Tail::new(options.unacknowledged_max),
            next_request: state.next_request,
            next_sequence: state.next_sequence,
            durable_through: 0,
            lost_from: 0,
        };
        let mut last = RequestNumber(0);
        for message in state.unacknowledged {
            let number = message.request().ok_or(ClientError::NotARequest)?;
            if number <= last {
                return Err(StateError::Order(number).into());
            }
            client.check_tail()?;
            client.tail.push(number, message);
            last = number;
        }
        let resumption = client.reconnect()?;
        Ok((client, resumption))
    }

    /// Logs on anew over a new connection to the same address: goes on with the next expected
    /// sequence, and sends again exactly the requests that the venue says are not decided, under
    /// their numbers.
    ///
    /// The venue lets a session have one connection, and may not have seen the end of the last one
    /// yet: [`ClientError::LogonRefused`] with `SessionInUse` right after a lost connection passes
    /// within two and a half heartbeat intervals. Once the answer to [`Client::logout`] has come, it
    /// does not occur.
    ///
    /// # Errors
    ///
    /// As [`Client::connect`]. Nothing is lost by an error; call it again.
    pub fn reconnect(&mut self) -> Result<Resumption, ClientError> {
        self.reconnect_to(self.address)
    }

    /// As [`Client::reconnect`], to another address of the same venue.
    ///
    /// # Errors
    ///
    /// As [`Client::reconnect`].
    pub fn reconnect_to(&mut self, address: SocketAddr) -> Result<Resumption, ClientError> {
        self.address = address;
        self.link.open(address, self.options.connect_timeout)?;
        let result = self.log_on();
        if result.is_err() {
            self.link.close();
        }
        result
    }

    fn log_on(&mut self) -> Result<Resumption, ClientError> {
        let logon = ClientMessage::Logon(Logon {
            protocol_version: PROTOCOL_VERSION,
            key: self.options.key,
            next_expected: self.next_sequence,
            durability: self.options.durability,
        });
        self.link.queue(encode_client(&logon, &mut self.encoder));
        let answer = self.await_answer()?;
        let asked = self.next_sequence;
        // Where messages were lost, those beyond the loss come next; else exactly those asked for.
        if answer.replay_from != asked && asked != 0 && answer.lost_from == 0 {
            return Err(ClientError::SequenceGap {
                expected: asked,
                received: answer.replay_from,
            });
        }
        self.next_sequence = answer.replay_from;
        self.lost_from = answer.lost_from;
        let interval = Duration::from_millis(answer.heartbeat_interval_ms.max(1).into());
        self.liveness = Liveness::new(interval, Instant::now());
        self.send_undecided(answer)
    }

    fn await_answer(&mut self) -> Result<LogonAnswer, ClientError> {
        let started = Instant::now();
        loop {
            self.link.flush()?;
            match self.take_message()? {
                Some(ServerMessage::LogonAnswer(answer)) => return Ok(answer),
                Some(ServerMessage::Logout { reason }) => {
                    return Err(ClientError::LogonRefused { reason });
                }
                Some(_) => return Err(ClientError::OutOfPlace),
                None => {}
            }
            let Some(left) = self.options.logon_timeout.checked_sub(started.elapsed()) else {
                let timeout_ms = self.options.logon_timeout.as_millis();
                return Err(ClientError::LogonTimeout { timeout_ms });
            };
            match self.link.fill()? {
                Fill::Bytes => {}
                Fill::Nothing => self.link.wait_readable(left)?,
                Fill::Closed => return Err(ClientError::Disconnected),
            }
        }
    }

    /// Sends what the answer says is not decided, in the order of the numbers: first the holes
    /// below the venue's highest number, then what it never saw.
    fn send_undecided(&mut self, answer: LogonAnswer) -> Result<Resumption, ClientError> {
        let highest = answer.request_highest;
        self.tail
            .decide_where(|number| number <= highest && answer.is_decided(number));
        let abandoned = self.abandon_behind_gap(highest);
        for message in self.tail.undecided() {
            self.link.queue(encode_client(message, &mut self.encoder));
        }
        let resumption = Resumption {
            answer,
            resent: self.tail.undecided_count(),
            abandoned,
        };
        self.flush()?;
        Ok(resumption)
    }

    /// The venue takes new numbers only from `highest` + 1 on without a gap. Where the tail lacks
    /// one of them, what lies above cannot be sent under its number.
    fn abandon_behind_gap(&mut self, highest: RequestNumber) -> Vec<ClientMessage> {
        let mut next = highest;
        for message in self.tail.undecided() {
            let number = message.request().unwrap_or_default();
            if number > highest {
                if number.get() != next.get() + 1 {
                    break;
                }
                next = number;
            }
        }
        let abandoned = self.tail.split_above(next);
        self.next_request = RequestNumber(next.get() + 1);
        abandoned
    }
}
