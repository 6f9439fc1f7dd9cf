//! Commands about live orders: cancel, reduce, replace; most name one, some a dead or stale one.

use matchgate_core::domain::{
    Cancel, Command, GatewayId, InstrumentId, OrderHandle, OrderId, OrderType, Price, Quantity,
    Reduce, Replace, ReplaceTerms, RingNumber, Side, TimeInForce,
};

use super::Generator;
use crate::reference::{Order, Place, Reference};

/// Parts of an iceberg at the most, so that a sweep ends.
const PARTS_MAX: u64 = 16;

impl Generator {
    pub(super) fn cancel(&mut self, reference: &Reference) -> Command {
        let mut origin = self.origin();
        let handle = self.live_handle(reference);
        let known = reference.find(handle).map(|order| order.order_id);
        let order_id = match self.random.below(20) {
            0 => OrderId::from_wire(self.random.next()),
            1 | 2 => known.unwrap_or(OrderId::NONE),
            _ => OrderId::NONE,
        };
        if order_id != OrderId::NONE {
            origin.gateway = GatewayId::NONE;
            origin.ring = RingNumber(0);
        }
        Command::Cancel(Cancel {
            origin,
            handle,
            order_id,
        })
    }

    pub(super) fn reduce(&mut self, reference: &Reference) -> Command {
        let origin = self.origin();
        let handle = self.live_handle(reference);
        let order = reference.find(handle);
        let total = order.map_or(10, |order| order.total);
        let quantity = match self.random.below(4) {
            0 => self.quantity(order.map_or(InstrumentId(0), |order| order.instrument)),
            1 => self.random.below(total.saturating_add(2)),
            _ => total.saturating_sub(2 * (1 + self.random.below(3))),
        };
        Command::Reduce(Reduce {
            origin,
            handle,
            quantity: Quantity::new(quantity),
        })
    }

    pub(super) fn replace(&mut self, reference: &Reference) -> Command {
        let origin = self.origin();
        let handle = self.live_handle(reference);
        let replace = match reference.find(handle) {
            None => Replace {
                origin,
                handle,
                price: self.price_of(InstrumentId(0), Side::Buy),
                quantity: Quantity::new(self.quantity(InstrumentId(0))),
                terms: ReplaceTerms::NONE,
            },
            Some(order) => {
                let price = match order.price {
                    Some(price) if self.random.one_in(2) => Price::new(price),
                    _ => self.limit_or_cap(order.order_type, order.instrument, order.side),
                };
                Replace {
                    origin,
                    handle,
                    price,
                    quantity: Quantity::new(self.new_total(order)),
                    terms: self.replace_terms(order),
                }
            }
        };
        Command::Replace(replace, self.client_order_id())
    }

    fn new_total(&mut self, order: &Order) -> u64 {
        let total = match self.random.below(8) {
            0..3 => order.total,
            3 => order.total.saturating_sub(2),
            4 => order.total.saturating_add(2),
            5 => order.executed,
            _ => self.quantity(order.instrument),
        };
        match order.display_quantity {
            0 => total,
            part => total.min(
                order
                    .executed
                    .saturating_add(part.saturating_mul(PARTS_MAX)),
            ),
        }
    }

    fn replace_terms(&mut self, order: &Order) -> ReplaceTerms {
        let mut terms = ReplaceTerms::NONE;
        let is_stop = order.place == Place::Waiting;
        if self.random.one_in(50) {
            // It is not read where it is not given.
            terms.stop_price = self.stop_price_of(order.instrument, order.side);
        }
        if (is_stop && self.random.one_in(2)) || self.random.one_in(60) {
            terms.stop_price = self.stop_price_of(order.instrument, order.side);
            terms.stop_price_given = 1;
        }
        if self.random.one_in(4) {
            let resting = [TimeInForce::Day, TimeInForce::Gtc, TimeInForce::Gtd];
            terms.time_in_force = if self.random.one_in(20) {
                self.random.pick(&[3, 4, 5, 6, 8, u8::MAX])
            } else {
                self.random.pick(&resting) as u8
            };
            let dated = terms.time_in_force == TimeInForce::Gtd as u8;
            if dated != self.random.one_in(20) {
                terms.expire_time_ns = self.expire_time_ns();
            }
        } else if terms.stop_price_given != 0 && self.random.one_in(20) {
            terms.expire_time_ns = self.expire_time_ns();
        }
        terms
    }

    /// Mostly a live order, sometimes a dead or stale handle.
    fn live_handle(&mut self, reference: &Reference) -> OrderHandle {
        let orders = reference.orders();
        if orders.is_empty() || self.random.one_in(20) {
            let slot = self.random.below_u32(self.capacity.orders + 2);
            let generation = reference.generation(slot).max(1);
            return OrderHandle { slot, generation };
        }
        let mut order = self.any_of(orders);
        // Icebergs, stops and pegs are fewer; a second look finds more of them.
        if order.order_type == OrderType::Limit && order.display_quantity == 0 {
            order = self.any_of(orders);
        }
        let OrderHandle { slot, generation } = order.handle;
        let generation = match self.random.below(40) {
            0 => generation - 1,
            1 => generation + 1,
            _ => generation,
        };
        OrderHandle { slot, generation }
    }

    fn any_of<'a>(&mut self, orders: &'a [Order]) -> &'a Order {
        let at = self.random.below(orders.len() as u64);
        &orders[usize::try_from(at).expect("it is below a length")]
    }
}
