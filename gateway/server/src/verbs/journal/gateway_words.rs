//! What a record of a gateway log means, in words. It must not know the state that the records add
//! up to.

use matchgate_core::domain::{MassCancelScope, OrderId, Price, RejectReason, SessionId, Symbol};
use matchgate_session::GatewayRecord;
use matchgate_session::gateway_log::{
    Recovered, Refused, RefusedKind, Released, RoutedAll, RunClass,
};

use super::command_words::limit_of;
use super::event_words::tell_reason;
use super::line::Line;
use super::names::Names;
use super::utc::utc_text;
use super::value_names::{durability_name, order_type_name, side_name, time_in_force_name};

/// Tells what a record means.
pub(super) fn tell_record(line: &mut Line, record: &GatewayRecord, names: &Names) {
    line.kind(record_kind(record));
    match record {
        GatewayRecord::Logon(logon) => {
            tell_session(line, names, logon.session);
            line.word("durability", durability_name(logon.durability));
            line.number("next_expected", "asks from message", logon.next_expected);
        }
        GatewayRecord::Disconnected(ended) => {
            tell_session(line, names, ended.session);
            match RejectReason::from_code(ended.reason) {
                Some(reason) => tell_reason(line, reason),
                None => {
                    line.detail("reason_code", ended.reason);
                    line.word("reason", "peer went away");
                }
            }
        }
        GatewayRecord::Reserve(reserve) => {
            tell_session(line, names, reserve.session);
            line.number("through", "messages through", reserve.through);
        }
        GatewayRecord::Routed(routed) => {
            tell_session(line, names, routed.session);
            line.number("request", "request", routed.request);
            line.number("shard", "to shard", routed.shard);
            line.number("ring", "ring number", routed.ring);
        }
        GatewayRecord::RoutedAll(routed) => tell_routed_all(line, routed, names),
        GatewayRecord::Refused(refused) => tell_refused(line, refused, names),
        GatewayRecord::Released(released) => tell_released(line, released),
        GatewayRecord::Recovered(recovered) => tell_recovered(line, recovered),
    }
}

/// Returns the name of a record's kind.
pub(super) const fn record_kind(record: &GatewayRecord) -> &'static str {
    match record {
        GatewayRecord::Logon(_) => "logon",
        GatewayRecord::Disconnected(_) => "disconnected",
        GatewayRecord::Reserve(_) => "reserve",
        GatewayRecord::Routed(_) => "routed",
        GatewayRecord::RoutedAll(_) => "routed_all",
        GatewayRecord::Refused(_) => "refused",
        GatewayRecord::Released(_) => "released",
        GatewayRecord::Recovered(_) => "recovered",
    }
}

fn tell_session(line: &mut Line, names: &Names, session: SessionId) {
    line.named("session", "session", &names.session(session));
}

fn tell_routed_all(line: &mut Line, routed: &RoutedAll, names: &Names) {
    let filter = &routed.filter;
    tell_session(line, names, routed.session);
    line.number("request", "request", routed.request);
    match filter.scope {
        MassCancelScope::Session => line.named("scope", "mass cancel of the", "session"),
        MassCancelScope::Account => {
            let account = names.account(filter.account);
            line.named("of_account", "mass cancel of account", &account);
        }
        MassCancelScope::Instrument => line.named("scope", "mass cancel of the", "instrument"),
    }
    if filter.instrument_given != 0 {
        line.named("symbol", "in", &names.symbol(filter.instrument));
    }
    match filter.side {
        1 => line.named("side", "side", "buy"),
        2 => line.named("side", "side", "sell"),
        _ => {}
    }
    line.word("durability", durability_name(filter.durability));
    line.open_list("shards");
    let shards = routed.shards.iter().take(usize::from(routed.shard_count));
    for entry in shards {
        line.open_item(" to ", ", ");
        line.number("shard", "shard", entry.shard);
        line.number("ring", "ring number", entry.ring);
        line.close_item();
    }
    line.close_list();
}

fn tell_refused(line: &mut Line, refused: &Refused, names: &Names) {
    tell_session(line, names, refused.session);
    line.number("request", "request", refused.request);
    match RejectReason::from_code(refused.reason) {
        Some(reason) => tell_reason(line, reason),
        None => line.number("reason_code", "reason", refused.reason),
    }
    line.number("outbound", "message", refused.outbound);
    match refused.kind {
        RefusedKind::New => tell_refused_order(line, refused, names),
        RefusedKind::Cancel => line.named("of", "of", "cancel, reduce or replace"),
        RefusedKind::MassCancel => line.named("of", "of", "mass cancel"),
    }
    if refused.order_id != OrderId::NONE {
        line.number("order", "order", refused.order_id.get());
    }
    if !refused.client_order_id.is_empty() {
        line.named("client_order_id", "id", refused.client_order_id.as_str());
    }
}

fn tell_refused_order(line: &mut Line, refused: &Refused, names: &Names) {
    let exponent = names.exponent_of(&refused.symbol);
    line.named("of", "of", "new order");
    line.word("side", side_name(refused.side));
    line.quantity("quantity", "", refused.quantity, exponent);
    if refused.symbol != Symbol::default() {
        line.word("symbol", refused.symbol.as_str());
    }
    line.word("order_type", order_type_name(refused.order_type));
    if let Some(price) = limit_of(refused.order_type, refused.price) {
        line.price("price", "", price);
    }
    if refused.stop_price != Price::default() {
        line.price("stop_price", "stop", refused.stop_price);
    }
    if !refused.display_quantity.is_zero() {
        line.quantity(
            "display_quantity",
            "display",
            refused.display_quantity,
            exponent,
        );
    }
    line.word("time_in_force", time_in_force_name(refused.time_in_force));
    if refused.expire_time_ns != 0 {
        line.named("expire_time", "until", &utc_text(refused.expire_time_ns));
        line.detail("expire_time_ns", refused.expire_time_ns);
    }
    let account = refused.account.as_str();
    if !account.is_empty() {
        line.named("account", "account", account);
    }
}

fn tell_released(line: &mut Line, released: &Released) {
    let class = match released.class {
        RunClass::Both => "both",
        RunClass::Written => "written",
        RunClass::Synced => "synced",
    };
    line.number("legs", "", released.leg_count);
    line.named("class", "reports, class", class);
    line.number("shard", "of shard", released.shard);
    line.number("through_sequence", "through command", released.sequence);
    line.number("through_index", "event", released.index);
}

fn tell_recovered(line: &mut Line, recovered: &Recovered) {
    line.number("of_epoch", "by epoch", recovered.epoch);
    line.flag("power_lost", recovered.power_lost, "after a loss of power");
    line.open_list("shards");
    let rings = recovered
        .rings
        .iter()
        .take(usize::from(recovered.shard_count));
    for (shard, ring) in rings.enumerate() {
        line.open_item(" from ", ", ");
        line.number("shard", "shard", shard);
        line.number("ring", "ring number", ring);
        line.close_item();
    }
    line.close_list();
}
