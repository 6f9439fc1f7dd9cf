//! `matchgate journal at` on the data directory of a real session: the state behind every command.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{Durability, SequenceNumber, ShardId, Side};
use matchgate_follower::recover_shard;
use matchgate_journal::DataDirectory;
use serde_json::Value;

use crate::data_folder::DataFolder;
use crate::journal_session::{Session, configure, ended, said, sequence_of, verified};
use crate::restart::lose_power;
use crate::trader::{Trader, order};
use crate::venue_process::VenueProcess;

#[test]
fn state_behind_every_command_is_that_of_recovery_up_to_it() {
    let session = Session::run();
    let data = session.data();
    let meta = DataDirectory::read_meta(&data).unwrap().unwrap();
    let fixed = |key: &str| u32::try_from(meta.fixed[key]).unwrap();
    let capacity = ShardCapacity {
        orders: fixed("orders_per_shard_max"),
        levels: fixed("levels_per_side_max"),
        instruments: fixed("instruments_max"),
        accounts: fixed("accounts_max"),
        sessions: fixed("sessions_max"),
        gateways: meta.gateways,
    };
    let (last, verified_hash) = verified(&data, 0);
    let mut hash = String::new();
    for sequence in 1..=last {
        let arguments = [&sequence.to_string(), "--shard", "0", "--json"];
        let state: Value = serde_json::from_str(&said("at", &data, &arguments)).unwrap();
        let through = SequenceNumber(sequence);
        let shard = recover_shard(&data.join("shard-0"), ShardId(0), capacity, through).unwrap();
        assert_eq!(state["sequence"], sequence);
        hash = format!("{:032x}", shard.state_hash());
        assert_eq!(
            state["state_hash"].as_str(),
            Some(hash.as_str()),
            "{sequence}"
        );
    }
    assert_eq!(hash, verified_hash);
}

/// Asks for the state of shard 0 as JSON.
fn ask(session: &Session, sequence: &str, further: &[&str]) -> Value {
    let mut arguments = vec![sequence, "--shard", "0", "--json"];
    arguments.extend(further);
    let said = said("at", &session.data(), &arguments);
    serde_json::from_str(&said).unwrap()
}

#[test]
fn at_shows_book_and_account_as_they_were() {
    let session = Session::run();
    let Session {
        bid, second, taker, ..
    } = session;
    let traded = sequence_of(taker).to_string();
    let then = ask(&session, &traded, &["--symbol", "A", "--account", "F-1"]);
    assert_eq!(then["live_orders"], 2);
    let instrument = &then["instruments"][0];
    let best = ["phase", "best_bid", "last_trade"].map(|key| instrument[key].as_str().unwrap());
    assert_eq!(best, ["continuous", "10", "10"]);
    assert_eq!(instrument["best_ask"], Value::Null);
    let bids = then["book"]["bids"].as_array().unwrap();
    let level = |level: &Value| {
        let orders = level["orders"].as_array().unwrap();
        let orders = orders.iter().map(|one| one["order"].as_u64().unwrap());
        (
            level["price"].as_str().unwrap().to_owned(),
            level["displayed_units"].as_u64().unwrap(),
            orders.collect::<Vec<_>>(),
        )
    };
    let levels: Vec<_> = bids.iter().map(level).collect();
    let expected = [
        ("10".to_owned(), 3, vec![bid]),
        ("9.99".to_owned(), 3, vec![second]),
    ];
    assert_eq!(levels, expected);
    let position = &then["account"]["positions"][0];
    assert_eq!(
        (&position["position_units"], &position["cash"]),
        (&2.into(), &"-20".into())
    );
    assert_eq!(then["account"]["live_orders"].as_array().unwrap().len(), 2);
}

#[test]
fn at_tells_what_happened_to_an_order() {
    let session = Session::run();
    let Session {
        bid, second, taker, ..
    } = session;
    let (last, _) = verified(&session.data(), 0);
    let now = ask(
        &session,
        &last.to_string(),
        &["--order", &second.to_string(), "--account", "G-1"],
    );
    assert_eq!(now["order"]["state"], "ended");
    let history = now["order"]["history"].as_array().unwrap();
    let events: Vec<_> = history
        .iter()
        .map(|one| one["event"].as_str().unwrap())
        .collect();
    let expected = [
        format!("accepted {second}"),
        format!("replaced order {second} price 9.98 quantity 4 leaves 4"),
        format!("canceled order {second} of 4 requested"),
    ];
    assert_eq!(events, expected);
    assert_eq!(now["account"]["positions"][0]["position"], "-2");
    let traded = sequence_of(taker).to_string();
    let text = said(
        "at",
        &session.data(),
        &[
            &traded,
            "--shard",
            "0",
            "--symbol",
            "A",
            "--order",
            &bid.to_string(),
        ],
    );
    let expected = format!(
        "order {bid} is live, partly filled: buy 5 A limit 10 day cumulative 2 leaves 3 account F-1"
    );
    assert!(text.contains(&expected), "{text}");
    assert!(
        text.contains("\n  bid 10: 3 displayed, orders 1\n"),
        "{text}"
    );
}

#[test]
fn order_says_of_which_shard_it_is() {
    let session = Session::run();
    let (sequence, order) = (sequence_of(session.offer), session.offer.to_string());
    let text = said(
        "at",
        &session.data(),
        &[&sequence.to_string(), "--order", &order],
    );
    assert!(
        text.starts_with(&format!("shard 1 sequence {sequence} epoch 1 ")),
        "{text}"
    );
    let expected =
        format!("\norder {order} is live: sell 1.5 B limit 20 day cumulative 0 leaves 1.5 ");
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn sequence_that_a_loss_of_power_took_is_named_with_the_nearest_ones() {
    let folder = DataFolder::new();
    let (config, data) = (configure(&folder), folder.data());
    let venue = VenueProcess::start(&config, &data).unwrap();
    let mut trader = Trader::connect_as(venue.address, "f", Durability::Synced);
    let before = trader.enter(order("A", Side::Buy, 1000, 5)).order_id;
    venue.kill();
    lose_power(&data);
    let venue = VenueProcess::start(&config, &data).unwrap();
    let mut trader = Trader::connect_as(venue.address, "f", Durability::Synced);
    let behind = trader.enter(order("A", Side::Buy, 1001, 5)).order_id;
    trader.log_out();
    assert!(venue.stop().success());
    let streams: Value = serde_json::from_str(&said("stats", &data, &["--json"])).unwrap();
    let gap = &streams[1]["gaps"][0];
    let [last, next] = ["after", "before"].map(|key| gap[key].as_u64().unwrap());
    assert!(
        last >= before.sequence().get() && next <= behind.sequence().get(),
        "{gap}"
    );
    assert_eq!(gap["sequences"], next - last - 1);
    let epochs = streams[1]["epochs"].as_array().unwrap().iter();
    let epochs: Vec<_> = epochs.map(|one| one["epoch"].as_u64().unwrap()).collect();
    assert_eq!(epochs, [1, 2]);
    let asked = last + 1;
    let (code, _, error) = ended("at", &data, &[&asked.to_string(), "--shard", "0"]);
    let expected = format!(
        "matchgate: there is no sequence {asked}: the nearest ones are {last} and {next}: those \
         between were never given\n"
    );
    assert_eq!((code, error), (2, expected));
}
