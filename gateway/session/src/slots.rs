//! Slots: the order slots of one shard that are lent to this gateway, and the order in each.
//!
//! A slot is free once its order has ended in a released report and no command that names the
//! order is on its way: the record of an ended order must be readable until the last such command
//! is answered, or its answer would depend on when the slot was used again. A slot whose last
//! generation is given is never free again: no other order may have that handle.

use matchgate_core::domain::{ClientOrderId, NewOrder, OrderHandle};
use matchgate_core::mirror::{OrderMirror, OrderRecord};

use crate::bounds::index;

/// Use of one slot.
#[derive(Clone, Copy, Debug, Default)]
struct SlotUse {
    /// Generation of the last order in it.
    generation: u32,
    /// Cancels, reduces and replaces of its order that are on their way.
    commands: u32,
    /// Whether it is in the list of free ones.
    free: bool,
}

impl SlotUse {
    /// Returns whether every generation was given: no further order may have the slot.
    const fn is_spent(&self) -> bool {
        self.generation == u32::MAX
    }
}

/// One lent range.
struct SlotRange {
    mirror: OrderMirror,
    uses: Vec<SlotUse>,
}

impl SlotRange {
    fn position(&self, slot: u32) -> Option<usize> {
        let position = index(slot.checked_sub(self.mirror.slot_first())?);
        (position < self.uses.len()).then_some(position)
    }
}

/// All slots of one shard that are lent to this gateway.
pub(crate) struct Slots {
    ranges: Vec<SlotRange>,
    /// Free slots, the next one last.
    free: Vec<u32>,
}

impl Slots {
    /// Returns no slots.
    pub(crate) const fn new() -> Self {
        Self {
            ranges: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Adds a range, all of it free.
    pub(crate) fn lend(&mut self, slot_first: u32, slot_count: u32) {
        let lent = SlotUse {
            free: true,
            ..SlotUse::default()
        };
        self.ranges.push(SlotRange {
            mirror: OrderMirror::new(slot_first, slot_count),
            uses: vec![lent; index(slot_count)],
        });
        // The lowest slot is used first: the live set stays dense.
        let slots = (slot_first..slot_first.saturating_add(slot_count)).rev();
        self.free.reserve(index(slot_count));
        self.free.splice(0..0, slots);
    }

    /// Returns how many slots there are.
    pub(crate) fn count(&self) -> usize {
        self.ranges.iter().map(|range| range.uses.len()).sum()
    }

    /// Returns whether a slot is of these.
    pub(crate) fn owns(&self, slot: u32) -> bool {
        self.ranges
            .iter()
            .any(|range| range.position(slot).is_some())
    }

    /// Returns the handle of the next new order, if a slot is free.
    pub(crate) fn next_handle(&self) -> Option<OrderHandle> {
        let slot = *self.free.last()?;
        let generation = self.slot_use(slot)?.generation.checked_add(1)?;
        Some(OrderHandle { slot, generation })
    }

    /// Opens the record of a new order whose handle is [`Self::next_handle`].
    pub(crate) fn open_next(&mut self, order: &NewOrder, id: ClientOrderId) {
        debug_assert_eq!(self.free.last(), Some(&order.handle.slot));
        self.free.pop();
        self.open(order, id);
    }

    /// Opens the record of a new order, whose slot need not be listed as free. Returns whether
    /// the slot is of these.
    pub(crate) fn open(&mut self, order: &NewOrder, id: ClientOrderId) -> bool {
        let slot = order.handle.slot;
        let Some(range) = self.range_mut(slot) else {
            return false;
        };
        range.mirror.open(order, id);
        if let Some(slot_use) = range.use_mut(slot) {
            slot_use.generation = order.handle.generation;
            slot_use.free = false;
        }
        true
    }

    /// Returns the record of an order.
    pub(crate) fn record(&self, handle: OrderHandle) -> Option<&OrderRecord> {
        self.ranges
            .iter()
            .find_map(|range| range.mirror.get(handle))
    }

    /// Returns the record of an order, to tell it an event.
    pub(crate) fn record_mut(&mut self, handle: OrderHandle) -> Option<&mut OrderRecord> {
        self.ranges
            .iter_mut()
            .find_map(|range| range.mirror.get_mut(handle))
    }

    /// Notes that a command that names the order is on its way.
    pub(crate) fn command_sent(&mut self, handle: OrderHandle) {
        if let Some(slot_use) = self.use_of(handle) {
            slot_use.commands += 1;
        }
    }

    /// Notes that a command that names the order is answered.
    pub(crate) fn command_answered(&mut self, handle: OrderHandle) {
        if let Some(slot_use) = self.use_of(handle) {
            slot_use.commands = slot_use.commands.saturating_sub(1);
        }
    }

    /// Frees the slot of an order that has ended, unless a command that names it is on its way.
    pub(crate) fn free_if_ended(&mut self, handle: OrderHandle) {
        if self.record(handle).is_none_or(|record| record.live) {
            return;
        }
        if let Some(slot_use) = self.use_of(handle)
            && slot_use.commands == 0
            && !slot_use.free
            && !slot_use.is_spent()
        {
            slot_use.free = true;
            self.free.push(handle.slot);
        }
    }

    /// Makes every slot without a live order free again, the lowest to be used first, with the
    /// generation that `last_generation` knows where it is the higher one. A spent slot stays out.
    pub(crate) fn rebuild_free(&mut self, last_generation: impl Fn(u32) -> u32) {
        self.free.clear();
        for range in &mut self.ranges {
            let slots = range.mirror.slot_first()..;
            for (slot, slot_use) in slots.zip(&mut range.uses) {
                let record = range.mirror.record_of_slot(slot);
                slot_use.generation = slot_use.generation.max(last_generation(slot));
                slot_use.commands = 0;
                slot_use.free = !slot_use.is_spent() && record.is_none_or(|record| !record.live);
                if slot_use.free {
                    self.free.push(slot);
                }
            }
        }
        self.free.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// Returns the live records.
    pub(crate) fn live(&self) -> impl Iterator<Item = &OrderRecord> {
        self.ranges.iter().flat_map(|range| range.mirror.live())
    }

    /// Returns every slot.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &OrderRecord)> {
        self.ranges.iter().flat_map(|range| {
            (range.mirror.slot_first()..)
                .map_while(|slot| Some((slot, range.mirror.record_of_slot(slot)?)))
        })
    }

    fn range_mut(&mut self, slot: u32) -> Option<&mut SlotRange> {
        self.ranges
            .iter_mut()
            .find(|range| range.position(slot).is_some())
    }

    fn slot_use(&self, slot: u32) -> Option<&SlotUse> {
        self.ranges
            .iter()
            .find_map(|range| range.uses.get(range.position(slot)?))
    }

    fn use_of(&mut self, handle: OrderHandle) -> Option<&mut SlotUse> {
        self.range_mut(handle.slot)?
            .use_mut(handle.slot)
            .filter(|slot_use| slot_use.generation == handle.generation)
    }
}

impl SlotRange {
    fn use_mut(&mut self, slot: u32) -> Option<&mut SlotUse> {
        let position = self.position(slot)?;
        self.uses.get_mut(position)
    }
}

#[cfg(test)]
mod tests {
    use matchgate_core::domain::{
        AccountId, Durability, GatewayId, InstrumentId, OrderTerms, OrderType, Origin, Price,
        Quantity, RequestNumber, RingNumber, SelfTradePrevention, SessionId, Side, TimeInForce,
    };

    use super::*;

    fn order(handle: OrderHandle) -> NewOrder {
        NewOrder {
            origin: Origin {
                ring: RingNumber(1),
                request: RequestNumber(1),
                session: SessionId(0),
                gateway: GatewayId(0),
                durability: Durability::Written,
                reserved: [0; 2],
            },
            handle,
            price: Price::new(1),
            quantity: Quantity::new(1),
            instrument: InstrumentId(0),
            account: AccountId(0),
            side: Side::Buy,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Day,
            post_only: 0,
            self_trade: SelfTradePrevention::None,
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        }
    }

    /// Opens an order in the next slot and ends it; returns its handle.
    fn use_next(slots: &mut Slots) -> OrderHandle {
        let handle = slots.next_handle().unwrap();
        slots.open_next(&order(handle), ClientOrderId::NONE);
        assert_eq!(slots.live().count(), 1);
        slots.free_if_ended(handle);
        assert_eq!(slots.live().count(), 1, "a live order keeps its slot");
        slots.record_mut(handle).unwrap().live = false;
        slots.free_if_ended(handle);
        assert_eq!(slots.live().count(), 0);
        handle
    }

    /// Two slots, the first of which has one generation left.
    fn nearly_spent() -> Slots {
        let mut slots = Slots::new();
        slots.lend(0, 2);
        slots.rebuild_free(|slot| if slot == 0 { u32::MAX - 1 } else { 0 });
        slots
    }

    #[test]
    fn slot_whose_generations_are_spent_leaves_the_others_in_use() {
        let mut slots = nearly_spent();
        let last = OrderHandle {
            slot: 0,
            generation: u32::MAX,
        };
        assert_eq!(use_next(&mut slots), last);
        for generation in 1..=3 {
            let handle = OrderHandle {
                slot: 1,
                generation,
            };
            assert_eq!(use_next(&mut slots), handle);
        }
    }

    #[test]
    fn spent_slot_stays_out_of_use_after_a_recovery() {
        let mut slots = nearly_spent();
        use_next(&mut slots);
        slots.rebuild_free(|slot| if slot == 0 { u32::MAX } else { 7 });
        assert_eq!(slots.count(), 2);
        let next = OrderHandle {
            slot: 1,
            generation: 8,
        };
        assert_eq!(slots.next_handle(), Some(next));
        slots.open_next(&order(next), ClientOrderId::NONE);
        assert_eq!(slots.next_handle(), None);
    }
}
