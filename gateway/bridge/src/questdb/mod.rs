//! The QuestDB sink: fills into the table `trades`, the top of the books into `ticks`, over HTTP.
//! A batch is sent at least once, and the key of a row is its event: so each stands once, whatever
//! is killed. See `schema/docs/questdb.md`.
//!
//! It passes over executions.

mod exec;
mod rows;
mod schema;

use std::time::Duration;

use matchgate_follower::cursor::Cursor;
use matchgate_follower::publication::Publication;
use matchgate_follower::sink::{Sink, SinkError, SinkHealth};
use questdb::ErrorCode;
use questdb::ingress::{Buffer, Protocol, Sender, SenderBuilder};

use exec::Exec;
use rows::Rows;
use schema::{TICKS, TRADES, Table};

/// Rows of one request at the most.
pub const ROWS_PER_REQUEST_MAX: usize = 10_000;
/// Longest wait for the answer to one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the database is and who may write to it.
#[derive(Clone)]
pub struct QuestDbOptions {
    /// `host:port` of its HTTP server, which speaks plain HTTP: on this machine or a closed
    /// network.
    pub address: String,
    /// Whether tables that are missing are made.
    pub create: bool,
    /// User, for servers that ask for one.
    pub user: Option<String>,
    /// Password of the user.
    pub password: Option<String>,
    /// Token in place of user and password.
    pub token: Option<String>,
}

impl Default for QuestDbOptions {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:9000".to_owned(),
            create: false,
            user: None,
            password: None,
            token: None,
        }
    }
}

impl std::fmt::Debug for QuestDbOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("QuestDbOptions")
            .field("address", &self.address)
            .field("create", &self.create)
            .finish_non_exhaustive()
    }
}

/// What was sent into each table, as far as it matters for whether it was emptied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sent {
    trades: u64,
    ticks: u64,
}

/// Writes fills and the top of the books into a QuestDB.
///
/// It is made for a thread of its own: a call may wait for the server, for some seconds at the
/// most.
#[derive(Debug)]
pub struct QuestDbSink {
    options: QuestDbOptions,
    exec: Exec,
    sender: Option<Sender>,
    /// Whether the tables were found as they must be since the last row or failure.
    is_checked: bool,
    /// Whether rows may be written without another look.
    may_write: bool,
    sent: Sent,
    rows: Rows,
    fault: Option<String>,
}

impl QuestDbSink {
    /// Name of the sink and of its cursor file.
    pub const NAME: &'static str = "questdb";

    /// Returns a sink that is not connected yet.
    #[must_use]
    pub fn new(options: QuestDbOptions) -> Self {
        Self {
            exec: Exec::new(&options),
            options,
            sender: None,
            is_checked: false,
            may_write: false,
            sent: Sent::default(),
            rows: Rows::default(),
            fault: None,
        }
    }

    /// Takes note of how an attempt ended.
    fn noting<T>(&mut self, outcome: Result<T, SinkError>) -> Result<T, SinkError> {
        self.fault = match &outcome {
            Ok(_) => None,
            Err(
                SinkError::Unavailable(reason)
                | SinkError::Stopped(reason)
                | SinkError::Lost(reason),
            ) => Some(reason.clone()),
        };
        if outcome.is_err() {
            // What led to it may have changed the tables too.
            self.is_checked = false;
            self.may_write = false;
            self.sender = None;
        }
        outcome
    }

    /// Makes sure of the tables, and returns why all must be written again where rows that were
    /// in them are gone.
    fn check(&mut self) -> Result<Option<String>, SinkError> {
        if self.is_checked {
            return Ok(None);
        }
        let exec = &self.exec;
        let mut emptied = None;
        for (table, sent) in [(TRADES, self.sent.trades), (TICKS, self.sent.ticks)] {
            table.prepare(exec, self.options.create)?;
            if sent > 0 && table.is_empty(exec)? {
                emptied = Some(format!(
                    "table {} at {} is empty, it had rows before: tables are filled again from \
                     the start of the journal",
                    table.name, self.options.address
                ));
            }
        }
        self.is_checked = true;
        self.may_write = true;
        Ok(emptied)
    }

    fn check_unless_emptied(&mut self) -> Result<(), SinkError> {
        match self.check()? {
            None => Ok(()),
            Some(reason) => Err(SinkError::Lost(reason)),
        }
    }

    fn connect(&mut self) -> Result<&mut Sender, SinkError> {
        let sender = match self.sender.take() {
            Some(sender) => sender,
            None => connect(&self.options)
                .map_err(|error| unavailable(&self.options, &error, "no connection"))?,
        };
        Ok(self.sender.insert(sender))
    }

    /// Writes rows of one table, in as few requests as may be.
    fn write(&mut self, table: &Table, buffers: &[Buffer]) -> Result<u64, SinkError> {
        let mut written = 0;
        for buffer in buffers {
            let sender = self.connect()?;
            let flushed = sender.flush_and_keep_with_flags(buffer, true);
            if let Err(error) = flushed {
                let row = rows::refused_row(error.msg());
                let what = format!("table {}{row}", table.name);
                return Err(unavailable(&self.options, &error, &what));
            }
            written += u64::try_from(buffer.row_count()).unwrap_or(u64::MAX);
        }
        Ok(written)
    }

    fn take(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        if !self.may_write {
            self.check_unless_emptied()?;
        }
        self.is_checked = false;
        let version = self.connect()?.protocol_version();
        let tables = self
            .rows
            .encode(batch, version)
            .map_err(|error| SinkError::Stopped(format!("a row cannot be written: {error}")))?;
        self.sent.trades += self.write(&TRADES, &tables.trades)?;
        self.sent.ticks += self.write(&TICKS, &tables.ticks)?;
        Ok(())
    }

    fn make_ready(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError> {
        let Some(saved) = saved else {
            self.sent = Sent::default();
            self.check()?;
            return Ok(Cursor::start());
        };
        // Whoever follows a journal meets the definition of an instrument, and so a tick.
        let ticks = u64::from(!saved.shards().is_empty());
        self.sent = Sent {
            trades: saved.mark,
            ticks,
        };
        match self.check()? {
            None => Ok(saved.clone()),
            Some(reason) => {
                self.rows.note(reason);
                self.sent = Sent::default();
                Ok(Cursor::start())
            }
        }
    }
}

impl Sink for QuestDbSink {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn resume(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError> {
        self.is_checked = false;
        let outcome = self.make_ready(saved);
        self.noting(outcome)
    }

    fn accept(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        let outcome = self.take(batch);
        self.noting(outcome)
    }

    /// Returns the rows of `trades` so far, rows that were sent again included.
    fn flush(&mut self) -> Result<u64, SinkError> {
        // A batch is only taken once the server has confirmed it. What was dropped meanwhile must
        // not get behind a cursor.
        let outcome = self.check_unless_emptied();
        self.noting(outcome)?;
        Ok(self.sent.trades)
    }

    fn health(&self) -> SinkHealth {
        match &self.fault {
            None => SinkHealth::Healthy,
            Some(reason) => SinkHealth::Waiting(reason.clone()),
        }
    }

    fn take_notice(&mut self) -> Option<String> {
        self.rows.take_notice()
    }

    fn wants_top_of_book(&self) -> bool {
        true
    }
}

fn connect(options: &QuestDbOptions) -> questdb::Result<Sender> {
    let (host, port) = options
        .address
        .rsplit_once(':')
        .unwrap_or((options.address.as_str(), "9000"));
    let mut builder = SenderBuilder::new(Protocol::Http, host, port)
        // The agent tries again, and looks at the tables before it does.
        .retry_timeout(Duration::ZERO)?
        .request_timeout(REQUEST_TIMEOUT)?;
    if let Some(token) = &options.token {
        builder = builder.token(token)?;
    } else if let Some(user) = &options.user {
        let password = options.password.as_deref().unwrap_or_default();
        builder = builder.username(user)?.password(password)?;
    }
    builder.build()
}

fn unavailable(options: &QuestDbOptions, error: &questdb::Error, what: &str) -> SinkError {
    let what = match error.code() {
        ErrorCode::AuthError => "the server refuses the credentials",
        ErrorCode::SocketError | ErrorCode::CouldNotResolveAddr => "no connection",
        _ => what,
    };
    SinkError::Unavailable(format!("{}: {what}: {}", options.address, error.msg()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_show_no_secret() {
        let options = QuestDbOptions {
            password: Some("hunter2".to_owned()),
            token: Some("t0ken".to_owned()),
            ..QuestDbOptions::default()
        };
        let shown = format!("{options:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("t0ken"));
    }
}
