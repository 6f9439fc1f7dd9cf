//! A real QuestDB under its handle.

use std::path::Path;

use serde_json::json;

use crate::services::questdb::listening;
use crate::services::{QuestDb, QuestDbSettings, ServiceError, or_skip, questdb_jar};

const DDL: &str = "CREATE TABLE t (ts TIMESTAMP_NS, qty LONG) TIMESTAMP(ts) PARTITION BY DAY WAL";
const INSERT: &str = "INSERT INTO t VALUES ('2026-01-02T03:04:05.000000006Z', 9007199254740993)";

fn start(folder: &Path) -> QuestDb {
    QuestDb::start(folder).unwrap()
}

#[test]
fn killed_questdb_comes_back_at_its_address_with_its_rows() {
    if or_skip(questdb_jar()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path());
    let address = server.address();
    assert_eq!(server.query(DDL).unwrap(), json!([]));
    server.query(INSERT).unwrap();

    server.kill();
    assert!(!server.is_running());
    server.restart().unwrap();

    assert_eq!(server.address(), address);
    server.wait_until_applied("t").unwrap();
    assert_eq!(
        server.query("SELECT ts, qty FROM t").unwrap(),
        json!([["2026-01-02T03:04:05.000000006Z", 9_007_199_254_740_993_i64]])
    );
    server.stop();
    assert!(!server.is_running());
}

#[test]
fn refused_query_is_answered_in_the_words_of_questdb() {
    if or_skip(questdb_jar()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let error = server.query("SELECT * FROM nowhere").unwrap_err();
    assert_eq!(
        error.to_string(),
        "table does not exist [table=nowhere] (in \"SELECT * FROM nowhere\")"
    );
    let error = server.wait_until_applied("nowhere").unwrap_err();
    assert_eq!(
        error.to_string(),
        "table nowhere is not a table with a write-ahead log"
    );
}

#[test]
fn questdb_that_cannot_start_is_quoted() {
    if or_skip(questdb_jar()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = QuestDbSettings {
        extra: "no.such.key=1".to_owned(),
        ..QuestDbSettings::default()
    };
    let error = QuestDb::start_with(folder.path(), settings).unwrap_err();
    assert!(matches!(error, ServiceError::Start { .. }));
    let text = error.to_string();
    assert!(text.starts_with("QuestDB ended (exit status: "), "{text}");
    assert!(text.contains("no.such.key"), "{text}");
}

#[test]
fn address_is_read_once_the_log_names_it_in_full() {
    let line = "2026-11-21T12:04:19.286549Z A http-server listening on 127.0.0.1:33359 [fd=1]";
    assert_eq!(listening(line), "127.0.0.1:33359".parse().ok());
    assert_eq!(
        listening(&line.replace("http-server", "http-min-server")),
        None
    );
    let cut = line.split_once(" [").unwrap().0;
    assert_eq!(listening(cut), None);
}
