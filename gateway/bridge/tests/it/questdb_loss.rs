//! Rows that a QuestDB had confirmed and no longer has: each is written again, whatever took them
//! and however many came behind them.

use std::path::Path;

use matchgate_bridge::{QuestDbOptions, QuestDbSink};
use matchgate_core::domain::ShardId;
use matchgate_follower::sink::{HeldEvent, Sink};
use matchgate_follower::{FollowerAgent, Publication, PublicationBody, SinkHealth};
use matchgate_runtime::{Agent, ManualTime};
use matchgate_xtask::services::{QuestDb, QuestDbSettings, or_skip, questdb_jar};

use crate::journal::Journal;
use crate::questdb::{finish, server, start};
use crate::tables::{assert_each_event_once, count};

const A: ShardId = ShardId(0);
const B: ShardId = ShardId(1);
const TRADES: &str = include_str!("../../../../schema/questdb/trades.sql");

/// Ways to empty a table.
const CHANGES: [&[&str]; 3] = [
    &["TRUNCATE TABLE trades"],
    // The server may refuse the batch behind it, so a row is put in.
    &[
        "CREATE TABLE kept AS (SELECT * FROM trades LIMIT 1)",
        "DROP TABLE trades",
        TRADES,
        "INSERT INTO trades SELECT * FROM kept",
        "DROP TABLE kept",
    ],
    &["TRUNCATE TABLE ticks"],
];

fn change(server: &QuestDb, statements: &[&str]) {
    for statement in statements {
        server.query(statement).expect(statement);
    }
}

/// Ends what was begun, and checks that it was said and that nothing is missing.
fn assert_filled_again(
    journal: &Journal,
    server: &QuestDb,
    (agent, time): &mut (FollowerAgent, ManualTime),
    what: &str,
) {
    finish(journal, agent, time);
    let notices = agent.health().take_notices().join(" ");
    assert!(notices.contains("filled again"), "{what}: {notices:?}");
    assert_each_event_once(journal, server);
}

#[test]
fn table_that_is_emptied_before_the_next_batch_is_filled_again() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    let mut running = start(&journal, server.address());
    for statements in CHANGES {
        journal.enter(A, 20);
        finish(&journal, &mut running.0, &running.1);
        change(&server, statements);
        journal.enter(A, 20);
        // No look in between: the time stands.
        running.0.poll();
        assert!(count(&server, "trades") > 0, "{statements:?}");
        assert!(count(&server, "ticks") > 0, "{statements:?}");
        assert_filled_again(&journal, &server, &mut running, statements[0]);
    }
}

#[test]
fn table_that_is_emptied_before_the_first_look_is_filled_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = server(folder.path()) else {
        return;
    };
    for statements in CHANGES {
        let mut journal = Journal::new(1);
        journal.enter(A, 20);
        let mut running = start(&journal, server.address());
        while count_or_none(&server, "ticks") == 0 {
            running.0.poll();
        }
        change(&server, statements);
        journal.enter(A, 20);
        running.0.poll();
        assert!(count(&server, "trades") > 0, "{statements:?}");
        assert!(count(&server, "ticks") > 0, "{statements:?}");
        assert_filled_again(&journal, &server, &mut running, statements[0]);
        change(&server, &["DROP TABLE trades", "DROP TABLE ticks"]);
    }
}

/// Returns the rows of a table; 0 before it is made.
fn count_or_none(server: &QuestDb, table: &str) -> u64 {
    match server.query(&format!("SELECT * FROM {table} LIMIT 0")) {
        Ok(_) => count(server, table),
        Err(_) => 0,
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("it is copied");
        }
    }
}

#[test]
fn older_store_that_is_put_back_is_filled_again() {
    for is_restarted in [true, false] {
        let mut journal = Journal::new(1);
        let folder = journal.folder().join("questdb");
        let backup = journal.folder().join("backup");
        let Some(mut server) = server(&folder) else {
            return;
        };
        journal.enter(A, 40);
        let mut running = start(&journal, server.address());
        finish(&journal, &mut running.0, &running.1);
        assert_each_event_once(&journal, &server);
        server.kill();
        copy(&folder.join("db"), &backup);
        server.restart().expect("the server starts again");
        journal.enter(A, 40);
        finish(&journal, &mut running.0, &running.1);
        assert_eq!(count(&server, "trades"), 40);
        server.kill();
        std::fs::remove_dir_all(folder.join("db")).expect("it is removed");
        copy(&backup, &folder.join("db"));
        server.restart().expect("the server starts again");
        assert_eq!(count(&server, "trades"), 20);
        journal.enter(A, 2);
        if is_restarted {
            running = start(&journal, server.address());
        }
        assert_filled_again(&journal, &server, &mut running, "older store");
    }
}

#[test]
fn newest_trade_of_each_shard_is_told() {
    let mut journal = Journal::new(2);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    let mut sink = QuestDbSink::new(QuestDbOptions {
        address: server.address().to_string(),
        ..QuestDbOptions::default()
    });
    assert_eq!(sink.newest(), Ok(Vec::new()), "there is no table");
    journal.enter(A, 20);
    journal.sweep(B, 35);
    let (mut agent, time) = start(&journal, server.address());
    finish(&journal, &mut agent, &time);
    // What follows leads to no trade.
    journal.enter(A, 1);
    finish(&journal, &mut agent, &time);
    let shards = journal.publications().into_iter().map(|told| {
        let is_fill = |one: &&Publication| matches!(one.body, PublicationBody::Fill(_));
        let last = told.iter().rfind(is_fill).expect("a fill");
        HeldEvent {
            id: last.id,
            time_ns: last.time_ns,
        }
    });
    let expected: Vec<_> = shards.collect();
    let mut found = sink.newest().expect("it is told");
    found.sort_by_key(|held| held.id.shard);
    assert_eq!(found, expected);
}

#[test]
fn log_that_is_not_applied_keeps_nothing_waiting_and_is_not_taken_for_proof() {
    let mut journal = Journal::new(1);
    let folder = journal.folder().join("questdb");
    if or_skip(questdb_jar()).is_none() {
        return;
    }
    let settings = QuestDbSettings {
        extra: "dev.mode.enabled=true".to_owned(),
        ..QuestDbSettings::default()
    };
    let server = QuestDb::start_with(&folder, settings).expect("the server starts");
    journal.enter(A, 20);
    let mut running = start(&journal, server.address());
    finish(&journal, &mut running.0, &running.1);
    change(&server, &["ALTER TABLE trades SUSPEND WAL"]);
    journal.enter(A, 20);
    finish(&journal, &mut running.0, &running.1);
    assert_eq!(running.0.health().get(), SinkHealth::Healthy);
    assert!(running.0.health().take_notices().is_empty());
    // Whoever starts now cannot know what the table will show.
    let mut running = start(&journal, server.address());
    running.0.poll();
    change(&server, &["ALTER TABLE trades RESUME WAL"]);
    assert_filled_again(&journal, &server, &mut running, "owed proof");
}
