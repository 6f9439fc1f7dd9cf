//! The records of a snapshot, as they stand in it byte by byte; reserved bytes are zero.
//!
//! Enumerations are bare numbers here, so that one that is none can be told by its place. It must
//! not know which values are good.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::domain::bounds::CLIENT_ORDER_ID_LENGTH_MAX;
use crate::domain::{Account, Instrument, ShardId};

const _: () = assert!(
    cfg!(target_endian = "little"),
    "snapshot structs are little-endian"
);

/// What a snapshot begins with.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(crate) struct Head {
    pub(crate) format: u32,
    pub(crate) shard: ShardId,
    /// The capacity, up to the sessions.
    pub(crate) gateways: u8,
    pub(crate) reserved: [u8; 2],
    pub(crate) orders: u32,
    pub(crate) levels: u32,
    pub(crate) instruments: u32,
    pub(crate) accounts: u32,
    pub(crate) sessions: u32,
    /// How many records of each kind follow, in this order.
    pub(crate) market_count: u32,
    pub(crate) account_count: u32,
    pub(crate) range_count: u32,
    pub(crate) pair_count: u32,
    pub(crate) vacant_count: u32,
    pub(crate) order_count: u32,
    pub(crate) reserved_too: [u8; 4],
    pub(crate) sequence: u64,
    pub(crate) time_ns: u64,
    pub(crate) control: u64,
    /// Low and high half, as of the sums.
    pub(crate) state_hash: [u64; 2],
    pub(crate) taken_sum: [u64; 2],
    pub(crate) lent_sum: [u64; 2],
}

/// An instrument and its book's counters.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(crate) struct MarketRecord {
    pub(crate) instrument: Instrument,
    pub(crate) phase: u8,
    pub(crate) has_last_trade: u8,
    pub(crate) has_reference: u8,
    pub(crate) buy_fell: u8,
    pub(crate) sell_rose: u8,
    pub(crate) reserved: [u8; 3],
    pub(crate) orders_taken: u64,
    pub(crate) stamps_given: u64,
    pub(crate) last_trade: i64,
    pub(crate) reference_buy: i64,
    pub(crate) reference_sell: i64,
    pub(crate) buy_changed: u64,
    pub(crate) sell_changed: u64,
}

/// Slots one after the other that are lent to one gateway.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(crate) struct RangeRecord {
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) gateway: u8,
    pub(crate) reserved: [u8; 3],
}

/// A session that has entered orders for an account.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(crate) struct PairRecord {
    pub(crate) session: u32,
    pub(crate) account: u32,
}

/// A slot that was used and holds no live order.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(crate) struct VacantRecord {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// A live order.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
pub(crate) struct OrderRecord {
    pub(crate) order_id: u64,
    pub(crate) slot: u32,
    pub(crate) generation: u32,
    pub(crate) request: u64,
    pub(crate) number: u64,
    pub(crate) stamp: u64,
    pub(crate) price: i64,
    pub(crate) order_quantity: u64,
    pub(crate) leaves: u64,
    pub(crate) displayed: u64,
    pub(crate) stop_price: i64,
    pub(crate) display_quantity: u64,
    pub(crate) expire_time_ns: u64,
    pub(crate) self_trade_group: u32,
    pub(crate) instrument: u32,
    pub(crate) session: u32,
    pub(crate) account: u32,
    pub(crate) side: u8,
    pub(crate) order_type: u8,
    pub(crate) time_in_force: u8,
    pub(crate) post_only: u8,
    pub(crate) self_trade: u8,
    pub(crate) has_terms: u8,
    pub(crate) triggered: u8,
    pub(crate) durability: u8,
    pub(crate) id_length: u8,
    pub(crate) id: [u8; CLIENT_ORDER_ID_LENGTH_MAX],
    pub(crate) reserved: [u8; 3],
}

const _: () = assert!(size_of::<Head>() == 128);
const _: () = assert!(size_of::<MarketRecord>() == 160);
const _: () = assert!(size_of::<Account>() == 36);
const _: () = assert!(size_of::<RangeRecord>() == 12);
const _: () = assert!(size_of::<PairRecord>() == 8);
const _: () = assert!(size_of::<VacantRecord>() == 8);
const _: () = assert!(size_of::<OrderRecord>() == 160);
