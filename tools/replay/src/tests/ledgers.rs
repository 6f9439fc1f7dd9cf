//! What a ledger makes of what it is told.

use matchgate_core::domain::{EventId, Price, Quantity, RequestNumber, SequenceNumber, Side};

use crate::ledger::{
    Ledger, LedgerChecks, OpenOrder, RecordedOrder, RecordedTrade, RestingChecks, Told, ToldLeg,
};

const PRICE: Price = Price::new(100 * Price::ONE);

fn order(request: u64, side: Side) -> OpenOrder {
    OpenOrder {
        request: RequestNumber(request),
        side,
        price: PRICE,
        leaves: Quantity::new(10),
    }
}

/// A ledger that expects order 52 to sell 4 to order 51, and knows both.
fn ledger() -> Ledger {
    let trade = RecordedTrade {
        line: 2,
        price: PRICE,
        quantity: Quantity::new(4),
        maker: 51,
        taker: 52,
        taker_side: Side::Sell,
    };
    let mut ledger = Ledger::new([trade].into(), 0);
    ledger.told(&Told::Accepted(51, order(1, Side::Buy)));
    ledger.told(&Told::Accepted(52, order(2, Side::Sell)));
    ledger
}

fn leg(request: u64, took: bool) -> ToldLeg {
    ToldLeg {
        execution_id: EventId {
            sequence: SequenceNumber(7),
            ..EventId::default()
        },
        order: RequestNumber(request),
        took,
        price: PRICE,
        quantity: Quantity::new(4),
    }
}

fn recorded(id: u64, side: Side, leaves: u64) -> RecordedOrder {
    RecordedOrder {
        id,
        side,
        price: PRICE,
        leaves: Quantity::new(leaves),
    }
}

fn checks_of(legs: [ToldLeg; 2]) -> LedgerChecks {
    let mut ledger = ledger();
    legs.into_iter().for_each(|leg| ledger.told_leg(leg));
    assert!(ledger.is_settled());
    ledger.finish(&[recorded(51, Side::Buy, 6), recorded(52, Side::Sell, 6)])
}

#[test]
fn either_side_of_a_trade_may_be_told_first() {
    let (maker, taker) = (leg(1, false), leg(2, true));
    for legs in [[maker, taker], [taker, maker]] {
        let checks = checks_of(legs);
        assert!(checks.passed(), "{checks:?}");
    }
}

#[test]
fn maker_that_is_told_to_have_taken_is_a_difference() {
    let checks = checks_of([leg(1, true), leg(2, false)]);
    assert!(!checks.passed());
    assert_eq!(checks.trades_equal, 0);
}

#[test]
fn trade_told_to_one_side_only_is_a_difference() {
    let mut ledger = ledger();
    ledger.told_leg(leg(1, false));
    assert!(!ledger.is_settled());
    let checks = ledger.finish(&[]);
    assert_eq!((checks.trades_half_told, checks.trades.count), (1, 0));
    assert!(!checks.passed());
    let other = ToldLeg {
        quantity: Quantity::new(5),
        ..leg(2, true)
    };
    ledger.told_leg(other);
    let checks = ledger.finish(&[]);
    assert_eq!((checks.trades_half_told, checks.trades.count), (1, 0));
}

#[test]
fn book_that_has_other_orders_than_were_told_is_a_difference() {
    let ledger = ledger();
    let resting = [recorded(51, Side::Buy, 10), recorded(52, Side::Sell, 10)];
    let mut checks = ledger.finish(&resting);
    assert!(checks.resting_told.passed());
    let stranger = order(3, Side::Buy);
    let shown = [order(1, Side::Buy), stranger].into_iter();
    let in_book = ledger.compare_resting(&resting, shown, &mut checks);
    let expected = RestingChecks {
        recorded: 2,
        found: 2,
        equal: 1,
    };
    assert_eq!(in_book, expected);
    assert!(!in_book.passed());
    let differences = &checks.differences[1..];
    assert_eq!(
        differences,
        [
            "order 0: recorded to rest not, rests with 10 at 100 (bid)",
            "order 52: recorded to rest with 10 at 100 (ask), rests not",
        ]
    );
}
