//! Bitstamp recordings written for a test, line by line.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The order file's first line and an opening book; the ask at 100.5 is gone already.
pub(crate) const OPENING: [&str; 6] = [
    "id,timestamp,exchange_timestamp,price,volume,action,direction",
    "11,1,1000,100.0,1.5,created,bid",
    "12,1,1000,0.0,2e-05,created,bid",
    "13,1,1000,101.0,1.0,created,ask",
    "14,1,1000,100.5,0.7,created,ask",
    "15,1,1000,483980000.0,1e-08,created,ask",
];
/// What follows the opening book.
const LIVE: [&str; 20] = [
    // Post-only: would take, then would not.
    "21,5,1500,101.0,0.05,created,bid",
    "21,5,1500,101.0,0.05,deleted,bid",
    "22,5,1600,99.0,0.05,created,bid",
    "22,5,1600,99.0,0.05,deleted,bid",
    // Takes 0.4 of order 13, which it does not sweep.
    "23,5,2000,101.0,0.4,created,bid",
    "13,5,2000,101.0,0.6,changed,ask",
    "23,5,2000,101.0,0.0,deleted,bid",
    // A market order that sells 0.5 to order 11.
    "24,5,2500,0.0,0.5,created,ask",
    "11,5,2500,100.0,1.0,changed,bid",
    "24,5,2500,100.0,0.0,deleted,ask",
    // A market order for money that buys the rest of order 13; a hair of it remains.
    "25,5,3000,999999999.0,0.0,created,bid",
    "25,5,3000,101.0,1e-08,changed,bid",
    "25,5,3000,101.0,1e-08,deleted,bid",
    "13,5,3000,101.0,0.0,deleted,ask",
    "99,5,3000,101.0,0.5,deleted,ask",
    // An order that takes 1.0 and is canceled with what is left.
    "26,5,3500,100.0,1.2,created,ask",
    "26,5,3500,100.0,0.2,changed,ask",
    "11,5,3500,100.0,0.0,deleted,bid",
    "26,5,4000,100.0,0.2,deleted,ask",
    // It stays open.
    "27,5,5000,99.5,0.3,created,bid",
];
/// The book at the end, with the order that was gone all the time.
const CLOSING: [&str; 4] = [
    "12,6,5500,0.0,2e-05,deleted,bid",
    "14,6,5500,100.5,0.7,deleted,ask",
    "15,6,5500,483980000.0,1e-08,deleted,ask",
    "27,6,5500,99.5,0.3,deleted,bid",
];
const TRADES: [&str; 5] = [
    "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side",
    "1,5,2000,101.0,0.4,23,13,buy",
    "2,5,2500,100.0,0.5,11,24,sell",
    "3,5,3000,101.0,0.6,25,13,buy",
    "4,5,3500,100.0,1.0,11,26,sell",
];

/// Returns the lines of the order file and of the trade file of a small session.
pub(crate) fn session() -> [Vec<String>; 2] {
    let orders = OPENING.iter().chain(&LIVE).chain(&CLOSING);
    let owned = |line: &&str| (*line).to_owned();
    [
        orders.map(owned).collect(),
        TRADES.iter().map(owned).collect(),
    ]
}

/// A folder that holds one recording and goes when it is dropped.
pub(crate) struct WrittenBitstamp {
    folder: TempDir,
}

impl WrittenBitstamp {
    /// Names of orders, trades and counts.
    pub(crate) const NAMES: [&str; 3] = ["orders.csv", "trades.csv", "meta.json"];

    /// Writes the lines of both files, and counts that fit them and the book at the end.
    pub(crate) fn new(parts: &[Vec<String>; 2]) -> Self {
        Self::closing_with(parts, CLOSING.len())
    }

    /// Writes the lines of both files, and counts that fit them; the last `closing` rows are the
    /// book at the end.
    pub(crate) fn closing_with(parts: &[Vec<String>; 2], closing: usize) -> Self {
        let [orders, trades] = parts;
        let written = Self {
            folder: TempDir::new().expect("a temporary folder"),
        };
        let opening = OPENING.len() - 1;
        let (rows, trade_count) = (orders.len() - 1, trades.len() - 1);
        let meta = format!(
            "{{\n  \"pair\": \"abcusd\",\n  \"synthetic_created\": {opening},\n  \
             \"synthetic_deleted\": {closing},\n  \"trades\": {trade_count},\n  \
             \"total_order_rows\": {rows}\n}}"
        );
        for (name, lines) in Self::NAMES.iter().zip([orders, trades, &vec![meta]]) {
            written.write(name, &(lines.join("\n") + "\n"));
        }
        written
    }

    /// Writes one file anew.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("a file is written");
    }

    /// Returns the folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
