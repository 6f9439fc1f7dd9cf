//! `matchgate journal diff` on the data directories of real sessions.

use matchgate_core::domain::Side;

use crate::journal_session::{Session, ended, plant, sequence_of, verified};
use crate::trader::{Trader, order};
use crate::venue_process::VenueProcess;

#[test]
fn diff_of_a_copy_finds_nothing_and_a_planted_difference_is_told_in_words() {
    let session = Session::run();
    let copy = session.copy("copy");
    let compare = |further: &[&str]| {
        let mut arguments = vec!["--data", copy.to_str().unwrap()];
        arguments.extend(further);
        ended("diff", &session.data(), &arguments)
    };
    let (code, said, _) = compare(&[]);
    let (last, hash) = verified(&session.data(), 0);
    assert_eq!(code, 0);
    let expected =
        format!("shard 0: {last} commands and their events are equal, state hash {hash} in both\n");
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(said.lines().count(), 2);
    // The quantity of an order stands at 40 of its body.
    let place = sequence_of(session.taker);
    plant(&copy, "shard-0", place, |record| record[32 + 40] = 1);
    let (code, said, error) = compare(&[]);
    let expected = format!("matchgate: the journals differ: shard 0 sequence {place}: quantity\n");
    assert_eq!((code, error), (1, expected));
    let lines: Vec<_> = said.lines().collect();
    let equal = place - 1;
    assert_eq!(
        lines[0],
        format!("shard 0: {equal} commands are equal, the next one is not")
    );
    let words = |quantity| format!(" new order {place} sell {quantity} A limit 10 day");
    assert!(
        lines[1].contains(&words(2)) && lines[2].contains(&words(1)),
        "{said}"
    );
    assert_eq!(lines[3..], ["  quantity: 2 and 1"]);
    // The other shard is as it was.
    let (code, said, _) = compare(&["--shard", "1"]);
    assert_eq!((code, said.lines().count()), (0, 1));
}

#[test]
fn diff_tells_which_directory_ends_before() {
    let session = Session::run();
    let copy = session.copy("copy");
    let config = session.config();
    let venue = VenueProcess::start(&config, &session.data()).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    let further = trader.enter(order("A", Side::Buy, 900, 1)).order_id.get();
    trader.log_out();
    assert!(venue.stop().success());
    let other = ["--shard", "0", "--data", copy.to_str().unwrap()];
    let (code, said, error) = ended("diff", &session.data(), &other);
    assert_eq!(code, 1);
    assert!(error.ends_with(": one of them ends before\n"), "{error}");
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[1].contains(&format!(" new order {further} buy 1 A limit 9 ")),
        "{said}"
    );
    assert!(
        lines[2].ends_with("/copy: nothing: it ends before"),
        "{said}"
    );
}
