//! A real QuestDB, in a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::{POLL_STEP, Process, make_folder, write};
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

/// A QuestDB on free ports of 127.0.0.1, HTTP only; it ends when the value is dropped.
#[derive(Debug)]
pub struct QuestDb {
    process: Process,
    jar: PathBuf,
    folder: PathBuf,
    settings: QuestDbSettings,
    address: SocketAddr,
}

impl QuestDb {
    /// Starts a server whose configuration, log and tables are in `folder`, and returns when it
    /// answers a query. The tables that an earlier server has left there, it serves again.
    ///
    /// # Errors
    ///
    /// Returns why there is no server, or why it did not become ready, with the end of its log.
    pub fn start(folder: &Path) -> Result<Self, ServiceError> {
        Self::start_with(folder, QuestDbSettings::default())
    }

    /// As [`QuestDb::start`], with settings of the caller's.
    ///
    /// # Errors
    ///
    /// As [`QuestDb::start`].
    pub fn start_with(folder: &Path, settings: QuestDbSettings) -> Result<Self, ServiceError> {
        let jar = questdb_jar()?;
        let folder = make_folder(folder)?;
        write(&log_path(&folder), "")?;
        let (process, address) = launch(&jar, &folder, &settings, None)?;
        Ok(Self {
            process,
            jar,
            folder,
            settings,
            address,
        })
    }

    /// Returns where HTTP is served, lines and queries both; the same for the life of the value.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as clients take it, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the id of the process; after it ended, the id it had.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Returns whether the process runs; a paused one does.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us ask.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        self.process.ended().is_none()
    }

    /// Ends the server with SIGKILL and waits until it is gone.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Ends the server with SIGTERM and waits until it is gone, paused or not; one that is not
    /// gone after 20 s is killed.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Hangs the server with SIGSTOP: connections stay, nothing answers. Returns when it hangs.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn pause(&mut self) {
        self.process.pause();
    }

    /// Lets a hung server go on.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn resume(&mut self) {
        self.process.resume();
    }

    /// Starts the server again, at the same address with the same tables, and returns when it is
    /// ready. One that still runs is stopped first.
    ///
    /// # Errors
    ///
    /// Returns why it did not become ready, with the end of its log.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us end the one that still runs.
    pub fn restart(&mut self) -> Result<(), ServiceError> {
        self.process.stop();
        let (process, _) = launch(&self.jar, &self.folder, &self.settings, Some(self.address))?;
        self.process = process;
        Ok(())
    }

    /// Runs one statement; returns its rows, each an array of column values. A statement without
    /// a result, such as `CREATE TABLE`, has an empty array of rows.
    ///
    /// # Errors
    ///
    /// Returns the server's own words when it refuses the statement, or why it did not answer
    /// within 60 s.
    pub fn query(&self, sql: &str) -> Result<Value, ServiceError> {
        query(self.address, sql, QUERY_TIMEOUT)
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

fn launch(
    jar: &Path,
    folder: &Path,
    settings: &QuestDbSettings,
    address: Option<SocketAddr>,
) -> Result<(Process, SocketAddr), ServiceError> {
    let java = java().ok_or_else(|| Missing {
        server: SERVER,
        reason: "no java in JAVA_HOME or on PATH".to_owned(),
    })?;
    let configuration = make_folder(&folder.join("conf"))?.join("server.conf");
    write(&configuration, &configuration_text(settings, address))?;
    let mut command = Command::new(java);
    command
        .args(["-Xmx256m", "-XX:+UseSerialGC", "-p"])
        .arg(jar)
        .args(["-m", "io.questdb/io.questdb.ServerMain", "-d"])
        .arg(folder);
    let mut process = Process::spawn(SERVER, &mut command, log_path(folder))?;
    let ready = process.wait_until_ready(|process| {
        let Some(address) = listening(&process.log()) else {
            return Ok(None);
        };
        let answered = query(address, "SELECT 1", PROBE_TIMEOUT).is_ok();
        Ok(answered.then_some(address))
    })?;
    Ok((process, ready))
}

fn log_path(folder: &Path) -> PathBuf {
    folder.join("questdb.log")
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
