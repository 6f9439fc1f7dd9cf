//! Bounds: every limit of the engine, in one place, related to each other at compile time.

/// Bytes in the longest symbol.
pub const SYMBOL_LENGTH_MAX: usize = 16;
/// Bytes in the longest client order id.
pub const CLIENT_ORDER_ID_LENGTH_MAX: usize = 36;
/// Bytes in the longest name of a firm, an account or a session.
pub const NAME_LENGTH_MAX: usize = 24;
/// Events that one step of a command emits at the most; a command that needs more goes on in
/// further steps before the next command is taken.
pub const EVENTS_PER_STEP_MAX: usize = 64;
/// Orders of an owner's list that one step of a mass cancel looks at, at the most. One that it does
/// not take costs a look and gives no event.
pub const MASS_CANCEL_VISITS_PER_STEP_MAX: usize = 256;
/// Parts in which an iceberg is displayed at the most: each that a sweep uses up costs two events.
pub const ICEBERG_PARTS_MAX: u64 = 1_000;
/// Mid-pegged orders of one side of one book at the most.
pub const MID_PEGS_PER_SIDE_MAX: usize = 256;
/// Slots that one step of a command looks at, at the most, where it has to look at all of them:
/// the end of the day, a mass cancel of an instrument.
pub const SLOT_VISITS_PER_STEP_MAX: usize = 256;
/// Shards of one venue at the most; a shard number has eight bits in an order id.
pub const SHARDS_MAX: usize = 64;
/// Gateways of one process at the most.
pub const GATEWAYS_MAX: usize = 32;
/// Bits of an order id that hold the sequence number of the order's command.
pub const ORDER_ID_SEQUENCE_BITS: u32 = 55;
/// Bytes in the body of the longest journaled command.
pub const COMMAND_BODY_MAX: usize = 144;

const _: () = assert!(
    EVENTS_PER_STEP_MAX >= 2,
    "a step holds any command's first events"
);
const _: () = assert!(MASS_CANCEL_VISITS_PER_STEP_MAX >= EVENTS_PER_STEP_MAX);
const _: () = assert!(SHARDS_MAX <= 256);
const _: () = assert!(GATEWAYS_MAX < 255, "255 is GatewayId::NONE");
