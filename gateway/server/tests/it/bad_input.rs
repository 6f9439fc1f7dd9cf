//! Requests that cannot be: each gets exactly one report with its code and changes no book.

use matchgate_core::domain::{
    ClientOrderId, MassCancelScope, OrderId, OrderType, Phase, Price, Quantity, RejectReason,
    RequestNumber, Side, TimeInForce,
};
use matchgate_schema::message::{
    ClientMessage, ExecType, MassCancelRequest, NewOrderRequest, OrderTarget, ReduceRequest,
    ReplaceRequest, Report,
};

use matchgate_server::control::Act;

use crate::local_venue::{LocalVenue, SMALL};
use crate::trader::{Trader, cancel, cents, client_id, name, order, refusal, symbol};

/// PLAIN has a limit of every kind; ZERO and MINUS have prices that are not positive.
const MARKET: &str = "[venue]\norders_per_shard_max = 1024\n\
     [[instrument]]\nsymbol = \"PLAIN\"\ntick = \"0.05\"\nprice_min = \"1\"\nprice_max = \"100\"\n\
     lot = \"10\"\nquantity_min = \"20\"\nquantity_max = \"1000\"\nnotional_max = \"50000\"\n\
     [[instrument]]\nsymbol = \"ZERO\"\ntick = \"0.01\"\nprice_min = \"0\"\nprice_max = \"10\"\n\
     [[instrument]]\nsymbol = \"MINUS\"\ntick = \"0.50\"\nprice_min = \"-5\"\nprice_max = \"5\"\n\
     [[firm]]\nname = \"F\"\n[[firm]]\nname = \"G\"\n\
     [[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[account]]\nname = \"F-FEW\"\nfirm = \"F\"\nopen_orders_max = 2\n\
     [[account]]\nname = \"G-1\"\nfirm = \"G\"\n\
     [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"f-other\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"g\"\nfirm = \"G\"\naccount = \"G-1\"\n";
/// A quantity that PLAIN takes.
const SOME: u64 = 20;

/// A venue with a bid at 10.00 and an offer at 20.00 in PLAIN, and who entered them.
fn market() -> (LocalVenue, Trader) {
    let venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let mut trader = Trader::connect(venue.address(), "f");
    trader.enter(order("PLAIN", Side::Buy, 1000, SOME));
    trader.enter(order("PLAIN", Side::Sell, 2000, SOME));
    (venue, trader)
}

/// Sends each request: one report, the code, no change. The report of a request that had two
/// would stand before the next one's, or before the goodbye.
fn all_refused(
    venue: &LocalVenue,
    trader: &mut Trader,
    cases: impl IntoIterator<Item = (ClientMessage, RejectReason)>,
) {
    for (request, reason) in cases {
        let before = venue.book_hashes();
        let report = trader.ask(request);
        assert_eq!(refusal(&report), Some(reason), "{request:?}");
        assert_eq!(venue.book_hashes(), before, "{request:?}");
    }
}

const fn enter(order: NewOrderRequest) -> ClientMessage {
    ClientMessage::NewOrder(order)
}

fn plain(price: i64, quantity: u64) -> ClientMessage {
    enter(order("PLAIN", Side::Buy, price, quantity))
}

fn reduce(target: OrderTarget, quantity: u64) -> ClientMessage {
    ClientMessage::Reduce(ReduceRequest {
        request: RequestNumber(0),
        target,
        quantity: Quantity::new(quantity),
    })
}

fn replace(target: OrderTarget, price: Price, quantity: u64) -> ClientMessage {
    replace_as(target, ClientOrderId::NONE, price, quantity)
}

fn replace_as(
    target: OrderTarget,
    client_order_id: ClientOrderId,
    price: Price,
    quantity: u64,
) -> ClientMessage {
    let replace = ReplaceRequest::new(target, price, Quantity::new(quantity));
    ClientMessage::Replace(replace.with_id(client_order_id))
}

#[test]
fn unknown_symbol_and_account_are_refused() {
    let (venue, mut trader) = market();
    let unknown = order("NONE", Side::Buy, 1000, SOME);
    let of_account = |account| NewOrderRequest {
        account: Some(name(account)),
        ..order("PLAIN", Side::Buy, 1000, SOME)
    };
    let mass_cancel = |account: Option<&str>, of: Option<&str>| {
        ClientMessage::MassCancel(MassCancelRequest {
            request: RequestNumber(0),
            scope: MassCancelScope::Account,
            account: account.map(name),
            symbol: of.map(symbol),
            side: None,
        })
    };
    let cases = [
        (enter(unknown), RejectReason::UnknownSymbol),
        (enter(of_account("NONE")), RejectReason::UnknownAccount),
        // Another firm's.
        (enter(of_account("G-1")), RejectReason::UnknownAccount),
        (mass_cancel(None, Some("NONE")), RejectReason::UnknownSymbol),
        (
            mass_cancel(Some("NONE"), None),
            RejectReason::UnknownAccount,
        ),
        (mass_cancel(Some("G-1"), None), RejectReason::UnknownAccount),
    ];
    all_refused(&venue, &mut trader, cases);
    trader.log_out();
}

#[test]
fn client_order_id_of_a_live_order_of_the_firm_is_refused() {
    let (venue, mut trader) = market();
    let named = |id| NewOrderRequest {
        client_order_id: client_id(id),
        ..order("PLAIN", Side::Buy, 900, SOME)
    };
    let first = trader.enter(named("A"));
    let second = trader.enter(named("B"));
    let target = OrderTarget::OrderId(second.order_id);
    let duplicate = RejectReason::DuplicateClientOrderId;
    let renamed = replace_as(target, client_id("A"), cents(905), SOME);
    let cases = [
        (enter(named("A")), duplicate),
        (enter(named("B")), duplicate),
        (renamed, duplicate),
    ];
    all_refused(&venue, &mut trader, cases);
    let mut colleague = Trader::connect(venue.address(), "f-other");
    all_refused(&venue, &mut colleague, [(enter(named("A")), duplicate)]);
    colleague.log_out();
    // Another firm has names of its own, and an ended order gives its name back.
    let mut stranger = Trader::connect(venue.address(), "g");
    stranger.enter(named("A"));
    stranger.log_out();
    trader.cancel(OrderTarget::OrderId(first.order_id));
    trader.enter(named("A"));
    trader.log_out();
}

#[test]
fn price_outside_the_range_or_off_tick_is_refused() {
    let (venue, mut trader) = market();
    let resting = trader.enter(order("PLAIN", Side::Buy, 900, SOME));
    let target = OrderTarget::OrderId(resting.order_id);
    let below = RejectReason::PriceBelowMinimum;
    let above = RejectReason::PriceAboveMaximum;
    let off_tick = RejectReason::PriceOffTick;
    let prices = [
        (cents(95), below),
        (cents(0), below),
        (cents(-1000), below),
        (Price::new(i64::MIN), below),
        (cents(10_005), above),
        (Price::new(i64::MAX), above),
        (cents(1001), off_tick),
        (Price::new(10_000_000_001), off_tick),
        // The range comes first.
        (cents(99), below),
        (cents(10_001), above),
    ];
    for (price, reason) in prices {
        let entered = enter(NewOrderRequest {
            price,
            ..order("PLAIN", Side::Buy, 1000, SOME)
        });
        let replaced = replace(target, price, SOME);
        all_refused(&venue, &mut trader, [(entered, reason), (replaced, reason)]);
    }
    trader.enter(order("PLAIN", Side::Buy, 100, SOME));
    trader.enter(order("PLAIN", Side::Sell, 10_000, SOME));
    trader.log_out();
}

#[test]
fn price_zero_or_negative_is_taken_where_the_range_holds_it() {
    let (venue, mut trader) = market();
    let below = RejectReason::PriceBelowMinimum;
    trader.enter(order("ZERO", Side::Buy, 0, 1));
    trader.enter(order("MINUS", Side::Buy, -500, 1));
    trader.enter(order("MINUS", Side::Buy, -50, 1));
    trader.enter(order("MINUS", Side::Sell, 50, 1));
    let cases = [
        (enter(order("ZERO", Side::Buy, -1, 1)), below),
        (enter(order("MINUS", Side::Buy, -550, 1)), below),
        (
            enter(order("MINUS", Side::Buy, 550, 1)),
            RejectReason::PriceAboveMaximum,
        ),
        (
            enter(order("MINUS", Side::Buy, -25, 1)),
            RejectReason::PriceOffTick,
        ),
    ];
    all_refused(&venue, &mut trader, cases);
    // They trade there too, at the price of the resting order.
    trader.enter(order("MINUS", Side::Sell, -500, 1));
    let fills = [trader.execution(), trader.execution()];
    for fill in fills {
        assert_eq!(
            (fill.exec_type, fill.last_price),
            (ExecType::Trade, cents(-50))
        );
    }
    trader.enter(order("ZERO", Side::Sell, 0, 1));
    let fills = [trader.execution(), trader.execution()];
    for fill in fills {
        assert_eq!(
            (fill.exec_type, fill.last_price),
            (ExecType::Trade, cents(0))
        );
    }
    trader.log_out();
}

#[test]
fn quantity_and_notional_outside_the_limits_are_refused() {
    let (venue, mut trader) = market();
    let resting = trader.enter(order("PLAIN", Side::Buy, 900, SOME));
    let target = OrderTarget::OrderId(resting.order_id);
    let quantities = [
        (0, RejectReason::QuantityZero),
        (10, RejectReason::QuantityBelowMinimum),
        (1010, RejectReason::QuantityAboveMaximum),
        (u64::MAX, RejectReason::QuantityAboveMaximum),
        (25, RejectReason::QuantityOffLot),
        // The limits come before the lot.
        (1, RejectReason::QuantityBelowMinimum),
        (1001, RejectReason::QuantityAboveMaximum),
    ];
    for (quantity, reason) in quantities {
        let mut cases = vec![(plain(900, quantity), reason)];
        // A replace to a total of nothing, or of what is traded already, ends the order instead.
        if quantity > 0 {
            cases.push((replace(target, cents(900), quantity), reason));
        }
        all_refused(&venue, &mut trader, cases);
    }
    let notional = RejectReason::NotionalAboveMaximum;
    let sell = |price, quantity| enter(order("PLAIN", Side::Sell, price, quantity));
    let cases = [
        (sell(10_000, 1000), notional),
        (sell(5005, 1000), notional),
        (replace(target, cents(9000), 600), notional),
    ];
    all_refused(&venue, &mut trader, cases);
    trader.enter(order("PLAIN", Side::Sell, 5000, 1000));
    trader.log_out();
}

#[test]
fn order_that_nobody_knows_cannot_be_canceled_reduced_or_replaced() {
    let (venue, mut trader) = market();
    let named = NewOrderRequest {
        client_order_id: client_id("GONE"),
        ..order("PLAIN", Side::Buy, 900, SOME)
    };
    let gone = trader.enter(named);
    trader.cancel(OrderTarget::OrderId(gone.order_id));
    let mut stranger = Trader::connect(venue.address(), "g");
    let theirs = stranger.enter(NewOrderRequest {
        client_order_id: client_id("THEIRS"),
        ..order("PLAIN", Side::Buy, 900, SOME)
    });
    let mut colleague = Trader::connect(venue.address(), "f-other");
    let targets = [
        OrderTarget::Request(RequestNumber(1_000_000)),
        OrderTarget::ClientOrderId(client_id("NOBODY")),
        OrderTarget::OrderId(OrderId::from_wire(1 << 40)),
        OrderTarget::OrderId(OrderId::from_wire(u64::MAX)),
        // An order that has ended.
        OrderTarget::Request(gone.request),
        OrderTarget::ClientOrderId(client_id("GONE")),
        OrderTarget::OrderId(gone.order_id),
        // Another firm's order.
        OrderTarget::ClientOrderId(client_id("THEIRS")),
        OrderTarget::OrderId(theirs.order_id),
    ];
    let unknown = RejectReason::UnknownOrder;
    for target in targets {
        let cases = [
            (cancel(target), unknown),
            (reduce(target, 10), unknown),
            (replace(target, cents(900), SOME), unknown),
        ];
        all_refused(&venue, &mut trader, cases);
    }
    // A request number names an order of its own session only.
    let of_first = OrderTarget::Request(RequestNumber(1));
    all_refused(&venue, &mut colleague, [(cancel(of_first), unknown)]);
    stranger.cancel(OrderTarget::ClientOrderId(client_id("THEIRS")));
    stranger.log_out();
    colleague.log_out();
    trader.log_out();
}

#[test]
fn conditions_that_do_not_go_together_are_refused() {
    let (venue, mut trader) = market();
    let base = order("PLAIN", Side::Buy, 1000, SOME);
    let wrong = [
        NewOrderRequest {
            order_type: OrderType::Market,
            ..base
        },
        NewOrderRequest {
            time_in_force: TimeInForce::Ioc,
            post_only: true,
            ..base
        },
        NewOrderRequest {
            order_type: OrderType::Market,
            post_only: true,
            ..base
        },
        NewOrderRequest {
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Ioc,
            post_only: true,
            ..base
        },
    ];
    let cases = wrong.map(|order| (enter(order), RejectReason::InvalidCombination));
    all_refused(&venue, &mut trader, cases);
    trader.log_out();
}

#[test]
fn what_the_book_does_not_allow_is_refused() {
    let (venue, mut trader) = market();
    let resting = trader.enter(NewOrderRequest {
        post_only: true,
        ..order("PLAIN", Side::Buy, 900, 40)
    });
    let target = OrderTarget::OrderId(resting.order_id);
    let crossing = NewOrderRequest {
        post_only: true,
        ..order("PLAIN", Side::Buy, 2000, SOME)
    };
    let market_order = NewOrderRequest {
        order_type: OrderType::Market,
        time_in_force: TimeInForce::Ioc,
        ..order("ZERO", Side::Buy, 0, 1)
    };
    let would_take = RejectReason::PostOnlyWouldTake;
    let cases = [
        (enter(crossing), would_take),
        (replace(target, cents(2000), 40), would_take),
        (enter(market_order), RejectReason::NoLiquidity),
        (reduce(target, 40), RejectReason::ReduceNotSmaller),
        (reduce(target, 50), RejectReason::ReduceNotSmaller),
    ];
    all_refused(&venue, &mut trader, cases);
    trader.log_out();
}

#[test]
fn account_with_all_its_open_orders_gets_no_further_one() {
    let (venue, mut trader) = market();
    let few = NewOrderRequest {
        account: Some(name("F-FEW")),
        ..order("PLAIN", Side::Buy, 900, SOME)
    };
    let first = trader.enter(few);
    trader.enter(few);
    let limit = RejectReason::OpenOrdersLimit;
    let crossing = NewOrderRequest {
        time_in_force: TimeInForce::Ioc,
        ..few
    };
    let cases = [(enter(few), limit), (enter(crossing), limit)];
    all_refused(&venue, &mut trader, cases);
    let mut colleague = Trader::connect(venue.address(), "f-other");
    all_refused(&venue, &mut colleague, [(enter(few), limit)]);
    // The default account has room, and an ended order makes some.
    colleague.enter(order("PLAIN", Side::Buy, 900, SOME));
    colleague.log_out();
    trader.cancel(OrderTarget::OrderId(first.order_id));
    trader.enter(few);
    trader.log_out();
}

#[test]
fn halted_symbol_takes_cancels_and_reduces_only() {
    let (venue, mut trader) = market();
    let large = trader.enter(order("PLAIN", Side::Buy, 900, 40));
    let small = trader.enter(order("PLAIN", Side::Buy, 900, SOME));
    let target = OrderTarget::OrderId(large.order_id);
    let control = venue.venue().control();
    control.act("PLAIN", Act::SetPhase(Phase::Halt)).unwrap();
    let halted = RejectReason::Halted;
    let cases = [
        (plain(900, SOME), halted),
        (replace(target, cents(905), 40), halted),
        (replace(target, cents(900), 20), halted),
        // The phase comes before the limits.
        (plain(0, 0), halted),
    ];
    all_refused(&venue, &mut trader, cases);
    let Report::Execution(reduced) = trader.ask(reduce(target, 30)) else {
        panic!("a reduce is answered by an execution report");
    };
    assert_eq!(reduced.exec_type, ExecType::Reduced);
    trader.cancel(OrderTarget::OrderId(small.order_id));
    // Other symbols trade on.
    trader.enter(order("ZERO", Side::Buy, 100, 1));
    control
        .act("PLAIN", Act::SetPhase(Phase::Continuous))
        .unwrap();
    trader.enter(order("PLAIN", Side::Buy, 900, SOME));
    assert!(control.act("NONE", Act::SetPhase(Phase::Halt)).is_err());
    trader.log_out();
}
