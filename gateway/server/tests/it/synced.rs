//! The class synced, seen from outside: what such a session hears is on disk by then.

use matchgate_core::domain::{Durability, EventId, MassCancelScope, RequestNumber, Side};
use matchgate_journal::Marks;
use matchgate_schema::message::{
    ClientMessage, ExecType, ExecutionReport, MassCancelRequest, NewOrderRequest, OrderTarget,
    Report,
};

use crate::local_venue::{LocalVenue, SMALL};
use crate::member::Random;
use crate::trader::{Trader, cancel, order};

const MARKET: &str = "[venue]\nshards = 2\norders_per_shard_max = 4096\n\
     [[instrument]]\nsymbol = \"A\"\nshard = 0\ntick = \"0.01\"\nprice_min = \"1\"\n\
     price_max = \"1000\"\n\
     [[instrument]]\nsymbol = \"B\"\nshard = 1\ntick = \"0.01\"\nprice_min = \"1\"\n\
     price_max = \"1000\"\n\
     [[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"synced\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"written\"\nfirm = \"F\"\naccount = \"F-1\"\n";
/// Bursts of each test.
const BURSTS: usize = 60;
/// Requests of a burst.
const BURST: usize = 25;

/// Returns whether the disk holds the command that an event comes from; what a gateway refused
/// comes from none.
fn is_on_disk(marks: &[Marks], id: EventId) -> bool {
    let shard = usize::from(id.shard.get());
    id == EventId::default() || marks[shard].synced() >= id.sequence.get()
}

/// Hears reports until `count` requests have their answers; each that is heard is on disk.
/// Returns the reports.
fn hears_what_is_on_disk(
    trader: &mut Trader,
    marks: &[Marks],
    count: usize,
) -> Vec<ExecutionReport> {
    let mut heard = Vec::new();
    let mut answers = 0;
    while answers < count {
        match trader.report() {
            Report::Execution(report) => {
                assert!(
                    is_on_disk(marks, report.execution_id),
                    "{report:?} before the disk has it"
                );
                answers += usize::from(report.exec_type == ExecType::New);
                heard.push(report);
            }
            other => panic!("no execution report: {other:?}"),
        }
    }
    heard
}

fn some_order(random: &mut Random) -> NewOrderRequest {
    let side = [Side::Buy, Side::Sell][usize::from(random.below(2) == 0)];
    let price = 10_000 + i64::try_from(random.below(10)).unwrap();
    let of = ["A", "B"][usize::from(random.below(2) == 0)];
    order(of, side, price, 1 + random.below(20))
}

#[test]
fn synced_session_hears_nothing_before_the_disk_has_it() {
    let venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let marks = venue.venue().shard_marks();
    let mut trader = Trader::connect_as(venue.address(), "synced", Durability::Synced);
    assert_eq!(trader.answer.durability, Durability::Synced);
    let mut random = Random(3);
    let mut fills = 0;
    for _ in 0..BURSTS {
        for _ in 0..BURST {
            trader.submit(ClientMessage::NewOrder(some_order(&mut random)));
        }
        trader.flush();
        let heard = hears_what_is_on_disk(&mut trader, marks, BURST);
        let traded = heard.iter().filter(|one| one.exec_type == ExecType::Trade);
        fills += traded.count();
    }
    assert!(fills > BURSTS, "{fills} fills");
    // Cancels, and a mass cancel over both shards, wait for the disk as well.
    let (mut canceled, mut counted) = (0, None);
    trader.submit(ClientMessage::MassCancel(MassCancelRequest {
        request: RequestNumber(0),
        scope: MassCancelScope::Session,
        account: None,
        symbol: None,
        side: None,
    }));
    trader.flush();
    while counted.is_none() {
        match trader.report() {
            Report::Execution(report) => {
                assert!(is_on_disk(marks, report.execution_id), "{report:?}");
                canceled += u32::from(report.exec_type == ExecType::Canceled);
            }
            Report::MassCancel(report) => counted = Some(report.count),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(counted, Some(canceled));
    trader.log_out();
}

#[test]
fn classes_meet_in_one_book_and_each_keeps_its_own() {
    let venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let marks = venue.venue().shard_marks();
    let mut synced = Trader::connect_as(venue.address(), "synced", Durability::Synced);
    let mut written = Trader::connect(venue.address(), "written");
    let mut early = 0;
    for round in 0..200 {
        let of = ["A", "B"][round % 2];
        let (sell, buy) = (
            order(of, Side::Sell, 10_000, 10),
            order(of, Side::Buy, 10_000, 10),
        );
        // In turns the one and the other rests, and both hear of both fills.
        let (resting, aggressor) = if round % 4 < 2 {
            (&mut synced, &mut written)
        } else {
            (&mut written, &mut synced)
        };
        let entered = resting.enter(sell);
        aggressor.enter(buy);
        let resting_fill = resting.execution();
        let fill = aggressor.execution();
        for report in [resting_fill, fill] {
            assert_eq!(
                (report.exec_type, report.leaves.get()),
                (ExecType::Trade, 0)
            );
        }
        assert_eq!(resting_fill.order_id, entered.order_id);
        assert_eq!(resting_fill.execution_id, fill.execution_id);
        // Whichever side it was on, the synced session has heard of the fill by now.
        assert!(is_on_disk(marks, fill.execution_id), "{fill:?}");
        let alone = written.enter(order(of, Side::Buy, 9_000, 1));
        early += u32::from(!is_on_disk(marks, alone.execution_id));
        let target = OrderTarget::OrderId(alone.order_id);
        written.cancel(target);
        // A cancel by the one session of the other's order: the order's class holds.
        let waits = synced.enter(order(of, Side::Buy, 9_000, 1));
        assert!(is_on_disk(marks, waits.execution_id), "{waits:?}");
        written.submit(cancel(OrderTarget::OrderId(waits.order_id)));
        written.flush();
        let gone = synced.execution();
        assert_eq!(
            (gone.exec_type, gone.order_id),
            (ExecType::Canceled, waits.order_id)
        );
        assert!(is_on_disk(marks, gone.execution_id), "{gone:?}");
        let _answer = written.report();
    }
    println!("{early} of 200 acknowledgements of class written left before the disk had them");
    synced.log_out();
    written.log_out();
}
