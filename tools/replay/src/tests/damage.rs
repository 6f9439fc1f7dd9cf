//! Damaged, cut and mixed-up recordings: the error names file, line and reason.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::written::{STEM, Written};
use crate::lobster::{Executions, Reader, Translator};
use crate::recording::RecordingError;

const MESSAGES: [&str; 3] = [
    "34200.1,1,11,100,5000000,1",
    "34200.2,1,12,50,5000200,-1",
    "34200.3,4,12,50,5000200,-1",
];
const ROWS: [&str; 3] = [
    "5000300,10,5000000,100",
    "5000200,50,5000000,100",
    "5000300,10,5000000,100",
];

fn read_through(path: &Path) -> Result<u64, RecordingError> {
    let mut translator = Translator::new(Reader::open(path)?, Executions::OneByOne);
    while translator.next_step()?.is_some() {}
    Ok(translator.totals().commands)
}

/// Returns what is said of the recording whose message line `line` is replaced by `text`.
fn with_message(line: usize, text: &str) -> String {
    let mut messages = MESSAGES;
    messages[line - 1] = text;
    complaint(&Written::new(&messages, &ROWS, 1))
}

fn with_row(line: usize, text: &str) -> String {
    let mut rows = ROWS;
    rows[line - 1] = text;
    complaint(&Written::new(&MESSAGES, &rows, 1))
}

/// Returns the error of reading a folder, without the folder's name.
fn complaint(written: &Written) -> String {
    let error = read_through(&written.path()).expect_err("a damaged recording");
    let folder = format!("{}/{STEM}_", written.folder().display());
    error.to_string().replace(&folder, "")
}

#[test]
fn undamaged_recording_is_read() {
    let written = Written::new(&MESSAGES, &ROWS, 1);
    read_through(&written.path()).expect("nothing is wrong with it");
}

#[test]
fn damaged_message_names_line_field_and_reason() {
    let cases = [
        ("34200.2,1,12,50,5000200", "5 fields where 6 belong"),
        ("34200.2,1,12,50,5000200,-1,", "7 fields where 6 belong"),
        ("", "1 fields where 6 belong"),
        (
            "34200.x,1,12,50,5000200,-1",
            "time \"34200.x\": is no time of day in seconds",
        ),
        (
            "-1.5,1,12,50,5000200,-1",
            "time \"-1.5\": is no time of day in seconds",
        ),
        (
            "34199.9,1,12,50,5000200,-1",
            "time \"34199.9\": is before the line before",
        ),
        (
            "34200.2,8,12,50,5000200,-1",
            "type \"8\": is none of 1 to 7",
        ),
        (
            "34200.2,1,-12,50,5000200,-1",
            "order id \"-12\": is below 0",
        ),
        ("34200.2,1,12,0,5000200,-1", "size \"0\": is not above 0"),
        (
            "34200.2,1,12,5O,5000200,-1",
            "size \"5O\": is no whole number of 64 bits",
        ),
        ("34200.2,1,12,50,-1,-1", "price \"-1\": is not above 0"),
        (
            "34200.2,1,12,50,99999999999999999,-1",
            "price \"99999999999999999\": is too large for a price",
        ),
        (
            "34200.2,1,12,50,5000200,2",
            "direction \"2\": is neither 1 nor -1",
        ),
        (
            "34200.2,1,11,50,5000200,-1",
            "order 11: is added while it is live",
        ),
        (
            "34200.2,3,11,50,5000200,-1",
            "order 11: is canceled at another price or side",
        ),
    ];
    for (text, reason) in cases {
        assert_eq!(
            with_message(2, text),
            format!("message_1.csv: line 2: {reason}")
        );
    }
}

#[test]
fn damaged_row_names_line_field_and_reason() {
    let cases = [
        ("5000200,50,5000000", "3 fields where 4 belong"),
        (
            "5000200,50,5000000,100,5000300,10,4999900,5",
            "8 fields where 4 belong",
        ),
        (
            "5000200,50,5000000,",
            "bid size 1 \"\": is no whole number of 64 bits",
        ),
        ("5000200,0,5000000,100", "ask size 1 \"0\": is not above 0"),
        (
            "9999999999,5,5000000,100",
            "ask size 1 \"5\": is not 0 where there is no level",
        ),
        ("0,50,5000000,100", "ask price 1 \"0\": is not above 0"),
    ];
    for (text, reason) in cases {
        assert_eq!(
            with_row(2, text),
            format!("orderbook_1.csv: line 2: {reason}")
        );
    }
}

#[test]
fn levels_out_of_order_are_named() {
    let check = |row: &str, reason: &str| {
        let written = Written::new(&["34200.1,5,0,1,5000100,1"], &[row], 2);
        assert_eq!(
            complaint(&written),
            format!("orderbook_2.csv: line 1: {reason}")
        );
    };
    check(
        "5000200,50,5000000,100,5000200,10,4999900,5",
        "ask price 2 \"5000200\": is not worse than the level before",
    );
    check(
        "5000200,50,5000000,100,5000300,10,5000100,5",
        "bid price 2 \"5000100\": is not worse than the level before",
    );
    check(
        "9999999999,0,5000000,100,5000300,10,4999900,5",
        "ask price 2 \"5000300\": stands behind a level that is not there",
    );
}

#[test]
fn cut_file_of_a_pair_names_the_line_that_is_missing() {
    let reason = "the two files do not belong together or one is cut";
    let written = Written::new(&MESSAGES[..2], &ROWS, 1);
    assert_eq!(
        complaint(&written),
        format!("orderbook_1.csv: line 3: no line 3 in message_1.csv: {reason}")
    );
    let written = Written::new(&MESSAGES, &ROWS[..1], 1);
    assert_eq!(
        complaint(&written),
        format!("message_1.csv: line 2: no line 2 in orderbook_1.csv: {reason}")
    );
}

#[test]
fn first_row_without_the_first_order_is_named() {
    assert_eq!(
        with_row(1, "5000300,10,4999900,100"),
        "message_1.csv: line 1: order 11: is added by the first message but not in the first row"
    );
}

#[test]
fn mixed_up_files_are_named() {
    let complaint = |written: &Written| {
        let error = read_through(written.folder()).expect_err("a mixed-up folder");
        error.to_string()
    };
    let written = Written::new(&MESSAGES, &[], 1);
    assert!(complaint(&written).contains("no file is named ..._orderbook_N.csv"));
    let other = "ABC_2020-01-02_34200000_57600000_orderbook_1.csv";
    written.write(other, &ROWS);
    assert!(complaint(&written).contains(&format!("{other} do not belong together")));
    let written = Written::new(&MESSAGES, &ROWS, 1);
    written.write("ABC_2020-01-02_34200000_57600000_message_1.csv", &MESSAGES);
    assert!(complaint(&written).contains("one message file belongs here, found ABC_"));
    let written = Written::new(&MESSAGES, &[], 1);
    written.write(&format!("{STEM}_orderbook_2.csv"), &ROWS);
    assert!(complaint(&written).contains("do not belong together"));
}

#[test]
fn folder_without_a_recording_says_what_it_lacks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = read_through(folder.path()).expect_err("nothing is there");
    assert!(
        error
            .to_string()
            .ends_with("no file is named ..._message_N.csv"),
        "{error}"
    );
    let error = read_through(&folder.path().join("none.zip")).expect_err("nothing is there");
    assert!(matches!(error, RecordingError::Open { .. }), "{error}");
}

#[test]
fn order_book_alone_is_refused() {
    let written = Written::new(&MESSAGES, &ROWS, 1);
    let error = read_through(&written.file(&format!("{STEM}_orderbook_1.csv")));
    let error = error.expect_err("no messages");
    assert!(error.to_string().contains("is an order book"), "{error}");
}

#[test]
fn line_without_end_is_bounded() {
    let written = Written::new(&["1".repeat(2 << 20).as_str()], &[], 1);
    assert_eq!(
        complaint(&written),
        "message_1.csv: line 1: longer than 1048576 bytes"
    );
}

/// Returns the recording as a zip.
fn zipped() -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (half, lines) in [("message", MESSAGES), ("orderbook", ROWS)] {
        let name = format!("folder/{STEM}_{half}_1.csv");
        archive
            .start_file(name, SimpleFileOptions::default())
            .expect("an entry");
        archive
            .write_all((lines.join("\r\n") + "\r\n").as_bytes())
            .expect("written");
    }
    archive.finish().expect("a whole archive").into_inner()
}

#[test]
fn zip_in_any_folder_and_with_any_line_ends_is_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("recording");
    fs::write(&path, zipped()).expect("written");
    read_through(&path).expect("nothing is wrong with it");
}

#[test]
fn zip_cut_or_flipped_anywhere_is_an_error_or_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("recording.zip");
    let whole = zipped();
    fs::write(&path, &whole).expect("written");
    let commands = read_through(&path).expect("nothing is wrong with it");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("written");
        read_through(&path).expect_err("a cut archive");
    }
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        fs::write(&path, &flipped).expect("written");
        // A flip in a date or a comment changes nothing that is read.
        if let Ok(count) = read_through(&path) {
            assert_eq!(count, commands, "byte {at}");
        }
    }
}

#[test]
fn gzip_cut_anywhere_names_the_last_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(format!("{STEM}_message_1.csv.gz"));
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer
        .write_all(MESSAGES.join("\n").as_bytes())
        .expect("packed");
    let whole = packer.finish().expect("packed");
    fs::write(&path, &whole).expect("written");
    assert_eq!(read_through(&path).expect("nothing is wrong with it"), 3);
    for length in 2..whole.len() {
        fs::write(&path, &whole[..length]).expect("written");
        let error = read_through(&path).expect_err("a cut file");
        assert!(
            error.to_string().contains("message_1.csv.gz: after line "),
            "{error}"
        );
    }
}
