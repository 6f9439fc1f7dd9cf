//! Firms, accounts and sessions: who trades, and whose orders are whose.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::bounds::NAME_LENGTH_MAX;
use super::ids::{AccountId, FirmId, GatewayId, SessionId};

/// A name of up to 24 printable ASCII bytes, zero padded.
#[derive(
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(transparent)]
pub struct Name([u8; NAME_LENGTH_MAX]);

impl Name {
    /// Returns the name of `text`; `None` where it is empty, longer than 24 bytes, or holds a
    /// byte that is not printable ASCII (0x21 to 0x7e).
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; NAME_LENGTH_MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        (!text.is_empty() && text.iter().all(u8::is_ascii_graphic)).then_some(Self(bytes))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self
            .0
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(NAME_LENGTH_MAX);
        self.0
            .get(..end)
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or("")
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Name({:?})", self.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A member firm. All its accounts and sessions live on one gateway agent, its home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Firm {
    /// Number, dense from 0.
    pub id: FirmId,
    /// Name, unique.
    pub name: Name,
    /// Its home.
    pub gateway: GatewayId,
    /// Zero.
    pub reserved: [u8; 3],
}

/// An account of a firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Account {
    /// Number, dense from 0 over the venue.
    pub id: AccountId,
    /// Its firm.
    pub firm: FirmId,
    /// Name, unique over the venue.
    pub name: Name,
    /// Live orders it may have at one time.
    pub open_orders_max: u32,
}

/// A session: one key, one persistent numbering in each direction, one connection at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct SessionDefinition {
    /// Number, dense from 0.
    pub id: SessionId,
    /// The firm whose accounts it may use.
    pub firm: FirmId,
    /// The account of an order that names none.
    pub default_account: AccountId,
    /// Key by which it logs on, unique.
    pub key: Name,
    /// Outbound messages kept in memory for a resend.
    pub resend_messages_max: u32,
}
