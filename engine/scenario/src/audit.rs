//! The audit: what holds of every engine between commands, whatever it was told.

use std::fmt::Debug;

use matchgate_core::OrderMirror;
use matchgate_core::domain::{Command, Event, EventBody, InstrumentId, OrderType, Sequenced, Side};

use crate::engine::{Engine, Level, LiveOrder};
use crate::problem::Problem;

/// Checks the headers of a command's events, and that a refusal stands alone.
pub(crate) fn audit_events(command: &Sequenced<Command>, events: &[Event]) -> Result<(), Problem> {
    let ring = command.body.origin().map_or(0, |origin| origin.ring.get());
    for (index, event) in (0..).zip(events) {
        let header = event.header;
        let told = (header.sequence, header.time_ns, header.index);
        equal("header", &told, &(command.sequence, command.time_ns, index))?;
        let tag = ring & u64::from(u32::MAX);
        equal("ring tag", &u64::from(header.ring_tag), &tag)?;
    }
    let refused = events.iter().any(|event| is_refusal(&event.body));
    holds(!refused || events.len() == 1, || {
        "a refusal is not the only event of its command".to_owned()
    })
}

/// Returns whether an event says that a command was refused.
pub(crate) const fn is_refusal(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::Rejected { .. } | EventBody::CancelRejected { .. }
    )
}

/// Checks that the engine holds those orders live that the events have told, as they have told
/// them.
pub(crate) fn audit_mirror(engine: &impl Engine, mirror: &OrderMirror) -> Result<(), Problem> {
    let mut live_count = 0;
    for record in mirror.live() {
        let mut told = LiveOrder::from(record);
        told.terms.minimum_quantity = matchgate_core::domain::Quantity::ZERO;
        let slot = record.handle.slot;
        let held = engine.order(record.handle);
        equal(&format!("order {slot}"), &held, &Some(told))?;
        let sum = told.cumulative.checked_add(told.leaves);
        equal("cumulative + leaves", &sum, &Some(told.order_quantity))?;
        live_count += 1;
    }
    equal("live orders", &engine.live_order_count(), &live_count)
}

/// Checks a displayed book: never crossed, levels in order, each the sum of its orders.
pub(crate) fn audit_book(engine: &impl Engine, instrument: InstrumentId) -> Result<(), Problem> {
    let mut best = [None; 2];
    for (best, side) in best.iter_mut().zip([Side::Buy, Side::Sell]) {
        let levels = engine.depth(instrument, side);
        *best = levels.first().map(|level| level.price);
        let worsens = |pair: &[Level]| match side {
            Side::Buy => pair[0].price > pair[1].price,
            Side::Sell => pair[0].price < pair[1].price,
        };
        let sorted = levels.windows(2).all(worsens);
        holds(sorted, || format!("levels are out of order: {levels:?}"))?;
        audit_side(engine, instrument, side, &levels)?;
    }
    let crossed = matches!(best, [Some(bid), Some(ask)] if bid >= ask);
    holds(!crossed, || format!("the book rests crossed: {best:?}"))
}

fn audit_side(
    engine: &impl Engine,
    instrument: InstrumentId,
    side: Side,
    levels: &[Level],
) -> Result<(), Problem> {
    let all = engine.live_orders(instrument, side);
    let mut left = all.iter();
    for level in levels {
        let mut displayed = 0_u128;
        let mut stamp = 0;
        for _ in 0..level.order_count {
            let shown = left.next();
            let order = shown.and_then(|shown| Some((shown, engine.order(shown.handle)?)));
            let Some((shown, order)) = order else {
                let text = format!("a level counts orders that are not live: {level:?}");
                return Err(Problem::Broken(text));
            };
            let rises = stamp < shown.priority_stamp;
            holds(rises, || format!("stamps are out of order: {all:?}"))?;
            stamp = shown.priority_stamp;
            let part = !shown.displayed.is_zero() && shown.displayed <= order.leaves;
            holds(part, || format!("{shown:?} displays no part of {order:?}"))?;
            displayed += u128::from(shown.displayed.get());
            let place = (order.instrument, order.side, order.price);
            equal(
                "place of an order",
                &place,
                &(instrument, side, level.price),
            )?;
            let rests = match (order.order_type, order.triggered) {
                (OrderType::Limit | OrderType::MarketToLimit, _) => true,
                (OrderType::StopLimit, triggered) => triggered,
                (OrderType::Market | OrderType::Stop | OrderType::MidPeg, _) => false,
            };
            holds(rests, || format!("is displayed: {order:?}"))?;
        }
        holds(level.order_count > 0, || format!("is empty: {level:?}"))?;
        equal("sum of a level", &level.quantity, &displayed)?;
    }
    equal("an order in no level", &left.next(), &None)
}

fn holds(condition: bool, text: impl FnOnce() -> String) -> Result<(), Problem> {
    if condition {
        return Ok(());
    }
    Err(Problem::Broken(text()))
}

fn equal<T: Debug + PartialEq>(what: &str, held: &T, expected: &T) -> Result<(), Problem> {
    holds(held == expected, || {
        format!("{what} is {held:?}, not {expected:?}")
    })
}
