//! The order book of one instrument: two sides, the priority stamps given, and the book hash.
//!
//! Orders enter and leave it here and nowhere else, so levels, links and hash agree.

use super::book_side::BookSide;
use super::order_slab::OrderSlab;
use crate::domain::{InstrumentId, OrderType, Price, Quantity, Side};
use crate::state_hash::{HashSum, Mix, Tag};

/// The resting orders of one instrument.
#[derive(Debug)]
pub(crate) struct OrderBook {
    bids: BookSide,
    asks: BookSide,
    stamps_given: u64,
    stamp_word: u128,
    hash: HashSum,
}

impl OrderBook {
    /// Returns an empty book with room for `level_count_max` levels a side.
    pub(crate) fn new(instrument: InstrumentId, level_count_max: u32) -> Self {
        Self {
            bids: BookSide::new(Side::Buy, level_count_max),
            asks: BookSide::new(Side::Sell, level_count_max),
            stamps_given: 0,
            stamp_word: Mix::new(Tag::Stamps)
                .and(u64::from(instrument.get()))
                .finish(),
            hash: HashSum::default(),
        }
    }

    /// Makes the reserved room ready for use.
    pub(crate) fn prepare(&mut self) {
        self.bids.prepare();
        self.asks.prepare();
    }

    /// Returns one side.
    #[inline]
    pub(crate) const fn side(&self, side: Side) -> &BookSide {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    #[inline]
    pub(super) const fn side_mut(&mut self, side: Side) -> &mut BookSide {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Returns the book hash.
    #[inline]
    pub(crate) const fn hash(&self) -> u128 {
        self.hash.get()
    }

    /// Returns whether an order of `side` and `order_type` at `price` would trade now.
    #[inline]
    pub(crate) fn would_take(&self, side: Side, order_type: OrderType, price: Price) -> bool {
        let Some(best) = self.side(side.opposite()).best_price() else {
            return false;
        };
        match (order_type, side) {
            (OrderType::Market, _) => true,
            (OrderType::Limit, Side::Buy) => best <= price,
            (OrderType::Limit, Side::Sell) => best >= price,
        }
    }

    /// Returns whether an order may rest at a price.
    #[inline]
    pub(crate) fn has_room_at(&self, side: Side, price: Price) -> bool {
        self.side(side).has_room_at(price)
    }

    /// Returns whether an order in the book could rest at another price of its side: there is
    /// room, or its own level ends with its going.
    pub(crate) fn has_room_to_move(&self, slab: &OrderSlab, slot: u32, price: Price) -> bool {
        let order = slab.order(slot);
        let side = self.side(order.side);
        side.has_room_at(price) || side.level(order.level).order_count == 1
    }

    /// Rests an order at the back of its price's queue, with a new priority stamp. There is room.
    ///
    /// # Panics
    ///
    /// Panics if the order would trade: a book that rests crossed must stop.
    #[inline]
    pub(crate) fn rest(&mut self, slab: &mut OrderSlab, slot: u32) {
        self.stamps_given += 1;
        slab.hash_stamp(self.stamp_word);
        let order = slab.order_mut(slot);
        order.priority_stamp = self.stamps_given;
        let (side, order_type, price) = (order.side, order.order_type, order.price);
        assert!(
            !self.would_take(side, order_type, price),
            "a book never rests crossed"
        );
        self.side_mut(side).append(slab, slot);
        slab.hash_in(slot, &mut self.hash);
    }

    /// Takes a resting order out of the book; it may rest again or end.
    #[inline]
    pub(crate) fn unlink(&mut self, slab: &mut OrderSlab, slot: u32) {
        let side = slab.order(slot).side;
        slab.hash_out(slot, &mut self.hash);
        self.side_mut(side).unlink(slab, slot);
    }

    /// Takes a resting order out of the book and ends it.
    #[inline]
    pub(crate) fn end(&mut self, slab: &mut OrderSlab, slot: u32) {
        self.unlink(slab, slot);
        slab.close(slot);
    }

    /// Fills `quantity` of a resting order, which has at least that open; ends it where nothing
    /// is left.
    #[inline]
    pub(crate) fn fill(&mut self, slab: &mut OrderSlab, slot: u32, quantity: Quantity) {
        if slab.order(slot).leaves == quantity {
            self.end(slab, slot);
        } else {
            let order_quantity = slab.order(slot).order_quantity;
            self.shrink(slab, slot, quantity, order_quantity);
        }
    }

    /// Gives a resting order a smaller (or equal) total quantity, in its place. It stays open.
    pub(crate) fn shrink_to(&mut self, slab: &mut OrderSlab, slot: u32, order_quantity: Quantity) {
        let quantity = slab
            .order(slot)
            .order_quantity
            .checked_sub(order_quantity)
            .expect("shrinking never grows an order");
        self.shrink(slab, slot, quantity, order_quantity);
    }

    /// Tells the hash of a resting order's new client order id.
    pub(crate) fn rehash(&mut self, slab: &mut OrderSlab, slot: u32) {
        slab.hash_out(slot, &mut self.hash);
        slab.hash_in(slot, &mut self.hash);
    }

    #[inline]
    fn shrink(
        &mut self,
        slab: &mut OrderSlab,
        slot: u32,
        quantity: Quantity,
        order_quantity: Quantity,
    ) {
        let order = slab.order_mut(slot);
        order.leaves = order
            .leaves
            .checked_sub(quantity)
            .expect("no more is taken from an order than it has open");
        order.order_quantity = order_quantity;
        let (side, level) = (order.side, order.level);
        self.side_mut(side).level_mut(level).shrink(quantity);
        slab.hash_quantities(slot, &mut self.hash);
    }
}
