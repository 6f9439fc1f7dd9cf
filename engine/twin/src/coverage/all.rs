//! All that a mixed flow can meet. Whoever adds a kind of event, refusal or order adds it here.

use matchgate_core::domain::{OrderType, RejectReason, SelfTradePrevention};

use super::Met;
use super::names::{choice_name, type_name};

const TYPES: [OrderType; 6] = [
    OrderType::Market,
    OrderType::Limit,
    OrderType::Stop,
    OrderType::StopLimit,
    OrderType::MarketToLimit,
    OrderType::MidPeg,
];
const CHOICES: [SelfTradePrevention; 5] = [
    SelfTradePrevention::None,
    SelfTradePrevention::CancelNewest,
    SelfTradePrevention::CancelOldest,
    SelfTradePrevention::CancelBoth,
    SelfTradePrevention::Decrement,
];
/// What can rest, as [`super::Known::kind`] says it.
const RESTING_KINDS: [&str; 5] = [
    "limit",
    "stop-limit",
    "market-to-limit",
    "mid-peg",
    "iceberg",
];
/// What can take.
const TAKING_KINDS: [&str; 7] = [
    "market",
    "limit",
    "stop",
    "stop-limit",
    "market-to-limit",
    "mid-peg",
    "iceberg",
];
/// What can be live between commands.
const LIVE_KINDS: [&str; 6] = [
    "limit",
    "stop",
    "stop-limit",
    "market-to-limit",
    "mid-peg",
    "iceberg",
];

/// Returns all that a mixed flow can meet.
pub(super) fn all_that_can_be_met() -> Vec<Met> {
    let mut all: Vec<Met> = Vec::new();
    for order_type in TYPES.map(type_name) {
        let times: &[&str] = match order_type {
            "market" => &["IOC", "FOK"],
            "limit" => &["day", "GTC", "GTD", "IOC", "FOK"],
            _ => &["day", "GTC", "GTD"],
        };
        all.extend(times.iter().map(|&time| ["Accepted", order_type, time]));
    }
    for taker in TAKING_KINDS {
        all.push(["prevented aggressor", taker, ""]);
        // Pegs stand between the displayed sides: they meet nothing but pegs.
        let all_rest = RESTING_KINDS
            .iter()
            .filter(|&&maker| taker != "mid-peg" || maker == taker);
        all.extend(all_rest.map(|&maker| ["Traded", taker, maker]));
    }
    for choice in CHOICES.map(choice_name) {
        all.push(["FillOrKillUnfilled", choice, ""]);
        all.push(["fill-or-kill taken", choice, ""]);
        if choice != "no prevention" {
            all.extend(RESTING_KINDS.map(|maker| ["SelfTradePrevented", choice, maker]));
        }
    }
    for kind in LIVE_KINDS {
        all.extend([
            ["Canceled", "requested", kind],
            ["Canceled", "mass cancel", kind],
            ["Expired", "time", kind],
            ["Expired", "end of day", kind],
            ["Reduced", "reduce", kind],
            ["Replaced", "kept its place", kind],
            ["Replaced", "lost its place", kind],
            ["TermsReplaced", kind, ""],
        ]);
    }
    // Of a stop order that waits nothing is executed, so no total is at or below that.
    all.extend(RESTING_KINDS.map(|kind| ["Replaced", "ended", kind]));
    all.extend(TAKING_KINDS.map(|kind| ["Canceled", "self-trade prevention", kind]));
    all.extend(ALONE);
    all.extend(REJECTED.map(|reason| ["Rejected", reason.text(), ""]));
    all.extend(RELEASE_REFUSED.map(|reason| ["Triggered", reason.text(), ""]));
    for (command, reasons) in CANCEL_REJECTED {
        let reasons = reasons.iter();
        all.extend(reasons.map(|reason| ["CancelRejected", reason.text(), command]));
    }
    all
}

/// What stands in no table.
const ALONE: [Met; 27] = [
    ["Accepted", "iceberg", "limit"],
    ["Accepted", "iceberg", "stop-limit"],
    ["Accepted", "post-only", ""],
    ["Accepted", "minimum", "market"],
    ["Accepted", "minimum", "limit"],
    ["Canceled", "immediate remainder", "limit"],
    ["Canceled", "market remainder", "market"],
    ["Canceled", "market remainder", "stop"],
    ["Canceled", "price protection", "market"],
    ["Canceled", "price protection", "stop"],
    ["Canceled", "refused", "stop"],
    ["Canceled", "refused", "stop-limit"],
    ["Triggered", "", ""],
    ["Triggered", "as it is entered", "stop"],
    ["Triggered", "as it is entered", "stop-limit"],
    ["three releases", "", ""],
    ["pegs trade", "where the reference moved", ""],
    ["pegs are kept apart", "where the reference moved", ""],
    ["Restated", "price assigned", ""],
    ["Restated", "refreshed by a trade", ""],
    ["Restated", "refreshed by a decrement", ""],
    ["MassCanceled", "session", ""],
    ["MassCanceled", "account", ""],
    ["MassCanceled", "instrument", ""],
    ["PhaseChanged", "", ""],
    ["InstrumentChanged", "", ""],
    ["HashRecord", "", ""],
];

/// Why a new order can be refused.
const REJECTED: [RejectReason; 24] = [
    RejectReason::InvalidCombination,
    RejectReason::UnknownAccount,
    RejectReason::UnknownSymbol,
    RejectReason::PriceBelowMinimum,
    RejectReason::PriceAboveMaximum,
    RejectReason::PriceOffTick,
    RejectReason::QuantityZero,
    RejectReason::QuantityOffLot,
    RejectReason::QuantityBelowMinimum,
    RejectReason::QuantityAboveMaximum,
    RejectReason::NotionalAboveMaximum,
    RejectReason::DisplayQuantityInvalid,
    RejectReason::MinimumQuantityInvalid,
    RejectReason::ExpireTimePassed,
    RejectReason::HandleNotFree,
    RejectReason::SlotNotLent,
    RejectReason::PostOnlyWouldTake,
    RejectReason::NoLiquidity,
    RejectReason::LevelCapacity,
    RejectReason::LevelQuantity,
    RejectReason::FillOrKillUnfilled,
    RejectReason::MinimumQuantityUnfilled,
    RejectReason::Halted,
    RejectReason::Internal,
];

/// Why a released stop order can be refused.
const RELEASE_REFUSED: [RejectReason; 8] = [
    RejectReason::PriceBelowMinimum,
    RejectReason::PriceAboveMaximum,
    RejectReason::QuantityBelowMinimum,
    RejectReason::QuantityAboveMaximum,
    RejectReason::NotionalAboveMaximum,
    RejectReason::NoLiquidity,
    RejectReason::LevelCapacity,
    RejectReason::LevelQuantity,
];

/// Why a request about a live order can be refused.
const CANCEL_REJECTED: [(&str, &[RejectReason]); 3] = [
    (
        "cancel",
        &[RejectReason::OrderNotLive, RejectReason::OrderIdMismatch],
    ),
    (
        "reduce",
        &[
            RejectReason::OrderNotLive,
            RejectReason::ReduceNotSmaller,
            RejectReason::QuantityOffLot,
        ],
    ),
    (
        "replace",
        &[
            RejectReason::OrderNotLive,
            RejectReason::Halted,
            RejectReason::InvalidCombination,
            RejectReason::ExpireTimePassed,
            RejectReason::PriceBelowMinimum,
            RejectReason::PriceAboveMaximum,
            RejectReason::PriceOffTick,
            RejectReason::QuantityZero,
            RejectReason::QuantityOffLot,
            RejectReason::QuantityBelowMinimum,
            RejectReason::QuantityAboveMaximum,
            RejectReason::NotionalAboveMaximum,
            RejectReason::PostOnlyWouldTake,
            RejectReason::LevelCapacity,
            RejectReason::LevelQuantity,
        ],
    ),
];
