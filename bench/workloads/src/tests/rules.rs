//! The naive book follows the rules that operations state.

use crate::naive::Naive;
use crate::report::encode;
use crate::{Operation, OperationKind, Side};

/// Runs operations of (kind, side, order, price, quantity) and returns the lines of their answers.
fn lines(operations: &[(OperationKind, Side, u32, i64, u64)]) -> Vec<String> {
    let mut book = Naive::new();
    let mut answers = Vec::new();
    for (sequence, &(kind, side, order, price, quantity)) in (0..).zip(operations) {
        let operation = Operation {
            quantity,
            price,
            order,
            symbol: 0,
            account: order % 2,
            kind,
            side,
        };
        book.apply(sequence, &operation, &mut answers);
    }
    encode(&answers).lines().map(str::to_owned).collect()
}

use OperationKind::{Cancel, CancelAll, Fok, Ioc, Move, New, Reduce};
use Side::{Buy, Sell};

#[test]
fn better_price_trades_first_then_the_earlier_order() {
    let lines = lines(&[
        (New, Sell, 0, 11, 5),
        (New, Sell, 1, 10, 5),
        (New, Sell, 2, 10, 5),
        (New, Buy, 3, 11, 12),
    ]);
    assert_eq!(
        lines[3..],
        [
            "0,3,0,3,11,12",
            "1,3,10,5,1,3",
            "1,3,10,5,2,3",
            "1,3,11,2,0,3"
        ]
    );
}

#[test]
fn immediate_order_leaves_nothing_behind() {
    let lines = lines(&[
        (New, Sell, 0, 10, 5),
        (Ioc, Buy, 1, 10, 8),
        (Cancel, Buy, 1, 0, 0),
    ]);
    assert_eq!(
        lines[1..],
        ["0,1,0,1,10,8", "1,1,10,5,0,1", "2,1,0,1,10", "4,2,1"]
    );
}

#[test]
fn order_that_cannot_be_filled_as_a_whole_trades_nothing() {
    let lines = lines(&[
        (New, Sell, 0, 10, 5),
        (New, Sell, 1, 12, 5),
        (Fok, Buy, 2, 11, 6),
        (Fok, Buy, 3, 12, 6),
    ]);
    let killed = ["0,2,0,2,11,6", "2,2,0,2,11"];
    let filled = ["0,3,0,3,12,6", "1,3,10,5,0,3", "1,3,12,1,1,3"];
    assert_eq!(lines[2..4], killed);
    assert_eq!(lines[4..], filled);
}

#[test]
fn reduced_order_keeps_its_place_and_moved_one_loses_it() {
    let reduced = lines(&[
        (New, Sell, 0, 10, 5),
        (New, Sell, 1, 10, 5),
        (Reduce, Sell, 0, 0, 2),
        (Ioc, Buy, 2, 10, 1),
    ]);
    assert_eq!(
        reduced[2..],
        ["3,2,1,0,10,3", "0,3,0,2,10,1", "1,3,10,1,0,2"]
    );
    let moved = lines(&[
        (New, Sell, 0, 10, 5),
        (New, Sell, 1, 10, 5),
        (Move, Sell, 0, 10, 3),
        (Ioc, Buy, 2, 10, 1),
    ]);
    assert_eq!(moved[2..], ["3,2,1,0,10,3", "0,3,0,2,10,1", "1,3,10,1,1,2"]);
}

#[test]
fn order_reduced_to_nothing_is_canceled() {
    let lines = lines(&[
        (New, Buy, 0, 10, 5),
        (Reduce, Buy, 0, 0, 5),
        (Reduce, Buy, 0, 0, 1),
    ]);
    assert_eq!(lines[1..], ["2,1,0,0,10", "5,2,0"]);
}

#[test]
fn moved_order_trades_where_it_crosses_and_is_acknowledged_after_that() {
    let lines = lines(&[
        (New, Buy, 0, 10, 5),
        (New, Sell, 1, 12, 8),
        (Move, Sell, 1, 9, 7),
        (Move, Sell, 2, 9, 7),
    ]);
    assert_eq!(lines[2..], ["1,2,10,5,0,1", "3,2,1,1,9,7", "5,3,2"]);
}

#[test]
fn cancel_all_meets_the_orders_of_one_account_on_both_sides() {
    let lines = lines(&[
        (New, Sell, 2, 12, 1),
        (New, Sell, 1, 12, 1),
        (New, Buy, 0, 10, 1),
        (CancelAll, Buy, 0, 0, 0),
        (Cancel, Sell, 1, 0, 0),
    ]);
    assert_eq!(lines[3..], ["2,3,0,0,10", "2,3,1,2,12", "2,4,1,1,12"]);
}
