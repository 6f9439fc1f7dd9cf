//! How much a shard can hold. Fixed when the data directory is made, since a replay with other
//! capacities would refuse other orders.

/// What a shard has room for; all of it is set aside when the shard is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShardCapacity {
    /// Order slots; a handle's slot is below it. About 0.3 KiB each.
    pub orders: u32,
    /// Price levels of one side of one book. About 190 bytes each where they are a power of two (their
    /// tables are rounded up to one), set aside twice for every instrument and touched once the
    /// instrument is this shard's.
    pub levels: u32,
    /// Instruments of the venue; an instrument's number is below it. 35 KiB each.
    pub instruments: u32,
    /// Accounts of the venue; an account's number is below it.
    pub accounts: u32,
    /// Sessions of the venue; a session's number is below it.
    pub sessions: u32,
    /// Gateways of the process; a gateway's number is below it.
    pub gateways: u8,
}

impl ShardCapacity {
    /// Order slots at the most, so that every list over them is still counted in 32 bits.
    pub const ORDERS_MAX: u32 = 1 << 28;
    /// Instruments at the most.
    pub const INSTRUMENTS_MAX: u32 = 1 << 20;
    /// Accounts and sessions at the most, each.
    pub const OWNERS_MAX: u32 = 1 << 24;
    /// Price levels of one side of one book at the most.
    pub const LEVELS_MAX: u32 = 1 << 24;

    /// Returns whether every number is within its bound, and orders and levels are not zero.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.orders > 0
            && self.orders <= Self::ORDERS_MAX
            && self.levels > 0
            && self.levels <= Self::LEVELS_MAX
            && self.instruments <= Self::INSTRUMENTS_MAX
            && self.accounts <= Self::OWNERS_MAX
            && self.sessions <= Self::OWNERS_MAX
            && (self.gateways as usize) <= crate::domain::bounds::GATEWAYS_MAX
    }
}

const _: () = assert!(
    3 * (ShardCapacity::ORDERS_MAX as u64) + 4 * (ShardCapacity::OWNERS_MAX as u64)
        < u32::MAX as u64,
    "the links of owner lists are numbered in 32 bits"
);
