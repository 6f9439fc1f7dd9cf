//! The oracle of the encoder: the same messages through the generated builders, as a program in
//! another language would make them. Empty texts and lists are left out, as the encoder does.

use ::capnp::message::{Builder, HeapAllocator};
use ::capnp::serialize;

use crate::capnp::matchgate_capnp as wire;
use crate::message::{
    CancelReject, ClientMessage, ExecType, ExecutionReport, Liquidity, LogonAnswer,
    NewOrderRequest, OrderStatus, OrderTarget, ReplaceRequest, Report, RestateReason,
    ServerMessage,
};
use matchgate_core::domain::{
    CancelReason, Durability, MassCancelScope, OrderType, SelfTradePrevention, Side, TimeInForce,
};

fn frame(message: &Builder<HeapAllocator>) -> Vec<u8> {
    serialize::write_message_to_words(message)
}

fn side(side: Side) -> wire::Side {
    match side {
        Side::Buy => wire::Side::Buy,
        Side::Sell => wire::Side::Sell,
    }
}

fn order_type(order_type: OrderType) -> wire::OrderType {
    match order_type {
        OrderType::Market => wire::OrderType::Market,
        OrderType::Limit => wire::OrderType::Limit,
        OrderType::Stop => wire::OrderType::Stop,
        OrderType::StopLimit => wire::OrderType::StopLimit,
        OrderType::MarketToLimit => wire::OrderType::MarketToLimit,
        OrderType::MidPeg => wire::OrderType::MidPeg,
    }
}

fn time_in_force(time_in_force: TimeInForce) -> wire::TimeInForce {
    match time_in_force {
        TimeInForce::Day => wire::TimeInForce::Day,
        TimeInForce::Ioc => wire::TimeInForce::ImmediateOrCancel,
        TimeInForce::Gtc => wire::TimeInForce::GoodTillCancel,
        TimeInForce::Fok => wire::TimeInForce::FillOrKill,
        TimeInForce::Gtd => wire::TimeInForce::GoodTillDate,
    }
}

fn self_trade(choice: SelfTradePrevention) -> wire::SelfTradePrevention {
    match choice {
        SelfTradePrevention::None => wire::SelfTradePrevention::None,
        SelfTradePrevention::CancelNewest => wire::SelfTradePrevention::CancelNewest,
        SelfTradePrevention::CancelOldest => wire::SelfTradePrevention::CancelOldest,
        SelfTradePrevention::CancelBoth => wire::SelfTradePrevention::CancelBoth,
        SelfTradePrevention::Decrement => wire::SelfTradePrevention::Decrement,
    }
}

fn durability(durability: Durability) -> wire::Durability {
    match durability {
        Durability::Written => wire::Durability::Written,
        Durability::Synced => wire::Durability::Synced,
    }
}

macro_rules! set_target {
    ($part:expr, $target:expr) => {{
        let mut target = $part.reborrow().init_target();
        match $target {
            OrderTarget::Request(request) => target.set_request(request.get()),
            OrderTarget::ClientOrderId(id) => target.set_client_order_id(id.as_str()),
            OrderTarget::OrderId(id) => target.set_order_id(id.get()),
        }
    }};
}

fn new_order(body: &NewOrderRequest, mut part: wire::new_order::Builder<'_>) {
    part.set_request(body.request.get());
    part.set_price(body.price.get());
    part.set_quantity(body.quantity.get());
    part.set_side(side(body.side));
    part.set_order_type(order_type(body.order_type));
    part.set_time_in_force(time_in_force(body.time_in_force));
    part.set_post_only(body.post_only);
    part.set_stop_price(body.stop_price.get());
    part.set_display_quantity(body.display_quantity.get());
    part.set_minimum_quantity(body.minimum_quantity.get());
    part.set_expire_time_ns(body.expire_time_ns);
    part.set_self_trade_prevention(self_trade(body.self_trade));
    part.set_self_trade_group(body.self_trade_group);
    part.set_symbol(body.symbol.as_str());
    if !body.client_order_id.is_empty() {
        part.set_client_order_id(body.client_order_id.as_str());
    }
    if let Some(account) = &body.account {
        part.set_account(account.as_str());
    }
}

fn replace(body: &ReplaceRequest, mut part: wire::replace::Builder<'_>) {
    part.set_request(body.request.get());
    part.set_price(body.price.get());
    part.set_quantity(body.quantity.get());
    set_target!(part, body.target);
    if !body.client_order_id.is_empty() {
        part.set_client_order_id(body.client_order_id.as_str());
    }
    if let Some(stop_price) = body.stop_price {
        part.set_changes_stop_price(true);
        part.set_stop_price(stop_price.get());
    }
    if let Some(given) = body.time_in_force {
        part.set_time_in_force(time_in_force(given));
    }
    part.set_expire_time_ns(body.expire_time_ns);
}

/// Returns the frame of a client's message.
pub(super) fn client(message: &ClientMessage) -> Vec<u8> {
    let mut builder = Builder::new_default();
    let mut root = builder.init_root::<wire::client_frame::Builder<'_>>();
    match message {
        ClientMessage::Logon(body) => {
            let mut part = root.init_logon();
            part.set_protocol_version(body.protocol_version);
            part.set_key(body.key.as_str());
            part.set_next_expected(body.next_expected);
            part.set_durability(durability(body.durability));
        }
        ClientMessage::Heartbeat => root.set_heartbeat(()),
        ClientMessage::Logout => root.set_logout(()),
        ClientMessage::NewOrder(body) => new_order(body, root.init_new_order()),
        ClientMessage::Cancel(body) => {
            let mut part = root.init_cancel();
            part.set_request(body.request.get());
            set_target!(part, body.target);
        }
        ClientMessage::Reduce(body) => {
            let mut part = root.init_reduce();
            part.set_request(body.request.get());
            part.set_quantity(body.quantity.get());
            set_target!(part, body.target);
        }
        ClientMessage::Replace(body) => replace(body, root.init_replace()),
        ClientMessage::MassCancel(body) => {
            let mut part = root.init_mass_cancel();
            part.set_request(body.request.get());
            part.set_scope(match body.scope {
                MassCancelScope::Session => wire::MassCancelScope::Session,
                MassCancelScope::Account => wire::MassCancelScope::Account,
                MassCancelScope::Instrument => wire::MassCancelScope::Unspecified,
            });
            part.set_side(body.side.map_or(wire::Side::Unspecified, side));
            if let Some(account) = &body.account {
                part.set_account(account.as_str());
            }
            if let Some(symbol) = &body.symbol {
                part.set_symbol(symbol.as_str());
            }
        }
    }
    frame(&builder)
}

fn logon_answer(body: &LogonAnswer, mut part: wire::logon_answer::Builder<'_>) {
    part.set_epoch(body.epoch);
    part.set_heartbeat_interval_ms(body.heartbeat_interval_ms);
    part.set_replay_from(body.replay_from);
    part.set_next_sequence(body.next_sequence);
    part.set_decided_through(body.decided_through.get());
    part.set_request_highest(body.request_highest.get());
    part.set_lost_from(body.lost_from);
    part.set_open_orders_max(body.open_orders_max);
    part.set_durability(durability(body.durability));
    let last = body.decided_above.iter().rposition(|&word| word != 0);
    if let Some(last) = last {
        part.set_decided_above(&body.decided_above[..=last])
            .unwrap();
    }
}

fn kinds(body: &ExecutionReport, part: &mut wire::execution_report::Builder<'_>) {
    part.set_exec_type(match body.exec_type {
        ExecType::New => wire::ExecType::Accepted,
        ExecType::Canceled => wire::ExecType::Canceled,
        ExecType::Replaced => wire::ExecType::Replaced,
        ExecType::Rejected => wire::ExecType::Rejected,
        ExecType::Reduced => wire::ExecType::Reduced,
        ExecType::Trade => wire::ExecType::Trade,
        ExecType::Expired => wire::ExecType::Expired,
        ExecType::Triggered => wire::ExecType::Triggered,
        ExecType::Restated => wire::ExecType::Restated,
        ExecType::TradePrevented => wire::ExecType::TradePrevented,
    });
    part.set_order_status(match body.order_status {
        OrderStatus::New => wire::OrderStatus::Accepted,
        OrderStatus::PartiallyFilled => wire::OrderStatus::PartiallyFilled,
        OrderStatus::Filled => wire::OrderStatus::Filled,
        OrderStatus::Canceled => wire::OrderStatus::Canceled,
        OrderStatus::Rejected => wire::OrderStatus::Rejected,
        OrderStatus::Expired => wire::OrderStatus::Expired,
    });
    part.set_liquidity(match body.liquidity {
        Liquidity::None => wire::Liquidity::None,
        Liquidity::Added => wire::Liquidity::Added,
        Liquidity::Removed => wire::Liquidity::Removed,
    });
    part.set_cancel_reason(match body.cancel_reason {
        None => wire::CancelReason::None,
        Some(CancelReason::Requested) => wire::CancelReason::Requested,
        Some(CancelReason::ImmediateRemainder) => wire::CancelReason::ImmediateRemainder,
        Some(CancelReason::MarketRemainder) => wire::CancelReason::MarketRemainder,
        Some(CancelReason::MassCancel) => wire::CancelReason::MassCancel,
        Some(CancelReason::PriceProtection) => wire::CancelReason::PriceProtection,
        Some(CancelReason::SelfTradePrevention) => wire::CancelReason::SelfTradePrevention,
        Some(CancelReason::Refused) => wire::CancelReason::Refused,
    });
    part.set_restate_reason(match body.restate_reason {
        None => wire::RestateReason::None,
        Some(RestateReason::DisplayRefreshed) => wire::RestateReason::DisplayRefreshed,
        Some(RestateReason::PriceAssigned) => wire::RestateReason::PriceAssigned,
        Some(RestateReason::TermsReplaced) => wire::RestateReason::TermsReplaced,
    });
}

fn execution_report(body: &ExecutionReport, mut part: wire::execution_report::Builder<'_>) {
    part.set_request(body.request.get());
    part.set_order_request(body.order_request.get());
    part.set_order_id(body.order_id.get());
    part.set_price(body.price.get());
    part.set_order_quantity(body.order_quantity.get());
    part.set_cumulative(body.cumulative.get());
    part.set_leaves(body.leaves.get());
    part.set_last_price(body.last_price.get());
    part.set_last_quantity(body.last_quantity.get());
    part.set_transact_time_ns(body.transact_time_ns);
    part.set_stop_price(body.stop_price.get());
    part.set_display_quantity(body.display_quantity.get());
    part.set_expire_time_ns(body.expire_time_ns);
    part.set_displayed(body.displayed.get());
    let mut id = part.reborrow().init_execution_id();
    id.set_sequence(body.execution_id.sequence.get());
    id.set_epoch(body.execution_id.epoch.get());
    id.set_index(body.execution_id.index);
    id.set_shard(body.execution_id.shard.get());
    part.set_side(side(body.side));
    part.set_order_type(order_type(body.order_type));
    part.set_time_in_force(time_in_force(body.time_in_force));
    part.set_reject_reason(body.reject_reason.map_or(0, |reason| reason.code()));
    kinds(body, &mut part);
    if !body.client_order_id.is_empty() {
        part.set_client_order_id(body.client_order_id.as_str());
    }
    if !body.original_client_order_id.is_empty() {
        part.set_original_client_order_id(body.original_client_order_id.as_str());
    }
    part.set_account(body.account.as_str());
    part.set_symbol(body.symbol.as_str());
}

fn cancel_reject(body: &CancelReject, mut part: wire::cancel_reject::Builder<'_>) {
    part.set_request(body.request.get());
    part.set_order_id(body.order_id.get());
    part.set_transact_time_ns(body.transact_time_ns);
    part.set_reason(body.reason.code());
    if !body.client_order_id.is_empty() {
        part.set_client_order_id(body.client_order_id.as_str());
    }
}

fn report(body: &Report, root: wire::server_frame::Builder<'_>) {
    match body {
        Report::Execution(body) => execution_report(body, root.init_execution()),
        Report::CancelReject(body) => cancel_reject(body, root.init_cancel_reject()),
        Report::BusinessReject(body) => {
            let mut part = root.init_business_reject();
            part.set_request(body.request.get());
            part.set_reason(body.reason.code());
        }
        Report::MassCancel(body) => {
            let mut part = root.init_mass_cancel();
            part.set_request(body.request.get());
            part.set_transact_time_ns(body.transact_time_ns);
            part.set_count(body.count);
        }
    }
}

/// Returns the frame of a message of the venue.
pub(super) fn server(message: &ServerMessage) -> Vec<u8> {
    let mut builder = Builder::new_default();
    let mut root = builder.init_root::<wire::server_frame::Builder<'_>>();
    match message {
        ServerMessage::LogonAnswer(body) => logon_answer(body, root.init_logon_answer()),
        ServerMessage::Report {
            sequence,
            resend,
            report: body,
        } => {
            root.set_sequence(*sequence);
            root.set_resend(*resend);
            report(body, root);
        }
        ServerMessage::RequestRepeated { request } => {
            root.init_request_repeated().set_request(request.get());
        }
        ServerMessage::Heartbeat {
            next_sequence,
            durable_through,
        } => {
            let mut part = root.init_heartbeat();
            part.set_next_sequence(*next_sequence);
            part.set_durable_through(*durable_through);
        }
        ServerMessage::Logout { reason } => root.init_logout().set_reason(reason.code()),
    }
    frame(&builder)
}
