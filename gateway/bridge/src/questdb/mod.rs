//! The QuestDB sink: fills into the table `trades`, the top of the books into `ticks`, over HTTP.
//! A batch is sent at least once, and the key of a row is its event: so each stands once, whatever
//! is killed. See `schema/docs/questdb.md`.
//!
//! It passes over executions.

mod exec;
mod proxy;
mod rows;
mod schema;
mod witness;

use std::time::{Duration, Instant};

use matchgate_follower::cursor::Cursor;
use matchgate_follower::publication::Publication;
use matchgate_follower::sink::{HeldEvent, Sink, SinkError, SinkHealth};
use questdb::ErrorCode;
use questdb::ingress::{Buffer, Protocol, Sender, SenderBuilder};

use exec::Exec;
use rows::Rows;
use schema::{TICKS, TRADES, Table};
use witness::{Proof, Witness};

/// Rows of one request at the most.
pub const ROWS_PER_REQUEST_MAX: usize = 10_000;
/// Longest wait for the answer to one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait until rows that were confirmed are visible.
const APPLY_WAIT: Duration = Duration::from_secs(3);

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
}

impl Default for QuestDbOptions {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:9000".to_owned(),
            create: false,
            user: None,
            password: None,
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
    trades: Proof,
    ticks: Proof,
    /// Whether the tables have shown that they hold what they took until the last look.
    is_proved: bool,
    /// Whether rows were lost and no cursor since then was asked for.
    is_lost: bool,
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
            trades: Proof::default(),
            ticks: Proof::default(),
            is_proved: true,
            is_lost: false,
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
        let until = Instant::now() + APPLY_WAIT;
        let mut lost = None;
        self.is_proved = true;
        for (table, proof) in [(TRADES, &mut self.trades), (TICKS, &mut self.ticks)] {
            table.prepare(exec, self.options.create)?;
            let owed = proof.owed();
            if !owed.is_empty() && !table.wait_until_applied(exec, until)? {
                // Rows go on meanwhile; what is not shown now is asked for at the next look.
                proof.put_off();
                self.is_proved = false;
            } else if table.has(exec, &owed)? {
                proof.settle();
            } else {
                lost = Some(format!(
                    "table {} at {} no longer has rows that it took: tables are filled again \
                     from the start of the journal",
                    table.name, self.options.address
                ));
            }
        }
        self.is_checked = true;
        self.may_write = true;
        Ok(lost)
    }

    fn check_unless_lost(&mut self) -> Result<(), SinkError> {
        match self.check()? {
            None => Ok(()),
            Some(reason) => {
                self.is_lost = true;
                Err(SinkError::Lost(reason))
            }
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
    fn write(&mut self, table: &Table, buffers: &[Buffer]) -> Result<(), SinkError> {
        for buffer in buffers {
            let sender = self.connect()?;
            let flushed = sender.flush_and_keep_with_flags(buffer, true);
            if let Err(error) = flushed {
                let row = rows::refused_row(error.msg());
                let what = format!("table {}{row}", table.name);
                return Err(unavailable(&self.options, &error, &what));
            }
        }
        Ok(())
    }

    fn take(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        if !self.may_write {
            self.check_unless_lost()?;
        }
        self.is_checked = false;
        let version = self.connect()?.protocol_version();
        let tables = self
            .rows
            .encode(batch, version)
            .map_err(|error| SinkError::Stopped(format!("a row cannot be written: {error}")))?;
        self.write(&TRADES, &tables.trades)?;
        self.trades.confirm(witness::fills(batch));
        self.write(&TICKS, &tables.ticks)?;
        self.ticks.confirm(witness::tops(batch));
        Ok(())
    }

    fn make_ready(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError> {
        let variable = |name: &str| std::env::var(name).ok();
        if let Some(name) = proxy::proxy_variable(&self.options.address, variable) {
            return Err(SinkError::Stopped(format!(
                "{}: {name} would send the rows through a proxy: unset it, or name the host in \
                 NO_PROXY",
                self.options.address
            )));
        }
        // What was lost stays lost, whatever the file says by now.
        let known = saved.filter(|_| !self.is_lost);
        let Some(saved) = known else {
            return self.start_over();
        };
        let (newest_ns, is_proved) = witness::from_mark(saved.mark);
        if !is_proved {
            self.rows.note(format!(
                "tables at {} did not show before the last end that they hold what they took: \
                 they are filled again from the start of the journal",
                self.options.address
            ));
            return self.start_over();
        }
        let trade = (newest_ns > 0).then_some(Witness::At(newest_ns));
        // Whoever follows a journal meets the definition of an instrument, and so a tick; and each
        // fill takes from the best of its book.
        let tick = (!saved.shards().is_empty()).then_some(trade.unwrap_or(Witness::Any));
        self.trades = Proof::owing(trade);
        self.ticks = Proof::owing(tick);
        match self.check()? {
            None => Ok(saved.clone()),
            Some(reason) => {
                self.rows.note(reason);
                self.start_over()
            }
        }
    }

    /// Makes ready for all from the start; rows that are there are met by their keys.
    fn start_over(&mut self) -> Result<Cursor, SinkError> {
        self.trades = Proof::default();
        self.ticks = Proof::default();
        self.is_checked = false;
        self.check()?;
        Ok(Cursor::start())
    }

    fn find_newest(&self) -> Result<Vec<HeldEvent>, SinkError> {
        let until = Instant::now() + APPLY_WAIT;
        let is_applied = TRADES.wait_until_applied(&self.exec, until)?;
        let newest = TRADES.newest(&self.exec)?;
        if is_applied || newest.is_empty() {
            return Ok(newest);
        }
        Err(SinkError::Unavailable(format!(
            "{}: table {} does not show yet all that it took",
            self.options.address, TRADES.name
        )))
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

    /// Returns the newest trade of each shard.
    fn newest(&mut self) -> Result<Vec<HeldEvent>, SinkError> {
        let outcome = self.find_newest();
        self.noting(outcome)
    }

    fn accept(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        let outcome = self.take(batch);
        self.noting(outcome)
    }

    /// Returns the event time of the newest trade, and whether the tables have shown that they
    /// hold what they took.
    fn flush(&mut self) -> Result<u64, SinkError> {
        // A batch is only taken once the server has confirmed it. What was dropped meanwhile must
        // not get behind a cursor.
        let outcome = self.check_unless_lost();
        self.noting(outcome)?;
        self.is_lost = false;
        Ok(witness::mark(self.trades.newest_ns(), self.is_proved))
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
    if let Some(user) = &options.user {
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
            ..QuestDbOptions::default()
        };
        let shown = format!("{options:?}");
        assert!(!shown.contains("hunter2"));
    }
}
