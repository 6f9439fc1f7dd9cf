//! Messages: a publication as one line of JSON. Integers of 64 bits stand as strings, since many
//! readers of JSON have only floats; prices and quantities stand both as decimal text and as the
//! exact integers of the engine. It must not know where the line goes.

use matchgate_core::domain::{
    CancelReason, Epoch, EventId, OrderType, Price, Quantity, RejectReason, RestateReason,
    SequenceNumber, ShardId, Side, TimeInForce,
};
use matchgate_follower::publication::{
    Execution, ExecutionKind, Fill, Party, Product, Publication, PublicationBody, price_text,
};
use matchgate_follower::sink::HeldEvent;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Line<'a> {
    id: String,
    time_ns: String,
    subject: &'a str,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Body<'a> {
    Fill(FillText<'a>),
    Execution(ExecutionText<'a>),
}

#[derive(Serialize)]
struct FillText<'a> {
    symbol: &'a str,
    price: String,
    price_units: String,
    quantity: String,
    quantity_units: String,
    aggressor_side: &'static str,
    aggressor: PartyText<'a>,
    resting: PartyText<'a>,
}

#[derive(Serialize)]
struct PartyText<'a> {
    order_id: String,
    account: &'a str,
    client_order_id: &'a str,
    session: u32,
    order_request: String,
}

#[derive(Serialize)]
struct ExecutionText<'a> {
    event: &'static str,
    symbol: &'a str,
    #[serde(flatten)]
    party: PartyText<'a>,
    side: &'static str,
    order_type: &'static str,
    time_in_force: &'static str,
    price: String,
    price_units: String,
    order_quantity: String,
    order_quantity_units: String,
    cumulative: String,
    cumulative_units: String,
    leaves: String,
    leaves_units: String,
    #[serde(flatten)]
    terms: Box<TermsText>,
    #[serde(flatten)]
    detail: Option<Detail<'a>>,
}

/// What only some orders have.
#[derive(Serialize)]
struct TermsText {
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_price_units: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_quantity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_quantity_units: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_time_ns: Option<String>,
}

/// What only some events have.
#[derive(Serialize)]
#[serde(untagged)]
enum Detail<'a> {
    Refused {
        reason_code: u16,
        reason: &'static str,
    },
    Traded {
        last_price: String,
        last_price_units: String,
        last_quantity: String,
        last_quantity_units: String,
        liquidity: &'static str,
    },
    Replaced {
        kept_priority: bool,
        original_client_order_id: &'a str,
    },
    Canceled {
        canceled: String,
        canceled_units: String,
        reason: &'static str,
    },
    Expired {
        expired: String,
        expired_units: String,
    },
    Restated {
        displayed: String,
        displayed_units: String,
        reason: &'static str,
    },
    Prevented {
        prevented_price: String,
        prevented_price_units: String,
        prevented_quantity: String,
        prevented_quantity_units: String,
        liquidity: &'static str,
    },
}

/// Appends a publication as one line, its line feed included; nothing for a top of book, which has
/// no subject.
///
/// # Errors
///
/// Returns the error of the encoder; it has none for these types.
pub fn append_line(
    subject: &str,
    publication: &Publication,
    lines: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let body = match &publication.body {
        PublicationBody::Fill(fill) => Body::Fill(fill_text(fill)),
        PublicationBody::Execution(execution) => Body::Execution(execution_text(execution)),
        PublicationBody::TopOfBook(_) => return Ok(()),
    };
    let line = Line {
        id: publication.id.to_string(),
        time_ns: publication.time_ns.to_string(),
        subject,
        body,
    };
    serde_json::to_writer(&mut *lines, &line)?;
    lines.push(b'\n');
    Ok(())
}

/// What every line has.
#[derive(Deserialize)]
struct EventText {
    id: String,
    time_ns: String,
}

/// Returns the event that a line tells of; `None` where it is no such line.
#[must_use]
pub fn read_event(line: &[u8]) -> Option<HeldEvent> {
    let text: EventText = serde_json::from_slice(line).ok()?;
    let mut parts = text.id.split('.');
    let id = EventId {
        epoch: Epoch(parts.next()?.parse().ok()?),
        shard: ShardId(parts.next()?.parse().ok()?),
        sequence: SequenceNumber(parts.next()?.parse().ok()?),
        index: parts.next()?.parse().ok()?,
    };
    let time_ns = text.time_ns.parse().ok()?;
    parts.next().is_none().then_some(HeldEvent { id, time_ns })
}

fn units(quantity: Quantity) -> String {
    quantity.get().to_string()
}

fn price_units(price: Price) -> String {
    price.get().to_string()
}

fn party_text(party: &Party) -> PartyText<'_> {
    PartyText {
        order_id: party.order_id.get().to_string(),
        account: party.account.as_str(),
        client_order_id: party.client_order_id.as_str(),
        session: party.session.get(),
        order_request: party.order_request.to_string(),
    }
}

fn fill_text(fill: &Fill) -> FillText<'_> {
    FillText {
        symbol: fill.product.symbol.as_str(),
        price: price_text(fill.price),
        price_units: price_units(fill.price),
        quantity: fill.product.quantity_text(fill.quantity),
        quantity_units: units(fill.quantity),
        aggressor_side: side_text(fill.aggressor_side),
        aggressor: party_text(&fill.aggressor),
        resting: party_text(&fill.resting),
    }
}

fn execution_text(execution: &Execution) -> ExecutionText<'_> {
    let product = &execution.product;
    ExecutionText {
        event: event_text(&execution.kind),
        symbol: product.symbol.as_str(),
        party: party_text(&execution.party),
        side: side_text(execution.side),
        order_type: match execution.order_type {
            OrderType::Market => "market",
            OrderType::Limit => "limit",
            OrderType::Stop => "stop",
            OrderType::StopLimit => "stop_limit",
            OrderType::MarketToLimit => "market_to_limit",
            OrderType::MidPeg => "mid_peg",
        },
        time_in_force: match execution.time_in_force {
            TimeInForce::Day => "day",
            TimeInForce::Gtc => "gtc",
            TimeInForce::Ioc => "ioc",
            TimeInForce::Fok => "fok",
            TimeInForce::Gtd => "gtd",
        },
        price: price_text(execution.price),
        price_units: price_units(execution.price),
        order_quantity: product.quantity_text(execution.order_quantity),
        order_quantity_units: units(execution.order_quantity),
        cumulative: product.quantity_text(execution.cumulative),
        cumulative_units: units(execution.cumulative),
        leaves: product.quantity_text(execution.leaves),
        leaves_units: units(execution.leaves),
        terms: terms_text(execution),
        detail: detail(&execution.kind, product),
    }
}

fn terms_text(execution: &Execution) -> Box<TermsText> {
    let is_stop = execution.order_type.is_stop();
    let stop_price = is_stop.then_some(execution.stop_price);
    let display_quantity = Some(execution.display_quantity).filter(|part| !part.is_zero());
    let expire_time_ns = Some(execution.expire_time_ns).filter(|&time_ns| time_ns != 0);
    Box::new(TermsText {
        stop_price: stop_price.map(price_text),
        stop_price_units: stop_price.map(price_units),
        display_quantity: display_quantity.map(|part| execution.product.quantity_text(part)),
        display_quantity_units: display_quantity.map(units),
        expire_time_ns: expire_time_ns.map(|time_ns| time_ns.to_string()),
    })
}

const fn side_text(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

const fn event_text(kind: &ExecutionKind) -> &'static str {
    match kind {
        ExecutionKind::Accepted => "accepted",
        ExecutionKind::Rejected(_) => "rejected",
        ExecutionKind::Traded { .. } => "traded",
        ExecutionKind::Reduced => "reduced",
        ExecutionKind::Replaced { .. } => "replaced",
        ExecutionKind::Canceled { .. } => "canceled",
        ExecutionKind::Expired { .. } => "expired",
        ExecutionKind::Triggered { .. } => "triggered",
        ExecutionKind::Restated { .. } => "restated",
        ExecutionKind::TermsReplaced => "terms_replaced",
        ExecutionKind::TradePrevented { .. } => "trade_prevented",
        ExecutionKind::CancelRejected(_) => "cancel_rejected",
    }
}

const fn refused(reason: RejectReason) -> Detail<'static> {
    Detail::Refused {
        reason_code: reason.code(),
        reason: reason.text(),
    }
}

const fn cancel_reason_text(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::ImmediateRemainder => "immediate_remainder",
        CancelReason::MarketRemainder => "market_remainder",
        CancelReason::MassCancel => "mass_cancel",
        CancelReason::PriceProtection => "price_protection",
        CancelReason::SelfTradePrevention => "self_trade_prevention",
        CancelReason::Refused => "refused",
    }
}

const fn restate_reason_text(reason: RestateReason) -> &'static str {
    match reason {
        RestateReason::DisplayRefreshed => "display_refreshed",
        RestateReason::PriceAssigned => "price_assigned",
    }
}

const fn liquidity_text(is_aggressor: bool) -> &'static str {
    if is_aggressor { "removed" } else { "added" }
}

fn detail<'a>(kind: &'a ExecutionKind, product: &Product) -> Option<Detail<'a>> {
    match kind {
        ExecutionKind::Accepted
        | ExecutionKind::Reduced
        | ExecutionKind::TermsReplaced
        | ExecutionKind::Triggered { refused: None } => None,
        ExecutionKind::Triggered {
            refused: Some(reason),
        }
        | ExecutionKind::Rejected(reason)
        | ExecutionKind::CancelRejected(reason) => Some(refused(*reason)),
        ExecutionKind::Traded {
            last_price,
            last_quantity,
            is_aggressor,
        } => Some(Detail::Traded {
            last_price: price_text(*last_price),
            last_price_units: price_units(*last_price),
            last_quantity: product.quantity_text(*last_quantity),
            last_quantity_units: units(*last_quantity),
            liquidity: liquidity_text(*is_aggressor),
        }),
        ExecutionKind::TradePrevented {
            price,
            quantity,
            is_aggressor,
        } => Some(Detail::Prevented {
            prevented_price: price_text(*price),
            prevented_price_units: price_units(*price),
            prevented_quantity: product.quantity_text(*quantity),
            prevented_quantity_units: units(*quantity),
            liquidity: liquidity_text(*is_aggressor),
        }),
        ExecutionKind::Expired { expired } => Some(Detail::Expired {
            expired: product.quantity_text(*expired),
            expired_units: units(*expired),
        }),
        ExecutionKind::Restated { displayed, reason } => Some(Detail::Restated {
            displayed: product.quantity_text(*displayed),
            displayed_units: units(*displayed),
            reason: restate_reason_text(*reason),
        }),
        ExecutionKind::Replaced {
            kept_priority,
            original_client_order_id,
        } => Some(Detail::Replaced {
            kept_priority: *kept_priority,
            original_client_order_id: original_client_order_id.as_str(),
        }),
        ExecutionKind::Canceled { canceled, reason } => Some(Detail::Canceled {
            canceled: product.quantity_text(*canceled),
            canceled_units: units(*canceled),
            reason: cancel_reason_text(*reason),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{execution, fill};
    use crate::subject::subject_of;

    fn line(publication: &Publication) -> String {
        let mut lines = Vec::new();
        let subject = subject_of(publication).unwrap();
        append_line(&subject, publication, &mut lines).unwrap();
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn fill_line_holds_decimals_integers_and_both_legs() {
        let expected = concat!(
            r#"{"id":"2.1.9.3","time_ns":"1700000000123456789","subject":"orders.fills.BRK=2EB","#,
            r#""type":"fill","symbol":"BRK.B","price":"101.25","price_units":"101250000000","#,
            r#""quantity":"1.5","quantity_units":"150000000","aggressor_side":"sell","#,
            r#""aggressor":{"order_id":"36028797018963977","account":"alpha","#,
            r#""client_order_id":"c-1","session":7,"order_request":"11"},"#,
            r#""resting":{"order_id":"36028797018963969","account":"beta","#,
            r#""client_order_id":"c-1","session":7,"order_request":"11"}}"#,
            "\n"
        );
        assert_eq!(line(&fill(9, "BRK.B")), expected);
    }

    #[test]
    fn line_is_read_again_as_the_event_that_it_tells_of() {
        let publication = fill(9, "BRK.B");
        let held = read_event(line(&publication).as_bytes()).unwrap();
        assert_eq!(held.id, publication.id);
        assert_eq!(held.time_ns, publication.time_ns);
        for other in [
            "",
            "{}",
            r#"{"id":"1.2.3","time_ns":"4"}"#,
            r#"{"id":"1.2.3.4"}"#,
        ] {
            assert_eq!(read_event(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn execution_line_says_where_the_order_stands() {
        let kind = ExecutionKind::Traded {
            last_price: Price::new(101_250_000_000),
            last_quantity: Quantity::new(150_000_000),
            is_aggressor: false,
        };
        let expected = concat!(
            r#"{"id":"2.1.9.3","time_ns":"1700000000123456789","subject":"orders.exec.alpha","#,
            r#""type":"execution","event":"traded","symbol":"BTC-USD","#,
            r#""order_id":"36028797018963969","account":"alpha","client_order_id":"c-1","#,
            r#""session":7,"order_request":"11","side":"buy","order_type":"limit","#,
            r#""time_in_force":"day","price":"101.25","price_units":"101250000000","#,
            r#""order_quantity":"2","order_quantity_units":"200000000","cumulative":"1.5","#,
            r#""cumulative_units":"150000000","leaves":"0.5","leaves_units":"50000000","#,
            r#""last_price":"101.25","last_price_units":"101250000000","last_quantity":"1.5","#,
            r#""last_quantity_units":"150000000","liquidity":"added"}"#,
            "\n"
        );
        assert_eq!(line(&execution(9, "alpha", kind)), expected);
    }

    #[test]
    fn every_kind_of_execution_says_its_own_detail() {
        let cases = [
            (ExecutionKind::Accepted, "accepted", "leaves_units"),
            (ExecutionKind::Reduced, "reduced", "leaves_units"),
            (
                ExecutionKind::Rejected(RejectReason::PriceOffTick),
                "rejected",
                "reason_code",
            ),
            (
                ExecutionKind::CancelRejected(RejectReason::OrderNotLive),
                "cancel_rejected",
                "reason_code",
            ),
            (
                ExecutionKind::Replaced {
                    kept_priority: true,
                    original_client_order_id: matchgate_core::domain::ClientOrderId::NONE,
                },
                "replaced",
                "kept_priority",
            ),
            (
                ExecutionKind::Canceled {
                    canceled: Quantity::new(1),
                    reason: CancelReason::MassCancel,
                },
                "canceled",
                "canceled_units",
            ),
        ];
        check_details(&cases);
    }

    /// Checks that each kind has the name and the field.
    fn check_details(cases: &[(ExecutionKind, &str, &str)]) {
        for (kind, event, field) in cases {
            let line: serde_json::Value =
                serde_json::from_str(&line(&execution(1, "alpha", *kind))).unwrap();
            assert_eq!(line["event"], *event);
            assert!(line.get(field).is_some(), "{event} has {field}");
        }
    }

    #[test]
    fn what_happens_to_an_order_on_its_own_says_its_own_detail() {
        check_details(&[
            (
                ExecutionKind::Expired {
                    expired: Quantity::new(1),
                },
                "expired",
                "expired_units",
            ),
            (
                ExecutionKind::Triggered { refused: None },
                "triggered",
                "leaves_units",
            ),
            (
                ExecutionKind::Triggered {
                    refused: Some(RejectReason::NoLiquidity),
                },
                "triggered",
                "reason_code",
            ),
            (
                ExecutionKind::Restated {
                    displayed: Quantity::new(1),
                    reason: RestateReason::DisplayRefreshed,
                },
                "restated",
                "displayed_units",
            ),
            (
                ExecutionKind::TermsReplaced,
                "terms_replaced",
                "leaves_units",
            ),
            (
                ExecutionKind::TradePrevented {
                    price: Price::new(1),
                    quantity: Quantity::new(1),
                    is_aggressor: true,
                },
                "trade_prevented",
                "prevented_quantity_units",
            ),
        ]);
    }

    #[test]
    fn terms_stand_in_the_line_of_an_order_that_has_them_alone() {
        let plain = execution(1, "alpha", ExecutionKind::Accepted);
        assert!(!line(&plain).contains("stop_price"));
        let PublicationBody::Execution(mut stop) = plain.body.clone() else {
            panic!("it is an execution");
        };
        stop.order_type = OrderType::StopLimit;
        stop.stop_price = Price::new(101_500_000_000);
        stop.display_quantity = Quantity::new(50_000_000);
        stop.time_in_force = TimeInForce::Gtd;
        stop.expire_time_ns = 7;
        let stop = Publication {
            body: PublicationBody::Execution(stop),
            ..plain
        };
        let line: serde_json::Value = serde_json::from_str(&line(&stop)).unwrap();
        assert_eq!(line["order_type"], "stop_limit");
        assert_eq!(line["time_in_force"], "gtd");
        assert_eq!(line["stop_price"], "101.5");
        assert_eq!(line["display_quantity_units"], "50000000");
        assert_eq!(line["expire_time_ns"], "7");
    }
}
