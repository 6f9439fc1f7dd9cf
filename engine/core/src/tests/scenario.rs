//! The scenario language: a test reads as what was sent and what came back.
//!
//! - `> 1 sell 100 @ 10.00 day`: order 1 (slot 1, next generation). There may follow `ioc`,
//!   `market`, `post`, `synced`, `id=A`, `account=2`, `session=1`, `gateway=1`, `instrument=1`,
//!   `generation=3`.
//! - `> 1 cancel`, `> 1 reduce 50`, `> 1 replace 50 @ 10.01`: to the last order 1. There may
//!   follow `id=B`, `order=7` (the OrderId of that sequence), `generation=3`.
//! - `> mass session=0`, `> mass account=2`: `side=buy` and `instrument=1` may follow.
//! - `> halt`, `> resume`: `instrument=1` may follow.
//! - `< 2 trade 100 @ 10.00 resting=1 cumulative=100 leaves=50`: one event. All events of a
//!   command must be told, in order.
//! - `= bid 100 @ 10.00 ask -`: what is open in the best levels.
//! - `= bids 1 3 asks 2`: orders in the order in which they would trade.
//!
//! After each command the books are audited, every order is compared with its mirror, and a
//! command that was refused must have left the book hashes as they were.

use std::fmt::Write as _;

use zerocopy::little_endian::I128;

use super::audit::audit;
pub(super) use super::scenario_words::price;
use super::scenario_words::{Options, price_text};
use crate::domain::event::{Event, EventBody};
use crate::domain::{
    Cancel, ClientOrderId, Command, ControlNumber, DefineInstrument, Durability, Epoch, GatewayId,
    Instrument, InstrumentId, LendSlots, OrderHandle, OrderId, Origin, Phase, Price, Quantity,
    Reduce, Replace, RequestNumber, RingNumber, SequenceNumber, Sequenced, SessionId, SetPhase,
    ShardId, Side, Symbol,
};
use crate::{EventBuffer, OrderMirror, Progress, Shard, ShardCapacity};

/// Runs a scenario on two instruments of tick 0.01 and lot 1 and asserts all that it tells.
#[track_caller]
pub(super) fn check(text: &str) -> Scenario {
    check_with(|_| {}, text)
}

/// Runs a scenario after `change` has changed the definition of instrument 0.
#[track_caller]
pub(super) fn check_with(change: impl Fn(&mut Instrument), text: &str) -> Scenario {
    let mut scenario = Scenario::new(change);
    scenario.run(text);
    scenario
}

/// A shard of capacity for small tests: 64 slots, of which gateway 0 has 0..32 and gateway 1
/// 32..48; 4 levels a side.
pub(super) const CAPACITY: ShardCapacity = ShardCapacity {
    orders: 64,
    levels: 4,
    instruments: 3,
    accounts: 4,
    sessions: 4,
    gateways: 2,
};

/// Returns an instrument with wide limits.
pub(super) fn instrument(id: u32) -> Instrument {
    Instrument {
        symbol: Symbol::new(format!("SYM{id}").as_bytes()).unwrap(),
        id: InstrumentId(id),
        shard: ShardId(0),
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(Price::ONE / 100),
        price_min: price("-1000"),
        price_max: price("1000"),
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max: Quantity::new(1_000_000),
        notional_max: I128::new(i128::MAX),
    }
}

/// A shard under test, with what a gateway would know.
pub(super) struct Scenario {
    pub(super) shard: Shard,
    pub(super) events: Vec<Event>,
    pub(super) mirror: OrderMirror,
    buffer: EventBuffer,
    controls: u64,
    rings: [u64; 2],
    pub(super) client_order_id: ClientOrderId,
}

impl Scenario {
    pub(super) fn new(change: impl Fn(&mut Instrument)) -> Self {
        let mut scenario = Self {
            shard: Shard::new(ShardId(0), CAPACITY),
            events: Vec::new(),
            mirror: OrderMirror::new(0, CAPACITY.orders),
            buffer: EventBuffer::new(),
            controls: 0,
            rings: [0; 2],
            client_order_id: ClientOrderId::NONE,
        };
        let mut first = instrument(0);
        change(&mut first);
        for instrument in [first, instrument(1)] {
            let control = scenario.control();
            scenario.apply(Command::DefineInstrument(DefineInstrument {
                control,
                instrument,
            }));
        }
        for (gateway, slot_first, slot_count) in [(0, 0, 32), (1, 32, 16)] {
            let control = scenario.control();
            scenario.apply(Command::LendSlots(LendSlots {
                control,
                slot_first,
                slot_count,
                shard: ShardId(0),
                gateway: GatewayId(gateway),
                reserved: [0; 6],
            }));
        }
        scenario
    }

    /// Runs more lines.
    #[track_caller]
    pub(super) fn run(&mut self, text: &str) {
        let mut told: Option<std::vec::IntoIter<String>> = None;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (mark, rest) = line.split_at(1);
            let rest = rest.trim();
            if mark == "<" {
                let next = told.as_mut().and_then(Iterator::next);
                assert_eq!(next.as_deref(), Some(rest), "expected: {line}");
                continue;
            }
            let left: Vec<_> = told.take().into_iter().flatten().collect();
            assert!(left.is_empty(), "before `{line}` nobody told {left:?}");
            match mark {
                ">" => {
                    let command = self.command(rest);
                    told = Some(self.apply(command).into_iter());
                }
                "=" => self.assert_book(rest),
                _ => panic!("no such line: {line}"),
            }
        }
        let left: Vec<_> = told.into_iter().flatten().collect();
        assert!(left.is_empty(), "at the end nobody told {left:?}");
    }

    /// Applies one command to its end; returns its events as text.
    pub(super) fn apply(&mut self, body: Command) -> Vec<String> {
        let command = Sequenced {
            sequence: SequenceNumber(self.shard.last_sequence().get() + 1),
            epoch: Epoch(1),
            time_ns: self.shard.last_time_ns() + 10,
            body,
        };
        let hashes = self.book_hashes();
        self.events.clear();
        let mut progress = self.shard.apply(&command, &mut self.buffer);
        loop {
            self.events.extend_from_slice(self.buffer.as_slice());
            self.buffer.clear();
            match progress {
                Progress::Done => break,
                Progress::More => progress = self.shard.resume(&mut self.buffer),
            }
        }
        self.client_order_id = match body {
            Command::Replace(_, id) => id,
            _ => ClientOrderId::NONE,
        };
        let texts = self.tell(&command);
        audit(&self.shard);
        self.assert_mirror();
        let refused = self.events.iter().any(|event| {
            matches!(
                event.body,
                EventBody::Rejected { .. } | EventBody::CancelRejected { .. }
            )
        });
        if refused {
            assert_eq!(self.events.len(), 1, "a refusal is the only event");
            assert_eq!(hashes, self.book_hashes(), "a refusal changed a book");
        }
        texts
    }

    /// Returns the next control number.
    pub(super) fn control(&mut self) -> ControlNumber {
        self.controls += 1;
        ControlNumber(self.controls)
    }

    /// Reads a command line without its mark; takes the next ring number of its gateway.
    pub(super) fn command(&mut self, line: &str) -> Command {
        let words: Vec<&str> = line.split_whitespace().collect();
        let options = Options { words: &words };
        let origin = self.origin(&options);
        match words.as_slice() {
            ["mass", ..] => Command::MassCancel(options.mass_cancel(origin)),
            ["halt", ..] => self.phase(&options, Phase::Halt),
            ["resume", ..] => self.phase(&options, Phase::Continuous),
            [label, "cancel", ..] => Command::Cancel(Cancel {
                origin,
                handle: self.handle(label, &options),
                order_id: options.number("order").map_or(OrderId::NONE, |sequence| {
                    OrderId::of(ShardId(0), SequenceNumber(sequence))
                }),
            }),
            [label, "reduce", quantity, ..] => Command::Reduce(Reduce {
                origin,
                handle: self.handle(label, &options),
                quantity: Quantity::new(quantity.parse().unwrap()),
            }),
            [label, "replace", quantity, "@", limit, ..] => Command::Replace(
                Replace {
                    origin,
                    handle: self.handle(label, &options),
                    price: price(limit),
                    quantity: Quantity::new(quantity.parse().unwrap()),
                },
                options.client_order_id(),
            ),
            [label, "buy" | "sell", quantity, ..] => {
                let slot: u32 = label.parse().unwrap();
                let generation = options.number("generation").map_or_else(
                    || self.shard.slot(slot).generation + 1,
                    |number| u32::try_from(number).unwrap(),
                );
                let handle = OrderHandle { slot, generation };
                let quantity = Quantity::new(quantity.parse().unwrap());
                Command::New(
                    options.new_order(origin, handle, quantity),
                    options.client_order_id(),
                )
            }
            _ => panic!("no such command: {line}"),
        }
    }

    fn origin(&mut self, options: &Options<'_>) -> Origin {
        let gateway = u8::try_from(options.number("gateway").unwrap_or(0)).unwrap();
        let ring = &mut self.rings[usize::from(gateway)];
        *ring += 1;
        Origin {
            ring: RingNumber(*ring),
            request: RequestNumber(*ring),
            session: SessionId(options.id("session").unwrap_or(0)),
            gateway: GatewayId(gateway),
            durability: if options.has("synced") {
                Durability::Synced
            } else {
                Durability::Written
            },
            reserved: [0; 2],
        }
    }

    fn phase(&mut self, options: &Options<'_>, phase: Phase) -> Command {
        Command::SetPhase(SetPhase {
            control: self.control(),
            instrument: InstrumentId(options.id("instrument").unwrap_or(0)),
            phase,
            reserved: [0; 3],
        })
    }

    fn handle(&self, label: &str, options: &Options<'_>) -> OrderHandle {
        let slot = label.parse().unwrap();
        OrderHandle {
            slot,
            generation: options
                .id("generation")
                .unwrap_or_else(|| self.shard.slot(slot).generation),
        }
    }

    pub(super) fn book_hashes(&self) -> Vec<Option<u128>> {
        (0..CAPACITY.instruments)
            .map(|id| self.shard.book_hash(InstrumentId(id)))
            .collect()
    }

    /// Tells the mirror every event, and returns each as text.
    fn tell(&mut self, command: &Sequenced<Command>) -> Vec<String> {
        let events = std::mem::take(&mut self.events);
        let mut texts = Vec::new();
        for (index, event) in (0..).zip(&events) {
            assert_eq!(event.header.sequence, command.sequence);
            assert_eq!(event.header.time_ns, command.time_ns);
            assert_eq!(event.header.index, index);
            let ring = command.body.origin().map_or(0, |origin| origin.ring.get());
            assert_eq!(u64::from(event.header.ring_tag), ring);
            if let (EventBody::Accepted { .. }, Command::New(order, id)) =
                (event.body, &command.body)
            {
                self.mirror.open(order, *id);
            }
            texts.push(self.text(event, command.sequence));
        }
        self.events = events;
        texts
    }

    /// Asserts that what the events told is what the books hold.
    fn assert_mirror(&self) {
        let live: Vec<_> = self.mirror.live().collect();
        assert_eq!(live.len(), self.shard.live_order_count() as usize);
        for record in live {
            let order = self.shard.order(record.handle).expect("the order is live");
            assert_eq!(order.order_id, record.order_id);
            assert_eq!(order.account, record.account);
            assert_eq!(order.session, record.session);
            assert_eq!(order.gateway, record.gateway);
            assert_eq!(order.request, record.order_request);
            assert_eq!(order.instrument, record.instrument);
            assert_eq!(order.side, record.side);
            assert_eq!(order.order_type, record.order_type);
            assert_eq!(order.time_in_force, record.time_in_force);
            assert_eq!(order.post_only, record.post_only);
            assert_eq!(order.price, record.price);
            assert_eq!(order.order_quantity, record.order_quantity);
            assert_eq!(order.cumulative, record.cumulative);
            assert_eq!(order.leaves, record.leaves);
            assert_eq!(order.durability, record.durability);
            assert_eq!(order.client_order_id, record.client_order_id);
        }
    }

    #[track_caller]
    fn assert_book(&self, expected: &str) {
        let actual = if expected.starts_with("bids") {
            let mut text = String::new();
            for (name, side) in [("bids", Side::Buy), ("asks", Side::Sell)] {
                let space = if text.is_empty() { "" } else { " " };
                write!(text, "{space}{name}").unwrap();
                for order in self.shard.live_orders(InstrumentId(0), side) {
                    write!(text, " {}", order.handle.slot).unwrap();
                }
            }
            text
        } else {
            let best = |side| {
                let level = self.shard.depth(InstrumentId(0), side, 1).next();
                level.map_or("-".to_owned(), |level| {
                    format!("{} @ {}", level.quantity, price_text(level.price))
                })
            };
            format!("bid {} ask {}", best(Side::Buy), best(Side::Sell))
        };
        assert_eq!(actual, expected);
    }
}
