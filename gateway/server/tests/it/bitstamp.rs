//! A recorded session that names the orders of each trade, over TCP through the whole venue: the
//! same trades between the same orders, and the same orders at rest, in every topology.

use matchgate_replay::ledger::RestingChecks;
use matchgate_replay::lobster::Executions;
use matchgate_replay::session::ReplaySummary;

use crate::recording::{BITSTAMP, Recording};

const TRADES: u64 = 284;
const RESTING: u64 = 6_516;
const POST_ONLY_REFUSED: u64 = 100_518;

fn is_as_recorded(summary: &ReplaySummary) {
    let ledger = summary.checks.ledger.as_ref().expect("orders are compared");
    assert!(summary.passed(), "{:?}", summary.checks);
    assert_eq!(ledger.trades_recorded, TRADES);
    assert_eq!(ledger.trades_equal, TRADES);
    assert_eq!(ledger.trades, summary.checks.executed);
    let all = RestingChecks {
        recorded: RESTING,
        found: RESTING,
        equal: RESTING,
    };
    assert_eq!(ledger.resting_told, all);
    assert_eq!(ledger.resting_in_book, Some(all));
    assert_eq!(summary.checks.post_only_refused, POST_ONLY_REFUSED);
    assert_eq!(summary.final_book_equal, Some(true));
}

#[test]
fn recorded_trades_and_resting_orders_are_the_same_in_both_topologies() {
    let Some(recording) = Recording::find(BITSTAMP) else {
        return;
    };
    let inline = recording.replay(recording.config(), Executions::OneByOne);
    is_as_recorded(&inline.summary);
    let split = recording.replay(recording.split_config(), Executions::OneByOne);
    is_as_recorded(&split.summary);
    assert_eq!(split.book_hash, inline.book_hash);
    assert_eq!(split.summary.checks, inline.summary.checks);
}
