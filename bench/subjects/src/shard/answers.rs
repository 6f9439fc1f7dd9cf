//! A shard's events as the reports that any book owes, so that the two can be compared.
//!
//! It knows of each order what the shard does not tell again: its number, side and price. A
//! replace is told before its trades and reported after them, as the canonical order has it.

use matchgate_core::domain::{EventBody, OrderHandle, RejectReason};
use matchgate_workloads::report::Report;
use matchgate_workloads::{Operation, OperationKind, Side};

use super::market::tick;

/// An order in a slot.
#[derive(Clone, Copy, Debug)]
struct Known {
    order: u32,
    side: Side,
    price: i64,
}

/// The last order of every slot.
#[derive(Debug)]
pub(super) struct Answers {
    known: Vec<Known>,
}

impl Answers {
    pub(super) fn new(slots: u32) -> Self {
        let nobody = Known {
            order: u32::MAX,
            side: Side::Buy,
            price: 0,
        };
        Self {
            known: vec![nobody; slots as usize],
        }
    }

    /// Appends what `events`, which are all of one command's, say as reports.
    pub(super) fn translate(
        &mut self,
        sequence: u32,
        operation: &Operation,
        events: &[EventBody],
        reports: &mut Vec<Report>,
    ) {
        let mut modified = None;
        for event in events {
            match event {
                EventBody::Accepted { handle, .. } => {
                    self.note(*handle, operation);
                    reports.push(order_ack(sequence, operation));
                }
                // An order that has to trade as a whole is refused, and told as one that was taken
                // and canceled.
                EventBody::Rejected { reason, .. }
                    if *reason == RejectReason::FillOrKillUnfilled =>
                {
                    reports.push(order_ack(sequence, operation));
                    let Operation {
                        side, order, price, ..
                    } = *operation;
                    reports.push(Report::cancel_ack(sequence, side, order, price));
                }
                EventBody::Traded {
                    aggressor,
                    resting,
                    price,
                    quantity,
                    ..
                } => {
                    let parties = [resting, aggressor].map(|one| self.of(*one).order);
                    let (price, quantity) = (tick(*price), quantity.get());
                    let [resting, aggressor] = parties;
                    reports.push(Report::trade(sequence, price, quantity, resting, aggressor));
                }
                EventBody::Replaced {
                    handle,
                    price,
                    leaves,
                    ..
                } => {
                    let known = &mut self.known[handle.slot as usize];
                    known.price = tick(*price);
                    modified = Some(modify_ack(sequence, known, leaves.get()));
                }
                EventBody::Reduced { handle, leaves, .. } => {
                    let known = self.of(*handle);
                    reports.push(match leaves.get() {
                        0 => cancel_ack(sequence, &known),
                        leaves => modify_ack(sequence, &known, leaves),
                    });
                }
                EventBody::Canceled { handle, .. } => {
                    reports.push(cancel_ack(sequence, &self.of(*handle)));
                }
                EventBody::CancelRejected { .. } => {
                    reports.push(match operation.kind {
                        OperationKind::Cancel => Report::cancel_reject(sequence, operation.order),
                        _ => Report::modify_reject(sequence, operation.order),
                    });
                }
                _ => {}
            }
        }
        reports.extend(modified);
    }

    fn note(&mut self, handle: OrderHandle, operation: &Operation) {
        self.known[handle.slot as usize] = Known {
            order: operation.order,
            side: operation.side,
            price: operation.price,
        };
    }

    fn of(&self, handle: OrderHandle) -> Known {
        self.known[handle.slot as usize]
    }
}

fn order_ack(sequence: u32, operation: &Operation) -> Report {
    let Operation {
        side,
        order,
        price,
        quantity,
        ..
    } = *operation;
    Report::order_ack(sequence, side, order, price, quantity)
}

fn cancel_ack(sequence: u32, known: &Known) -> Report {
    Report::cancel_ack(sequence, known.side, known.order, known.price)
}

fn modify_ack(sequence: u32, known: &Known, leaves: u64) -> Report {
    Report::modify_ack(sequence, known.side, known.order, known.price, leaves)
}
