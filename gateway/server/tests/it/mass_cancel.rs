//! Mass cancels of more orders than a ring holds events: every order is reported, then the count.

use matchgate_core::domain::{CancelReason, MassCancelScope, OrderId, RequestNumber, Side, Symbol};
use matchgate_schema::message::{
    ClientMessage, ExecType, MassCancelReport, MassCancelRequest, NewOrderRequest, Report,
};

use crate::local_venue::{LocalVenue, SMALL};
use crate::trader::{Trader, name, order, symbol};

/// The smallest rings; hot agents share one core.
const MARKET: &str = "[venue]\norders_per_shard_max = 16384\n[rings]\nevents = 64\n\
     [[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[instrument]]\nsymbol = \"B\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[firm]]\nname = \"F\"\n\
     [[account]]\nname = \"F-1\"\nfirm = \"F\"\n[[account]]\nname = \"F-2\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"one\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"two\"\nfirm = \"F\"\naccount = \"F-1\"\n";
/// Orders of the large mass cancel.
const ORDERS: usize = 10_000;
/// Requests without an answer at one time.
const WINDOW: usize = 500;

fn market() -> LocalVenue {
    LocalVenue::start(&format!("{SMALL}{MARKET}"))
}

/// What a mass cancel takes: the whole session's, until said otherwise.
const SESSION: MassCancelRequest = MassCancelRequest {
    request: RequestNumber(0),
    scope: MassCancelScope::Session,
    account: None,
    symbol: None,
    side: None,
};

/// Enters orders that do not meet, and returns their ids in entry order.
fn enter(trader: &mut Trader, orders: impl IntoIterator<Item = NewOrderRequest>) -> Vec<OrderId> {
    let mut ids = Vec::new();
    let mut sent = 0;
    let take = |trader: &mut Trader, ids: &mut Vec<OrderId>| {
        let report = trader.execution();
        assert_eq!(report.exec_type, ExecType::New, "{report:?}");
        ids.push(report.order_id);
    };
    for order in orders {
        trader.submit(ClientMessage::NewOrder(order));
        sent += 1;
        while sent - ids.len() >= WINDOW {
            trader.flush();
            take(trader, &mut ids);
        }
    }
    trader.flush();
    while ids.len() < sent {
        take(trader, &mut ids);
    }
    ids
}

/// Bids from 100.00 down and offers from 200.00 up, in turns.
fn spread(of: &str, count: usize) -> Vec<NewOrderRequest> {
    let levels = (0..).map(|place| place % 1000);
    levels
        .zip([Side::Buy, Side::Sell].iter().cycle())
        .map(|(level, &side)| match side {
            Side::Buy => order(of, side, 10_000 - level, 5),
            Side::Sell => order(of, side, 20_000 + level, 5),
        })
        .take(count)
        .collect()
}

/// Asks for a mass cancel; returns its number.
fn ask(trader: &mut Trader, scope: MassCancelRequest) -> RequestNumber {
    let number = trader.submit(ClientMessage::MassCancel(scope));
    trader.flush();
    number
}

/// Hears that exactly these orders are canceled, in entry order, by `request` of this session; 0
/// where another one asked.
fn hears_cancels(trader: &mut Trader, ids: &[OrderId], request: RequestNumber) {
    for id in ids {
        let report = trader.execution();
        assert_eq!(report.exec_type, ExecType::Canceled);
        assert_eq!(report.cancel_reason, Some(CancelReason::MassCancel));
        assert_eq!((report.order_id, report.request), (*id, request));
        assert!(report.leaves.is_zero());
    }
}

/// Hears the count.
fn hears_count(trader: &mut Trader, request: RequestNumber, count: usize) {
    let Report::MassCancel(MassCancelReport {
        request: answered,
        count: counted,
        ..
    }) = trader.report()
    else {
        panic!("the count comes behind the cancels");
    };
    assert_eq!((answered, counted as usize), (request, count));
}

/// Returns how many orders are in a book.
fn orders_in(venue: &LocalVenue, of: Symbol) -> u32 {
    venue.venue().wait_for_followers().unwrap();
    let book = venue.venue().view().book(&of, usize::MAX).unwrap();
    book.bids
        .iter()
        .chain(&book.asks)
        .map(|level| level.order_count)
        .sum()
}

#[test]
fn ten_thousand_orders_are_canceled_through_the_smallest_ring() {
    let venue = market();
    let mut trader = Trader::connect(venue.address(), "one");
    let empty = venue.book_hashes();
    let ids = enter(&mut trader, spread("A", ORDERS));
    assert_eq!(orders_in(&venue, symbol("A")) as usize, ORDERS);
    let request = ask(&mut trader, SESSION);
    hears_cancels(&mut trader, &ids, request);
    hears_count(&mut trader, request, ORDERS);
    assert_eq!(orders_in(&venue, symbol("A")), 0);
    assert_eq!(venue.book_hashes(), empty);
    // There is nothing left to take, and room for as many again.
    let request = ask(&mut trader, SESSION);
    hears_count(&mut trader, request, 0);
    let ids = enter(&mut trader, spread("A", ORDERS));
    let request = ask(&mut trader, SESSION);
    hears_cancels(&mut trader, &ids, request);
    hears_count(&mut trader, request, ORDERS);
    trader.log_out();
}

#[test]
fn account_scope_takes_orders_of_all_sessions_and_of_no_other_account() {
    let venue = market();
    let mut one = Trader::connect(venue.address(), "one");
    let mut two = Trader::connect(venue.address(), "two");
    let of_one = enter(&mut one, spread("A", 300));
    let of_two = enter(&mut two, spread("B", 200));
    let others = spread("A", 100).into_iter().map(|order| NewOrderRequest {
        account: Some(name("F-2")),
        ..order
    });
    let others = enter(&mut two, others);
    let scope = MassCancelRequest {
        scope: MassCancelScope::Account,
        ..SESSION
    };
    let request = ask(&mut one, scope);
    hears_cancels(&mut one, &of_one, request);
    hears_cancels(&mut two, &of_two, RequestNumber(0));
    hears_count(&mut one, request, 500);
    assert_eq!(orders_in(&venue, symbol("A")), 100);
    assert_eq!(orders_in(&venue, symbol("B")), 0);
    // The other account by its name, from a session that entered none of it.
    let scope = MassCancelRequest {
        account: Some(name("F-2")),
        ..scope
    };
    let request = ask(&mut one, scope);
    hears_cancels(&mut two, &others, RequestNumber(0));
    hears_count(&mut one, request, 100);
    assert_eq!(orders_in(&venue, symbol("A")), 0);
    one.log_out();
    two.log_out();
}

#[test]
fn symbol_and_side_take_no_more_than_they_name() {
    let venue = market();
    let mut one = Trader::connect(venue.address(), "one");
    let mut two = Trader::connect(venue.address(), "two");
    let in_a = enter(&mut one, spread("A", 200));
    let in_b = enter(&mut one, spread("B", 200));
    let bids: Vec<_> = in_a.iter().step_by(2).copied().collect();
    let offers: Vec<_> = in_a.iter().skip(1).step_by(2).copied().collect();
    let foreign = enter(&mut two, spread("A", 50));
    let bids_of_a = MassCancelRequest {
        symbol: Some(symbol("A")),
        side: Some(Side::Buy),
        ..SESSION
    };
    let request = ask(&mut one, bids_of_a);
    hears_cancels(&mut one, &bids, request);
    hears_count(&mut one, request, 100);
    assert_eq!(orders_in(&venue, symbol("A")), 150);
    let all_of_a = MassCancelRequest {
        side: None,
        ..bids_of_a
    };
    let request = ask(&mut one, all_of_a);
    hears_cancels(&mut one, &offers, request);
    hears_count(&mut one, request, 100);
    let offers_anywhere = MassCancelRequest {
        side: Some(Side::Sell),
        ..SESSION
    };
    let request = ask(&mut one, offers_anywhere);
    let offers: Vec<_> = in_b.iter().skip(1).step_by(2).copied().collect();
    hears_cancels(&mut one, &offers, request);
    hears_count(&mut one, request, 100);
    assert_eq!(orders_in(&venue, symbol("A")), 50);
    assert_eq!(orders_in(&venue, symbol("B")), 100);
    let request = ask(&mut two, SESSION);
    hears_cancels(&mut two, &foreign, request);
    hears_count(&mut two, request, 50);
    one.log_out();
    two.log_out();
}
