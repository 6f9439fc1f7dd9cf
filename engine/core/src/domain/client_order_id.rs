//! Client order ids (FIX ClOrdID 11): 1 to 36 bytes chosen by the client, or none.

use std::fmt;

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes, Unaligned};

use super::bounds::CLIENT_ORDER_ID_LENGTH_MAX;

/// A client's own id of an order: up to 36 printable ASCII bytes without blanks. The empty one
/// means that the client names the order by its request number alone.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ClientOrderId {
    length: u8,
    bytes: [u8; CLIENT_ORDER_ID_LENGTH_MAX],
}

impl ClientOrderId {
    /// No id.
    pub const NONE: Self = Self {
        length: 0,
        bytes: [0; CLIENT_ORDER_ID_LENGTH_MAX],
    };

    /// Returns the id of `bytes`; `None` where there are more than 36, or one is not printable
    /// ASCII (0x21 to 0x7e).
    #[inline]
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::NONE);
        }
        let length = u8::try_from(bytes.len()).ok()?;
        let mut id = Self::NONE;
        id.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        id.length = length;
        bytes.iter().all(u8::is_ascii_graphic).then_some(id)
    }

    /// Returns the bytes that the client sent.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&[])
    }

    /// Returns the bytes as text; they are ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// Returns whether there is none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl Default for ClientOrderId {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for ClientOrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClientOrderId({:?})", self.as_str())
    }
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
