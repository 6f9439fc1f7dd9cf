//! The state hash and slots that no order is in: it knows with which generation each was used last.

use std::collections::BTreeSet;

use matchgate_core::domain::{
    ClientOrderId, Command, ControlNumber, DefineInstrument, Epoch, GatewayId, Instrument,
    InstrumentId, LendSlots, NewOrder, OrderHandle, Price, Quantity, RingNumber, SequenceNumber,
    Sequenced, ShardId, Side, Symbol, TimeInForce,
};
use matchgate_core::{EventBuffer, Progress, Shard, ShardCapacity};

const SLOTS: u32 = 3;
const ORDERS: u32 = 8;

/// Returns the hash after orders that took nothing and went, in the slots that `history` names in
/// base three.
fn hash_after(mut history: u32) -> u128 {
    let mut shard = Shard::new(
        ShardId(0),
        ShardCapacity {
            orders: SLOTS,
            levels: 1,
            instruments: 1,
            accounts: 1,
            sessions: 1,
            gateways: 1,
        },
    );
    let symbol = Symbol::new(b"ACME").unwrap();
    let instrument = Instrument::new(symbol, InstrumentId(0), Price::new(1));
    let mut commands = vec![
        Command::DefineInstrument(DefineInstrument {
            control: ControlNumber(1),
            instrument,
        }),
        Command::LendSlots(LendSlots {
            control: ControlNumber(2),
            slot_first: 0,
            slot_count: SLOTS,
            shard: ShardId(0),
            gateway: GatewayId(0),
            reserved: [0; 6],
        }),
    ];
    let mut generations = [0; SLOTS as usize];
    for ring in 1..=ORDERS {
        let slot = history % SLOTS;
        history /= SLOTS;
        generations[slot as usize] += 1;
        let handle = OrderHandle {
            slot,
            generation: generations[slot as usize],
        };
        let ring = RingNumber(ring.into());
        let order = NewOrder::limit(ring, handle, Side::Buy, Price::new(1), Quantity::new(1));
        let order = NewOrder {
            time_in_force: TimeInForce::Ioc,
            ..order
        };
        commands.push(Command::New(order, ClientOrderId::NONE));
    }
    let mut events = EventBuffer::new();
    for (sequence, body) in (1..).map(SequenceNumber).zip(commands) {
        let command = Sequenced {
            sequence,
            epoch: Epoch(1),
            time_ns: 0,
            body,
        };
        events.clear();
        assert_eq!(shard.apply(&command, &mut events), Progress::Done);
    }
    assert_eq!(shard.live_order_count(), 0);
    shard.state_hash()
}

#[test]
fn every_history_of_vacant_slots_has_its_own_hash() {
    let histories = SLOTS.pow(ORDERS);
    let hashes: BTreeSet<u128> = (0..histories).map(hash_after).collect();
    assert_eq!(hashes.len(), histories as usize);
}
