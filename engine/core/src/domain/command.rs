//! Commands: what a shard is told, and how each stands in the journal, byte by byte.
//!
//! A command body is one fixed-layout little-endian struct, followed for new orders and replaces
//! by the bytes of the client order id. Reserved bytes are zero.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::account::{Account, Firm, SessionDefinition};
use super::bounds::COMMAND_BODY_MAX;
use super::client_order_id::ClientOrderId;
use super::ids::{
    AccountId, ControlNumber, Epoch, GatewayId, InstrumentId, OrderHandle, OrderId, RequestNumber,
    RingNumber, SequenceNumber, SessionId,
};
use super::instrument::{Instrument, Phase};
use super::price::Price;
use super::quantity::Quantity;
use super::side::{OrderType, Side, TimeInForce};

const _: () = assert!(
    cfg!(target_endian = "little"),
    "journal structs are little-endian"
);

/// When an acknowledgement may leave.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    TryFromBytes,
    IntoBytes,
    KnownLayout,
    Immutable,
)]
#[repr(u8)]
pub enum Durability {
    /// Once the command is in the staging log, which outlives the process.
    #[default]
    Written = 1,
    /// Once the command is on disk, which outlives the machine's power.
    Synced = 2,
}

/// Where a client command came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Origin {
    /// The gateway's number of it to this shard.
    pub ring: RingNumber,
    /// The client's number of it.
    pub request: RequestNumber,
    /// The session it came over.
    pub session: SessionId,
    /// The gateway; [`GatewayId::NONE`] for an operator's act.
    pub gateway: GatewayId,
    /// When its answer may leave.
    pub durability: Durability,
    /// Zero.
    pub reserved: [u8; 2],
}

/// A new order; the client order id follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct NewOrder {
    /// Where it came from; its durability class is the order's for life.
    pub origin: Origin,
    /// Handle that the gateway gave it.
    pub handle: OrderHandle,
    /// Limit price; not read for a market order.
    pub price: Price,
    /// Quantity to trade.
    pub quantity: Quantity,
    /// What to trade.
    pub instrument: InstrumentId,
    /// For whom.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// Limit or market.
    pub order_type: OrderType,
    /// Day or immediate-or-cancel.
    pub time_in_force: TimeInForce,
    /// 1: refuse it rather than take; 0: no condition.
    pub post_only: u8,
    /// Zero.
    pub reserved: [u8; 4],
}

/// Takes an order out of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Cancel {
    /// Where it came from.
    pub origin: Origin,
    /// The order.
    pub handle: OrderHandle,
    /// Its id where an operator cancels, so that a wrong handle is found; else
    /// [`OrderId::NONE`].
    pub order_id: OrderId,
}

/// Makes an order smaller in place. Never grows it, never costs its priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Reduce {
    /// Where it came from.
    pub origin: Origin,
    /// The order.
    pub handle: OrderHandle,
    /// The order's new TOTAL quantity, the executed part included.
    pub quantity: Quantity,
}

/// Gives an order a new price or quantity; a new client order id may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Replace {
    /// Where it came from.
    pub origin: Origin,
    /// The order.
    pub handle: OrderHandle,
    /// New limit price.
    pub price: Price,
    /// New TOTAL quantity, the executed part included.
    pub quantity: Quantity,
}

/// Whose orders a mass cancel takes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum MassCancelScope {
    /// Those entered over the session.
    Session = 1,
    /// Those of the account, over whichever session.
    Account = 2,
}

/// Takes many orders out, in the order of their entry, and reports how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct MassCancel {
    /// Where it came from.
    pub origin: Origin,
    /// The session of scope `Session`.
    pub session: SessionId,
    /// The account of scope `Account`.
    pub account: AccountId,
    /// Only this instrument, where `instrument_given` is 1.
    pub instrument: InstrumentId,
    /// Whose orders.
    pub scope: MassCancelScope,
    /// 1 where only one instrument is meant.
    pub instrument_given: u8,
    /// 0 both sides, else the number of the [`Side`].
    pub side: u8,
    /// Zero.
    pub reserved: u8,
}

macro_rules! control_command {
    ($(#[$doc:meta])* $name:ident { $field:ident: $inner:ty }, $derive:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, $derive, IntoBytes, KnownLayout, Immutable)]
        #[repr(C)]
        pub struct $name {
            /// Its place in the control journal.
            pub control: ControlNumber,
            /// What is defined.
            pub $field: $inner,
        }
    };
}

control_command!(
    /// Makes an instrument known, or gives a known one new limits.
    DefineInstrument { instrument: Instrument }, FromBytes
);
control_command!(
    /// Makes a firm known.
    DefineFirm { firm: Firm }, FromBytes
);

/// Makes an account known, or gives a known one new limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct DefineAccount {
    /// Its place in the control journal.
    pub control: ControlNumber,
    /// What is defined.
    pub account: Account,
    /// Zero.
    pub reserved: [u8; 4],
}

/// Makes a session known. Gateways apply it; shards never see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct DefineSession {
    /// Its place in the control journal.
    pub control: ControlNumber,
    /// What is defined.
    pub session: SessionDefinition,
}

/// Lends a range of a shard's order slots to a gateway, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct LendSlots {
    /// Its place in the control journal.
    pub control: ControlNumber,
    /// First slot of the range.
    pub slot_first: u32,
    /// Slots in the range.
    pub slot_count: u32,
    /// Shard whose slots they are.
    pub shard: super::ids::ShardId,
    /// Who may use them.
    pub gateway: GatewayId,
    /// Zero.
    pub reserved: [u8; 6],
}

/// Puts an instrument into a phase: an operator's halt or resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct SetPhase {
    /// Its place in the control journal.
    pub control: ControlNumber,
    /// The instrument.
    pub instrument: InstrumentId,
    /// Its phase from now on.
    pub phase: Phase,
    /// Zero.
    pub reserved: [u8; 3],
}

/// Moves the shard's time to that of the record. Nothing else moves when nobody trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct TimeAdvance {
    /// Event time, nanoseconds since the Unix epoch; equals the record's.
    pub time_ns: u64,
}

/// The state hash that the live shard had before this record; a follower that has another stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct StateHashCheck {
    /// Low and high half of the 128-bit state hash.
    pub hash: [u64; 2],
}

/// What a shard is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A new order and its client order id.
    New(NewOrder, ClientOrderId),
    /// Cancel one order.
    Cancel(Cancel),
    /// Make one order smaller.
    Reduce(Reduce),
    /// Replace one order; the id is empty where the client gave no new one.
    Replace(Replace, ClientOrderId),
    /// Cancel many orders.
    MassCancel(MassCancel),
    /// Define an instrument.
    DefineInstrument(DefineInstrument),
    /// Define a firm (gateways only; a shard takes and ignores it).
    DefineFirm(DefineFirm),
    /// Define an account.
    DefineAccount(DefineAccount),
    /// Define a session (gateways only; a shard takes and ignores it).
    DefineSession(DefineSession),
    /// Lend order slots.
    LendSlots(LendSlots),
    /// Halt or resume an instrument.
    SetPhase(SetPhase),
    /// Move the time.
    Time(TimeAdvance),
    /// Compare state hashes.
    StateHash(StateHashCheck),
}

/// Number of a command in the type byte of its journal record. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum CommandKind {
    /// [`Command::New`].
    New = 1,
    /// [`Command::Cancel`].
    Cancel = 2,
    /// [`Command::Reduce`].
    Reduce = 3,
    /// [`Command::Replace`].
    Replace = 4,
    /// [`Command::MassCancel`].
    MassCancel = 5,
    /// [`Command::DefineInstrument`].
    DefineInstrument = 16,
    /// [`Command::DefineFirm`].
    DefineFirm = 17,
    /// [`Command::DefineAccount`].
    DefineAccount = 18,
    /// [`Command::DefineSession`].
    DefineSession = 19,
    /// [`Command::LendSlots`].
    LendSlots = 20,
    /// [`Command::SetPhase`].
    SetPhase = 21,
    /// [`Command::Time`].
    Time = 32,
    /// [`Command::StateHash`].
    StateHash = 33,
}

/// A journaled command body is not one that this build reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandDecodeError {
    /// The type byte names no command.
    #[error("record type {0} is no command")]
    UnknownKind(u8),
    /// The body has the wrong length or a value outside its range.
    #[error("body of {length} bytes is no {kind:?}")]
    Body {
        /// What the type byte names.
        kind: CommandKind,
        /// Bytes in the body.
        length: usize,
    },
}

impl Command {
    /// Returns the type byte and the body in two parts, ready to be appended to a journal.
    #[must_use]
    pub fn parts(&self) -> (CommandKind, [&[u8]; 2]) {
        match self {
            Self::New(order, id) => (CommandKind::New, [order.as_bytes(), id.as_bytes()]),
            Self::Cancel(cancel) => (CommandKind::Cancel, [cancel.as_bytes(), &[]]),
            Self::Reduce(reduce) => (CommandKind::Reduce, [reduce.as_bytes(), &[]]),
            Self::Replace(replace, id) => {
                (CommandKind::Replace, [replace.as_bytes(), id.as_bytes()])
            }
            Self::MassCancel(cancel) => (CommandKind::MassCancel, [cancel.as_bytes(), &[]]),
            Self::DefineInstrument(define) => {
                (CommandKind::DefineInstrument, [define.as_bytes(), &[]])
            }
            Self::DefineFirm(define) => (CommandKind::DefineFirm, [define.as_bytes(), &[]]),
            Self::DefineAccount(define) => (CommandKind::DefineAccount, [define.as_bytes(), &[]]),
            Self::DefineSession(define) => (CommandKind::DefineSession, [define.as_bytes(), &[]]),
            Self::LendSlots(lend) => (CommandKind::LendSlots, [lend.as_bytes(), &[]]),
            Self::SetPhase(set) => (CommandKind::SetPhase, [set.as_bytes(), &[]]),
            Self::Time(time) => (CommandKind::Time, [time.as_bytes(), &[]]),
            Self::StateHash(check) => (CommandKind::StateHash, [check.as_bytes(), &[]]),
        }
    }

    /// Reads a command from the type byte and the body of its journal record.
    ///
    /// # Errors
    ///
    /// Returns a [`CommandDecodeError`] where the type is unknown, or the body has the wrong
    /// length or a value outside its range.
    pub fn decode(kind: u8, body: &[u8]) -> Result<Self, CommandDecodeError> {
        let kind = CommandKind::try_read_from_bytes(&[kind])
            .map_err(|_| CommandDecodeError::UnknownKind(kind))?;
        let error = CommandDecodeError::Body {
            kind,
            length: body.len(),
        };
        Self::decode_body(kind, body).ok_or(error)
    }

    fn decode_body(kind: CommandKind, body: &[u8]) -> Option<Self> {
        fn whole<T: TryFromBytes>(body: &[u8]) -> Option<T> {
            T::try_read_from_bytes(body).ok()
        }
        fn with_id<T: TryFromBytes>(body: &[u8]) -> Option<(T, ClientOrderId)> {
            let (fixed, id) = T::try_read_from_prefix(body).ok()?;
            Some((fixed, ClientOrderId::new(id)?))
        }
        Some(match kind {
            CommandKind::New => {
                let (order, id) = with_id(body)?;
                Self::New(order, id)
            }
            CommandKind::Cancel => Self::Cancel(whole(body)?),
            CommandKind::Reduce => Self::Reduce(whole(body)?),
            CommandKind::Replace => {
                let (replace, id) = with_id(body)?;
                Self::Replace(replace, id)
            }
            CommandKind::MassCancel => Self::MassCancel(whole(body)?),
            CommandKind::DefineInstrument => Self::DefineInstrument(whole(body)?),
            CommandKind::DefineFirm => Self::DefineFirm(whole(body)?),
            CommandKind::DefineAccount => Self::DefineAccount(whole(body)?),
            CommandKind::DefineSession => Self::DefineSession(whole(body)?),
            CommandKind::LendSlots => Self::LendSlots(whole(body)?),
            CommandKind::SetPhase => Self::SetPhase(whole(body)?),
            CommandKind::Time => Self::Time(whole(body)?),
            CommandKind::StateHash => Self::StateHash(whole(body)?),
        })
    }

    /// Returns where it came from, where a client sent it.
    #[inline]
    #[must_use]
    pub const fn origin(&self) -> Option<&Origin> {
        match self {
            Self::New(order, _) => Some(&order.origin),
            Self::Cancel(cancel) => Some(&cancel.origin),
            Self::Reduce(reduce) => Some(&reduce.origin),
            Self::Replace(replace, _) => Some(&replace.origin),
            Self::MassCancel(cancel) => Some(&cancel.origin),
            Self::DefineInstrument(_)
            | Self::DefineFirm(_)
            | Self::DefineAccount(_)
            | Self::DefineSession(_)
            | Self::LendSlots(_)
            | Self::SetPhase(_)
            | Self::Time(_)
            | Self::StateHash(_) => None,
        }
    }

    /// Returns its place in the control journal, where it came from there.
    #[inline]
    #[must_use]
    pub const fn control(&self) -> Option<ControlNumber> {
        match self {
            Self::DefineInstrument(define) => Some(define.control),
            Self::DefineFirm(define) => Some(define.control),
            Self::DefineAccount(define) => Some(define.control),
            Self::DefineSession(define) => Some(define.control),
            Self::LendSlots(lend) => Some(lend.control),
            Self::SetPhase(set) => Some(set.control),
            Self::New(..)
            | Self::Cancel(_)
            | Self::Reduce(_)
            | Self::Replace(..)
            | Self::MassCancel(_)
            | Self::Time(_)
            | Self::StateHash(_) => None,
        }
    }
}

/// A command with its place in a shard's order and the time at which it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequenced<C> {
    /// Its place; rises, with gaps only where a new epoch skips numbers.
    pub sequence: SequenceNumber,
    /// Epoch in which it was sequenced.
    pub epoch: Epoch,
    /// Event time, nanoseconds since the Unix epoch; never falls.
    pub time_ns: u64,
    /// What the shard is told.
    pub body: C,
}

const _: () = assert!(size_of::<Origin>() == 24);
const _: () = assert!(size_of::<NewOrder>() == 64);
const _: () = assert!(size_of::<Cancel>() == 40);
const _: () = assert!(size_of::<Reduce>() == 40);
const _: () = assert!(size_of::<Replace>() == 48);
const _: () = assert!(size_of::<MassCancel>() == 40);
const _: () = assert!(size_of::<DefineInstrument>() <= COMMAND_BODY_MAX);
const _: () = assert!(size_of::<DefineSession>() <= COMMAND_BODY_MAX);
const _: () = assert!(
    size_of::<Command>() <= 112,
    "a ring command stays within two cache lines"
);
