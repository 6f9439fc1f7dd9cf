//! The names of kinds and choices, as they stand in answers and in files of changes.

use matchgate_core::domain::{
    Command, Durability, OrderType, Phase, SelfTradePrevention, Side, TimeInForce,
};

/// Returns the name of a command's kind.
pub(super) const fn kind_of(command: &Command) -> &'static str {
    match command {
        Command::New(..) => "new_order",
        Command::Cancel(_) => "cancel",
        Command::Reduce(_) => "reduce",
        Command::Replace(..) => "replace",
        Command::MassCancel(_) => "mass_cancel",
        Command::DefineInstrument(_) => "define_instrument",
        Command::DefineFirm(_) => "define_firm",
        Command::DefineAccount(_) => "define_account",
        Command::DefineSession(_) => "define_session",
        Command::LendSlots(_) => "lend_slots",
        Command::SetPhase(_) => "set_phase",
        Command::EndDay(_) => "end_day",
        Command::Time(_) => "time",
        Command::StateHash(_) => "state_hash_check",
    }
}

pub(super) const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

pub(super) const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Continuous => "continuous",
        Phase::Halt => "halt",
    }
}

pub(super) const fn durability_name(durability: Durability) -> &'static str {
    match durability {
        Durability::Written => "written",
        Durability::Synced => "synced",
    }
}

pub(super) const fn order_type_name(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Market => "market",
        OrderType::Limit => "limit",
        OrderType::Stop => "stop",
        OrderType::StopLimit => "stop-limit",
        OrderType::MarketToLimit => "market-to-limit",
        OrderType::MidPeg => "mid-peg",
    }
}

pub(super) const fn time_in_force_name(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::Day => "day",
        TimeInForce::Gtc => "gtc",
        TimeInForce::Ioc => "ioc",
        TimeInForce::Fok => "fok",
        TimeInForce::Gtd => "gtd",
    }
}

pub(super) const fn self_trade_name(choice: SelfTradePrevention) -> &'static str {
    match choice {
        SelfTradePrevention::None => "none",
        SelfTradePrevention::CancelNewest => "cancel-newest",
        SelfTradePrevention::CancelOldest => "cancel-oldest",
        SelfTradePrevention::CancelBoth => "cancel-both",
        SelfTradePrevention::Decrement => "decrement",
    }
}
