//! The tables as whoever queries them sees them, past every proxy.

use matchgate_core::domain::EventId;
use matchgate_follower::publication::TopLevel;
use matchgate_follower::{Publication, PublicationBody};
use matchgate_xtask::services::QuestDb;
use serde_json::{Value, json};

use crate::journal::Journal;

/// The columns that say which event a row is of.
const KEY: &str = "symbol, epoch, shard, seq, idx, ts::long";

fn rows(database: &QuestDb, sql: &str) -> Vec<Value> {
    let rows = database.query(sql).expect("a query");
    rows.as_array().expect("rows").clone()
}

pub(crate) fn count(database: &QuestDb, table: &str) -> u64 {
    database.wait_until_applied(table).expect("it is applied");
    let rows = rows(database, &format!("SELECT count() FROM {table}"));
    rows[0][0].as_u64().expect("a count")
}

/// Returns the values that say which event a row is of.
fn key(publication: &Publication, symbol: &str) -> Vec<Value> {
    let EventId {
        epoch,
        shard,
        sequence,
        index,
    } = publication.id;
    let time_ns = publication.time_ns;
    vec![
        json!(symbol),
        json!(epoch.0),
        json!(shard.0),
        json!(sequence.0),
        json!(index),
        json!(time_ns),
    ]
}

fn side(level: Option<TopLevel>) -> [Value; 3] {
    // A price of 100 is 10,000 ticks of 0.01; a lot is 5 units.
    level.map_or([Value::Null, Value::Null, Value::Null], |level| {
        let lots = u64::try_from(level.quantity).expect("a small number") / 5;
        [json!(100.0), json!(10_000), json!(lots)]
    })
}

fn in_order(rows: &mut [Value]) {
    let key = |row: &Value| -> Vec<u64> {
        let numbers = row.as_array().expect("columns").iter().skip(1).take(4);
        numbers.map(|one| one.as_u64().expect("a number")).collect()
    };
    rows.sort_by_key(key);
}

/// Checks that the tables hold each fill and each top of book of the journal once, with its
/// values.
pub(crate) fn assert_each_event_once(journal: &Journal, database: &QuestDb) {
    let (mut trades, mut ticks) = (Vec::new(), Vec::new());
    for publication in journal.publications().concat() {
        match &publication.body {
            PublicationBody::Fill(fill) => {
                let mut row = key(&publication, fill.product.symbol.as_str());
                let quantity = fill.quantity.get();
                row.extend([json!(10_000), json!(quantity / 5), json!(100.0)]);
                row.extend([json!(quantity), json!("sell")]);
                let orders = [fill.resting.order_id, fill.aggressor.order_id];
                row.extend(orders.map(|order| json!(order.get())));
                trades.push(Value::Array(row));
            }
            PublicationBody::TopOfBook(top) => {
                let mut row = key(&publication, top.product.symbol.as_str());
                row.extend(side(top.bid));
                row.extend(side(top.ask));
                row.push(json!("continuous"));
                ticks.push(Value::Array(row));
            }
            PublicationBody::Execution(_) => {}
        }
    }
    for table in ["trades", "ticks"] {
        database.wait_until_applied(table).expect("it is applied");
    }
    let mut found = rows(
        database,
        &format!(
            "SELECT {KEY}, px_ticks, qty_lots, price, qty::long, aggressor, maker_order, \
             taker_order FROM trades LIMIT 1000000"
        ),
    );
    in_order(&mut found);
    in_order(&mut trades);
    assert_eq!(found.len(), trades.len());
    assert!(
        found == trades,
        "{:?} for {:?}",
        found.first(),
        trades.first()
    );
    let mut found = rows(
        database,
        &format!(
            "SELECT {KEY}, bid, bid_ticks, bid_lots, ask, ask_ticks, ask_lots, state FROM ticks \
             LIMIT 1000000"
        ),
    );
    in_order(&mut found);
    in_order(&mut ticks);
    assert_eq!(found.len(), ticks.len());
    assert!(
        found == ticks,
        "{:?} for {:?}",
        found.first(),
        ticks.first()
    );
}
