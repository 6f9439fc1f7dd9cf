//! What may be read of the reference between commands: orders, levels, what the generator asks.

use matchgate_core::domain::{InstrumentId, Price, Side};

use super::order::{Order, Place, badness};
use super::{Listing, Reference};

/// A displayed price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// Sum of what is displayed, in the instrument's quantity unit.
    pub quantity: u128,
    /// Orders.
    pub order_count: u32,
}

impl Reference {
    /// Returns the live orders, in the order of their entry.
    #[must_use]
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// Returns the listed instruments, by rising number.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// Returns the last generation of a slot; 0 for one that was not used or does not exist.
    #[must_use]
    pub fn generation(&self, slot: u32) -> u32 {
        self.generations.get(slot as usize).copied().unwrap_or(0)
    }

    /// Writes the displayed levels of a side into `levels`, the best first.
    ///
    /// # Panics
    ///
    /// Panics if it is inconsistent, which is a bug of its own.
    pub fn depth(&self, instrument: InstrumentId, side: Side, levels: &mut Vec<Level>) {
        levels.clear();
        for order in self.displayed(instrument, side) {
            let price = Price::new(order.price.expect("it is displayed"));
            let quantity = u128::from(order.displayed);
            match levels.iter_mut().find(|level| level.price == price) {
                Some(level) => {
                    level.quantity += quantity;
                    level.order_count += 1;
                }
                None => levels.push(Level {
                    price,
                    quantity,
                    order_count: 1,
                }),
            }
        }
        levels.sort_by_key(|level| badness(side.opposite(), level.price.get()));
    }

    /// Returns the best displayed level of a side.
    ///
    /// # Panics
    ///
    /// Panics if it is inconsistent, which is a bug of its own.
    #[must_use]
    pub fn best_level(&self, instrument: InstrumentId, side: Side) -> Option<Level> {
        let mut best: Option<Level> = None;
        for order in self.displayed(instrument, side) {
            let price = Price::new(order.price.expect("it is displayed"));
            let quantity = u128::from(order.displayed);
            match &mut best {
                Some(best) if best.price == price => {
                    best.quantity += quantity;
                    best.order_count += 1;
                }
                Some(best)
                    if badness(side.opposite(), best.price.get())
                        < badness(side.opposite(), price.get()) => {}
                _ => {
                    best = Some(Level {
                        price,
                        quantity,
                        order_count: 1,
                    });
                }
            }
        }
        best
    }

    fn displayed(&self, instrument: InstrumentId, side: Side) -> impl Iterator<Item = &Order> {
        self.orders
            .iter()
            .filter(move |order| order.instrument == instrument && order.side == side)
            .filter(|order| order.place == Place::Displayed)
    }
}
