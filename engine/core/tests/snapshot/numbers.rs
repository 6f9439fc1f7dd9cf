//! Numbers at their limits, and a shard that is full.

use matchgate_core::domain::{AccountId, OrderTerms, bounds::ORDER_ID_SEQUENCE_BITS};
use matchgate_core::domain::{
    ClientOrderId, Command, ControlNumber, DefineInstrument, Epoch, GatewayId, Instrument,
    InstrumentId, LendSlots, NewOrder, OrderHandle, Price, Quantity, RequestNumber, RingNumber,
    SequenceNumber, Sequenced, SessionId, ShardId, Side, Symbol, TimeInForce,
};
use matchgate_core::{Shard, ShardCapacity};

use super::subject::{Subject, saved};

const CAPACITY: ShardCapacity = ShardCapacity {
    orders: 8,
    levels: 2,
    instruments: 1,
    accounts: 2,
    sessions: 2,
    gateways: 2,
};

/// Tells a shard commands, the last of them with the highest sequence and time that there are.
fn told(bodies: Vec<Command>) -> Subject {
    let mut subject = Subject::new(Shard::new(ShardId(63), CAPACITY));
    let first = (1 << ORDER_ID_SEQUENCE_BITS) - bodies.len() as u64;
    for (sequence, body) in (first..).map(SequenceNumber).zip(bodies) {
        let command = Sequenced {
            sequence,
            epoch: Epoch(u32::MAX),
            time_ns: u64::MAX - 1,
            body,
        };
        let events = subject.apply(&command);
        let accepted = matches!(body, Command::New(..)).then_some(1);
        assert!(
            accepted.is_none_or(|count| events.len() == count),
            "{events:?}"
        );
    }
    subject
}

/// Returns a venue whose prices and quantities are as far apart as can be.
fn venue() -> Vec<Command> {
    let symbol = Symbol::new(b"ACME").unwrap();
    let mut instrument = Instrument::new(symbol, InstrumentId(0), Price::new(1));
    instrument.shard = ShardId(63);
    let lend = LendSlots {
        control: ControlNumber(u64::MAX),
        slot_first: 0,
        slot_count: CAPACITY.orders,
        shard: ShardId(63),
        gateway: GatewayId(1),
        reserved: [0; 6],
    };
    vec![
        Command::DefineInstrument(DefineInstrument {
            control: ControlNumber(u64::MAX - 1),
            instrument,
        }),
        Command::LendSlots(lend),
    ]
}

/// Returns a new order with the highest generation.
fn order(slot: u32, side: Side, price: i64, quantity: u64) -> NewOrder {
    let handle = OrderHandle {
        slot,
        generation: u32::MAX,
    };
    let ring = RingNumber(u64::MAX - 8 + u64::from(slot));
    let (price, quantity) = (Price::new(price), Quantity::new(quantity));
    let mut order = NewOrder::limit(ring, handle, side, price, quantity);
    order.origin.gateway = GatewayId(1);
    order.origin.session = SessionId(1);
    order.origin.request = RequestNumber(u64::MAX);
    order.account = AccountId(1);
    order
}

#[track_caller]
fn assert_restored(shard: &Shard) -> Shard {
    let bytes = saved(shard);
    let restored = Shard::restore(shard.id(), CAPACITY, &bytes).unwrap();
    assert_eq!(saved(&restored), bytes);
    assert_eq!(restored.state_hash(), shard.state_hash());
    assert_eq!(restored.last_sequence(), shard.last_sequence());
    assert_eq!(restored.last_time_ns(), shard.last_time_ns());
    assert_eq!(restored.last_control(), shard.last_control());
    for gateway in (0..2).map(GatewayId) {
        assert_eq!(restored.last_ring(gateway), shard.last_ring(gateway));
    }
    restored
}

#[test]
fn numbers_at_their_limits_are_restored() {
    let mut commands = venue();
    let mut last = order(2, Side::Buy, i64::MIN + 1, 1);
    last.time_in_force = TimeInForce::Gtd;
    last.terms_given = 1;
    last.terms = OrderTerms {
        display_quantity: Quantity::new(1),
        expire_time_ns: u64::MAX,
        self_trade_group: (1 << 31) - 1,
        ..OrderTerms::NONE
    };
    let id = ClientOrderId::new(&[b'~'; 36]).unwrap();
    commands.extend([
        Command::New(order(0, Side::Sell, i64::MAX - 1, u64::MAX), id),
        Command::New(order(1, Side::Buy, i64::MIN + 2, u64::MAX), id),
        Command::New(last, id),
    ]);
    let subject = told(commands);
    assert_eq!(subject.shard.live_order_count(), 3);
    assert_eq!(subject.shard.last_time_ns(), u64::MAX - 1);
    let restored = assert_restored(&subject.shard);
    assert_eq!(restored.next_deadline_ns(), Some(u64::MAX));
    let best = restored.best(InstrumentId(0), Side::Sell);
    assert_eq!(best, Some((Price::new(i64::MAX - 1), u64::MAX)));
}

#[test]
fn full_shard_is_restored() {
    let mut commands = venue();
    for slot in 0..CAPACITY.orders {
        let (side, price) = match slot % 4 {
            0 => (Side::Buy, 1),
            1 => (Side::Buy, 2),
            2 => (Side::Sell, 3),
            _ => (Side::Sell, 4),
        };
        let order = order(slot, side, price, 1 << 60);
        commands.push(Command::New(order, ClientOrderId::NONE));
    }
    let subject = told(commands);
    assert_eq!(subject.shard.live_order_count(), CAPACITY.orders);
    let restored = assert_restored(&subject.shard);
    let buys = |shard: &Shard| {
        shard
            .live_orders(InstrumentId(0), Side::Buy)
            .collect::<Vec<_>>()
    };
    assert_eq!(buys(&restored), buys(&subject.shard));
    assert!(
        !restored
            .book(InstrumentId(0))
            .unwrap()
            .side(Side::Buy)
            .has_room_for_level()
    );
}
