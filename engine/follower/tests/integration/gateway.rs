//! A stand-in for a gateway: gives handles, makes commands, learns from events which slots are
//! free. Its choices come from a seed.

use matchgate_core::domain::{
    AccountId, Cancel, ClientOrderId, Command, Durability, Event, EventBody, GatewayId,
    InstrumentId, MassCancel, MassCancelScope, NewOrder, OrderHandle, OrderId, OrderTerms,
    OrderType, Origin, Price, Quantity, Reduce, Replace, ReplaceTerms, RequestNumber, RingNumber,
    SelfTradePrevention, SessionId, Side, TimeInForce,
};

/// One slot as the gateway sees it.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    generation: u32,
    leaves: u64,
}

pub(crate) struct Gateway {
    number: u8,
    slot_first: u32,
    slots: Vec<Slot>,
    sent: u64,
    random: u64,
}

impl Gateway {
    pub(crate) fn new(number: u8, slot_first: u32, slot_count: usize, seed: u64) -> Self {
        Self {
            number,
            slot_first,
            slots: vec![Slot::default(); slot_count],
            sent: 0,
            random: seed | 1,
        }
    }

    /// Returns a number below `bound`: xorshift.
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }

    pub(crate) fn origin(&mut self) -> Origin {
        self.sent += 1;
        Origin {
            ring: RingNumber(self.sent),
            request: RequestNumber(self.sent),
            session: SessionId(u32::from(self.number)),
            gateway: GatewayId(self.number),
            durability: if self.sent.is_multiple_of(3) {
                Durability::Synced
            } else {
                Durability::Written
            },
            reserved: [0; 2],
        }
    }

    /// Returns a handle in a slot of the gateway by its place among them.
    fn handle(&self, place: usize) -> OrderHandle {
        OrderHandle {
            slot: self.slot_first + u32::try_from(place).expect("a slot number"),
            generation: self.slots[place].generation,
        }
    }

    /// Returns a new day order in the slot at `place`, which must be free.
    pub(crate) fn new_order(
        &mut self,
        place: usize,
        side: Side,
        price: i64,
        quantity: u64,
    ) -> Command {
        self.slots[place].generation += 1;
        self.slots[place].leaves = quantity;
        let origin = self.origin();
        let id = format!("g{}-{}", self.number, self.sent);
        let order = NewOrder {
            origin,
            handle: self.handle(place),
            price: Price::new(price * Price::ONE / 100),
            quantity: Quantity::new(quantity),
            instrument: InstrumentId(0),
            account: AccountId(u32::from(self.number)),
            side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Day,
            post_only: 0,
            self_trade: SelfTradePrevention::None,
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        };
        Command::New(order, ClientOrderId::new(id.as_bytes()).expect("an id"))
    }

    pub(crate) fn cancel(&mut self, place: usize) -> Command {
        Command::Cancel(Cancel {
            origin: self.origin(),
            handle: self.handle(place),
            order_id: OrderId::NONE,
        })
    }

    /// Returns a mass cancel of everything entered over the gateway's one session.
    pub(crate) fn mass_cancel(&mut self) -> Command {
        let origin = self.origin();
        Command::MassCancel(MassCancel {
            origin,
            session: origin.session,
            account: AccountId(0),
            instrument: InstrumentId(0),
            scope: MassCancelScope::Session,
            instrument_given: 0,
            side: 0,
            reserved: 0,
        })
    }

    /// Returns any command, well formed or not quite.
    pub(crate) fn any(&mut self) -> Command {
        let count = u64::try_from(self.slots.len()).expect("a few slots");
        let place = usize::try_from(self.below(count)).expect("a slot number");
        let roll = self.below(100);
        if self.slots[place].leaves == 0 && roll < 90 {
            return self.any_new(place);
        }
        match roll {
            0..60 => self.cancel(place),
            60..80 => self.any_replace(place),
            80..99 => {
                let quantity = Quantity::new(self.below(90));
                Command::Reduce(Reduce {
                    origin: self.origin(),
                    handle: self.handle(place),
                    quantity,
                })
            }
            _ => self.mass_cancel(),
        }
    }

    fn any_new(&mut self, place: usize) -> Command {
        let side = if self.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let price = 9_990 + i64::try_from(self.below(20)).expect("a small number");
        let quantity = self.below(100);
        let mut command = self.new_order(place, side, price, quantity);
        let kind = self.below(20);
        let choice = match self.below(6) {
            0 => SelfTradePrevention::CancelNewest,
            1 => SelfTradePrevention::CancelOldest,
            2 => SelfTradePrevention::Decrement,
            _ => SelfTradePrevention::None,
        };
        if let Command::New(order, _) = &mut command {
            order.instrument = InstrumentId(u32::from(kind.is_multiple_of(2)));
            order.self_trade = choice;
            order.terms_given = u8::from(kind >= 10);
            match kind {
                0 => {
                    order.order_type = OrderType::Market;
                    order.time_in_force = TimeInForce::Ioc;
                }
                1 => order.time_in_force = TimeInForce::Ioc,
                2 => order.post_only = 1,
                10 | 11 => order.terms.display_quantity = Quantity::new(1 + quantity / 4),
                12 | 13 => {
                    order.order_type = OrderType::StopLimit;
                    order.terms.stop_price = order.price;
                }
                14 => {
                    order.order_type = OrderType::Stop;
                    order.terms.stop_price = order.price;
                }
                15 | 16 => order.order_type = OrderType::MidPeg,
                17 => order.order_type = OrderType::MarketToLimit,
                18 => order.time_in_force = TimeInForce::Fok,
                _ => {}
            }
        }
        command
    }

    fn any_replace(&mut self, place: usize) -> Command {
        let price = 9_990 + i64::try_from(self.below(20)).expect("a small number");
        let quantity = Quantity::new(self.below(120));
        let origin = self.origin();
        let id = if self.below(2) == 0 {
            ClientOrderId::NONE
        } else {
            let id = format!("r{}-{}", self.number, self.sent);
            ClientOrderId::new(id.as_bytes()).expect("an id")
        };
        let replace = Replace {
            origin,
            handle: self.handle(place),
            price: Price::new(price * Price::ONE / 100),
            quantity,
            terms: ReplaceTerms::NONE,
        };
        Command::Replace(replace, id)
    }

    /// Learns what became of the gateway's orders.
    pub(crate) fn learn(&mut self, events: &[Event]) {
        for event in events {
            match event.body {
                EventBody::Rejected { handle, .. }
                | EventBody::Canceled { handle, .. }
                | EventBody::Expired { handle, .. } => {
                    self.set_leaves(handle, |_| 0);
                }
                EventBody::Reduced { handle, leaves, .. }
                | EventBody::Replaced { handle, leaves, .. } => {
                    self.set_leaves(handle, |_| leaves.get());
                }
                EventBody::Traded {
                    aggressor,
                    resting,
                    quantity,
                    ..
                } => {
                    for handle in [aggressor, resting] {
                        self.set_leaves(handle, |leaves| leaves - quantity.get());
                    }
                }
                _ => {}
            }
        }
    }

    fn set_leaves(&mut self, handle: OrderHandle, leaves: impl Fn(u64) -> u64) {
        let place = handle.slot.checked_sub(self.slot_first);
        let place = place.and_then(|place| usize::try_from(place).ok());
        if let Some(slot) = place.and_then(|place| self.slots.get_mut(place))
            && slot.generation == handle.generation
        {
            slot.leaves = leaves(slot.leaves);
        }
    }
}
