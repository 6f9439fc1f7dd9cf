//! Tells each event to a mirror and writes it as a line.

use matchgate_core::domain::{
    CancelReason, Command, Durability, Event, EventBody, OrderHandle, Price, Quantity,
    RejectReason, RestateReason, Sequenced, ShardId, TimeInForce,
};
use matchgate_core::{OrderMirror, OrderRecord};

use crate::decimal::price_text;
use crate::problem::Problem;
use crate::write::{Line, time_in_force_text};

/// Who knows all orders from commands and events, and so can tell what an event means.
#[derive(Debug)]
pub struct Teller {
    shard: ShardId,
    mirror: OrderMirror,
}

/// The two orders of a trade, or of one that was prevented.
struct Meeting {
    aggressor: OrderHandle,
    resting: OrderHandle,
    price: Price,
    quantity: Quantity,
    durability: [Durability; 2],
}

impl Teller {
    /// Returns one that knows no order yet, of a shard with `slots` order slots.
    #[must_use]
    pub fn new(shard: ShardId, slots: u32) -> Self {
        Self {
            shard,
            mirror: OrderMirror::new(0, slots),
        }
    }

    /// Returns what the events have told.
    #[must_use]
    pub const fn mirror(&self) -> &OrderMirror {
        &self.mirror
    }

    /// Notes an event of a command and returns it as a line without its `<`.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::Broken`] where the event cannot be: it names an order that is not live,
    /// or takes more of it than is open.
    pub fn tell(&mut self, command: &Sequenced<Command>, event: &Event) -> Result<String, Problem> {
        match event.body {
            EventBody::Accepted { handle, durability } => {
                let Command::New(order, id) = &command.body else {
                    return Err(broken("accepts an order that nobody sent", event));
                };
                let record = self.mirror.open(order, *id);
                let record = record.filter(|record| record.handle == handle);
                let record = record.ok_or_else(|| broken("accepts another order", event))?;
                record.accepted(self.shard, command.sequence);
                let leaves = record.leaves;
                Ok(about(handle, "new", durability, |line| {
                    line.value("leaves", leaves.get());
                }))
            }
            EventBody::Rejected {
                handle,
                reason,
                durability,
            } => Ok(refusal(handle, "rejected", reason, durability)),
            EventBody::CancelRejected {
                handle,
                reason,
                durability,
            } => Ok(refusal(handle, "refused", reason, durability)),
            EventBody::Traded {
                aggressor,
                resting,
                price,
                quantity,
                aggressor_durability,
                resting_durability,
            } => self.traded(
                event,
                &Meeting {
                    aggressor,
                    resting,
                    price,
                    quantity,
                    durability: [aggressor_durability, resting_durability],
                },
            ),
            EventBody::SelfTradePrevented {
                aggressor,
                resting,
                price,
                quantity,
                aggressor_durability,
                resting_durability,
            } => self.prevented(
                event,
                &Meeting {
                    aggressor,
                    resting,
                    price,
                    quantity,
                    durability: [aggressor_durability, resting_durability],
                },
            ),
            EventBody::Canceled { .. } | EventBody::Expired { .. } => self.ended(event),
            EventBody::Reduced { .. }
            | EventBody::Replaced { .. }
            | EventBody::TermsReplaced { .. } => self.changed(command, event),
            EventBody::Triggered { .. } | EventBody::Restated { .. } => self.moved(event),
            EventBody::MassCanceled { .. }
            | EventBody::PhaseChanged { .. }
            | EventBody::InstrumentChanged { .. }
            | EventBody::AccountChanged { .. }
            | EventBody::HashRecord { .. } => Ok(orderless_text(event.body)),
        }
    }

    fn traded(&mut self, event: &Event, trade: &Meeting) -> Result<String, Problem> {
        for handle in [trade.resting, trade.aggressor] {
            let record = self.live(handle, event)?;
            if record.leaves < trade.quantity || trade.quantity.is_zero() {
                return Err(broken("trades what is not open", event));
            }
            record.traded(trade.price, trade.quantity);
        }
        let aggressor = self.mirror.get(trade.aggressor);
        let done = aggressor.map(|record| [record.cumulative, record.leaves]);
        let [cumulative, leaves] = done.unwrap_or_default();
        Ok(meeting_text("trade", trade, |line| {
            line.value("cumulative", cumulative.get());
            line.value("leaves", leaves.get());
        }))
    }

    fn prevented(&mut self, event: &Event, meeting: &Meeting) -> Result<String, Problem> {
        let left = self.live(meeting.aggressor, event)?.leaves;
        let smaller = left.min(self.live(meeting.resting, event)?.leaves);
        if smaller != meeting.quantity {
            return Err(broken("prevents another quantity than would trade", event));
        }
        Ok(meeting_text("prevented", meeting, |_| {}))
    }

    fn ended(&mut self, event: &Event) -> Result<String, Problem> {
        let (handle, quantity, reason, durability) = match event.body {
            EventBody::Canceled {
                handle,
                quantity,
                reason,
                durability,
            } => (handle, quantity, Some(reason), durability),
            EventBody::Expired {
                handle,
                quantity,
                durability,
            } => (handle, quantity, None, durability),
            _ => return Err(broken("ends no order", event)),
        };
        let record = self.live(handle, event)?;
        if record.leaves != quantity {
            return Err(broken("ends another quantity than is open", event));
        }
        record.canceled();
        let verb = reason.map_or("expired", |_| "canceled");
        Ok(about(handle, verb, durability, |line| {
            line.word(quantity.get());
            if let Some(reason) = reason {
                line.word(reason_text(reason));
            }
        }))
    }

    fn changed(&mut self, command: &Sequenced<Command>, event: &Event) -> Result<String, Problem> {
        match event.body {
            EventBody::Reduced {
                handle,
                quantity,
                leaves,
                durability,
            } => {
                self.live(handle, event)?.reduced(quantity, leaves);
                Ok(about(handle, "reduced", durability, |line| {
                    line.word(quantity.get());
                    line.value("leaves", leaves.get());
                }))
            }
            EventBody::Replaced {
                handle,
                price,
                quantity,
                leaves,
                kept_priority,
                durability,
            } => {
                let Command::Replace(_, id) = &command.body else {
                    return Err(broken("replaces what nobody asked for", event));
                };
                let record = self.live(handle, event)?;
                record.replaced(price, quantity, leaves, *id);
                Ok(about(handle, "replaced", durability, |line| {
                    line.word(quantity.get());
                    line.price(price);
                    line.value("leaves", leaves.get());
                    line.value("priority", if kept_priority { "kept" } else { "lost" });
                }))
            }
            EventBody::TermsReplaced {
                handle,
                stop_price,
                expire_time_ns,
                time_in_force,
                durability,
            } => {
                // A replace that ends the order may still say its terms.
                let record = self.mirror.get_mut(handle);
                let record = record.ok_or_else(|| broken("names no order", event))?;
                record.terms_replaced(stop_price, expire_time_ns, time_in_force);
                Ok(about(handle, "terms", durability, |line| {
                    let stopped = stop_price.get() != 0;
                    line.value_if(stopped, "stop", price_text(stop_price));
                    match time_in_force {
                        TimeInForce::Gtd => line.value("gtd", expire_time_ns),
                        other => {
                            line.word(time_in_force_text(other));
                            line.unless("expire", expire_time_ns, 0);
                        }
                    }
                }))
            }
            _ => Err(broken("changes no order", event)),
        }
    }

    fn moved(&mut self, event: &Event) -> Result<String, Problem> {
        match event.body {
            EventBody::Triggered {
                handle,
                refused,
                durability,
            } => {
                self.live(handle, event)?.triggered();
                Ok(about(handle, "triggered", durability, |line| {
                    if let Some(reason) = refused {
                        line.value("refused", format_args!("{reason:?}"));
                    }
                }))
            }
            EventBody::Restated {
                handle,
                price,
                displayed,
                reason,
                durability,
            } => {
                let record = self.live(handle, event)?;
                if record.leaves < displayed {
                    return Err(broken("displays more than is open", event));
                }
                record.restated(price);
                Ok(about(handle, "restated", durability, |line| {
                    line.price(price);
                    line.value("displayed", displayed.get());
                    line.word(match reason {
                        RestateReason::DisplayRefreshed => "refreshed",
                        RestateReason::PriceAssigned => "priced",
                    });
                }))
            }
            _ => Err(broken("moves no order", event)),
        }
    }

    fn live(&mut self, handle: OrderHandle, event: &Event) -> Result<&mut OrderRecord, Problem> {
        let record = self.mirror.get_mut(handle);
        record
            .filter(|record| record.live)
            .ok_or_else(|| broken("names an order that is not live", event))
    }
}

fn broken(what: &str, event: &Event) -> Problem {
    Problem::Broken(format!("an event {what}: {:?}", event.body))
}

fn about(
    handle: OrderHandle,
    verb: &str,
    durability: Durability,
    rest: impl FnOnce(&mut Line),
) -> String {
    let mut line = Line::default();
    line.word(handle.slot);
    line.word(verb);
    rest(&mut line);
    if durability == Durability::Synced {
        line.word("synced");
    }
    line.text
}

fn refusal(
    handle: OrderHandle,
    verb: &str,
    reason: RejectReason,
    durability: Durability,
) -> String {
    about(handle, verb, durability, |line| {
        line.word(format_args!("{reason:?}"));
    })
}

fn meeting_text(verb: &str, meeting: &Meeting, rest: impl FnOnce(&mut Line)) -> String {
    let [aggressor, resting] = meeting.durability;
    let mut text = about(meeting.aggressor, verb, aggressor, |line| {
        line.word(meeting.quantity.get());
        line.price(meeting.price);
        line.value("resting", meeting.resting.slot);
        rest(line);
    });
    if resting == Durability::Synced {
        text.push_str(" resting-synced");
    }
    text
}

fn orderless_text(body: EventBody) -> String {
    match body {
        EventBody::MassCanceled { count, durability } => {
            let synced = match durability {
                Durability::Synced => " synced",
                Durability::Written => "",
            };
            format!("mass canceled {count}{synced}")
        }
        EventBody::PhaseChanged { instrument, phase } => {
            format!("phase {phase:?} instrument={instrument}")
        }
        EventBody::InstrumentChanged { instrument } => format!("instrument {instrument}"),
        EventBody::AccountChanged { account } => format!("account {account}"),
        EventBody::HashRecord { expected, actual } if expected == actual => "hash equal".to_owned(),
        EventBody::HashRecord { .. } => "hash differs".to_owned(),
        other => format!("{other:?}"),
    }
}

const fn reason_text(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::ImmediateRemainder => "immediate",
        CancelReason::MarketRemainder => "market",
        CancelReason::MassCancel => "mass",
        CancelReason::PriceProtection => "protection",
        CancelReason::SelfTradePrevention => "self-trade",
        CancelReason::Refused => "refused",
    }
}
