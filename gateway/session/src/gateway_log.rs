//! Gateway log records: what a gateway writes down, byte by byte.
//!
//! A record body is one fixed-layout little-endian struct; [`GatewayRecord::RoutedAll`] and
//! [`GatewayRecord::Recovered`] are followed by one entry a shard. Reserved bytes are zero. It
//! must not know where the log is kept.
//!
//! IN, before the command reaches its shard: `Routed`, `RoutedAll`. IN and OUT in one: `Refused`.
//! OUT, before the bytes leave: `Released`. The outbound stream of each session is what
//! `Released` and `Refused` say, in the order of the log.

use matchgate_core::domain::bounds::SHARDS_MAX;
use matchgate_core::domain::{
    AccountId, ClientOrderId, Durability, Epoch, InstrumentId, MassCancelScope, Name, OrderId,
    OrderType, Price, Quantity, RequestNumber, RingNumber, SequenceNumber, SessionId, ShardId,
    Side, Symbol, TimeInForce,
};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// Number of a record in the kind byte of its header. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum GatewayRecordKind {
    /// [`GatewayRecord::Logon`].
    Logon = 1,
    /// [`GatewayRecord::Disconnected`].
    Disconnected = 2,
    /// [`GatewayRecord::Reserve`].
    Reserve = 3,
    /// [`GatewayRecord::Routed`].
    Routed = 4,
    /// [`GatewayRecord::RoutedAll`].
    RoutedAll = 5,
    /// [`GatewayRecord::Refused`].
    Refused = 6,
    /// [`GatewayRecord::Released`].
    Released = 7,
    /// [`GatewayRecord::Recovered`].
    Recovered = 8,
}

/// A session logged on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Logon {
    /// Sequence from which the client asked for messages; 0 for none older.
    pub next_expected: u64,
    /// The session.
    pub session: SessionId,
    /// Class of the orders that it enters from now on.
    pub durability: Durability,
    /// Zero.
    pub reserved: [u8; 3],
}

/// The connection of a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Disconnected {
    /// The session.
    pub session: SessionId,
    /// Code of the [`matchgate_core::domain::RejectReason`]; 0 where the peer just went away.
    pub reason: u16,
    /// Zero.
    pub reserved: [u8; 2],
}

/// Outbound numbers up to `through` may be seen by the client once this record is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Reserve {
    /// Last number of the block.
    pub through: u64,
    /// The session.
    pub session: SessionId,
    /// Zero.
    pub reserved: [u8; 4],
}

/// A request was sent to one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Routed {
    /// The request.
    pub request: RequestNumber,
    /// Number of the command in the ring to the shard.
    pub ring: RingNumber,
    /// The session.
    pub session: SessionId,
    /// The shard.
    pub shard: ShardId,
    /// Zero.
    pub reserved: [u8; 3],
}

/// One shard's part of a fan-out.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(C)]
pub struct ShardRing {
    /// Number of the command in the ring to the shard.
    pub ring: RingNumber,
    /// The shard.
    pub shard: ShardId,
    /// Zero.
    pub reserved: [u8; 7],
}

/// What a mass cancel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct MassCancelFilter {
    /// Account of scope `Account`.
    pub account: AccountId,
    /// Only this instrument, where `instrument_given` is 1.
    pub instrument: InstrumentId,
    /// Whose orders.
    pub scope: MassCancelScope,
    /// 1 where only one instrument is meant.
    pub instrument_given: u8,
    /// 0 both sides, else the number of the [`Side`].
    pub side: u8,
    /// When its answer may leave.
    pub durability: Durability,
}

/// A mass cancel was sent to some shards; the shards that are not named before for the same
/// request are added, the others have a new ring number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutedAll {
    /// The request.
    pub request: RequestNumber,
    /// The session.
    pub session: SessionId,
    /// What it takes.
    pub filter: MassCancelFilter,
    /// Entries of `shards` in use.
    pub shard_count: u8,
    /// The shards.
    pub shards: [ShardRing; SHARDS_MAX],
}

/// Fixed part of a [`RoutedAll`] in the log.
#[derive(Clone, Copy, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
struct RoutedAllHead {
    request: RequestNumber,
    session: SessionId,
    filter: MassCancelFilter,
}

/// Which request was refused; it decides which report says so.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum RefusedKind {
    /// A new order: an execution report.
    New = 1,
    /// A cancel, reduce or replace: a cancel reject.
    Cancel = 2,
    /// A mass cancel: a business reject.
    MassCancel = 3,
}

/// A request was refused by the gateway, under an outbound number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Refused {
    /// The request.
    pub request: RequestNumber,
    /// Outbound number of the report.
    pub outbound: u64,
    /// Price of the request; 0 of an order without one.
    pub price: Price,
    /// Quantity of the request.
    pub quantity: Quantity,
    /// The order where it is known.
    pub order_id: OrderId,
    /// Stop price of a new order.
    pub stop_price: Price,
    /// Display quantity of a new order.
    pub display_quantity: Quantity,
    /// Expire time of a new order, nanoseconds since the Unix epoch.
    pub expire_time_ns: u64,
    /// The session.
    pub session: SessionId,
    /// Code of the [`matchgate_core::domain::RejectReason`].
    pub reason: u16,
    /// Which request.
    pub kind: RefusedKind,
    /// Side of a new order; buy for others.
    pub side: Side,
    /// Type of a new order; limit for others.
    pub order_type: OrderType,
    /// Time in force of a new order; day for others.
    pub time_in_force: TimeInForce,
    /// The client order id given, or named.
    pub client_order_id: ClientOrderId,
    /// Account of a new order.
    pub account: Name,
    /// Symbol of a new order.
    pub symbol: Symbol,
    /// Zero.
    pub reserved: [u8; 1],
}

/// Which legs of a shard's events a run takes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, TryFromBytes, IntoBytes, KnownLayout, Immutable,
)]
#[repr(u8)]
pub enum RunClass {
    /// Those of both classes, in journal order; only recovery writes it.
    Both = 0,
    /// Those of class written.
    Written = 1,
    /// Those of class synced.
    Synced = 2,
}

impl RunClass {
    /// Returns whether legs of `durability` are of this run.
    #[must_use]
    pub fn takes(self, durability: Durability) -> bool {
        match self {
            Self::Both => true,
            Self::Written => durability == Durability::Written,
            Self::Synced => durability == Durability::Synced,
        }
    }
}

/// The legs of one class up to an event, from where the last such run ended, were released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub struct Released {
    /// Sequence of the last event's command.
    pub sequence: SequenceNumber,
    /// Index of the last event in its command.
    pub index: u32,
    /// Legs released: a check.
    pub leg_count: u32,
    /// The shard.
    pub shard: ShardId,
    /// Which legs.
    pub class: RunClass,
    /// Zero.
    pub reserved: [u8; 6],
}

/// A process took the streams over. Commands routed before with a ring number above that of
/// their shard were never journaled: their requests are undecided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Its epoch.
    pub epoch: Epoch,
    /// Whether power was lost before: every session's numbers then go on behind what was
    /// reserved.
    pub power_lost: bool,
    /// Entries of `rings` in use: the number of shards.
    pub shard_count: u8,
    /// Last ring number of this gateway that the shard's journal holds, by shard.
    pub rings: [RingNumber; SHARDS_MAX],
}

/// Fixed part of a [`Recovered`] in the log.
#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
struct RecoveredHead {
    epoch: Epoch,
    power_lost: u8,
    reserved: [u8; 3],
}

/// A record of the gateway log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "records are made in place and passed by reference; the long ones are rare"
)]
pub enum GatewayRecord {
    /// A session logged on.
    Logon(Logon),
    /// The connection of a session ended.
    Disconnected(Disconnected),
    /// Outbound numbers were reserved.
    Reserve(Reserve),
    /// A request was sent to one shard.
    Routed(Routed),
    /// A mass cancel was sent to some shards.
    RoutedAll(RoutedAll),
    /// A request was refused.
    Refused(Refused),
    /// Legs of events were released.
    Released(Released),
    /// A process took the streams over.
    Recovered(Recovered),
}

/// Bytes in the body of the longest record.
pub const GATEWAY_RECORD_BODY_MAX: usize =
    size_of::<RoutedAllHead>() + SHARDS_MAX * size_of::<ShardRing>();

/// A record of the gateway log is not one that this build reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gateway log record of kind {kind} with {length} bytes cannot be read")]
pub struct GatewayRecordError {
    /// The kind byte.
    pub kind: u8,
    /// Bytes in the body.
    pub length: usize,
}

impl GatewayRecord {
    /// Returns the number for the kind byte.
    #[must_use]
    pub const fn kind(&self) -> GatewayRecordKind {
        match self {
            Self::Logon(_) => GatewayRecordKind::Logon,
            Self::Disconnected(_) => GatewayRecordKind::Disconnected,
            Self::Reserve(_) => GatewayRecordKind::Reserve,
            Self::Routed(_) => GatewayRecordKind::Routed,
            Self::RoutedAll(_) => GatewayRecordKind::RoutedAll,
            Self::Refused(_) => GatewayRecordKind::Refused,
            Self::Released(_) => GatewayRecordKind::Released,
            Self::Recovered(_) => GatewayRecordKind::Recovered,
        }
    }

    /// Returns the number for the kind byte as it stands in the record header.
    #[must_use]
    pub const fn kind_byte(&self) -> u8 {
        match self.kind() {
            GatewayRecordKind::Logon => 1,
            GatewayRecordKind::Disconnected => 2,
            GatewayRecordKind::Reserve => 3,
            GatewayRecordKind::Routed => 4,
            GatewayRecordKind::RoutedAll => 5,
            GatewayRecordKind::Refused => 6,
            GatewayRecordKind::Released => 7,
            GatewayRecordKind::Recovered => 8,
        }
    }

    /// Calls `append` with the body in two parts, ready for a journal.
    pub fn with_parts<R>(&self, append: impl FnOnce(&[&[u8]; 2]) -> R) -> R {
        match self {
            Self::Logon(record) => append(&[record.as_bytes(), &[]]),
            Self::Disconnected(record) => append(&[record.as_bytes(), &[]]),
            Self::Reserve(record) => append(&[record.as_bytes(), &[]]),
            Self::Routed(record) => append(&[record.as_bytes(), &[]]),
            Self::Refused(record) => append(&[record.as_bytes(), &[]]),
            Self::Released(record) => append(&[record.as_bytes(), &[]]),
            Self::RoutedAll(record) => {
                let head = RoutedAllHead {
                    request: record.request,
                    session: record.session,
                    filter: record.filter,
                };
                let shards = record.shards.get(..usize::from(record.shard_count));
                append(&[head.as_bytes(), shards.unwrap_or(&record.shards).as_bytes()])
            }
            Self::Recovered(record) => {
                let head = RecoveredHead {
                    epoch: record.epoch,
                    power_lost: u8::from(record.power_lost),
                    reserved: [0; 3],
                };
                let rings = record.rings.get(..usize::from(record.shard_count));
                append(&[head.as_bytes(), rings.unwrap_or(&record.rings).as_bytes()])
            }
        }
    }

    /// Reads a record from the kind byte and the body.
    ///
    /// # Errors
    ///
    /// Returns a [`GatewayRecordError`] where the kind is unknown, or the body has the wrong
    /// length or a value outside its range.
    pub fn decode(kind: u8, body: &[u8]) -> Result<Self, GatewayRecordError> {
        let error = GatewayRecordError {
            kind,
            length: body.len(),
        };
        let kind = GatewayRecordKind::try_read_from_bytes(&[kind]).map_err(|_| error)?;
        Self::decode_body(kind, body).ok_or(error)
    }

    fn decode_body(kind: GatewayRecordKind, body: &[u8]) -> Option<Self> {
        fn whole<T: TryFromBytes>(body: &[u8]) -> Option<T> {
            T::try_read_from_bytes(body).ok()
        }
        Some(match kind {
            GatewayRecordKind::Logon => Self::Logon(whole(body)?),
            GatewayRecordKind::Disconnected => Self::Disconnected(whole(body)?),
            GatewayRecordKind::Reserve => Self::Reserve(whole(body)?),
            GatewayRecordKind::Routed => Self::Routed(whole(body)?),
            GatewayRecordKind::Refused => Self::Refused(whole(body)?),
            GatewayRecordKind::Released => Self::Released(whole(body)?),
            GatewayRecordKind::RoutedAll => {
                let (head, rest) = RoutedAllHead::try_read_from_prefix(body).ok()?;
                let mut shards = [ShardRing::default(); SHARDS_MAX];
                let shard_count = read_entries(rest, &mut shards)?;
                Self::RoutedAll(RoutedAll {
                    request: head.request,
                    session: head.session,
                    filter: head.filter,
                    shard_count,
                    shards,
                })
            }
            GatewayRecordKind::Recovered => {
                let (head, rest) = RecoveredHead::read_from_prefix(body).ok()?;
                let mut rings = [RingNumber(0); SHARDS_MAX];
                let shard_count = read_entries(rest, &mut rings)?;
                Self::Recovered(Recovered {
                    epoch: head.epoch,
                    power_lost: head.power_lost != 0,
                    shard_count,
                    rings,
                })
            }
        })
    }
}

/// Reads `bytes` into the front of `entries` and returns how many there are; `None` where they
/// are too many or the last one is not whole.
fn read_entries<T: FromBytes + IntoBytes>(bytes: &[u8], entries: &mut [T]) -> Option<u8> {
    let count = bytes.len().checked_div(size_of::<T>())?;
    let to = entries.get_mut(..count)?.as_mut_bytes();
    if to.len() != bytes.len() {
        return None;
    }
    to.copy_from_slice(bytes);
    u8::try_from(count).ok()
}

/// Returns a line for each kind of record: its number, its name and the bytes of its body, to which
/// entries of so many bytes each are added where a `+` stands.
///
/// A field that gets another meaning or place gets another kind, so kinds and lengths tell all.
#[must_use]
pub fn gateway_record_layouts() -> String {
    use GatewayRecordKind as Kind;
    let line = |kind: Kind, bytes: usize| format!("{kind:?} {bytes}\n");
    let listed = |kind: Kind, bytes: usize, entry: usize| format!("{kind:?} {bytes}+{entry}\n");
    [
        line(Kind::Logon, size_of::<Logon>()),
        line(Kind::Disconnected, size_of::<Disconnected>()),
        line(Kind::Reserve, size_of::<Reserve>()),
        line(Kind::Routed, size_of::<Routed>()),
        listed(
            Kind::RoutedAll,
            size_of::<RoutedAllHead>(),
            size_of::<ShardRing>(),
        ),
        line(Kind::Refused, size_of::<Refused>()),
        line(Kind::Released, size_of::<Released>()),
        listed(
            Kind::Recovered,
            size_of::<RecoveredHead>(),
            size_of::<RingNumber>(),
        ),
    ]
    .concat()
}

const _: () = assert!(size_of::<Logon>() == 16);
const _: () = assert!(size_of::<Disconnected>() == 8);
const _: () = assert!(size_of::<Reserve>() == 16);
const _: () = assert!(size_of::<Routed>() == 24);
const _: () = assert!(size_of::<ShardRing>() == 16);
const _: () = assert!(size_of::<MassCancelFilter>() == 12);
const _: () = assert!(size_of::<RoutedAllHead>() == 24);
const _: () = assert!(size_of::<Refused>() == 152);
const _: () = assert!(size_of::<Released>() == 24);
const _: () = assert!(size_of::<RecoveredHead>() == 8);
