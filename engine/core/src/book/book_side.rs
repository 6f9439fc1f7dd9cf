//! One side of a book: its price levels in order, the best one last.
//!
//! A sorted array of (rank, level) over a fixed pool of levels. Trading happens at its end, so
//! a new best price and the end of the best level move nothing. It must not know the other side.

use super::NONE;
use super::order_slab::OrderSlab;
use super::price_level::PriceLevel;
use crate::domain::{Price, Side};

/// A level's place: the higher the rank, the better the price.
#[derive(Clone, Copy, Debug)]
struct Place {
    rank: i64,
    level: u32,
}

/// The levels of one side.
#[derive(Debug)]
pub(crate) struct BookSide {
    side: Side,
    level_count_max: u32,
    /// Sorted by rank, the best last.
    places: Vec<Place>,
    levels: Vec<PriceLevel>,
    free: Vec<u32>,
}

impl BookSide {
    /// Returns an empty side with room for `level_count_max` levels. The room is reserved, and
    /// written to only by [`Self::prepare`].
    pub(crate) fn new(side: Side, level_count_max: u32) -> Self {
        let room = level_count_max as usize;
        Self {
            side,
            level_count_max,
            places: Vec::with_capacity(room),
            levels: Vec::with_capacity(room),
            free: Vec::with_capacity(room),
        }
    }

    /// Makes the reserved room ready for use, so that no first touch of its memory falls into
    /// trading; once prepared, it does nothing.
    pub(crate) fn prepare(&mut self) {
        if self.levels.is_empty() {
            let room = self.level_count_max as usize;
            let place = Place {
                rank: i64::MAX,
                level: NONE,
            };
            self.places.resize(room, place);
            self.places.clear();
            self.levels.resize(room, PriceLevel::new(Price::MAX));
            self.free.extend((0..self.level_count_max).rev());
        }
    }

    /// Returns the number of the best level, if there is one.
    #[inline]
    pub(crate) fn best(&self) -> Option<u32> {
        self.places.last().map(|place| place.level)
    }

    /// Returns the best price, if there is one.
    #[inline]
    pub(crate) fn best_price(&self) -> Option<Price> {
        self.best().map(|level| self.level(level).price)
    }

    /// Returns a level that exists.
    #[inline]
    pub(crate) fn level(&self, level: u32) -> &PriceLevel {
        &self.levels[level as usize]
    }

    /// Returns a level that exists, to be changed.
    #[inline]
    pub(crate) fn level_mut(&mut self, level: u32) -> &mut PriceLevel {
        &mut self.levels[level as usize]
    }

    /// Returns whether an order may rest at a price: its level is there, or one more fits.
    #[inline]
    pub(crate) fn has_room_at(&self, price: Price) -> bool {
        !self.free.is_empty() || self.find(price).is_ok()
    }

    /// Returns the levels, the best first.
    pub(crate) fn levels(&self) -> impl Iterator<Item = &PriceLevel> {
        self.places
            .iter()
            .rev()
            .map(|place| self.level(place.level))
    }

    /// Puts an order at the back of its price's queue. There is room, see [`Self::has_room_at`].
    #[inline]
    pub(crate) fn append(&mut self, slab: &mut OrderSlab, slot: u32) {
        let price = slab.order(slot).price;
        let level = match self.find(price) {
            Ok(index) => self.places[index].level,
            Err(index) => self.insert_level(index, price),
        };
        slab.order_mut(slot).level = level;
        self.level_mut(level).append(slab, slot);
    }

    /// Takes an order out, and its level with it where it was the last one.
    #[inline]
    pub(crate) fn unlink(&mut self, slab: &mut OrderSlab, slot: u32) {
        let number = slab.order(slot).level;
        let level = self.level_mut(number);
        level.unlink(slab, slot);
        if level.order_count == 0 {
            debug_assert!(level.leaves == 0);
            let price = level.price;
            self.remove_level(number, price);
        }
    }

    #[inline]
    fn insert_level(&mut self, index: usize, price: Price) -> u32 {
        let level = self
            .free
            .pop()
            .expect("an order is refused where its level has no room");
        *self.level_mut(level) = PriceLevel::new(price);
        let rank = self.rank(price);
        self.places.insert(index, Place { rank, level });
        level
    }

    #[inline]
    fn remove_level(&mut self, level: u32, price: Price) {
        if self.best() == Some(level) {
            self.places.pop();
        } else {
            let index = self.find(price).expect("a level with orders has a place");
            self.places.remove(index);
        }
        self.free.push(level);
    }

    #[inline]
    fn find(&self, price: Price) -> Result<usize, usize> {
        let rank = self.rank(price);
        self.places.binary_search_by_key(&rank, |place| place.rank)
    }

    /// Returns a number that is higher for a better price. The complement turns the order around
    /// without the overflow that negation has.
    #[inline]
    const fn rank(&self, price: Price) -> i64 {
        match self.side {
            Side::Buy => price.get(),
            Side::Sell => !price.get(),
        }
    }
}
