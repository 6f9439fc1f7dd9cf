//! Domain types: what an order, a command and an event are, in exact integers.
//!
//! Everything here is plain data. It must not know a book, a clock, a socket or a file.

pub mod account;
pub mod bounds;
pub mod client_order_id;
pub mod command;
pub mod event;
pub mod ids;
pub mod instrument;
pub mod layouts;
pub mod order_command;
pub mod price;
pub mod quantity;
pub mod reject_reason;
pub mod side;

pub use account::{Account, Firm, Name, SessionDefinition};
pub use client_order_id::ClientOrderId;
pub use command::{
    Cancel, Command, CommandDecodeError, CommandKind, DefineAccount, DefineFirm, DefineInstrument,
    DefineSession, Durability, EndDay, LendSlots, MassCancel, MassCancelScope, NewOrder,
    OrderTerms, Origin, Reduce, Replace, ReplaceTerms, Sequenced, SetPhase, StateHashCheck,
    TimeAdvance,
};
pub use event::{CancelReason, Event, EventBody, EventHeader, RestateReason};
pub use ids::{
    AccountId, ControlNumber, Epoch, EventId, FirmId, GatewayId, InstrumentId, OrderHandle,
    OrderId, RequestNumber, RingNumber, SequenceNumber, SessionId, ShardId,
};
pub use instrument::{Instrument, Phase, Symbol};
pub use layouts::command_layouts;
pub use price::{Notional, Price};
pub use quantity::Quantity;
pub use reject_reason::RejectReason;
pub use side::{OrderType, SelfTradePrevention, Side, TimeInForce};
