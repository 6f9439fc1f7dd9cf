//! Running: where a script fails, and what it says there.

use matchgate_core::OrderRecord;
use matchgate_core::domain::{
    Command, Durability, Event, EventBody, EventHeader, InstrumentId, OrderHandle, Price, Quantity,
    RejectReason, SequenceNumber, Sequenced, ShardId, Side,
};

use crate::{DisplayedOrder, Engine, Level, LiveOrder, Scenario};

/// What the engine below does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Loses the order that it has accepted.
    Lost,
    /// Changes its book with a refusal.
    Refusal,
    /// Counts events from 1.
    Index,
    /// Rests an order that sells below one that buys.
    Crossed,
}

/// Accepts every new order, matches none and refuses all else.
struct Acceptor {
    fault: Fault,
    orders: Vec<LiveOrder>,
    refused: u128,
}

impl Acceptor {
    fn scenario(fault: Fault) -> Scenario<Self> {
        let acceptor = Self {
            fault,
            orders: Vec::new(),
            refused: 0,
        };
        let mut scenario = Scenario::bare(acceptor, 64);
        scenario.run("> instrument 0\n< instrument 0").unwrap();
        scenario
    }
}

impl Engine for Acceptor {
    fn shard_id(&self) -> ShardId {
        ShardId(0)
    }

    fn apply(&mut self, command: &Sequenced<Command>) -> Vec<Event> {
        let body = match command.body {
            Command::New(order, id) => {
                let mut record = OrderRecord::pending(&order, id);
                record.accepted(ShardId(0), command.sequence);
                if self.fault != Fault::Lost {
                    self.orders.push(LiveOrder::from(&record));
                }
                EventBody::Accepted {
                    handle: order.handle,
                    durability: Durability::Written,
                }
            }
            Command::Cancel(cancel) => {
                self.refused += 1;
                EventBody::CancelRejected {
                    handle: cancel.handle,
                    reason: RejectReason::OrderNotLive,
                    durability: cancel.origin.durability,
                }
            }
            Command::DefineInstrument(define) => EventBody::InstrumentChanged {
                instrument: define.instrument.id,
            },
            _ => return Vec::new(),
        };
        let ring = command.body.origin().map_or(0, |origin| origin.ring.get());
        let header = EventHeader {
            sequence: command.sequence,
            time_ns: command.time_ns,
            ring_tag: u32::try_from(ring).unwrap(),
            index: u32::from(self.fault == Fault::Index && self.orders.len() == 1),
        };
        vec![Event { header, body }]
    }

    fn order(&self, handle: OrderHandle) -> Option<LiveOrder> {
        self.orders
            .iter()
            .find(|order| order.handle == handle)
            .copied()
    }

    fn live_order_count(&self) -> u32 {
        u32::try_from(self.orders.len()).unwrap()
    }

    fn live_orders(&self, _: InstrumentId, side: Side) -> Vec<DisplayedOrder> {
        let of_side = self.orders.iter().filter(|order| order.side == side);
        let displayed = |order: &LiveOrder| DisplayedOrder {
            handle: order.handle,
            displayed: order.leaves,
            priority_stamp: order.order_id.get(),
        };
        of_side.map(displayed).collect()
    }

    fn depth(&self, _: InstrumentId, side: Side) -> Vec<Level> {
        let of_side = self.orders.iter().filter(|order| order.side == side);
        of_side
            .map(|order| Level {
                price: order.price,
                quantity: u128::from(order.leaves.get()),
                order_count: 1,
            })
            .collect()
    }

    fn book_hash(&self, _: InstrumentId) -> Option<u128> {
        Some(if self.fault == Fault::Refusal {
            self.refused
        } else {
            0
        })
    }

    fn state_hash(&self) -> u128 {
        0
    }
}

fn error(fault: Fault, script: &str) -> String {
    let error = Acceptor::scenario(fault).run(script).unwrap_err();
    error.to_string()
}

#[test]
fn script_that_says_what_the_engine_does_runs() {
    let mut scenario = Acceptor::scenario(Fault::None);
    scenario
        .run(
            "> 1 buy   10 @ 10.00 day
             < 1 new   leaves=10
             + 2 sell 5 @ 11.00 day
             = bid 10 @ 10.00 ask 5 @ 11.00
             = depth bid 10 @ 10.00 ask 5 @ 11.00
             = bids 1 asks 2
             = waiting
             > 3 cancel
             < 3 refused OrderNotLive",
        )
        .unwrap();
    assert_eq!(scenario.hashes().len(), 4);
    assert_eq!(scenario.events().len(), 1);
    let record = scenario.teller().mirror().record_of_slot(1).unwrap();
    assert_eq!(record.leaves, Quantity::new(10));
    assert_eq!(record.price, Price::new(10 * Price::ONE));
    let next = scenario.command("1 cancel").unwrap();
    assert_eq!(next.sequence, SequenceNumber(5));
    assert_eq!(scenario.engine().live_order_count(), 2);
}

#[test]
fn first_line_that_differs_is_named_with_what_the_engine_told() {
    for (script, expected) in [
        (
            "> 1 buy 10 @ 10.00\n < 1 new leaves=9",
            "line 2, `< 1 new leaves=9`: the engine told `1 new leaves=10`",
        ),
        (
            "> 1 buy 10 @ 10.00\n < 1 new leaves=10\n < 1 canceled 10 immediate",
            "line 3, `< 1 canceled 10 immediate`: the engine told nothing more",
        ),
        (
            "> 1 buy 10 @ 10.00\n\n > 2 buy 10 @ 10.00",
            "line 3, `> 2 buy 10 @ 10.00`: before it the engine told also `1 new leaves=10`",
        ),
        (
            "> 1 buy 10 @ 10.00\n\n",
            "line 1, `> 1 buy 10 @ 10.00`: before it the engine told also `1 new leaves=10`",
        ),
        (
            "= bid - ask 5 @ 1.00",
            "line 1, `= bid - ask 5 @ 1.00`: the book holds `bid - ask -`",
        ),
        (
            "+ 1 cancel",
            "line 1, `+ 1 cancel`: expected a new order after `+`, found nothing more",
        ),
        (
            "< 1 new leaves=1",
            "line 1, `< 1 new leaves=1`: there is no command before it",
        ),
        (
            "1 buy",
            "line 1, `1 buy`: expected `>`, `+`, `<`, `=` or `#`, found `1 buy`",
        ),
    ] {
        assert_eq!(error(Fault::None, script), expected);
    }
}

#[test]
fn engine_that_breaks_what_always_holds_is_found() {
    let one = "> 1 buy 10 @ 10.00\n < 1 new leaves=10\n";
    for (fault, script, expected) in [
        (Fault::Lost, one.to_owned(), "order 1 is None"),
        (
            Fault::Index,
            one.to_owned(),
            "header is (SequenceNumber(2), 20, 1)",
        ),
        (
            Fault::Refusal,
            format!("{one} > 7 cancel"),
            "a refusal changed a book: 7 refused OrderNotLive",
        ),
        (
            Fault::Crossed,
            format!("{one} > 2 sell 10 @ 9.00"),
            "the book rests crossed",
        ),
    ] {
        let told = error(fault, &script);
        assert!(told.contains("no engine may do this"), "{told}");
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn record_is_the_script_with_what_the_engine_answered() {
    let mut scenario = Acceptor::scenario(Fault::None);
    let record = scenario
        .record("# first\n> 1 buy 10 @ 10.00 day\n< 7 new\n= bids 3\n> 3 cancel\n")
        .unwrap();
    let expected = "# first
> 1 buy 10 @ 10.00 day
< 1 new leaves=10
= bids 1 asks
> 3 cancel
< 3 refused OrderNotLive
";
    assert_eq!(record, expected);
    assert!(Acceptor::scenario(Fault::None).run(expected).is_ok());
}
