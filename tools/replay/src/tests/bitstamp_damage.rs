//! Damaged Bitstamp recordings: what is wrong, where, in words, and never a panic.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::written_bitstamp::{WrittenBitstamp, session};
use crate::error::ReplayError;
use crate::instrument::{DerivedInstrument, InstrumentOptions};
use crate::lobster::Executions;
use crate::recording;

const ORDERS: usize = 0;
const TRADES: usize = 1;

/// Does all that a replay does before it sends.
fn read_through(written: &WrittenBitstamp, tick: Option<&str>) -> Result<u64, ReplayError> {
    let options = InstrumentOptions {
        symbol: None,
        tick: tick.map(str::to_owned),
    };
    DerivedInstrument::derive(written.folder(), &options)?;
    let mut opened = recording::open(written.folder(), Executions::OneByOne)?;
    let mut commands = 0;
    while let Some(step) = opened.next_step()? {
        commands += u64::try_from(step.commands.len()).expect("few");
    }
    Ok(commands)
}

/// Returns the error of reading a folder, without the folder's name.
fn complaint(written: &WrittenBitstamp) -> String {
    let error = read_through(written, None).expect_err("a damaged recording");
    let folder = format!("{}/", written.folder().display());
    error.to_string().replace(&folder, "")
}

fn with_line(part: usize, line: usize, text: &str) -> String {
    let mut parts = session();
    parts[part][line - 1] = text.to_owned();
    complaint(&WrittenBitstamp::new(&parts))
}

/// Rows in place of the ninth line, and what is said of them.
const DAMAGED_ROWS: [(&str, &str); 19] = [
    ("22,5,1600,99.0,0.05,created", "6 fields where 7 belong"),
    (
        "22,5,1600,99.0,0.05,created,bid,",
        "8 fields where 7 belong",
    ),
    ("", "1 fields where 7 belong"),
    (
        "x,5,1600,99.0,0.05,created,bid",
        "id \"x\": is no whole number of 64 bits",
    ),
    ("0,5,1600,99.0,0.05,created,bid", "id \"0\": is not above 0"),
    (
        "22,5,16oo,99.0,0.05,created,bid",
        "exchange_timestamp \"16oo\": is no whole number of 64 bits",
    ),
    (
        "22,5,-1,99.0,0.05,created,bid",
        "exchange_timestamp \"-1\": is no time in milliseconds",
    ),
    (
        "22,5,499,99.0,0.05,created,bid",
        "exchange_timestamp \"499\": is more than a second before a line before",
    ),
    (
        "22,5,1600,99.o,0.05,created,bid",
        "price \"99.o\": is no decimal number",
    ),
    (
        "22,5,1600,-99.0,0.05,created,bid",
        "price \"-99.0\": is below 0",
    ),
    (
        "22,5,1600,1e10,0.05,created,bid",
        "price \"1e10\": is too large",
    ),
    (
        "22,5,1600,99.005,0.05,created,bid",
        "price \"99.005\": is no multiple of the tick",
    ),
    (
        "22,5,1600,99.0,-0.05,created,bid",
        "volume \"-0.05\": is below 0",
    ),
    (
        "22,5,1600,99.0,1e-09,created,bid",
        "volume \"1e-09\": has more decimals than are counted",
    ),
    (
        "22,5,1600,99.0,0.0,created,bid",
        "volume \"0.0\": is not above 0",
    ),
    (
        "22,5,1600,99.0,nan,created,bid",
        "volume \"nan\": is no decimal number",
    ),
    (
        "22,5,1600,99.0,0.05,made,bid",
        "action \"made\": is none of created, changed and deleted",
    ),
    (
        "22,5,1600,99.0,0.05,created,buy",
        "direction \"buy\": is neither bid nor ask",
    ),
    (
        "11,5,1600,99.0,0.05,created,bid",
        "order 11: is created while it is live",
    ),
];

#[test]
fn damaged_row_names_line_field_and_reason() {
    for (text, reason) in DAMAGED_ROWS {
        assert_eq!(
            with_line(ORDERS, 9, text),
            format!("orders.csv: line 9: {reason}")
        );
    }
}

#[test]
fn row_that_cannot_stand_where_it_does_is_named() {
    assert_eq!(
        with_line(ORDERS, 3, "12,1,1000,0.0,2e-05,deleted,bid"),
        "orders.csv: line 3: action \"deleted\": is not created, which every row of the opening \
         book is"
    );
    assert_eq!(
        with_line(ORDERS, 30, "27,6,5500,99.5,0.3,changed,bid"),
        "orders.csv: line 30: action \"changed\": is not deleted, which every row of the book at \
         the end is"
    );
}

#[test]
fn price_off_a_told_tick_names_its_line() {
    let written = WrittenBitstamp::new(&session());
    let error = read_through(&written, Some("1")).expect_err("99.5 is no whole number");
    let text = error.to_string();
    assert!(
        text.ends_with("orders.csv: line 5: price \"100.5\": is no multiple of the tick"),
        "{text}"
    );
}

#[test]
fn damaged_trade_names_line_field_and_reason() {
    let cases = [
        ("2,5,2500,100.0,0.5,11,24", "7 fields where 8 belong"),
        (
            "x,5,2500,100.0,0.5,11,24,sell",
            "trade_id \"x\": is no whole number of 64 bits",
        ),
        (
            "2,5,,100.0,0.5,11,24,sell",
            "exchange_timestamp \"\": is no whole number of 64 bits",
        ),
        (
            "2,5,2500,,0.5,11,24,sell",
            "price \"\": is no decimal number",
        ),
        (
            "2,5,2500,100.0,0.0,11,24,sell",
            "amount \"0.0\": is not above 0",
        ),
        (
            "2,5,2500,100.0,0.5,-11,24,sell",
            "buy_order_id \"-11\": is not above 0",
        ),
        (
            "2,5,2500,100.0,0.5,11,a,sell",
            "sell_order_id \"a\": is no whole number of 64 bits",
        ),
        (
            "2,5,2500,100.0,0.5,11,24,bid",
            "side \"bid\": is neither buy nor sell",
        ),
    ];
    for (text, reason) in cases {
        assert_eq!(
            with_line(TRADES, 3, text),
            format!("trades.csv: line 3: {reason}")
        );
    }
}

#[test]
fn header_that_lacks_a_column_is_named() {
    assert_eq!(
        with_line(
            ORDERS,
            1,
            "id,timestamp,exchange_timestamp,prize,volume,action,direction"
        ),
        "orders.csv: line 1: column price is missing"
    );
    assert_eq!(
        with_line(
            ORDERS,
            1,
            "id,id,exchange_timestamp,price,volume,action,direction"
        ),
        "orders.csv: line 1: column id is there twice"
    );
    let header = "trade_id,timestamp,exchange_timestamp,price,amount,buyer,sell_order_id,side";
    assert_eq!(
        with_line(TRADES, 1, header),
        "trades.csv: line 1: column buy_order_id is missing"
    );
}

#[test]
fn missing_file_is_named_by_what_it_holds() {
    for (name, holds) in WrittenBitstamp::NAMES.iter().zip([
        "with the columns id, exchange_timestamp, price, volume, action, direction",
        "with the columns trade_id, exchange_timestamp, price, amount, buy_order_id, \
         sell_order_id, side",
        "of counts (synthetic_created and others)",
    ]) {
        let written = WrittenBitstamp::new(&session());
        fs::remove_file(written.file(name)).expect("removed");
        let complaint = complaint(&written);
        assert!(
            complaint.ends_with(&format!("no file {holds} is here")),
            "{complaint}"
        );
    }
}

#[test]
fn second_file_of_a_kind_is_named() {
    let written = WrittenBitstamp::new(&session());
    written.write("more.csv", &session()[TRADES].join("\n"));
    let complaint = complaint(&written);
    assert!(
        complaint.ends_with("belongs here, found more.csv and trades.csv"),
        "{complaint}"
    );
}

#[test]
fn files_with_other_counts_than_the_recorder_s_are_named() {
    let remove = |part: usize, line: usize| {
        let written = WrittenBitstamp::new(&session());
        let mut lines = session()[part].clone();
        lines.remove(line - 1);
        written.write(WrittenBitstamp::NAMES[part], &lines.join("\n"));
        complaint(&written)
    };
    assert_eq!(
        remove(ORDERS, 9),
        "orders.csv: holds fewer rows than the 29 that were counted; the last is line 29"
    );
    assert_eq!(
        remove(TRADES, 3),
        "trades.csv: holds 3 trades where 4 were counted"
    );
    let written = WrittenBitstamp::new(&session());
    let row = "27,6,5500,99.5,0.3,deleted,bid";
    let lines = [session()[ORDERS].clone(), vec![row.to_owned()]].concat();
    written.write("orders.csv", &lines.join("\n"));
    assert_eq!(
        complaint(&written),
        "orders.csv: holds more rows than the 29 that were counted; the last is line 31"
    );
}

#[test]
fn damaged_counts_are_named() {
    let meta = |text: &str| {
        let written = WrittenBitstamp::new(&session());
        written.write("meta.json", text);
        complaint(&written)
    };
    let counts = "\"synthetic_created\": 5, \"synthetic_deleted\": 4, \"trades\": 4";
    assert_eq!(
        meta(&format!("{{ {counts}, \"total_order_rows\": 29 }}")),
        "meta.json: pair is no text"
    );
    assert_eq!(
        meta(&format!("{{ \"pair\": \"a\", {counts} }}")),
        "meta.json: total_order_rows is no count"
    );
    assert_eq!(
        meta(&format!(
            "{{ \"pair\": \"a\", {counts}, \"total_order_rows\": 8 }}"
        )),
        "meta.json: counts more rows in the books at both ends than in all"
    );
    assert!(meta("{ \"synthetic_created\": 5").starts_with("meta.json: is no JSON: "));
    let pad = " ".repeat(1 << 17);
    assert_eq!(
        meta(&format!("{{ {counts} }}{pad}")),
        "meta.json: is longer than 65536 bytes"
    );
}

#[test]
fn gzip_cut_anywhere_names_the_file_and_how_far_it_was_read() {
    let written = WrittenBitstamp::new(&session());
    let whole_commands = read_through(&written, None).expect("nothing is wrong with it");
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let text = session()[ORDERS].join("\n") + "\n";
    packer.write_all(text.as_bytes()).expect("packed");
    let whole = packer.finish().expect("packed");
    fs::remove_file(written.file("orders.csv")).expect("removed");
    let path = written.file("orders.csv.gz");
    fs::write(&path, &whole).expect("written");
    let commands = read_through(&written, None).expect("nothing is wrong with it");
    assert_eq!(commands, whole_commands);
    for length in 2..whole.len() {
        fs::write(&path, &whole[..length]).expect("written");
        let complaint = complaint(&written);
        assert!(
            complaint.starts_with("orders.csv.gz: after line "),
            "{complaint}"
        );
    }
}

/// One row of any kind, about few ids and prices, so that much goes wrong.
fn row() -> impl Strategy<Value = String> {
    let action = prop_oneof![Just("created"), Just("changed"), Just("deleted")];
    let price = prop_oneof![Just(0), Just(999_999_999), 98..103_u32];
    (1..9_u64, 0..3_u64, price, 0..4_u32, action, any::<bool>()).prop_map(
        |(id, later, price, size, action, bid)| {
            let (time, side) = (1_000 + later, if bid { "bid" } else { "ask" });
            format!("{id},1,{time},{price}.0,0.{size},{action},{side}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn bytes_of_any_kind_are_an_error_or_a_recording(
        orders in prop::collection::vec(any::<u8>(), 0..200),
        trades in prop::collection::vec(any::<u8>(), 0..100),
        meta in prop::collection::vec(any::<u8>(), 0..100),
        headed in any::<[bool; 3]>(),
    ) {
        let written = WrittenBitstamp::new(&session());
        let heads = [&session()[ORDERS][0], &session()[TRADES][0], "{\"synthetic_created\":0,"];
        let files = WrittenBitstamp::NAMES.iter().zip(heads).zip([orders, trades, meta]);
        for (((name, head), bytes), headed) in files.zip(headed) {
            let head = if headed { format!("{head}\n") } else { String::new() };
            fs::write(written.file(name), [head.as_bytes(), &bytes].concat()).unwrap();
        }
        drop(read_through(&written, None));
    }

    #[test]
    fn rows_of_any_kind_are_an_error_or_commands_about_orders_that_came(
        rows in prop::collection::vec(row(), 1..40),
    ) {
        let mut parts = session();
        // They take the place of the live rows, and of the trades nothing is left.
        parts[ORDERS].splice(6..26, rows);
        parts[TRADES].truncate(1);
        let written = WrittenBitstamp::new(&parts);
        if let Ok(mut opened) = recording::open(written.folder(), Executions::OneByOne) {
            let mut last = 0;
            while let Ok(Some(step)) = opened.next_step() {
                for command in step.commands {
                    prop_assert_eq!(command.number.0, last + 1);
                    last += 1;
                    use crate::flow::Action;
                    if let Action::Cancel { target } | Action::Withdraw { target } = command.action {
                        prop_assert!(target < command.number);
                    }
                }
            }
        }
    }

    #[test]
    fn one_byte_otherwise_is_an_error_or_a_recording(at in 0..2_000_usize, byte in any::<u8>()) {
        for name in WrittenBitstamp::NAMES {
            let written = WrittenBitstamp::new(&session());
            let mut bytes = fs::read(written.file(name)).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            fs::write(written.file(name), bytes).unwrap();
            drop(read_through(&written, None));
        }
    }
}
