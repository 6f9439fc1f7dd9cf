//! Short names, by which things are counted.

use matchgate_core::domain::{
    CancelReason, Command, MassCancelScope, OrderType, SelfTradePrevention, TimeInForce,
};

pub(super) const fn type_name(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Market => "market",
        OrderType::Limit => "limit",
        OrderType::Stop => "stop",
        OrderType::StopLimit => "stop-limit",
        OrderType::MarketToLimit => "market-to-limit",
        OrderType::MidPeg => "mid-peg",
    }
}

pub(super) const fn time_name(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::Day => "day",
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
        TimeInForce::Gtd => "GTD",
    }
}

pub(super) const fn choice_name(choice: SelfTradePrevention) -> &'static str {
    match choice {
        SelfTradePrevention::None => "no prevention",
        SelfTradePrevention::CancelNewest => "cancel newest",
        SelfTradePrevention::CancelOldest => "cancel oldest",
        SelfTradePrevention::CancelBoth => "cancel both",
        SelfTradePrevention::Decrement => "decrement",
    }
}

pub(super) const fn cancel_name(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::ImmediateRemainder => "immediate remainder",
        CancelReason::MarketRemainder => "market remainder",
        CancelReason::MassCancel => "mass cancel",
        CancelReason::PriceProtection => "price protection",
        CancelReason::SelfTradePrevention => "self-trade prevention",
        CancelReason::Refused => "refused",
    }
}

pub(super) const fn scope_name(scope: MassCancelScope) -> &'static str {
    match scope {
        MassCancelScope::Session => "session",
        MassCancelScope::Account => "account",
        MassCancelScope::Instrument => "instrument",
    }
}

pub(super) const fn command_name(command: &Command) -> &'static str {
    match command {
        Command::New(..) => "new",
        Command::Cancel(_) => "cancel",
        Command::Reduce(_) => "reduce",
        Command::Replace(..) => "replace",
        Command::MassCancel(_) => "mass cancel",
        Command::SetPhase(_) => "phase",
        Command::EndDay(_) => "end of day",
        Command::Time(_) => "time",
        _ => "other",
    }
}
