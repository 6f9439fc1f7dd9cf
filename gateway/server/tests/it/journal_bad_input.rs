//! `matchgate journal` on what is no data directory, one in use, or a damaged one: each has a message
//! and an exit code of its own, and stays as it is.

use std::fs;
use std::path::Path;

use matchgate_core::domain::{Durability, Side};

use crate::data_folder::DataFolder;
use crate::journal_session::{Session, configure, ended, place_of, plant, said, segment, tree};
use crate::trader::{Trader, order};
use crate::venue_process::{VenueProcess, binary};

/// Every verb that reads a data directory, with arguments that are good ones.
fn verbs(other: &Path) -> Vec<(&'static str, Vec<String>)> {
    let own = |arguments: &[&str]| arguments.iter().map(|&one| one.to_owned()).collect();
    let none = other.join("none.toml");
    fs::write(&none, "").unwrap();
    vec![
        ("verify", own(&[])),
        ("cat", own(&["--shard", "0"])),
        ("stats", own(&[])),
        ("at", own(&["12", "--shard", "0"])),
        (
            "diff",
            own(&["--data", other.join("data").to_str().unwrap()]),
        ),
        (
            "what-if",
            own(&["--shard", "0", "--change", none.to_str().unwrap()]),
        ),
    ]
}

/// Checks that every verb refuses `data` with this code and words, and leaves it as it is.
fn all_refuse(data: &Path, good: &Path, code: i32, words: &str) {
    let arguments = verbs(good);
    let before = data.is_dir().then(|| tree(data));
    for (verb, further) in arguments {
        let further: Vec<_> = further.iter().map(String::as_str).collect();
        let (found, _, error) = ended(verb, data, &further);
        assert_eq!(found, code, "{verb}: {error}");
        assert!(error.contains(words), "{verb}: {error}");
    }
    assert!(
        before == data.is_dir().then(|| tree(data)),
        "a file is another one"
    );
}

#[test]
fn what_is_no_data_directory_is_refused_as_what_it_is() {
    let session = Session::run();
    let (good, elsewhere) = (session.folder(), DataFolder::new());
    let path = |name: &str| elsewhere.path().join(name);
    all_refuse(&path("none"), good, 2, "/none: No such file or directory");
    fs::write(path("file"), "").unwrap();
    all_refuse(
        &path("file"),
        good,
        2,
        "/file: is a file, no data directory",
    );
    fs::create_dir(path("empty")).unwrap();
    all_refuse(
        &path("empty"),
        good,
        2,
        "/empty: is no data directory: it has no meta.toml",
    );
    fs::create_dir(path("foreign")).unwrap();
    fs::write(path("foreign/meta.toml"), "name = \"another\"\n").unwrap();
    let words = "/foreign/meta.toml: is another program's: it has no key \"format\"";
    all_refuse(&path("foreign"), good, 2, words);
}

#[test]
fn meta_that_is_no_longer_whole_is_told_from_another_format() {
    let session = Session::run();
    let meta = |name: &str, from: &str, to: &str| {
        let copy = session.copy(name);
        let path = copy.join("meta.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        copy
    };
    let good = session.folder();
    let format = meta("format", "format = 1", "format = 2");
    all_refuse(
        &format,
        good,
        7,
        "meta.toml: format 2, but this build reads format 1",
    );
    let fixed = meta("fixed", "orders_per_shard_max", "orders_of_old");
    all_refuse(
        &fixed,
        good,
        4,
        "/meta.toml: it has no orders_per_shard_max",
    );
    let zero = meta(
        "zero",
        "orders_per_shard_max = 1024",
        "orders_per_shard_max = 0",
    );
    all_refuse(&zero, good, 4, "is out of bounds");
    let torn = meta("torn", "format = 1", "format = ");
    all_refuse(&torn, good, 4, "/torn/meta.toml: ");
    let unlocked = session.copy("unlocked");
    fs::remove_file(unlocked.join("LOCK")).unwrap();
    all_refuse(&unlocked, good, 2, "/LOCK: No such file or directory");
}

#[test]
fn directory_of_a_running_venue_is_locked() {
    let session = Session::run();
    let folder = DataFolder::new();
    let venue = VenueProcess::start(&configure(&folder), &folder.data()).unwrap();
    for (verb, further) in verbs(session.folder()) {
        let further: Vec<_> = further.iter().map(String::as_str).collect();
        let (code, said, error) = ended(verb, &folder.data(), &further);
        assert_eq!((code, said.as_str()), (3, ""), "{verb}: {error}");
        assert!(error.contains("is locked by another process"), "{error}");
    }
    assert!(venue.stop().success());
}

#[test]
fn what_a_killed_venue_has_on_disk_is_shown_and_the_rest_is_said_to_be_elsewhere() {
    let folder = DataFolder::new();
    let venue = VenueProcess::start(&configure(&folder), &folder.data()).unwrap();
    let mut trader = Trader::connect_as(venue.address, "f", Durability::Synced);
    let order = trader.enter(order("A", Side::Buy, 1000, 5)).order_id.get();
    venue.kill();
    let before = tree(folder.path());
    let (code, lines, error) = ended("cat", &folder.data(), &["--shard", "0"]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("the venue did not stop cleanly: records in shared memory"));
    assert!(
        lines.contains(&format!(" new order {order} buy 5 A ")),
        "{lines}"
    );
    let json = said("stats", &folder.data(), &["--json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    assert!(said("verify", &folder.data(), &[]).contains("did not stop cleanly"));
    assert!(tree(folder.path()) == before, "a file is another one");
}

#[test]
fn damaged_record_is_named_with_file_offset_and_last_good_sequence() {
    let session = Session::run();
    let copy = session.copy("copy");
    let path = segment(&copy, "shard-0");
    let mut bytes = fs::read(&path).unwrap();
    let place = place_of(&bytes, 11).unwrap();
    bytes[place + 40] ^= 1;
    fs::write(&path, bytes).unwrap();
    let words = format!(
        "{} is damaged at offset {place}: a record does not meet its checksum; last good sequence 10",
        path.display()
    );
    all_refuse(&copy, session.folder(), 4, &words);
    // What is good is shown before.
    let (_, lines, _) = ended("cat", &copy, &["--shard", "0"]);
    assert_eq!(lines.lines().count(), 10);
    // Nothing is wrong with what stands before, and with other streams.
    said("at", &copy, &["10", "--shard", "0"]);
    said("cat", &copy, &["--shard", "1"]);
    said("cat", &copy, &["--gateway", "0"]);
}

#[test]
fn damaged_control_journal_leaves_numbers_for_names_and_the_other_streams_readable() {
    let session = Session::run();
    let copy = session.copy("copy");
    let path = segment(&copy, "control");
    let mut bytes = fs::read(&path).unwrap();
    let place = place_of(&bytes, 10).unwrap();
    bytes[place + 40] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (code, lines, error) = ended("cat", &copy, &["--gateway", "0"]);
    assert_eq!(code, 0, "{error}");
    let words = format!(
        "names are missing: {} is damaged at offset {place}: ",
        path.display()
    );
    assert!(error.contains(&words), "{error}");
    assert!(lines.contains(" logon session f "), "{lines}");
    assert!(lines.contains(" logon session #1 "), "{lines}");
    let (code, lines, error) = ended("cat", &copy, &["--control"]);
    assert_eq!((code, lines.lines().count()), (4, 9), "{error}");
}

#[test]
fn stream_that_is_cut_short_missing_or_in_the_place_of_another_is_damaged() {
    let session = Session::run();
    let good = session.folder();
    let cut = session.copy("cut");
    let path = segment(&cut, "shard-0");
    let bytes = fs::read(&path).unwrap();
    let place = place_of(&bytes, 14).unwrap();
    fs::write(&path, &bytes[..place]).unwrap();
    let words = "/cut/shard-0: the records end before ";
    let (code, _, error) = ended("stats", &cut, &[]);
    assert_eq!(code, 4);
    assert!(
        error.contains(words) && error.contains("; last good sequence 13"),
        "{error}"
    );
    let (code, _, error) = ended("verify", &cut, &[]);
    assert!(code == 4 && error.contains(words), "{error}");
    let missing = session.copy("missing");
    fs::remove_dir_all(missing.join("shard-0")).unwrap();
    all_refuse_but_at(&missing, good, "/missing/shard-0: the records end before ");
    let moved = session.copy("moved");
    fs::rename(moved.join("shard-1"), moved.join("shard-x")).unwrap();
    fs::rename(moved.join("shard-0"), moved.join("shard-1")).unwrap();
    fs::rename(moved.join("shard-x"), moved.join("shard-0")).unwrap();
    let words = "the header names another stream than shard-0; last good sequence 0";
    all_refuse(&moved, good, 4, words);
    let text = session.copy("text");
    fs::write(segment(&text, "shard-0"), "a line of text\n").unwrap();
    all_refuse(&text, good, 4, ".mgj is damaged at offset 0: ");
}

/// As [`all_refuse`] with code 4; a sequence that is not there is no damage.
fn all_refuse_but_at(data: &Path, good: &Path, words: &str) {
    for (verb, further) in verbs(good) {
        let further: Vec<_> = further.iter().map(String::as_str).collect();
        let (code, _, error) = ended(verb, data, &further);
        assert_eq!(code, 4, "{verb}: {error}");
        assert!(error.contains(words), "{verb}: {error}");
    }
}

#[test]
fn command_that_is_none_and_a_hash_that_is_not_met_are_damage() {
    let session = Session::run();
    let good = session.folder();
    let unknown = session.copy("unknown");
    // A side that is neither buy nor sell.
    plant(&unknown, "shard-0", session.bid, |record| {
        record[32 + 56] = 9;
    });
    let words = format!("record {}: body of 64 bytes is no New", session.bid);
    all_refuse(&unknown, good, 4, &words);
    let hash = session.copy("hash");
    let venue = VenueProcess::start(&session.config(), &hash).unwrap();
    let mut act = binary();
    act.args(["admin", "end-day", "A", "--data"]).arg(&hash);
    assert!(act.output().unwrap().status.success());
    assert!(venue.stop().success());
    let cat = said("cat", &hash, &["--shard", "0"]);
    let end = cat
        .lines()
        .find(|line| line.contains(" end day A "))
        .unwrap();
    let expired = format!("expired order {} of 2; ", session.bid);
    assert!(end.contains(&expired), "{end}");
    let end: u64 = end.split_once(' ').unwrap().0.parse().unwrap();
    // A state hash has as many bytes.
    plant(&hash, "shard-0", end, |record| record[4] = 33);
    let words = format!("state hash at {end} is ");
    for verb in ["verify", "stats"] {
        let (code, _, error) = ended(verb, &hash, &[]);
        assert!(code == 4 && error.contains(&words), "{verb}: {error}");
    }
    let (code, lines, error) = ended("cat", &hash, &["--shard", "0"]);
    assert!(code == 4 && error.contains(&words), "{error}");
    // The record that is not met is shown.
    assert!(lines.contains(&format!("\n{end} epoch 2 ")), "{lines}");
}

/// Checks that these arguments are refused with these words.
fn refused(data: &Path, cases: &[(&str, &[&str], &str)]) {
    for (verb, arguments, words) in cases {
        let (code, said, error) = ended(verb, data, arguments);
        assert_eq!(
            (code, said.as_str()),
            (2, ""),
            "{verb} {arguments:?}: {error}"
        );
        assert!(error.contains(words), "{verb} {arguments:?}: {error}");
    }
}

#[test]
fn stream_or_range_that_is_not_there_is_refused_in_words() {
    let session = Session::run();
    let second = session.copy("second");
    let second = second.to_str().unwrap();
    let range = ["--shard", "0", "--from", "9", "--to", "8"];
    let nowhere = ["--shard", "0", "--change", "/nowhere.toml"];
    let cases: [(&str, &[&str], &str); 9] = [
        ("cat", &[], "has 2 shards, 0 to 1: name one with --shard"),
        (
            "cat",
            &["--shard", "2"],
            "has no shard 2: it has 2 shards, 0 to 1",
        ),
        (
            "cat",
            &["--gateway", "1"],
            "has no gateway 1: it has 1 gateway, 0",
        ),
        ("cat", &range, "--from 9 is above --to 8"),
        ("cat", &["--shard", "0", "--control"], "cannot be used with"),
        ("cat", &["--shard", "x"], "invalid value 'x'"),
        ("diff", &[], "--data is to be given twice, not 1 times"),
        (
            "diff",
            &["--data", second, "--shard", "3"],
            "has no shard 3: ",
        ),
        ("what-if", &nowhere, "/nowhere.toml: No such file"),
    ];
    refused(&session.data(), &cases);
}

#[test]
fn place_symbol_order_or_account_that_is_not_there_is_refused_in_words() {
    let session = Session::run();
    let cases = [
        ("1 --shard 7", "has no shard 7: "),
        ("0 --shard 0", "no sequence 0: the first one is 1"),
        ("900 --shard 0", "no sequence 900: the last one is "),
        ("12 --shard 0 --symbol B", "no symbol \"B\" at 12; it has A"),
        (
            "12 --shard 0 --account X",
            "no account \"X\" at 12; it has F-1, G-1",
        ),
        (
            "12 --shard 0 --order 1",
            "no order 1 at 12: command 1 is no new order",
        ),
        (
            "12 --shard 0 --order 40",
            "no order 40 at 12: its command comes later",
        ),
        (
            "12 --shard 1 --order 12",
            "order 12 is of shard 0, not of shard 1",
        ),
    ];
    for (arguments, words) in cases {
        let arguments: Vec<_> = arguments.split(' ').collect();
        refused(&session.data(), &[("at", &arguments, words)]);
    }
}
