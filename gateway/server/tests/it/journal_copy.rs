//! `matchgate journal salvage` and `cut`: what is left of a damaged directory starts again, and the
//! damaged one stays as it is.

use std::fs;
use std::path::Path;

use matchgate_core::domain::{Durability, Side};

use crate::data_folder::DataFolder;
use crate::journal_session::{Session, ended, place_of, said, segment, tree};
use crate::trader::{Trader, order};
use crate::venue_process::VenueProcess;

/// Spoils record `bad` of the first shard.
fn spoil(data: &Path, bad: u64) {
    let path = segment(data, "shard-0");
    let mut bytes = fs::read(&path).unwrap();
    let place = place_of(&bytes, bad).unwrap();
    bytes[place + 40] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn to(path: &Path) -> [&str; 2] {
    ["--to", path.to_str().unwrap()]
}

#[test]
fn damaged_directory_does_not_start_and_what_is_salvaged_of_it_does() {
    let session = Session::run();
    let damaged = session.copy("damaged");
    spoil(&damaged, 11);
    let (status, error) = VenueProcess::start(&session.config(), &damaged).unwrap_err();
    assert_eq!(status.code(), Some(4));
    assert!(error.contains("last good sequence 10"), "{error}");
    let before = tree(&damaged);
    let salvaged = session.folder().join("salvaged");
    let (code, lines, error) = ended("salvage", &damaged, &to(&salvaged));
    assert_eq!(code, 0, "{error}");
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines[0], "shard-0: through sequence 10 in 1 segment");
    assert!(lines[1].contains("shard-0/00000000000000000001.mgj is damaged at offset "));
    assert!(lines[2].ends_with(" was known to be on disk"), "{lines:?}");
    assert!(lines[3].starts_with("shard-1: through sequence "));
    assert!(tree(&damaged) == before, "the damaged one has changed");

    // State and hash are those of the original there.
    let at = |data: &Path| said("at", data, &["10", "--shard", "0"]);
    assert_eq!(at(&salvaged), at(&session.data()));
    let venue = VenueProcess::start(&session.config(), &salvaged).unwrap();
    assert!(
        venue.said[0].contains("after a loss of power"),
        "{:?}",
        venue.said
    );
    // A member trades on it, and no order id comes again.
    let mut trader = Trader::connect_as(venue.address, "f", Durability::Synced);
    let entered = trader.enter(order("A", Side::Buy, 900, 5)).order_id.get();
    assert!(entered > session.iceberg, "{entered}");
    trader.log_out();
    assert!(venue.stop().success());
    said("verify", &salvaged, &[]);
}

#[test]
fn cut_directory_ends_at_the_sequence_and_starts() {
    let session = Session::run();
    let cut = session.folder().join("cut");
    let lines = said(
        "cut",
        &session.data(),
        &[&["--shard", "0", "--through", "12"][..], &to(&cut)].concat(),
    );
    assert!(lines.starts_with("shard-0: through sequence 12 in 1 segment\n"));
    let at = |data: &Path| said("at", data, &["12", "--shard", "0"]);
    assert_eq!(at(&cut), at(&session.data()));
    let (code, _, error) = ended("at", &cut, &["13", "--shard", "0"]);
    assert_eq!(code, 2);
    assert!(error.contains("the last one is 12"), "{error}");
    let venue = VenueProcess::start(&session.config(), &cut).unwrap();
    assert!(venue.stop().success());
}

#[test]
fn copy_in_a_place_that_is_taken_or_of_nothing_is_refused() {
    let session = Session::run();
    let other = DataFolder::new();
    fs::create_dir(other.data()).unwrap();
    fs::write(other.data().join("letter"), "dear").unwrap();
    let before = tree(other.path());
    let (taken, copy) = (other.data(), session.folder().join("copy"));
    for (verb, further) in [
        ("salvage", &[][..]),
        ("cut", &["--shard", "0", "--through", "3"][..]),
    ] {
        let arguments = [further, &to(&taken)].concat();
        let (code, _, error) = ended(verb, &session.data(), &arguments);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains("is not empty: a copy needs a folder of its own"));
        let nothing = session.folder().join("nothing");
        let arguments = [further, &to(&copy)].concat();
        let (code, _, error) = ended(verb, &nothing, &arguments);
        assert_eq!(code, 2, "{error}");
    }
    assert!(tree(other.path()) == before);
    let arguments = ["--shard", "7", "--through", "3", "--to", "nowhere"];
    let (code, _, error) = ended("cut", &session.data(), &arguments);
    assert_eq!(code, 2);
    assert!(error.contains("has no shard 7: it has 2 shards"), "{error}");
}
