//! Reach: whether an order could take a quantity at once, before anything is changed.
//!
//! It counts what the sweep would meet, in the order in which it would: hidden parts and mid-pegs
//! too, and of orders of the aggressor's own identity what its choice leaves. It must not change
//! anything.

use super::matching::Aggressor;
use super::mid_pegs::PegRank;
use super::order_book::{OrderBook, is_within};
use super::order_slab::OrderSlab;
use crate::domain::{Price, SelfTradePrevention, Side};
use crate::planted::{Bug, bites};

/// How far a count has come.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    wanted: u64,
    found: u64,
}

impl Reach {
    /// Counts a quantity; returns whether it is enough now.
    const fn add(&mut self, quantity: u64) -> bool {
        self.found = self.found.saturating_add(quantity);
        self.is_enough()
    }

    const fn is_enough(&self) -> bool {
        self.found >= self.wanted
    }
}

impl OrderBook {
    /// Returns whether `aggressor` could take `wanted` at once.
    pub(crate) fn can_take(&self, slab: &OrderSlab, aggressor: &Aggressor, wanted: u64) -> bool {
        let mut ignorant = *aggressor;
        ignorant.self_trade = SelfTradePrevention::None;
        let has_choice = aggressor.self_trade != SelfTradePrevention::None;
        let aggressor = if bites(Bug::FillOrKillIgnoresOwn, has_choice) {
            &ignorant
        } else {
            aggressor
        };
        let mut reach = Reach { wanted, found: 0 };
        if !self.pegs.stand(aggressor.side.opposite()) {
            return self.levels_suffice(aggressor, wanted)
                && self
                    .count_displayed(slab, aggressor, None, &mut reach)
                    .is_none()
                && reach.is_enough();
        }
        let own_peg = self.first_own_peg(slab, aggressor);
        let bound = own_peg.map(|(_, price)| price);
        let own_displayed = self.count_displayed(slab, aggressor, bound, &mut reach);
        self.count_pegs(slab, aggressor, (own_peg, own_displayed), &mut reach);
        reach.is_enough()
    }

    /// Says no in a look at the levels where they cannot hold enough, whoever is in them.
    fn levels_suffice(&self, aggressor: &Aggressor, wanted: u64) -> bool {
        if self.had_icebergs {
            return true;
        }
        let mut reach = Reach { wanted, found: 0 };
        self.side(aggressor.side.opposite())
            .levels()
            .take_while(|&(tick, _)| is_within(aggressor.side, self.price(tick), aggressor.limit))
            .any(|(_, level)| reach.add(level.displayed))
    }

    /// Counts displayed orders down to the limit and, where there is one, to the price `bound`.
    /// Returns the price of the first own order that ends the count before it is enough.
    fn count_displayed(
        &self,
        slab: &OrderSlab,
        aggressor: &Aggressor,
        bound: Option<Price>,
        reach: &mut Reach,
    ) -> Option<Price> {
        let side = aggressor.side;
        for (tick, level) in self.side(side.opposite()).levels() {
            let price = self.price(tick);
            let is_beyond = bound.is_some_and(|bound| !is_within(side, price, bound));
            if is_beyond || !is_within(side, price, aggressor.limit) {
                return None;
            }
            // Hidden parts come to the back as they are shown: behind every order that is there.
            let mut hidden = 0_u64;
            for slot in level.slots(slab) {
                let order = slab.order(slot);
                if !aggressor.avoids(order.identity) {
                    hidden = hidden.saturating_add(order.leaves - order.displayed);
                    if reach.add(order.displayed) {
                        return None;
                    }
                } else if aggressor.self_trade != SelfTradePrevention::CancelOldest {
                    return Some(price);
                }
            }
            if reach.add(hidden) {
                return None;
            }
        }
        None
    }

    /// Counts the pegs that would be met within the limit and before the own orders that end the
    /// count: the first own peg, and the first own displayed order by its price.
    fn count_pegs(
        &self,
        slab: &OrderSlab,
        aggressor: &Aggressor,
        (own_peg, own_displayed): (Option<(PegRank, Price)>, Option<Price>),
        reach: &mut Reach,
    ) {
        let side = aggressor.side;
        for slot in self.pegs.slots(slab, side.opposite()) {
            let order = slab.order(slot);
            let Some(price) = self.pegs.price(order.side, order.tick) else {
                return;
            };
            let rank = self.pegs.rank(slab, slot);
            let before_peg = own_peg.is_none_or(|(own, _)| rank.is_some_and(|rank| rank < own));
            // A displayed order comes before pegs at its price.
            let before_displayed =
                own_displayed.is_none_or(|own| price != own && is_within(side, price, own));
            let is_met = is_within(side, price, aggressor.limit) && before_peg && before_displayed;
            if is_met && !aggressor.avoids(order.identity) && reach.add(order.leaves) {
                return;
            }
        }
    }

    /// Returns rank and price of the first peg whose meeting would end the aggressor's taking.
    fn first_own_peg(&self, slab: &OrderSlab, aggressor: &Aggressor) -> Option<(PegRank, Price)> {
        if aggressor.self_trade == SelfTradePrevention::CancelOldest {
            return None;
        }
        let opposite: Side = aggressor.side.opposite();
        let slot = self
            .pegs
            .slots(slab, opposite)
            .filter(|&slot| aggressor.avoids(slab.order(slot).identity))
            .min_by_key(|&slot| self.pegs.rank(slab, slot))?;
        let price = self.pegs.price(opposite, slab.order(slot).tick)?;
        Some((self.pegs.rank(slab, slot)?, price))
    }
}
