//! A desk: one instrument with a tick of 1, orders by number, what happened as short text.

use matchgate_core::domain::{
    AccountId, Cancel, ClientOrderId, Command, ControlNumber, DefineInstrument, Durability, EndDay,
    Epoch, Event, EventBody, GatewayId, Instrument, InstrumentId, LendSlots, NewOrder, OrderHandle,
    OrderId, OrderTerms, OrderType, Origin, Phase, Price, Quantity, Reduce, Replace, ReplaceTerms,
    RequestNumber, RingNumber, SelfTradePrevention, SequenceNumber, Sequenced, SessionId, SetPhase,
    ShardId, Side, Symbol, TimeAdvance, TimeInForce,
};

use crate::differential::SHARD;
use crate::generator::Flow;
use crate::reference::Reference;

const INSTRUMENT: InstrumentId = InstrumentId(0);

/// Returns a plain limit order for the day.
pub(super) fn limit(side: Side, quantity: u64, price: i64) -> NewOrder {
    NewOrder {
        origin: origin(0),
        handle: handle(0),
        price: Price::new(price),
        quantity: Quantity::new(quantity),
        instrument: INSTRUMENT,
        account: AccountId(0),
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        post_only: 0,
        self_trade: SelfTradePrevention::None,
        terms_given: 0,
        reserved: [0; 2],
        terms: OrderTerms::NONE,
    }
}

pub(super) fn buy(quantity: u64, price: i64) -> NewOrder {
    limit(Side::Buy, quantity, price)
}

pub(super) fn sell(quantity: u64, price: i64) -> NewOrder {
    limit(Side::Sell, quantity, price)
}

/// Returns an order of another type or time in force.
pub(super) fn with(order: NewOrder, order_type: OrderType, time_in_force: TimeInForce) -> NewOrder {
    NewOrder {
        order_type,
        time_in_force,
        ..order
    }
}

/// Returns an order with further terms.
pub(super) fn terms(order: NewOrder, change: impl FnOnce(&mut OrderTerms)) -> NewOrder {
    let mut order = order;
    order.terms_given = 1;
    change(&mut order.terms);
    order
}

pub(super) fn iceberg(order: NewOrder, display: u64) -> NewOrder {
    terms(order, |terms| {
        terms.display_quantity = Quantity::new(display);
    })
}

pub(super) fn stop(order: NewOrder, order_type: OrderType, stop_price: i64) -> NewOrder {
    let order = with(order, order_type, TimeInForce::Gtc);
    terms(order, |terms| terms.stop_price = Price::new(stop_price))
}

/// Returns a mid-peg without a cap.
pub(super) fn peg(side: Side, quantity: u64) -> NewOrder {
    let no_cap = match side {
        Side::Buy => i64::MAX,
        Side::Sell => i64::MIN,
    };
    with(
        limit(side, quantity, no_cap),
        OrderType::MidPeg,
        TimeInForce::Gtc,
    )
}

fn origin(ring: u64) -> Origin {
    Origin {
        ring: RingNumber(ring),
        request: RequestNumber(1),
        session: SessionId(0),
        gateway: GatewayId(0),
        durability: Durability::Written,
        reserved: [0; 2],
    }
}

const fn handle(number: u32) -> OrderHandle {
    OrderHandle {
        slot: number,
        generation: 1,
    }
}

/// A reference that knows one instrument, and the orders that were entered: the first is 1.
pub(super) struct Desk {
    pub(super) reference: Reference,
    sequence: u64,
    last_number: u32,
}

impl Desk {
    /// Returns one whose market orders go 2 ticks beyond the best price.
    pub(super) fn new() -> Self {
        let mut desk = Self {
            reference: Reference::new(SHARD, Flow::Mixed.capacity()),
            sequence: 0,
            last_number: 0,
        };
        desk.define(|_| {});
        desk.tell(Command::LendSlots(LendSlots {
            control: ControlNumber(2),
            slot_first: 0,
            slot_count: 64,
            shard: ShardId(SHARD.0),
            gateway: GatewayId(0),
            reserved: [0; 6],
        }));
        desk
    }

    /// Defines the instrument, or gives it other limits.
    pub(super) fn define(&mut self, change: impl FnOnce(&mut Instrument)) -> String {
        let mut instrument = Instrument {
            symbol: Symbol::new(b"SYM").unwrap(),
            id: INSTRUMENT,
            shard: SHARD,
            quantity_exponent: 0,
            reserved: [0; 2],
            tick: Price::new(1),
            price_min: Price::new(-1000),
            price_max: Price::new(1000),
            lot: Quantity::new(1),
            quantity_min: Quantity::new(1),
            quantity_max: Quantity::MAX,
            notional_max: i128::MAX.into(),
            protection: Price::new(2),
        };
        change(&mut instrument);
        let control = ControlNumber(self.sequence + 1);
        self.tell(Command::DefineInstrument(DefineInstrument {
            control,
            instrument,
        }))
    }

    /// Tells it a command and returns what happened.
    pub(super) fn tell(&mut self, body: Command) -> String {
        self.sequence += 1;
        let mut events = Vec::new();
        let command = Sequenced {
            sequence: SequenceNumber(self.sequence),
            epoch: Epoch(1),
            time_ns: self.sequence,
            body,
        };
        self.reference.apply(&command, &mut events);
        let texts: Vec<String> = events.iter().map(text).collect();
        texts.join("; ")
    }

    /// Enters an order under the next number.
    pub(super) fn enter(&mut self, order: NewOrder) -> String {
        self.last_number += 1;
        let order = NewOrder {
            origin: origin(self.sequence + 1),
            handle: handle(self.last_number),
            ..order
        };
        self.tell(Command::New(order, ClientOrderId::NONE))
    }

    pub(super) fn cancel(&mut self, number: u32) -> String {
        self.tell(Command::Cancel(Cancel {
            origin: origin(self.sequence + 1),
            handle: handle(number),
            order_id: OrderId::NONE,
        }))
    }

    pub(super) fn reduce(&mut self, number: u32, quantity: u64) -> String {
        self.tell(Command::Reduce(Reduce {
            origin: origin(self.sequence + 1),
            handle: handle(number),
            quantity: Quantity::new(quantity),
        }))
    }

    pub(super) fn change(&mut self, number: u32, quantity: u64, price: i64) -> String {
        self.change_terms(number, (quantity, price), ReplaceTerms::NONE)
    }

    pub(super) fn change_terms(
        &mut self,
        number: u32,
        (quantity, price): (u64, i64),
        terms: ReplaceTerms,
    ) -> String {
        let replace = Replace {
            origin: origin(self.sequence + 1),
            handle: handle(number),
            price: Price::new(price),
            quantity: Quantity::new(quantity),
            terms,
        };
        self.tell(Command::Replace(replace, ClientOrderId::NONE))
    }

    pub(super) fn phase(&mut self, phase: Phase) -> String {
        let control = ControlNumber(self.sequence + 1);
        self.tell(Command::SetPhase(SetPhase {
            control,
            instrument: INSTRUMENT,
            phase,
            reserved: [0; 3],
        }))
    }

    pub(super) fn end_day(&mut self) -> String {
        let control = ControlNumber(self.sequence + 1);
        self.tell(Command::EndDay(EndDay {
            control,
            instrument: INSTRUMENT,
            reserved: [0; 4],
        }))
    }

    /// Moves the time to that of the next command.
    pub(super) fn time(&mut self) -> String {
        self.tell(Command::Time(TimeAdvance {
            time_ns: self.sequence + 1,
        }))
    }

    /// Returns the event time of the last command.
    pub(super) const fn now_ns(&self) -> u64 {
        self.sequence
    }
}

fn text(event: &Event) -> String {
    match event.body {
        EventBody::Accepted { .. } => "accepted".to_owned(),
        EventBody::Rejected { reason, .. } => format!("rejected {reason:?}"),
        EventBody::CancelRejected { reason, .. } => format!("refused {reason:?}"),
        EventBody::Traded {
            aggressor,
            resting,
            price,
            quantity,
            ..
        } => format!(
            "{} takes {}@{} of {}",
            aggressor.slot,
            quantity.get(),
            price.get(),
            resting.slot
        ),
        EventBody::SelfTradePrevented {
            aggressor,
            resting,
            quantity,
            ..
        } => format!(
            "{} does not take {} of {}",
            aggressor.slot,
            quantity.get(),
            resting.slot
        ),
        body => text_of_one(body),
    }
}

/// Returns the text of what became of one order.
fn text_of_one(body: EventBody) -> String {
    let number = |handle: OrderHandle| handle.slot;
    match body {
        EventBody::Reduced {
            handle,
            quantity: total,
            leaves,
            ..
        } => format!(
            "{} is {} with {}",
            number(handle),
            total.get(),
            leaves.get()
        ),
        EventBody::Replaced {
            handle,
            leaves,
            kept_priority,
            ..
        } => {
            let place = if kept_priority { "stays" } else { "moves" };
            format!("{} {place} with {}", number(handle), leaves.get())
        }
        EventBody::Canceled {
            handle,
            quantity,
            reason,
            ..
        } => format!("{} loses {} {reason:?}", number(handle), quantity.get()),
        EventBody::Expired {
            handle, quantity, ..
        } => format!("{} expires with {}", number(handle), quantity.get()),
        EventBody::Triggered {
            handle, refused, ..
        } => match refused {
            None => format!("{} goes", number(handle)),
            Some(reason) => format!("{} cannot go {reason:?}", number(handle)),
        },
        EventBody::Restated {
            handle,
            price,
            displayed,
            ..
        } => format!(
            "{} shows {}@{}",
            number(handle),
            displayed.get(),
            price.get()
        ),
        EventBody::TermsReplaced { handle, .. } => format!("{} has terms", number(handle)),
        body => format!("{body:?}"),
    }
}
