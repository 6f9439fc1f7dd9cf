//! Steps: a command that needs more events than one step holds goes on until it is complete.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::scenario::{Scenario, price};
use crate::domain::bounds::EVENTS_PER_STEP_MAX;
use crate::domain::event::{Event, EventBody};
use crate::domain::{
    Command, Epoch, InstrumentId, NewOrder, OrderHandle, Price, Quantity, RequestNumber,
    RingNumber, SequenceNumber, Sequenced, Side,
};
use crate::{EventBuffer, Progress, Shard};

/// A shard with `count` bids of one at 10.00, and the first free ring number.
pub(super) fn shard_of_bids(count: u32) -> (Shard, NewOrder) {
    let mut big = BigShard::new(count + 1);
    for slot in 0..count {
        big.enter(slot, Side::Buy, Quantity::new(1));
    }
    let next = big.order(count, Side::Sell, Quantity::new(1));
    (big.shard, next)
}

/// A shard with many slots, all lent to gateway 0.
struct BigShard {
    shard: Shard,
    ring: u64,
}

impl BigShard {
    fn new(orders: u32) -> Self {
        let scenario = Scenario::new(|_| {});
        let (definition, _) = scenario.shard.instrument(InstrumentId(0)).unwrap();
        let capacity = crate::ShardCapacity {
            orders,
            ..super::scenario::CAPACITY
        };
        let mut shard = Shard::new(scenario.shard.id(), capacity);
        let define = Command::DefineInstrument(crate::domain::DefineInstrument {
            control: crate::domain::ControlNumber(1),
            instrument: *definition,
        });
        let lend = Command::LendSlots(crate::domain::LendSlots {
            control: crate::domain::ControlNumber(2),
            slot_first: 0,
            slot_count: orders,
            shard: shard.id(),
            gateway: crate::domain::GatewayId(0),
            reserved: [0; 6],
        });
        run(&mut shard, define);
        run(&mut shard, lend);
        Self { shard, ring: 0 }
    }

    fn order(&mut self, slot: u32, side: Side, quantity: Quantity) -> NewOrder {
        self.ring += 1;
        let mut scenario = Scenario::new(|_| {});
        let Command::New(order, _) = scenario.command("1 buy 1 @ 10.00 day") else {
            panic!("a new order");
        };
        NewOrder {
            origin: crate::domain::Origin {
                ring: RingNumber(self.ring),
                request: RequestNumber(self.ring),
                ..order.origin
            },
            handle: OrderHandle {
                slot,
                generation: 1,
            },
            side,
            quantity,
            ..order
        }
    }

    fn enter(&mut self, slot: u32, side: Side, quantity: Quantity) -> Vec<Event> {
        let order = self.order(slot, side, quantity);
        run(&mut self.shard, new(order))
    }
}

pub(super) fn new(order: NewOrder) -> Command {
    Command::New(order, crate::domain::ClientOrderId::NONE)
}

pub(super) fn next(shard: &Shard, body: Command) -> Sequenced<Command> {
    Sequenced {
        sequence: SequenceNumber(shard.last_sequence().get() + 1),
        epoch: Epoch(1),
        time_ns: shard.last_time_ns() + 1,
        body,
    }
}

/// Applies a command to its end; asserts the bound of every step.
pub(super) fn run(shard: &mut Shard, body: Command) -> Vec<Event> {
    let mut buffer = EventBuffer::new();
    let mut events = Vec::new();
    let mut progress = shard.apply(&next(shard, body), &mut buffer);
    loop {
        assert!(buffer.len() <= EVENTS_PER_STEP_MAX);
        events.extend_from_slice(buffer.as_slice());
        buffer.clear();
        if progress == Progress::Done {
            return events;
        }
        progress = shard.resume(&mut buffer);
    }
}

#[test]
fn sweep_longer_than_a_step_is_one_command_with_one_event_index() {
    for count in [62, 63, 64, 65, 127, 128, 1000] {
        let (mut shard, order) = shard_of_bids(count);
        let order = NewOrder {
            quantity: Quantity::new(u64::from(count) + 5),
            ..order
        };
        let sequence = shard.last_sequence().get() + 1;
        let events = run(&mut shard, new(order));
        assert_eq!(
            events.len(),
            count as usize + 1,
            "accepted, then every fill"
        );
        for (index, event) in (0..).zip(&events) {
            assert_eq!(event.header.index, index);
            assert_eq!(event.header.sequence.get(), sequence);
        }
        for (slot, event) in (0..count).zip(&events[1..]) {
            let EventBody::Traded { resting, .. } = event.body else {
                panic!("{event:?}");
            };
            assert_eq!(resting.slot, slot);
        }
        assert_eq!(shard.live_order_count(), 1);
        let rest = shard.depth(InstrumentId(0), Side::Sell, 1).next().unwrap();
        assert_eq!((rest.price, rest.quantity), (price("10"), 5));
    }
}

#[test]
fn immediate_remainder_follows_a_full_step() {
    for count in [62, 63, 64] {
        let (mut shard, order) = shard_of_bids(count);
        let order = NewOrder {
            quantity: Quantity::new(1000),
            time_in_force: crate::domain::TimeInForce::Ioc,
            ..order
        };
        let events = run(&mut shard, new(order));
        assert_eq!(events.len(), count as usize + 2);
        let last = events.last().map(|event| event.body);
        assert!(matches!(last, Some(EventBody::Canceled { .. })), "{last:?}");
        assert_eq!(shard.live_order_count(), 0);
    }
}

#[test]
fn crossing_replace_longer_than_a_step_goes_on() {
    let mut big = BigShard::new(202);
    for slot in 0..200 {
        big.enter(slot, Side::Buy, Quantity::new(1));
    }
    let far = NewOrder {
        price: price("11"),
        ..big.order(200, Side::Sell, Quantity::new(150))
    };
    run(&mut big.shard, new(far));
    let origin = big.order(201, Side::Buy, Quantity::new(1)).origin;
    let replace = crate::domain::Replace {
        origin,
        handle: far.handle,
        price: Price::new(10 * Price::ONE),
        quantity: Quantity::new(150),
    };
    let events = run(
        &mut big.shard,
        Command::Replace(replace, crate::domain::ClientOrderId::NONE),
    );
    assert_eq!(events.len(), 151);
    assert_eq!(big.shard.live_order_count(), 50);
}

#[test]
fn resume_without_a_command_does_nothing() {
    let (mut shard, _) = shard_of_bids(1);
    let hash = shard.state_hash();
    let mut events = EventBuffer::new();
    assert_eq!(shard.resume(&mut events), Progress::Done);
    assert!(events.is_empty());
    assert_eq!(shard.state_hash(), hash);
}

#[test]
fn caller_that_lost_its_place_is_stopped() {
    let refuses =
        |call: &mut dyn FnMut() -> Progress| catch_unwind(AssertUnwindSafe(call)).is_err();
    let (mut shard, order) = shard_of_bids(100);
    let sweep = new(NewOrder {
        quantity: Quantity::new(100),
        ..order
    });
    let (sequence, time_ns) = (shard.last_sequence(), shard.last_time_ns());
    let mut events = EventBuffer::new();
    let repeated = Sequenced {
        sequence,
        ..next(&shard, sweep)
    };
    assert!(refuses(&mut || shard.apply(&repeated, &mut events)));
    let earlier = Sequenced {
        time_ns: time_ns - 1,
        ..next(&shard, sweep)
    };
    assert!(refuses(&mut || shard.apply(&earlier, &mut events)));
    assert_eq!(
        shard.apply(&next(&shard, sweep), &mut events),
        Progress::More
    );
    assert!(refuses(&mut || shard.resume(&mut events)));
    events.clear();
    let following = next(&shard, sweep);
    assert!(refuses(&mut || shard.apply(&following, &mut events)));
    assert_eq!(shard.resume(&mut events), Progress::Done);
    assert!(refuses(&mut || shard.apply(&following, &mut events)));
}
