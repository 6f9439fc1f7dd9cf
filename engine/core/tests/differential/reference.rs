//! The naive reference: all live orders in one list, searched and sorted for every answer.
//!
//! It is written to be read beside the rules, with no cleverness and nothing kept that can be
//! computed. It must not share code with the shard beyond the domain types.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::event::{Event, EventBody, EventHeader};
use matchgate_core::domain::{
    Account, AccountId, Cancel, CancelReason, ClientOrderId, Command, Durability, GatewayId,
    Instrument, InstrumentId, LendSlots, MassCancel, MassCancelScope, NewOrder, OrderHandle,
    OrderId, OrderType, Phase, Price, Quantity, Reduce, Replace, RequestNumber, SequenceNumber,
    Sequenced, SessionId, ShardId, Side, TimeInForce,
};

/// A live order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) handle: OrderHandle,
    pub(crate) order_id: OrderId,
    pub(crate) request: RequestNumber,
    pub(crate) session: SessionId,
    pub(crate) gateway: GatewayId,
    pub(crate) durability: Durability,
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    pub(crate) side: Side,
    pub(crate) order_type: OrderType,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) post_only: bool,
    pub(crate) price: i64,
    pub(crate) total: u64,
    pub(crate) executed: u64,
    /// 0 while it is not in the book.
    pub(crate) stamp: u64,
    pub(crate) client_order_id: ClientOrderId,
}

impl Order {
    pub(crate) const fn open(&self) -> u64 {
        self.total - self.executed
    }
}

/// A listed instrument.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) instrument: Instrument,
    pub(crate) phase: Phase,
    pub(crate) stamps_given: u64,
}

/// The whole state, as plainly as it can be kept.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) shard: ShardId,
    pub(crate) capacity: ShardCapacity,
    pub(crate) listings: Vec<Listing>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) lent: Vec<LendSlots>,
    /// Last generation of every slot.
    pub(crate) generations: Vec<u32>,
    /// Live orders in the order of their entry.
    pub(crate) orders: Vec<Order>,
    pub(crate) rings: Vec<u64>,
    pub(crate) sequence: u64,
    pub(crate) time_ns: u64,
    pub(crate) control: u64,
    told: Vec<EventBody>,
}

impl Reference {
    pub(crate) fn new(shard: ShardId, capacity: ShardCapacity) -> Self {
        Self {
            shard,
            capacity,
            listings: Vec::new(),
            accounts: Vec::new(),
            lent: Vec::new(),
            generations: vec![0; capacity.orders as usize],
            orders: Vec::new(),
            rings: vec![0; usize::from(capacity.gateways)],
            sequence: 0,
            time_ns: 0,
            control: 0,
            told: Vec::new(),
        }
    }

    /// Applies a command; returns all its events.
    pub(crate) fn apply(&mut self, command: &Sequenced<Command>) -> Vec<Event> {
        let before = self.state_hash();
        self.sequence = command.sequence.get();
        self.time_ns = command.time_ns;
        if !self.is_repeat(&command.body) {
            self.execute(&command.body, before);
        }
        let ring = command.body.origin().map_or(0, |origin| origin.ring.get());
        let header = |index: usize| EventHeader {
            sequence: command.sequence,
            time_ns: command.time_ns,
            ring_tag: u32::try_from(ring & 0xffff_ffff).unwrap(),
            index: u32::try_from(index).unwrap(),
        };
        std::mem::take(&mut self.told)
            .into_iter()
            .enumerate()
            .map(|(index, body)| Event {
                header: header(index),
                body,
            })
            .collect()
    }

    fn is_repeat(&mut self, command: &Command) -> bool {
        let (last, number) = match (command.origin(), command.control()) {
            (Some(origin), _) if origin.gateway.get() < self.capacity.gateways => (
                &mut self.rings[usize::from(origin.gateway.get())],
                origin.ring.get(),
            ),
            (_, Some(control)) => (&mut self.control, control.get()),
            _ => return false,
        };
        if number <= *last {
            return true;
        }
        *last = number;
        false
    }

    fn execute(&mut self, command: &Command, hash_before: u128) {
        match command {
            Command::New(order, id) => self.new_order(order, *id),
            Command::Cancel(cancel) => self.cancel(cancel),
            Command::Reduce(reduce) => self.reduce(reduce),
            Command::Replace(replace, id) => self.replace(replace, *id),
            Command::MassCancel(cancel) => self.mass_cancel(cancel),
            Command::DefineInstrument(define) => self.define_instrument(define.instrument),
            Command::DefineAccount(define) => self.define_account(define.account),
            Command::LendSlots(lend) => self.lend(*lend),
            Command::SetPhase(set) => {
                if let Some(listing) = self.listing_mut(set.instrument) {
                    listing.phase = set.phase;
                    self.told.push(EventBody::PhaseChanged {
                        instrument: set.instrument,
                        phase: set.phase,
                    });
                }
            }
            Command::StateHash(check) => {
                let low = u64::try_from(hash_before & u128::from(u64::MAX)).unwrap();
                let high = u64::try_from(hash_before >> 64).unwrap();
                self.told.push(EventBody::HashRecord {
                    expected: check.hash,
                    actual: [low, high],
                });
            }
            Command::DefineFirm(_) | Command::DefineSession(_) | Command::Time(_) => {}
        }
    }

    fn new_order(&mut self, new: &NewOrder, client_order_id: ClientOrderId) {
        let (handle, durability) = (new.handle, new.origin.durability);
        if let Some(reason) = self.refusal_of_new(new) {
            self.told.push(EventBody::Rejected {
                handle,
                reason,
                durability,
            });
            return;
        }
        self.generations[handle.slot as usize] = handle.generation;
        self.told.push(EventBody::Accepted { handle, durability });
        self.orders.push(Order {
            handle,
            order_id: OrderId::of(self.shard, SequenceNumber(self.sequence)),
            request: new.origin.request,
            session: new.origin.session,
            gateway: new.origin.gateway,
            durability,
            account: new.account,
            instrument: new.instrument,
            side: new.side,
            order_type: new.order_type,
            time_in_force: new.time_in_force,
            post_only: new.post_only == 1,
            price: new.price.get(),
            total: new.quantity.get(),
            executed: 0,
            stamp: 0,
            client_order_id,
        });
        self.take_and_settle(handle);
    }

    /// Lets an order that is not in the book trade, then rests it, cancels it or forgets it.
    fn take_and_settle(&mut self, handle: OrderHandle) {
        while let Some(resting) = self.next_resting_for(handle) {
            self.trade(handle, resting);
        }
        let at = self.position(handle).expect("it is live");
        let order = self.orders[at].clone();
        if order.open() == 0 {
            self.orders.remove(at);
        } else if order.time_in_force == TimeInForce::Ioc {
            self.orders.remove(at);
            self.told_canceled(
                &order,
                match order.order_type {
                    OrderType::Market => CancelReason::MarketRemainder,
                    OrderType::Limit => CancelReason::ImmediateRemainder,
                },
            );
        } else {
            let listing = self.listing_mut(order.instrument).expect("it was accepted");
            listing.stamps_given += 1;
            let stamp = listing.stamps_given;
            self.orders[at].stamp = stamp;
        }
    }

    /// Returns the order in the book that trades next with `handle`: of those at a price that it
    /// takes the best priced, of these the one that has waited longest.
    fn next_resting_for(&self, handle: OrderHandle) -> Option<OrderHandle> {
        let aggressor = &self.orders[self.position(handle)?];
        if aggressor.open() == 0 {
            return None;
        }
        let limit = match aggressor.order_type {
            OrderType::Market => None,
            OrderType::Limit => Some(aggressor.price),
        };
        self.crossed(aggressor.instrument, aggressor.side, limit)
            .first()
            .map(|resting| resting.handle)
    }

    /// Returns the resting orders that an order of `side` with `limit` (none for market) would
    /// take, in the order in which it would.
    pub(crate) fn crossed(
        &self,
        instrument: InstrumentId,
        side: Side,
        limit: Option<i64>,
    ) -> Vec<&Order> {
        let mut resting: Vec<&Order> = self
            .orders
            .iter()
            .filter(|order| order.instrument == instrument && order.side != side)
            .filter(|order| order.stamp != 0)
            .filter(|order| match (side, limit) {
                (_, None) => true,
                (Side::Buy, Some(limit)) => order.price <= limit,
                (Side::Sell, Some(limit)) => order.price >= limit,
            })
            .collect();
        resting.sort_by_key(|order| {
            let price = i128::from(order.price);
            let worse = if side == Side::Buy { price } else { -price };
            (worse, order.stamp)
        });
        resting
    }

    fn trade(&mut self, aggressor: OrderHandle, resting: OrderHandle) {
        let taker = self.position(aggressor).expect("it is live");
        let maker = self.position(resting).expect("it is live");
        let quantity = self.orders[taker].open().min(self.orders[maker].open());
        self.orders[taker].executed += quantity;
        self.orders[maker].executed += quantity;
        self.told.push(EventBody::Traded {
            aggressor,
            resting,
            price: Price::new(self.orders[maker].price),
            quantity: Quantity::new(quantity),
            aggressor_durability: self.orders[taker].durability,
            resting_durability: self.orders[maker].durability,
        });
        if self.orders[maker].open() == 0 {
            self.orders.remove(maker);
        }
    }

    fn cancel(&mut self, cancel: &Cancel) {
        if let Some(reason) = self.refusal_of_cancel(cancel) {
            self.told.push(EventBody::CancelRejected {
                handle: cancel.handle,
                reason,
                durability: cancel.origin.durability,
            });
            return;
        }
        let at = self.position(cancel.handle).expect("it is live");
        let order = self.orders.remove(at);
        self.told_canceled(&order, CancelReason::Requested);
    }

    fn reduce(&mut self, reduce: &Reduce) {
        if let Some(reason) = self.refusal_of_reduce(reduce) {
            self.told.push(EventBody::CancelRejected {
                handle: reduce.handle,
                reason,
                durability: reduce.origin.durability,
            });
            return;
        }
        let at = self.position(reduce.handle).expect("it is live");
        let order = &mut self.orders[at];
        order.total = reduce.quantity.get().max(order.executed);
        let event = EventBody::Reduced {
            handle: order.handle,
            quantity: Quantity::new(order.total),
            leaves: Quantity::new(order.open()),
            durability: order.durability,
        };
        self.told.push(event);
        if self.orders[at].open() == 0 {
            self.orders.remove(at);
        }
    }

    fn replace(&mut self, replace: &Replace, client_order_id: ClientOrderId) {
        if let Some(reason) = self.refusal_of_replace(replace) {
            self.told.push(EventBody::CancelRejected {
                handle: replace.handle,
                reason,
                durability: replace.origin.durability,
            });
            return;
        }
        let at = self.position(replace.handle).expect("it is live");
        let order = &mut self.orders[at];
        let same_price = replace.price.get() == order.price;
        let kept_priority = same_price && replace.quantity.get() <= order.total;
        order.price = replace.price.get();
        order.total = replace.quantity.get().max(order.executed);
        if !client_order_id.is_empty() {
            order.client_order_id = client_order_id;
        }
        let event = EventBody::Replaced {
            handle: order.handle,
            price: replace.price,
            quantity: Quantity::new(order.total),
            leaves: Quantity::new(order.open()),
            kept_priority,
            durability: order.durability,
        };
        self.told.push(event);
        if self.orders[at].open() == 0 {
            self.orders.remove(at);
        } else if !kept_priority {
            self.orders[at].stamp = 0;
            self.take_and_settle(replace.handle);
        }
    }

    fn mass_cancel(&mut self, cancel: &MassCancel) {
        let meant = |order: &Order| {
            let owner = match cancel.scope {
                MassCancelScope::Session => order.session == cancel.session,
                MassCancelScope::Account => order.account == cancel.account,
            };
            let instrument = cancel.instrument_given == 0 || order.instrument == cancel.instrument;
            let side = match cancel.side {
                0 => true,
                1 => order.side == Side::Buy,
                2 => order.side == Side::Sell,
                _ => false,
            };
            owner && instrument && side
        };
        let (gone, kept) = self.orders.drain(..).partition(meant);
        let gone: Vec<Order> = gone;
        self.orders = kept;
        for order in &gone {
            self.told_canceled(order, CancelReason::MassCancel);
        }
        self.told.push(EventBody::MassCanceled {
            count: u32::try_from(gone.len()).unwrap(),
            durability: cancel.origin.durability,
        });
    }

    fn define_instrument(&mut self, instrument: Instrument) {
        let takes = instrument.shard == self.shard
            && instrument.id.get() < self.capacity.instruments
            && instrument.tick.get() > 0
            && instrument.lot.get() > 0
            && instrument.price_min <= instrument.price_max
            && instrument.quantity_min <= instrument.quantity_max
            && instrument.notional_max.get() >= 0;
        if !takes {
            return;
        }
        match self.listing_mut(instrument.id) {
            Some(listing) => listing.instrument = instrument,
            None => self.listings.push(Listing {
                instrument,
                phase: Phase::Continuous,
                stamps_given: 0,
            }),
        }
        self.told.push(EventBody::InstrumentChanged {
            instrument: instrument.id,
        });
    }

    fn define_account(&mut self, account: Account) {
        if account.id.get() >= self.capacity.accounts {
            return;
        }
        self.accounts.retain(|known| known.id != account.id);
        self.accounts.push(account);
        self.told.push(EventBody::AccountChanged {
            account: account.id,
        });
    }

    fn lend(&mut self, lend: LendSlots) {
        let first = u64::from(lend.slot_first);
        let end = first + u64::from(lend.slot_count);
        let overlaps = self.lent.iter().any(|known| {
            let known_first = u64::from(known.slot_first);
            let known_end = known_first + u64::from(known.slot_count);
            first.max(known_first) < end.min(known_end)
        });
        let exists = end <= u64::from(self.capacity.orders);
        let ours = lend.shard == self.shard && lend.gateway != GatewayId::NONE;
        if ours && exists && !overlaps {
            self.lent.push(lend);
        }
    }

    fn told_canceled(&mut self, order: &Order, reason: CancelReason) {
        self.told.push(EventBody::Canceled {
            handle: order.handle,
            quantity: Quantity::new(order.open()),
            reason,
            durability: order.durability,
        });
    }

    pub(crate) fn position(&self, handle: OrderHandle) -> Option<usize> {
        self.orders.iter().position(|order| order.handle == handle)
    }

    pub(crate) fn listing(&self, id: InstrumentId) -> Option<&Listing> {
        self.listings
            .iter()
            .find(|listing| listing.instrument.id == id)
    }

    fn listing_mut(&mut self, id: InstrumentId) -> Option<&mut Listing> {
        self.listings
            .iter_mut()
            .find(|listing| listing.instrument.id == id)
    }
}
