//! A real QuestDB, in a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::{POLL_STEP, Process, make_folder, write};
use super::server::{Kind, Server};
use super::{Missing, ServiceError, http, java, questdb_jar};

const SERVER: &str = "QuestDB";
/// How long one question may take while the server starts.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a query may take.
const QUERY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long rows that the server took may stay invisible.
const APPLY_DEADLINE: Duration = Duration::from_secs(60);
/// What stands before the address in the server's log.
const LISTENING: &str = " http-server listening on ";

/// Small enough to run beside what is tested, and strict: no table or column by accident, no
/// key that the server does not know.
const CONFIGURATION: &str = "\
http.min.net.bind.to=127.0.0.1:0
pg.enabled=false
line.tcp.enabled=false
line.udp.enabled=false
line.auto.create.new.tables=false
line.auto.create.new.columns=false
metrics.enabled=true
telemetry.disable.completely=true
http.static.public.directory=none
cairo.writer.data.append.page.size=1M
config.validation.strict=true
shared.network.worker.count=1
shared.query.worker.count=1
shared.write.worker.count=1
wal.apply.worker.count=1
mat.view.refresh.worker.count=1
view.compiler.worker.count=1
";

/// What a test may want of a QuestDB beyond the ordinary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestDbSettings {
    /// Whether rows are on the disk before they are acknowledged; else in the page cache.
    pub sync_always: bool,
    /// More lines of `server.conf`, each `key=value`.
    pub extra: String,
}

/// A QuestDB, HTTP only: lines and queries at one address, ready when it answers a query.
pub type QuestDb = Server<QuestDbKind>;

/// The kind of a [`QuestDb`].
#[derive(Debug)]
pub struct QuestDbKind;

impl QuestDb {
    /// Runs one statement; returns its rows, each an array of column values. A statement without
    /// a result, such as `CREATE TABLE`, has an empty array of rows.
    ///
    /// # Errors
    ///
    /// Returns the server's own words when it refuses the statement, or why it did not answer
    /// within 60 s.
    pub fn query(&self, sql: &str) -> Result<Value, ServiceError> {
        query(self.address(), sql, QUERY_TIMEOUT)
    }

    /// Waits until everything that `table` was sent, and the server acknowledged, is visible to
    /// queries.
    ///
    /// # Errors
    ///
    /// Returns an error when there is no such table with a write-ahead log, when it is suspended,
    /// when it has not caught up within 60 s, or when the server does not answer.
    pub fn wait_until_applied(&self, table: &str) -> Result<(), ServiceError> {
        let failed = |reason: String| ServiceError::NotApplied {
            table: table.to_owned(),
            reason,
        };
        let sql = format!(
            "SELECT suspended, writerTxn, sequencerTxn FROM wal_tables() WHERE name = '{}'",
            table.replace('\'', "''")
        );
        let deadline = Instant::now() + APPLY_DEADLINE;
        loop {
            let rows = self.query(&sql)?;
            let (suspended, written, sequenced) = (&rows[0][0], &rows[0][1], &rows[0][2]);
            if rows[0].is_null() {
                return Err(failed("is not a table with a write-ahead log".to_owned()));
            }
            if suspended == &Value::Bool(true) {
                return Err(failed("is suspended".to_owned()));
            }
            if written == sequenced {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(failed(format!("is at {written} of {sequenced}")));
            }
            thread::sleep(POLL_STEP);
        }
    }
}

impl Kind for QuestDbKind {
    type Settings = QuestDbSettings;

    const SCHEME: &'static str = "http";
    const LOG: &'static str = "questdb.log";

    fn program() -> Result<PathBuf, ServiceError> {
        Ok(questdb_jar()?)
    }

    fn launch(
        program: &Path,
        folder: &Path,
        settings: &QuestDbSettings,
        known: Option<SocketAddr>,
    ) -> Result<(Process, SocketAddr), ServiceError> {
        let java = java().ok_or_else(|| Missing {
            server: SERVER,
            reason: "no java in JAVA_HOME or on PATH".to_owned(),
        })?;
        let configuration = make_folder(&folder.join("conf"))?.join("server.conf");
        write(&configuration, &configuration_text(settings, known))?;
        let mut command = Command::new(java);
        command
            .args(["-Xmx256m", "-XX:+UseSerialGC", "-p"])
            .arg(program)
            .args(["-m", "io.questdb/io.questdb.ServerMain", "-d"])
            .arg(folder);
        let mut process = Process::spawn(SERVER, &mut command, folder.join(Self::LOG))?;
        let ready = process.wait_until_ready(|process| {
            let Some(address) = listening(&process.log()) else {
                return Ok(None);
            };
            let answered = query(address, "SELECT 1", PROBE_TIMEOUT).is_ok();
            Ok(answered.then_some(address))
        })?;
        Ok((process, ready))
    }
}

fn configuration_text(settings: &QuestDbSettings, address: Option<SocketAddr>) -> String {
    let bind = address.map_or_else(|| "127.0.0.1:0".to_owned(), |known| known.to_string());
    let commit_mode = if settings.sync_always {
        "sync"
    } else {
        "nosync"
    };
    format!(
        "http.net.bind.to={bind}\n{CONFIGURATION}cairo.commit.mode={commit_mode}\n{}\n",
        settings.extra
    )
}

/// Returns the address that the log names once the server listens.
pub(super) fn listening(log: &str) -> Option<SocketAddr> {
    let (_, after) = log.split_once(LISTENING)?;
    // Without the blank after it the number may not be all there yet.
    after.split_once(' ')?.0.parse().ok()
}

fn query(address: SocketAddr, sql: &str, timeout: Duration) -> Result<Value, ServiceError> {
    let refused = |message: &str| ServiceError::Query {
        sql: sql.to_owned(),
        message: message.to_owned(),
    };
    let url = format!("http://{address}/exec");
    let (status, body) = http::get(&url, &[("query", sql)], timeout)?;
    let Ok(mut answer) = serde_json::from_str::<Value>(&body) else {
        return Err(refused(&format!("HTTP {status}: {body}")));
    };
    if let Some(message) = answer.get("error") {
        return Err(refused(message.as_str().unwrap_or("no reason given")));
    }
    if status != 200 {
        return Err(refused(&format!("HTTP {status}: {body}")));
    }
    match answer.get_mut("dataset") {
        Some(rows) => Ok(rows.take()),
        None => Ok(Value::Array(Vec::new())),
    }
}
