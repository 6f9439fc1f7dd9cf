//! Every state in which the QuestDB sink cannot go on, told apart, and how it goes on afterwards.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};

use matchgate_bridge::{QuestDbOptions, QuestDbSink};
use matchgate_core::domain::ShardId;

use crate::health::{assert_says, waiting};
use crate::journal::{Journal, complaint, poll_until};
use crate::questdb::{finish, server, start};
use crate::tables::{assert_each_event_once, count};

const A: ShardId = ShardId(0);
const TRADES: &str = include_str!("../../../../schema/questdb/trades.sql");
const TICKS: &str = include_str!("../../../../schema/questdb/ticks.sql");

#[test]
fn absent_server_is_waited_for() {
    let mut journal = Journal::new(1);
    let Some(mut server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    journal.enter(A, 20);
    server.kill();
    let (mut agent, time) = start(&journal, server.address());
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(&reason, &[&server.address().to_string(), "no connection"]);
    server.restart().expect("the server starts again");
    finish(&journal, &mut agent, &time);
    assert_each_event_once(&journal, &server);
}

#[test]
fn missing_tables_are_named_with_the_file_that_makes_them() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    journal.enter(A, 20);
    let (mut agent, time) = journal.agent(Box::new(QuestDbSink::new(QuestDbOptions {
        address: server.address().to_string(),
        ..QuestDbOptions::default()
    })));
    let reason = waiting(complaint(&mut agent, &time));
    let wanted = [
        "table trades does not exist",
        "schema/questdb/trades.sql",
        "create = true",
    ];
    assert_says(&reason, &wanted);
    server.query(TRADES).expect("our definition runs");
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(
        &reason,
        &["table ticks does not exist", "schema/questdb/ticks.sql"],
    );
    server.query(TICKS).expect("our definition runs");
    finish(&journal, &mut agent, &time);
    assert_each_event_once(&journal, &server);
}

#[test]
fn table_of_another_shape_is_named_by_column_found_and_wanted_until_it_is_mended() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    journal.enter(A, 20);
    let other = TRADES
        .replace("epoch INT", "epoch LONG")
        .replace("    qty DOUBLE,\n", "")
        .replace(", seq, idx)", ", seq)");
    server.query(&other).expect("it is made");
    let (mut agent, time) = start(&journal, server.address());
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(
        &reason,
        &[
            "table trades has another shape",
            "column epoch is LONG, in the dedup key, wanted is INT, in the dedup key",
            "column qty is missing, wanted is DOUBLE",
            "column idx is INT, wanted is INT, in the dedup key",
        ],
    );
    server
        .query("RENAME TABLE trades TO trades_before")
        .expect("it is renamed");
    finish(&journal, &mut agent, &time);
    assert_each_event_once(&journal, &server);
}

#[test]
fn table_without_dedup_is_named() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    journal.enter(A, 20);
    server.query(TRADES).expect("our definition runs");
    server
        .query("ALTER TABLE trades DEDUP DISABLE")
        .expect("it is changed");
    let (mut agent, time) = start(&journal, server.address());
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(
        &reason,
        &["table trades", "deduplication is off, wanted is on"],
    );
}

#[test]
fn column_that_changes_under_a_running_sink_is_named() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    journal.enter(A, 20);
    let (mut agent, time) = start(&journal, server.address());
    finish(&journal, &mut agent, &time);
    for change in ["DROP COLUMN px_ticks", "ADD COLUMN px_ticks UUID"] {
        let sql = format!("ALTER TABLE trades {change}");
        server.query(&sql).expect("it is changed");
    }
    journal.enter(A, 2);
    // The server refuses the line, or the look before the cursor is saved finds it.
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(&reason, &["table trades", "px_ticks", "UUID"]);
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(&reason, &["column px_ticks is UUID, wanted is LONG"]);
}

/// Answers every request with one status, as a server that asks for credentials does.
fn refuse_with(status: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let mut client = BufReader::new(client);
            let mut line = String::new();
            while client.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            if client.get_mut().write_all(answer.as_bytes()).is_err() {
                continue;
            }
        }
    });
    address
}

#[test]
fn refused_credentials_are_named() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let mut journal = Journal::new(1);
        journal.enter(A, 20);
        let (mut agent, time) = start(&journal, refuse_with(status));
        let reason = waiting(complaint(&mut agent, &time));
        assert_says(&reason, &["refuses the credentials", &status[..3]]);
    }
}

#[test]
fn tables_that_were_dropped_or_emptied_are_filled_again_and_it_is_said() {
    let changes = [
        "DROP TABLE trades",
        "TRUNCATE TABLE ticks",
        "TRUNCATE TABLE trades",
    ];
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    journal.enter(A, 20);
    for change in changes {
        let (mut agent, time) = start(&journal, server.address());
        finish(&journal, &mut agent, &time);
        assert!(count(&server, "trades") > 0 && count(&server, "ticks") > 0);
        drop(agent);
        server.query(change).expect(change);
        journal.enter(A, 2);
        let (mut agent, time) = start(&journal, server.address());
        finish(&journal, &mut agent, &time);
        assert_says(&agent.health().take_notices().join(" "), &["filled again"]);
        assert_each_event_once(&journal, &server);
    }
}

#[test]
fn tables_that_are_dropped_under_a_running_sink_are_filled_again() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    journal.enter(A, 20);
    let (mut agent, time) = start(&journal, server.address());
    finish(&journal, &mut agent, &time);
    server.query("DROP TABLE trades").expect("it is dropped");
    journal.enter(A, 2);
    let mut notices = Vec::new();
    poll_until(&mut agent, &time, "it is said", |agent| {
        notices.extend(agent.health().take_notices());
        notices.join(" ").contains("filled again")
    });
    finish(&journal, &mut agent, &time);
    assert_each_event_once(&journal, &server);
}
