//! What a client must remember over a restart of its own process.

use matchgate_core::domain::RequestNumber;
use matchgate_schema::capnp::{Encoder, decode_client, encode_client, frame};
use matchgate_schema::message::ClientMessage;

use crate::error::StateError;

/// First bytes of saved state; the last one is the format.
const MAGIC: [u8; 8] = *b"MGCLNT\0\x01";

/// What a client must remember over a restart of its own process: saved before a request is
/// flushed, it makes every request happen exactly once.
///
/// A state that is older than the last flush is safe too: requests that it lacks are not sent
/// again, and their reports come with those from `next_sequence` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientState {
    /// Number of the next new request.
    pub next_request: RequestNumber,
    /// Sequence of the next numbered message of the venue.
    pub next_sequence: u64,
    /// Requests that have no answer yet, in the order of their numbers.
    pub unacknowledged: Vec<ClientMessage>,
}

impl ClientState {
    /// The state of a session that was never used: every message that the venue keeps is wanted.
    pub const NEW: Self = Self {
        next_request: RequestNumber(1),
        next_sequence: 1,
        unacknowledged: Vec::new(),
    };

    /// Returns the bytes to save: 8 bytes of magic, the two numbers little-endian, then each
    /// request as a frame of the protocol.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.next_request.get().to_le_bytes());
        bytes.extend_from_slice(&self.next_sequence.to_le_bytes());
        let mut encoder = Encoder::new();
        for message in &self.unacknowledged {
            bytes.extend_from_slice(encode_client(message, &mut encoder));
        }
        bytes
    }

    /// Reads what [`ClientState::to_bytes`] made.
    ///
    /// # Errors
    ///
    /// The bytes are no saved state, or hold requests that cannot be or are out of order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(StateError::NotState)?;
        let (request, rest) = rest.split_first_chunk::<8>().ok_or(StateError::NotState)?;
        let (sequence, mut rest) = rest.split_first_chunk::<8>().ok_or(StateError::NotState)?;
        if *magic != MAGIC {
            return Err(StateError::NotState);
        }
        let mut state = Self {
            next_request: RequestNumber(u64::from_le_bytes(*request)),
            next_sequence: u64::from_le_bytes(*sequence),
            unacknowledged: Vec::new(),
        };
        let mut last = RequestNumber(0);
        while !rest.is_empty() {
            let Ok(Some(one)) = frame::next(rest) else {
                return Err(StateError::NotState);
            };
            let message = decode_client(one)?;
            let number = message.request().unwrap_or_default();
            if number <= last || number >= state.next_request {
                return Err(StateError::Order(number));
            }
            last = number;
            state.unacknowledged.push(message);
            rest = rest.get(one.len()..).unwrap_or(&[]);
        }
        Ok(state)
    }
}
