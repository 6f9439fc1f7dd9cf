//! Commands: what a shard is told, and how each stands in the journal, byte by byte.
//!
//! A command body is one fixed-layout little-endian struct, followed for new orders and replaces
//! by the bytes of the client order id. Reserved bytes are zero. A new order or a replace without
//! further terms stands in the journal without them, under a kind of its own.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes, Unalign};

use super::account::{Account, Firm, SessionDefinition};
use super::bounds::COMMAND_BODY_MAX;
use super::client_order_id::ClientOrderId;
use super::ids::{ControlNumber, Epoch, GatewayId, InstrumentId, SequenceNumber};
use super::instrument::{Instrument, Phase};
pub use super::order_command::{
    Cancel, Durability, MassCancel, MassCancelScope, NewOrder, OrderTerms, Origin, Reduce, Replace,
    ReplaceTerms,
};
use super::order_command::{PlainNewOrder, PlainReplace};

const _: () = assert!(
    cfg!(target_endian = "little"),
    "journal structs are little-endian"
);

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

/// Ends the day of an instrument: its day orders expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct EndDay {
    /// Its place in the control journal.
    pub control: ControlNumber,
    /// The instrument.
    pub instrument: InstrumentId,
    /// Zero.
    pub reserved: [u8; 4],
}

/// Moves the shard's time to that of the record: orders whose expire time has come expire.
/// Nothing else moves when nobody trades.
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
    /// End the day of an instrument.
    EndDay(EndDay),
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
    /// [`Command::New`] with further terms.
    NewWithTerms = 6,
    /// [`Command::Replace`] with further terms.
    ReplaceWithTerms = 7,
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
    /// [`Command::EndDay`].
    EndDay = 22,
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
            Self::New(order, id) if order.terms_given == 0 => {
                let plain = &order.as_bytes()[..NewOrder::PLAIN_LENGTH];
                (CommandKind::New, [plain, id.as_bytes()])
            }
            Self::New(order, id) => (CommandKind::NewWithTerms, [order.as_bytes(), id.as_bytes()]),
            Self::Cancel(cancel) => (CommandKind::Cancel, [cancel.as_bytes(), &[]]),
            Self::Reduce(reduce) => (CommandKind::Reduce, [reduce.as_bytes(), &[]]),
            Self::Replace(replace, id) if !replace.terms.are_given() => {
                let plain = &replace.as_bytes()[..Replace::PLAIN_LENGTH];
                (CommandKind::Replace, [plain, id.as_bytes()])
            }
            Self::Replace(replace, id) => (
                CommandKind::ReplaceWithTerms,
                [replace.as_bytes(), id.as_bytes()],
            ),
            Self::MassCancel(cancel) => (CommandKind::MassCancel, [cancel.as_bytes(), &[]]),
            Self::DefineInstrument(define) => {
                (CommandKind::DefineInstrument, [define.as_bytes(), &[]])
            }
            Self::DefineFirm(define) => (CommandKind::DefineFirm, [define.as_bytes(), &[]]),
            Self::DefineAccount(define) => (CommandKind::DefineAccount, [define.as_bytes(), &[]]),
            Self::DefineSession(define) => (CommandKind::DefineSession, [define.as_bytes(), &[]]),
            Self::LendSlots(lend) => (CommandKind::LendSlots, [lend.as_bytes(), &[]]),
            Self::SetPhase(set) => (CommandKind::SetPhase, [set.as_bytes(), &[]]),
            Self::EndDay(end) => (CommandKind::EndDay, [end.as_bytes(), &[]]),
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
        let mut command = Self::Time(TimeAdvance { time_ns: 0 });
        command.read(kind, body)?;
        Ok(command)
    }

    /// Makes it the command that [`decode`](Self::decode) returns: whoever reads many has each
    /// written once, where it is applied.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode); the command is then what it was.
    #[inline]
    pub fn read(&mut self, kind: u8, body: &[u8]) -> Result<(), CommandDecodeError> {
        let kind = CommandKind::try_read_from_bytes(&[kind])
            .map_err(|_| CommandDecodeError::UnknownKind(kind))?;
        let read = match kind {
            CommandKind::New => self.read_new(body),
            CommandKind::Replace => self.read_replace(body),
            CommandKind::Cancel => self.read_cancel(body),
            CommandKind::Reduce
            | CommandKind::MassCancel
            | CommandKind::NewWithTerms
            | CommandKind::ReplaceWithTerms
            | CommandKind::DefineInstrument
            | CommandKind::DefineFirm
            | CommandKind::DefineAccount
            | CommandKind::DefineSession
            | CommandKind::LendSlots
            | CommandKind::SetPhase
            | CommandKind::EndDay
            | CommandKind::Time
            | CommandKind::StateHash => self.read_rare(kind, body),
        };
        read.ok_or(CommandDecodeError::Body {
            kind,
            length: body.len(),
        })
    }

    // Apart from each other: a compiler that sees all kinds at once gathers their fields byte by
    // byte, to write them in one place. And validated where they lie: what was just copied in
    // pieces of one size is slow to read in pieces of another.
    #[inline(never)]
    fn read_new(&mut self, body: &[u8]) -> Option<()> {
        let (order, id) = Unalign::<PlainNewOrder>::try_ref_from_prefix(body).ok()?;
        let order = NewOrder::from(order.get());
        if order.terms_given != 0 || order.post_only > 1 {
            return None;
        }
        *self = Self::New(order, ClientOrderId::new(id)?);
        Some(())
    }

    #[inline(never)]
    fn read_replace(&mut self, body: &[u8]) -> Option<()> {
        let (replace, id) = Unalign::<PlainReplace>::try_ref_from_prefix(body).ok()?;
        let id = ClientOrderId::new(id)?;
        *self = Self::Replace(replace.get().into(), id);
        Some(())
    }

    #[inline(never)]
    fn read_cancel(&mut self, body: &[u8]) -> Option<()> {
        *self = Self::Cancel(whole(body)?);
        Some(())
    }

    #[inline(never)]
    fn read_rare(&mut self, kind: CommandKind, body: &[u8]) -> Option<()> {
        fn with_id<T: TryFromBytes>(body: &[u8]) -> Option<(T, ClientOrderId)> {
            let (fixed, id) = T::try_read_from_prefix(body).ok()?;
            Some((fixed, ClientOrderId::new(id)?))
        }
        *self = match kind {
            CommandKind::New | CommandKind::Replace | CommandKind::Cancel => return None,
            CommandKind::NewWithTerms => {
                let (order, id): (NewOrder, _) = with_id(body)?;
                (order.terms_given == 1 && order.post_only <= 1).then_some(Self::New(order, id))?
            }
            CommandKind::ReplaceWithTerms => {
                let (replace, id): (Replace, _) = with_id(body)?;
                replace
                    .terms
                    .are_given()
                    .then_some(Self::Replace(replace, id))?
            }
            CommandKind::Reduce => Self::Reduce(whole(body)?),
            CommandKind::MassCancel => Self::MassCancel(whole(body)?),
            CommandKind::DefineInstrument => Self::DefineInstrument(whole(body)?),
            CommandKind::DefineFirm => Self::DefineFirm(whole(body)?),
            CommandKind::DefineAccount => Self::DefineAccount(whole(body)?),
            CommandKind::DefineSession => Self::DefineSession(whole(body)?),
            CommandKind::LendSlots => Self::LendSlots(whole(body)?),
            CommandKind::SetPhase => Self::SetPhase(whole(body)?),
            CommandKind::EndDay => Self::EndDay(whole(body)?),
            CommandKind::Time => Self::Time(whole(body)?),
            CommandKind::StateHash => Self::StateHash(whole(body)?),
        };
        Some(())
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
            | Self::EndDay(_)
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
            Self::EndDay(end) => Some(end.control),
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

/// Returns what `body` holds, and nothing else.
#[inline]
fn whole<T: TryFromBytes>(body: &[u8]) -> Option<T> {
    T::try_read_from_bytes(body).ok()
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
const _: () = assert!(size_of::<OrderTerms>() == 40);
const _: () = assert!(NewOrder::PLAIN_LENGTH == 64 && Replace::PLAIN_LENGTH == 48);
const _: () = assert!(size_of::<NewOrder>() == NewOrder::PLAIN_LENGTH + size_of::<OrderTerms>());
const _: () = assert!(size_of::<Cancel>() == 40);
const _: () = assert!(size_of::<Reduce>() == 40);
const _: () = assert!(size_of::<ReplaceTerms>() == 24);
const _: () = assert!(size_of::<Replace>() == Replace::PLAIN_LENGTH + size_of::<ReplaceTerms>());
const _: () = assert!(size_of::<MassCancel>() == 40);
const _: () =
    assert!(size_of::<NewOrder>() + super::bounds::CLIENT_ORDER_ID_LENGTH_MAX <= COMMAND_BODY_MAX);
const _: () = assert!(size_of::<DefineInstrument>() <= COMMAND_BODY_MAX);
const _: () = assert!(size_of::<DefineSession>() <= COMMAND_BODY_MAX);
const _: () = assert!(
    size_of::<Command>() <= 144,
    "a ring command stays within two cache lines and a quarter"
);
