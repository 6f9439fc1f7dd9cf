//! Each kind of order from outside: over TCP, through the gateway, into the book and back.

use std::time::{SystemTime, UNIX_EPOCH};

use matchgate_core::domain::{
    CancelReason, Price, Quantity, RejectReason, SelfTradePrevention, Side, TimeInForce,
};
use matchgate_schema::message::{
    ClientMessage, ExecType, ExecutionReport, NewOrderRequest, OrderStatus, OrderTarget,
    ReplaceRequest, Report, RestateReason,
};
use matchgate_server::control::Act;

use crate::data_folder::DataFolder;
use crate::local_venue::{LocalVenue, SMALL};
use crate::trader::{Trader, cents, order, refusal, symbol};
use crate::venue_process::{VenueProcess, binary, write_config};

/// Two symbols, the second with a protection of two ticks; two firms, the first with two sessions.
const MARKET: &str = "[venue]\norders_per_shard_max = 1024\n\
     [[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[instrument]]\nsymbol = \"B\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     protection = \"0.02\"\n\
     [[firm]]\nname = \"F\"\n[[firm]]\nname = \"G\"\n\
     [[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[account]]\nname = \"G-1\"\nfirm = \"G\"\n\
     [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"f-other\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"g\"\nfirm = \"G\"\naccount = \"G-1\"\n";

fn market() -> (LocalVenue, Trader, Trader) {
    let venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let f = Trader::connect(venue.address(), "f");
    let g = Trader::connect(venue.address(), "g");
    (venue, f, g)
}

fn quantity(count: u64) -> Quantity {
    Quantity::new(count)
}

/// Type, quantity open and request of the next reports.
fn next(trader: &mut Trader, count: usize) -> Vec<(ExecType, u64, bool)> {
    (0..count)
        .map(|_| {
            let report = trader.execution();
            (
                report.exec_type,
                report.leaves.get(),
                report.request.get() != 0,
            )
        })
        .collect()
}

/// Sends an order whose first report is not its acceptance.
fn refused(trader: &mut Trader, order: NewOrderRequest) -> Option<RejectReason> {
    refusal(&trader.ask(ClientMessage::NewOrder(order)))
}

#[test]
fn stop_order_is_released_by_the_trade_of_others() {
    let (_venue, mut f, mut g) = market();
    let stop = NewOrderRequest::stop(symbol("A"), Side::Buy, cents(10_100), quantity(3));
    let waiting = f.enter(stop);
    assert_eq!(waiting.stop_price, cents(10_100));
    assert_eq!(waiting.price, Price::new(0));
    g.enter(order("A", Side::Sell, 10_100, 1));
    g.enter(order("A", Side::Sell, 10_105, 5));
    g.enter(order("A", Side::Buy, 10_100, 1));
    let told = next(&mut f, 2);
    assert_eq!(
        told,
        [(ExecType::Triggered, 3, false), (ExecType::Trade, 0, false)]
    );
    f.log_out();
}

#[test]
fn stop_limit_order_rests_at_its_limit_once_it_is_released() {
    let (_venue, mut f, mut g) = market();
    let stop = order("A", Side::Sell, 9_900, 4).with_stop(cents(9_950));
    let entered = f.enter(stop);
    g.enter(order("A", Side::Buy, 9_940, 1));
    // Released at once by the trade below it; then it takes nothing and rests.
    g.enter(order("A", Side::Sell, 9_940, 1));
    assert_eq!(next(&mut f, 1), [(ExecType::Triggered, 4, false)]);
    let replace = ReplaceRequest::new(
        OrderTarget::OrderId(entered.order_id),
        cents(9_890),
        quantity(2),
    );
    let Report::Execution(replaced) = f.ask(ClientMessage::Replace(replace)) else {
        panic!("a replace is answered by an execution report");
    };
    assert_eq!(replaced.price, cents(9_890));
    // What it was released by it is no longer: a new stop price is refused.
    let again = ClientMessage::Replace(replace.with_stop(cents(9_000)));
    assert_eq!(
        refusal(&f.ask(again)),
        Some(RejectReason::InvalidCombination)
    );
    f.log_out();
}

#[test]
fn iceberg_shows_its_parts_one_by_one() {
    let (venue, mut f, mut g) = market();
    f.enter(order("A", Side::Sell, 10_000, 10).displaying(quantity(4)));
    venue.venue().wait_for_followers().unwrap();
    let shown = || {
        venue.venue().wait_for_followers().unwrap();
        let book = venue.venue().view().book(&symbol("A"), 1).unwrap();
        book.asks[0].quantity
    };
    assert_eq!(shown(), 4);
    g.enter(order("A", Side::Buy, 10_000, 4));
    let traded = f.execution();
    assert_eq!(
        (traded.exec_type, traded.leaves.get()),
        (ExecType::Trade, 6)
    );
    let restated = f.execution();
    assert_eq!(restated.exec_type, ExecType::Restated);
    assert_eq!(
        restated.restate_reason,
        Some(RestateReason::DisplayRefreshed)
    );
    assert_eq!((restated.displayed.get(), restated.leaves.get()), (4, 6));
    assert_eq!(restated.request.get(), 0);
    assert_eq!(shown(), 4);
    f.log_out();
}

#[test]
fn mid_pegs_meet_at_the_middle_unseen() {
    let (venue, mut f, mut g) = market();
    g.enter(order("A", Side::Buy, 9_990, 1));
    g.enter(order("A", Side::Sell, 10_010, 1));
    let peg = |side| NewOrderRequest::mid_peg(symbol("A"), side, quantity(5));
    let resting = f.enter(peg(Side::Buy));
    assert_eq!(resting.price, Price::new(0), "no cap");
    venue.venue().wait_for_followers().unwrap();
    let book = venue.venue().view().book(&symbol("A"), 5).unwrap();
    assert_eq!(book.bids.len(), 1, "it is not displayed");
    g.enter(peg(Side::Sell));
    let filled = f.execution();
    assert_eq!(filled.exec_type, ExecType::Trade);
    assert_eq!(filled.last_price, cents(10_000));
    assert_eq!(filled.order_status, OrderStatus::Filled);
    f.log_out();
}

#[test]
fn fill_or_kill_order_trades_whole_or_leaves_no_trace() {
    let (_venue, mut f, mut g) = market();
    g.enter(order("A", Side::Sell, 10_000, 3));
    let whole = |count| order("A", Side::Buy, 10_000, count).with_time_in_force(TimeInForce::Fok);
    let reason = Some(RejectReason::FillOrKillUnfilled);
    assert_eq!(refused(&mut f, whole(4)), reason);
    let few = order("A", Side::Buy, 10_000, 9).at_least(quantity(4));
    let reason = Some(RejectReason::MinimumQuantityUnfilled);
    assert_eq!(refused(&mut f, few), reason);
    f.enter(whole(3));
    assert_eq!(next(&mut f, 1), [(ExecType::Trade, 0, true)]);
    assert_eq!(g.execution().order_status, OrderStatus::Filled);
    f.log_out();
}

#[test]
fn market_to_limit_order_rests_at_the_price_at_which_it_traded() {
    let (_venue, mut f, mut g) = market();
    let order_of =
        |count| NewOrderRequest::market_to_limit(symbol("A"), Side::Buy, quantity(count));
    assert_eq!(
        refused(&mut f, order_of(1)),
        Some(RejectReason::NoLiquidity)
    );
    g.enter(order("A", Side::Sell, 10_000, 3));
    g.enter(order("A", Side::Sell, 10_001, 3));
    f.enter(order_of(5));
    assert_eq!(next(&mut f, 1), [(ExecType::Trade, 2, true)]);
    let rests = f.execution();
    assert_eq!(rests.restate_reason, Some(RestateReason::PriceAssigned));
    assert_eq!((rests.price, rests.displayed.get()), (cents(10_000), 2));
    f.log_out();
}

#[test]
fn market_order_goes_no_further_than_the_protection_of_its_instrument() {
    let (_venue, mut f, mut g) = market();
    for price in [10_000, 10_002, 10_003] {
        g.enter(order("B", Side::Sell, price, 1));
        g.enter(order("A", Side::Sell, price, 1));
    }
    f.enter(NewOrderRequest::market(symbol("B"), Side::Buy, quantity(9)));
    assert_eq!(next(&mut f, 2)[1], (ExecType::Trade, 7, true));
    let rest = f.execution();
    assert_eq!(rest.cancel_reason, Some(CancelReason::PriceProtection));
    // The other symbol has none.
    f.enter(NewOrderRequest::market(symbol("A"), Side::Buy, quantity(9)));
    assert_eq!(next(&mut f, 3)[2], (ExecType::Trade, 6, true));
    let rest = f.execution();
    assert_eq!(rest.cancel_reason, Some(CancelReason::MarketRemainder));
    f.log_out();
}

#[test]
fn order_that_meets_its_own_is_kept_from_it_as_it_chose() {
    let (venue, mut f, mut g) = market();
    let mut other = Trader::connect(venue.address(), "f-other");
    let resting = f.enter(order("A", Side::Sell, 10_000, 5));
    // What a client gets that says nothing.
    let plain = NewOrderRequest::limit(symbol("A"), Side::Buy, cents(10_000), quantity(2));
    other.enter(plain);
    let prevented = other.execution();
    assert_eq!(prevented.exec_type, ExecType::TradePrevented);
    assert_eq!(
        (prevented.last_price, prevented.last_quantity.get()),
        (cents(10_000), 2)
    );
    let canceled = other.execution();
    let reason = Some(CancelReason::SelfTradePrevention);
    assert_eq!(
        (canceled.exec_type, canceled.cancel_reason),
        (ExecType::Canceled, reason)
    );
    let told = f.execution();
    assert_eq!(told.execution_id, prevented.execution_id);
    assert_eq!((told.request.get(), told.leaves.get()), (0, 5));
    other.enter(plain.with_self_trade(SelfTradePrevention::Decrement));
    assert_eq!(
        next(&mut f, 2),
        [
            (ExecType::TradePrevented, 5, false),
            (ExecType::Reduced, 3, false)
        ]
    );
    assert_eq!(
        next(&mut other, 2),
        [
            (ExecType::TradePrevented, 2, true),
            (ExecType::Canceled, 0, true)
        ]
    );
    // Another firm's trades with it.
    g.enter(plain);
    assert_eq!(next(&mut g, 1), [(ExecType::Trade, 0, true)]);
    assert_eq!(next(&mut f, 1), [(ExecType::Trade, 1, false)]);
    f.cancel(OrderTarget::OrderId(resting.order_id));
    f.log_out();
    other.log_out();
}

#[test]
fn good_till_date_order_expires_while_nobody_trades() {
    let (venue, mut f, g) = market();
    let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now_ns = u64::try_from(now_ns.as_nanos()).unwrap();
    let passed = order("A", Side::Buy, 9_000, 1).until(now_ns - 1_000_000_000);
    assert_eq!(
        refused(&mut f, passed),
        Some(RejectReason::ExpireTimePassed)
    );
    let entered = f.enter(order("A", Side::Buy, 9_000, 1).until(now_ns + 3_000_000_000));
    let expired = f.execution();
    assert_eq!(
        (expired.exec_type, expired.order_status),
        (ExecType::Expired, OrderStatus::Expired)
    );
    assert_eq!(expired.request.get(), 0);
    assert!(expired.transact_time_ns >= entered.expire_time_ns);
    // Its slot and its count are free again.
    venue.venue().wait_for_followers().unwrap();
    assert_eq!(venue.venue().view().positions()[0].live_orders, 0);
    let target = OrderTarget::OrderId(entered.order_id);
    let gone = f.ask(crate::trader::cancel(target));
    assert_eq!(refusal(&gone), Some(RejectReason::UnknownOrder));
    f.log_out();
    g.log_out();
}

#[test]
fn end_of_the_day_expires_day_orders_of_its_symbol_alone() {
    let (venue, mut f, g) = market();
    let day = f.enter(order("A", Side::Buy, 9_000, 1));
    f.enter(order("A", Side::Buy, 9_001, 1).with_time_in_force(TimeInForce::Gtc));
    f.enter(order("B", Side::Buy, 9_000, 1));
    venue.venue().control().act("A", Act::EndDay).unwrap();
    let expired = f.execution();
    assert_eq!(
        (expired.exec_type, expired.order_id),
        (ExecType::Expired, day.order_id)
    );
    venue.venue().wait_for_followers().unwrap();
    assert_eq!(venue.venue().view().positions()[0].live_orders, 2);
    f.log_out();
    g.log_out();
}

/// Returns the book hashes that the real binary says, by its admin verb.
fn book_hashes(data: &std::path::Path) -> Vec<String> {
    let status = loop {
        let mut command = binary();
        command.args(["admin", "status", "--json", "--data"]);
        let output = command.arg(data).output().unwrap();
        let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let status = all["status"].clone();
        let of = |list: &str, key: &str, name: &str| {
            let entries = status[list].as_array().unwrap().iter();
            entries
                .filter(|one| one[key] == name)
                .cloned()
                .collect::<Vec<_>>()
        };
        let applied = of("streams", "stream", "shard-0")[0]["applied"].clone();
        if of("followers", "sink", "follower")[0]["sequence"] == applied {
            break status;
        }
    };
    let instruments = status["instruments"].as_array().unwrap().iter();
    instruments
        .map(|one| one["book_hash"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn waiting_stops_and_pegs_are_there_after_a_kill() {
    let folder = DataFolder::new();
    let data = folder.data();
    let config = write_config(folder.path(), &format!("{SMALL}{MARKET}"));
    let venue = VenueProcess::start(&config, &data).unwrap();
    let mut f = Trader::connect(venue.address, "f");
    let mut g = Trader::connect(venue.address, "g");
    g.enter(order("A", Side::Buy, 9_990, 5));
    g.enter(order("A", Side::Sell, 10_010, 5).displaying(quantity(2)));
    f.enter(NewOrderRequest::stop(
        symbol("A"),
        Side::Buy,
        cents(10_010),
        quantity(3),
    ));
    f.enter(order("A", Side::Sell, 9_900, 3).with_stop(cents(9_950)));
    f.enter(NewOrderRequest::mid_peg(
        symbol("A"),
        Side::Buy,
        quantity(2),
    ));
    f.enter(NewOrderRequest {
        price: cents(10_020),
        ..NewOrderRequest::mid_peg(symbol("A"), Side::Sell, quantity(2))
    });
    f.enter(order("A", Side::Buy, 9_980, 1).until(4_000_000_000_000_000_000));
    let before = book_hashes(&data);
    drop((f, g));
    venue.kill();
    let venue = VenueProcess::start(&config, &data).unwrap();
    assert!(venue.said[0].contains("after a kill"), "{:?}", venue.said);
    assert_eq!(book_hashes(&data), before);
    // The stop order still waits, and is still its session's.
    let mut f = Trader::connect(venue.address, "f");
    let mut g = Trader::connect(venue.address, "g");
    g.enter(order("A", Side::Buy, 10_010, 1));
    let told: Vec<ExecutionReport> = (0..2).map(|_| f.execution()).collect();
    assert_eq!(told[0].exec_type, ExecType::Triggered);
    assert_eq!(told[1].exec_type, ExecType::Trade);
    drop((f, g));
    assert!(venue.stop().success());
}
