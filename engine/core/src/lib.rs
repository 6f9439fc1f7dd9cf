//! The matching engine as a pure state machine.
//!
//! A shard is told commands and answers with events. It has no clock, no I/O, no thread, no
//! float, no hash iteration, and allocates nothing after it is made: its state is a function of
//! the commands alone. What it does with an order stands in `RULES.md` beside this crate, rule by
//! rule, each with its tests.
//!
//! ```
//! use matchgate_core::domain::{
//!     ClientOrderId, Command, ControlNumber, DefineInstrument, Epoch, EventBody, GatewayId,
//!     Instrument, InstrumentId, LendSlots, NewOrder, OrderHandle, Price, Quantity, RingNumber,
//!     SequenceNumber, Sequenced, ShardId, Side, Symbol,
//! };
//! use matchgate_core::{EventBuffer, Progress, Shard, ShardCapacity};
//!
//! let (orders, levels) = (1_024, 256);
//! let capacity = ShardCapacity { orders, levels, instruments: 1, accounts: 1, sessions: 1, gateways: 1 };
//! let mut shard = Shard::new(ShardId(0), capacity);
//! let mut events = EventBuffer::new();
//! let cent = Price::new(Price::ONE / 100);
//! let instrument = Instrument::new(Symbol::new(b"ACME").unwrap(), InstrumentId(0), cent);
//! let order = |ring, side, price, quantity| {
//!     let handle = OrderHandle { slot: ring, generation: 1 };
//!     let (ring, price) = (RingNumber(ring.into()), Price::new(price * Price::ONE));
//!     let order = NewOrder::limit(ring, handle, side, price, Quantity::new(quantity));
//!     Command::New(order, ClientOrderId::NONE)
//! };
//! let commands = [
//!     Command::DefineInstrument(DefineInstrument { control: ControlNumber(1), instrument }),
//!     Command::LendSlots(LendSlots {
//!         control: ControlNumber(2), slot_first: 0, slot_count: orders,
//!         shard: ShardId(0), gateway: GatewayId(0), reserved: [0; 6],
//!     }),
//!     order(1, Side::Sell, 10, 100),
//!     order(2, Side::Buy, 11, 30),
//! ];
//! for (sequence, body) in (1..).map(SequenceNumber).zip(commands) {
//!     let command = Sequenced { sequence, epoch: Epoch(1), time_ns: 0, body };
//!     events.clear();
//!     assert_eq!(shard.apply(&command, &mut events), Progress::Done);
//! }
//! let last = events.as_slice().last().unwrap();
//! assert!(matches!(last.body, EventBody::Traded { quantity, .. } if quantity.get() == 30));
//! assert_eq!(shard.best(InstrumentId(0), Side::Sell), Some((Price::new(10 * Price::ONE), 70)));
//! ```
//!
//! Prices are 1e-9 units of the quote currency, quantities the instrument's own units, times
//! nanoseconds since the Unix epoch; each type says its bounds. A refusal is an event with a
//! [`domain::RejectReason`], never an error: what is wrong with a client's order is no fault of
//! the caller.
#![forbid(unsafe_code)]
#![expect(
    clippy::inline_always,
    reason = "what most functions of a book do is less than a call, and there are many in a row"
)]
#![allow(
    missing_debug_implementations,
    reason = "the zerocopy derives define helper types of their own; ours all derive Debug"
)]
#![deny(
    clippy::float_arithmetic,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm
)]
#![cfg_attr(
    test,
    allow(
        clippy::wildcard_enum_match_arm,
        reason = "a test fails on whatever it does not expect"
    )
)]

pub mod domain;

pub mod book;
pub mod capacity;
pub mod event_buffer;
pub mod mirror;
pub mod order_index;
pub mod planted;
pub mod shard;
pub mod snapshot;
pub mod state_hash;

mod exact_divider;
mod owner_list;
mod slot_heap;

pub use capacity::ShardCapacity;
pub use event_buffer::EventBuffer;
pub use mirror::{OrderMirror, OrderRecord};
pub use order_index::OrderIndex;
pub use shard::{Level, OrderView, Progress, Shard, SlotView};
pub use snapshot::{SnapshotError, SnapshotProblem};

#[cfg(test)]
mod tests;
