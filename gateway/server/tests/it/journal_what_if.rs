//! `matchgate journal what-if` on the data directory of a real session.

use std::path::Path;

use matchgate_core::domain::Side;
use matchgate_schema::message::ClientMessage;
use serde_json::Value;

use crate::data_folder::DataFolder;
use crate::journal_session::{Session, busy_market, configure, ended, said, sequence_of, verified};
use crate::member::Random;
use crate::trader::{Trader, order};
use crate::venue_process::VenueProcess;

/// Orders of a flow that is left out in part.
const ORDERS: u64 = 240;

/// Runs what-if on shard 0 with a file of this text.
fn what_if(session: &Session, change: &str) -> (i32, String, String) {
    let file = session.folder().join("change.toml");
    std::fs::write(&file, change).unwrap();
    let further = ["--shard", "0", "--change", file.to_str().unwrap()];
    ended("what-if", &session.data(), &further)
}

/// Returns the two columns of a row.
fn row<'a>(said: &'a str, name: &str) -> [&'a str; 2] {
    let mut lines = said.lines();
    let line = lines.find(|line| line.starts_with(name)).unwrap();
    let mut words = line[name.len()..].split_whitespace();
    [words.next().unwrap(), words.next().unwrap()]
}

#[test]
fn what_if_of_no_change_is_no_difference() {
    let session = Session::run();
    let (_, hash) = verified(&session.data(), 0);
    // As it was already.
    let same = format!(
        "[[change]]\nsequence = {}\nprice = \"10.00\"\n",
        session.bid
    );
    for change in ["", &same] {
        let (code, said, error) = what_if(&session, change);
        assert_eq!((code, error.as_str()), (0, ""));
        assert!(said.contains("\nno event differs\n"), "{said}");
        assert_eq!(row(&said, "state hash"), [hash.as_str(), hash.as_str()]);
        assert_eq!(row(&said, "fills"), ["1", "1"]);
    }
}

#[test]
fn busy_market_is_the_same_with_no_change_and_goes_on_with_many() {
    let market = busy_market();
    let ask = |change: &str| {
        let file = market.path().join("change.toml");
        std::fs::write(&file, change).unwrap();
        said(
            "what-if",
            &market.data(),
            &["--change", file.to_str().unwrap()],
        )
    };
    let (last, hash) = verified(&market.data(), 0);
    let same = ask("");
    assert!(same.contains("\nno event differs\n"), "{same}");
    assert_eq!(row(&same, "state hash"), [hash.as_str(), hash.as_str()]);
    // Every tenth command is left out, whatever it is, once the definitions are there.
    let sequences = (10..=last).step_by(10);
    let changes =
        sequences.map(|sequence| format!("[[change]]\nsequence = {sequence}\ndrop = true\n"));
    let changes: Vec<_> = changes.collect();
    let other = ask(&changes.concat());
    let commands = last - u64::try_from(changes.len()).unwrap();
    assert_eq!(
        row(&other, "commands"),
        [last.to_string(), commands.to_string()]
    );
    assert_ne!(row(&other, "fills")[0], row(&other, "fills")[1]);
}

#[test]
fn what_if_tells_the_first_event_that_differs_and_what_both_come_to() {
    let session = Session::run();
    let Session {
        bid, second, taker, ..
    } = session;
    let change = format!("[[change]]\nsequence = {bid}\nquantity = 1\nprice = \"10.01\"\n");
    let (code, said, _) = what_if(&session, &change);
    assert_eq!(code, 0);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "shard 0, 1 change");
    assert!(
        lines[1].starts_with(&format!("first difference at {taker} epoch 1 ")),
        "{said}"
    );
    let traded =
        |quantity, price| format!("traded {quantity} A at {price} aggressor {taker} resting {bid}");
    assert_eq!(lines[3], format!("  event 1    {}", traded(2, "10")));
    assert_eq!(lines[4], format!("  what if    {}", traded(1, "10.01")));
    assert_eq!(row(&said, "traded A"), ["2", "1"]);
    // The reduce to 4 finds an order that is filled.
    assert_eq!(row(&said, "refused"), ["1", "2"]);
    // Without the first bid the second one trades nothing: it asks for less.
    let (_, said, _) = what_if(
        &session,
        &format!("[[change]]\nsequence = {bid}\ndrop = true\n"),
    );
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines[3..6],
        [
            "  changed    left out".to_owned(),
            format!("  event 0    accepted {bid}"),
            "  what if    nothing".to_owned(),
        ]
    );
    assert_eq!(row(&said, "fills"), ["1", "0"]);
    assert_eq!(row(&said, "live orders"), ["2", "2"]);
    assert_ne!(row(&said, "state hash")[0], row(&said, "state hash")[1]);
    // Other limits: the order that was refused is taken.
    let (_, said, _) = what_if(&session, "[[change]]\nsequence = 3\nprice_min = \"0.01\"\n");
    assert!(
        said.contains("\n  event 0    rejected 301 price below"),
        "{said}"
    );
    assert!(said.contains("\n  what if    accepted "), "{said}");
    assert_eq!(row(&said, "refused"), ["1", "0"]);
    assert!(second > bid);
}

/// Enters orders that meet, on a venue of its own; those of `left_out` are not sent. Returns the
/// folder of its data directory.
fn flow(left_out: impl Fn(u64) -> bool) -> DataFolder {
    let folder = DataFolder::new();
    let venue = VenueProcess::start(&configure(&folder), &folder.data()).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    let mut random = Random(5);
    for number in 0..ORDERS {
        let side = [Side::Buy, Side::Sell][usize::from(random.below(2) == 0)];
        let price = 1000 + i64::try_from(random.below(6)).unwrap();
        let order = order("A", side, price, 1 + random.below(9));
        if !left_out(number) {
            trader.submit(ClientMessage::NewOrder(order));
        }
    }
    let last = trader.submit(ClientMessage::NewOrder(order("A", Side::Buy, 100, 1)));
    trader.flush();
    while trader.report().request() != last {}
    trader.log_out();
    assert!(venue.stop().success());
    folder
}

#[test]
fn what_if_ends_in_the_book_of_a_venue_that_never_had_the_orders_left_out() {
    let left_out = |number: u64| number % 7 == 3;
    let (all, fewer) = (flow(|_| false), flow(left_out));
    let cat = said("cat", &all.data(), &["--shard", "0", "--json"]);
    let commands = cat
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let orders = commands.filter(|command| command["kind"] == "new_order");
    let dropped = orders
        .zip(0..ORDERS)
        .filter(|(_, number)| left_out(*number));
    let changes = dropped.map(|(order, _)| {
        format!(
            "[[change]]\nsequence = {}\ndrop = true\n",
            order["sequence"]
        )
    });
    let changes: Vec<_> = changes.collect();
    assert!(changes.len() > 20);
    let file = all.path().join("change.toml");
    std::fs::write(&file, changes.concat()).unwrap();
    let further = ["--shard", "0", "--change", file.to_str().unwrap()];
    let told = said("what-if", &all.data(), &further);
    let [was, is] = row(&told, "book A");
    let hash = |data: &Path| {
        let (last, _) = verified(data, 0);
        let state = said("at", data, &[&last.to_string(), "--shard", "0", "--json"]);
        let state: Value = serde_json::from_str(&state).unwrap();
        state["instruments"][0]["book_hash"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (was, is),
        (hash(&all.data()).as_str(), hash(&fewer.data()).as_str())
    );
    assert_ne!(was, is);
    let fills = said("stats", &fewer.data(), &["--json"]);
    let fills: Value = serde_json::from_str(&fills).unwrap();
    assert_eq!(
        row(&told, "fills")[1],
        fills[1]["shard"]["fills"].to_string()
    );
}

#[test]
fn order_that_lives_on_takes_no_slot_from_those_that_follow() {
    let session = Session::run();
    let slot = |order: u64| {
        let number = sequence_of(order).to_string();
        let one = ["--shard", "0", "--from", &number, "--to", &number, "--json"];
        let said = said("cat", &session.data(), &one);
        serde_json::from_str::<Value>(&said).unwrap()["slot"].as_u64()
    };
    assert_eq!(slot(session.second), slot(session.iceberg));
    let cat = said("cat", &session.data(), &["--shard", "0"]);
    let cancel = cat
        .lines()
        .find(|line| line.contains(" cancel order "))
        .unwrap();
    let cancel = cancel.split_once(' ').unwrap().0;
    let (_, said, _) = what_if(
        &session,
        &format!("[[change]]\nsequence = {cancel}\ndrop = true\n"),
    );
    assert_eq!(row(&said, "refused"), ["1", "1"], "{said}");
    assert_eq!(row(&said, "orders"), ["4", "4"]);
    assert_eq!(row(&said, "live orders"), ["2", "3"]);
}

#[test]
fn order_that_outlives_its_expire_time_is_said() {
    let session = Session::run();
    let number = sequence_of(session.bid).to_string();
    let one = ["--shard", "0", "--from", &number, "--to", &number, "--json"];
    let bid: Value = serde_json::from_str(&said("cat", &session.data(), &one)).unwrap();
    let until = bid["time_ns"].as_u64().unwrap() + 1;
    let change = format!(
        "[[change]]\nsequence = {number}\ntime_in_force = \"gtd\"\nexpire_time_ns = {until}\n"
    );
    let (code, said, error) = what_if(&session, &change);
    assert_eq!(code, 0, "{error}");
    // The next one is the second order.
    let from = format!(
        "\nfrom {} on an order lives past its expire time: ",
        session.second
    );
    assert!(said.contains(&from), "{said}");
}

/// Checks that a change of the command `sequence` by this line is refused with these words.
fn refused(session: &Session, sequence: u64, field: &str, words: &str) {
    let change = format!("[[change]]\nsequence = {sequence}\n{field}\n");
    let (code, said, error) = what_if(session, &change);
    assert_eq!((code, said.as_str()), (2, ""), "{error}");
    let expected = format!("/change.toml:{words}");
    assert!(error.contains(&expected), "{error}\n{expected}");
}

#[test]
fn key_or_command_that_is_not_there_is_refused_with_file_line_and_what_is_allowed() {
    let session = Session::run();
    let (last, _) = verified(&session.data(), 0);
    let cat = said("cat", &session.data(), &["--shard", "0"]);
    let cancel = cat
        .lines()
        .find(|line| line.contains(" cancel order "))
        .unwrap();
    let cancel = cancel.split_once(' ').unwrap().0.parse().unwrap();
    let cases = [
        (session.bid, "prise = 1", "3: prise: is no key; allowed: "),
        (last + 1, "drop = true", "1: sequence: there is no command "),
        (
            cancel,
            "price = 1",
            "3: price: is no key of a cancel; allowed: drop",
        ),
        (
            3,
            "quantity = 1",
            "3: quantity: is no key of a define instrument; ",
        ),
    ];
    for (sequence, field, words) in cases {
        refused(&session, sequence, field, words);
    }
}

#[test]
fn value_out_of_bounds_is_refused_with_file_line_key_and_what_is_allowed() {
    let session = Session::run();
    let cases = [
        (
            "price = \"0.0000000001\"",
            "3: price: \"0.0000000001\" has more than 9 digits",
        ),
        ("price = 1.5", "3: price: 1.5 is not a decimal number "),
        (
            "price = \"1e5\"",
            "3: price: \"1e5\" is not a decimal number ",
        ),
        (
            "quantity = -1",
            "3: quantity: -1 is out of range; allowed: \"0\" to ",
        ),
        (
            "quantity = \"0.5\"",
            "3: quantity: \"0.5\" has more than 0 digits ",
        ),
        ("side = \"up\"", "3: side: \"up\"; allowed: buy, sell"),
        ("post_only = 1", "3: post_only: 1; allowed: true, false"),
        (
            "time_in_force = \"ioc\"\nexpire_time_ns = -1",
            "4: expire_time_ns: -1; allowed: ",
        ),
    ];
    for (field, words) in cases {
        refused(&session, session.bid, field, words);
    }
    let limits = "1: change: these limits do not go together; allowed: ";
    refused(&session, 3, "price_min = \"1001\"", limits);
    refused(&session, 3, "tick = 0", limits);
}
