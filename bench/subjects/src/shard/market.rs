//! The market of a workload: instruments that are alike, users, and how large the shard is.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    Command, ControlNumber, DefineInstrument, GatewayId, Instrument, InstrumentId, LendSlots,
    Price, Quantity, ShardId, Symbol,
};

/// Units of price in a tick: half a cent.
const TICK: i64 = 5_000_000;
/// No workload has prices beyond so many ticks.
const TICKS_MAX: i64 = 1 << 24;
const LOTS_MAX: u64 = 1 << 24;

/// How large it all is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Order slots, at least 4; the next power of two is taken.
    pub orders: u32,
    /// Price levels of one side of one book.
    pub levels: u32,
    /// Instruments.
    pub instruments: u32,
    /// Users; each has an account and a session of its own.
    pub users: u32,
}

impl Market {
    /// Returns that of one instrument and one user.
    #[must_use]
    pub const fn new(orders: u32, levels: u32) -> Self {
        Self {
            orders,
            levels,
            instruments: 1,
            users: 1,
        }
    }

    /// Returns how many order slots there are.
    #[must_use]
    pub const fn slots(&self) -> u32 {
        let orders = if self.orders < 4 { 4 } else { self.orders };
        orders.next_power_of_two()
    }

    /// Returns what the shard has room for.
    #[must_use]
    pub const fn capacity(&self) -> ShardCapacity {
        ShardCapacity {
            orders: self.slots(),
            levels: self.levels,
            instruments: self.instruments,
            accounts: self.users,
            sessions: self.users,
            gateways: 1,
        }
    }

    /// Returns the definitions that the shard needs before the first order.
    #[must_use]
    pub fn setup(&self) -> Vec<Command> {
        let define = |number: u32| {
            Command::DefineInstrument(DefineInstrument {
                control: ControlNumber(u64::from(number) + 1),
                instrument: Self::instrument(number),
            })
        };
        let mut commands: Vec<Command> = (0..self.instruments).map(define).collect();
        commands.push(Command::LendSlots(LendSlots {
            control: ControlNumber(u64::from(self.instruments) + 1),
            slot_first: 0,
            slot_count: self.slots(),
            shard: ShardId(0),
            gateway: GatewayId(0),
            reserved: [0; 6],
        }));
        commands
    }

    /// Returns the instrument of a number: a tick is half a cent, a lot is 1.
    ///
    /// # Panics
    ///
    /// Never: the symbol is this module's own.
    #[must_use]
    pub fn instrument(number: u32) -> Instrument {
        let symbol = format!("W{number}");
        Instrument {
            symbol: Symbol::new(symbol.as_bytes()).expect("it is short and printable"),
            id: InstrumentId(number),
            shard: ShardId(0),
            quantity_exponent: 0,
            reserved: [0; 2],
            tick: price(1),
            price_min: price(1),
            price_max: price(TICKS_MAX),
            lot: Quantity::new(1),
            quantity_min: Quantity::new(1),
            quantity_max: Quantity::new(LOTS_MAX),
            notional_max: i128::MAX.into(),
            protection: Price::MAX,
        }
    }
}

/// Returns the price of a tick of the workload.
#[must_use]
pub(super) const fn price(tick: i64) -> Price {
    Price::new(tick * TICK)
}

/// Returns the tick of a price.
pub(super) const fn tick(price: Price) -> i64 {
    price.get() / TICK
}
