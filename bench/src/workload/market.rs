//! The market of the workloads: one instrument, a thousand users, and how large the shard is.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineInstrument, FirmId, GatewayId,
    Instrument, InstrumentId, LendSlots, Name, Phase, Price, Quantity, SetPhase, ShardId, Symbol,
};

/// Users; each has an account and a session of its own.
pub const USERS: u32 = 1_000;
/// Order slots; four times what the workloads keep live.
pub const SLOTS: u32 = 4_096;
/// Lowest price taken.
pub(super) const PRICE_MIN: i64 = 1;
/// Highest price taken.
pub(super) const PRICE_MAX: i64 = 1_000_000;
/// The symbol.
pub(super) const SYMBOL: &[u8] = b"ECMIX";
const LOTS_MAX: u64 = 1_000_000;

/// What the shard has room for.
pub const CAPACITY: ShardCapacity = ShardCapacity {
    orders: SLOTS,
    levels: 2_048,
    instruments: 1,
    accounts: USERS,
    sessions: USERS,
    gateways: 1,
};

/// Returns the instrument: a tick and a lot are 1.
///
/// # Panics
///
/// Never: the symbol is this module's own.
#[must_use]
pub fn instrument() -> Instrument {
    Instrument {
        symbol: Symbol::new(SYMBOL).expect("it is printable"),
        id: InstrumentId(0),
        shard: ShardId(0),
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(1),
        price_min: Price::new(PRICE_MIN),
        price_max: Price::new(PRICE_MAX),
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max: Quantity::new(LOTS_MAX),
        notional_max: i128::from(i64::MAX).into(),
        protection: Price::MAX,
    }
}

/// Returns the definitions that a shard needs before the first order.
///
/// # Panics
///
/// Never: the names are this module's own.
#[must_use]
pub fn setup() -> Vec<Command> {
    let mut number = 0;
    let mut control = || {
        number += 1;
        ControlNumber(number)
    };
    let mut commands = vec![
        Command::DefineInstrument(DefineInstrument {
            control: control(),
            instrument: instrument(),
        }),
        Command::LendSlots(LendSlots {
            control: control(),
            slot_first: 0,
            slot_count: SLOTS,
            shard: ShardId(0),
            gateway: GatewayId(0),
            reserved: [0; 6],
        }),
    ];
    commands.extend((0..USERS).map(|user| {
        let name = format!("user-{user}");
        Command::DefineAccount(DefineAccount {
            control: control(),
            account: Account {
                id: AccountId(user),
                firm: FirmId(0),
                name: Name::new(name.as_bytes()).expect("it is short and printable"),
                open_orders_max: SLOTS,
            },
            reserved: [0; 4],
        })
    }));
    commands.push(Command::SetPhase(SetPhase {
        control: control(),
        instrument: InstrumentId(0),
        phase: Phase::Continuous,
        reserved: [0; 3],
    }));
    commands
}
