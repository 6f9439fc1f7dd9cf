//! The NATS sink: each fill once, in order, in a JetStream stream, whatever is killed. The stream
//! says by itself how far it goes: its last message names the position of every shard, and each
//! message is stored only right behind the one before it. See `schema/docs/nats.md`.
//!
//! It passes over executions and the top of the books.

mod outbox;
mod place;
mod session;
mod stream;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use matchgate_follower::cursor::{Cursor, ShardCursor};
use matchgate_follower::publication::{Publication, PublicationBody};
use matchgate_follower::sink::{HeldEvent, Sink, SinkError, SinkHealth};

use crate::message::append_line;
use crate::subject::fill_subject;
use outbox::{Item, Outbox};
use place::{Place, find_place};
use session::{Fault, Session, Until};

/// Messages that are kept until the stream has them; a batch that is larger is taken alone.
pub const OUTBOX_MAX: usize = 16_384;
/// Longest time for which a batch waits for room in the outbox.
const ROOM_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest time for which a flush waits for the stream.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the stream is and who may write to it.
#[derive(Clone)]
pub struct NatsOptions {
    /// Servers of one cluster as `nats://host:port`, `tls://` for an encrypted connection; at
    /// least one.
    pub servers: Vec<String>,
    /// Name of the stream.
    pub stream: String,
    /// Whether a stream that is missing is made.
    pub create: bool,
    /// File of credentials (`.creds`), for servers that ask for them.
    pub credentials: Option<PathBuf>,
    /// User, for servers that ask for one.
    pub user: Option<String>,
    /// Password of the user.
    pub password: Option<String>,
    /// Uuid of the data directory as text: the stream of another one is refused.
    pub directory: String,
    /// Copies of a stream that is made here: 1, 3 or 5.
    pub replicas: usize,
    /// Bytes that a stream that is made here may have; then it takes no more until some age out.
    pub max_bytes: u64,
    /// Age at which a stream that is made here drops a message.
    pub max_age: Duration,
}

impl Default for NatsOptions {
    fn default() -> Self {
        Self {
            servers: vec!["nats://127.0.0.1:4222".to_owned()],
            stream: "FILLS".to_owned(),
            create: false,
            credentials: None,
            user: None,
            password: None,
            directory: String::new(),
            replicas: 1,
            max_bytes: 8 << 30,
            max_age: Duration::from_secs(7 * 24 * 3_600),
        }
    }
}

impl std::fmt::Debug for NatsOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NatsOptions")
            .field("servers", &self.servers)
            .field("stream", &self.stream)
            .field("create", &self.create)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// Publishes fills into a JetStream stream.
///
/// It is made for a thread of its own: a call may wait for the server, for some seconds at the
/// most, and all network work happens within calls.
#[derive(Debug)]
pub struct NatsSink {
    options: NatsOptions,
    session: Option<Session>,
    outbox: Outbox,
    /// Why the last attempt failed; until something succeeds.
    fault: Option<String>,
    notices: Vec<String>,
    /// The event of the stream's last message when it was found last.
    newest: Option<HeldEvent>,
}

impl NatsSink {
    /// Name of the sink and of its cursor file.
    pub const NAME: &'static str = "nats";

    /// Returns a sink that is not connected yet.
    #[must_use]
    pub fn new(options: NatsOptions) -> Self {
        Self {
            options,
            session: None,
            outbox: Outbox::default(),
            fault: None,
            notices: Vec::new(),
            newest: None,
        }
    }

    /// Takes note of how an attempt ended.
    fn noting<T>(&mut self, outcome: Result<T, SinkError>) -> Result<T, SinkError> {
        if let Err(
            SinkError::Unavailable(reason) | SinkError::Stopped(reason) | SinkError::Lost(reason),
        ) = &outcome
        {
            self.fault = Some(reason.clone());
        }
        outcome
    }

    /// Connects and finds where the stream ends, compared with what is `known` of it.
    fn open(&mut self, known: Option<&Cursor>) -> Result<Place, SinkError> {
        self.session = None;
        let mut session = Session::connect(&self.options)?;
        let end = session.find_end(&self.options)?;
        let place = find_place(&end, known, &self.options.stream)?;
        self.newest = end.newest;
        session.expect(end.last_sequence);
        self.session = Some(session);
        Ok(place)
    }

    /// Makes sure of a connection on which the outbox goes on right behind the stream's end.
    fn reopen(&mut self) -> Result<(), SinkError> {
        if self.session.is_some() {
            return Ok(());
        }
        let acked = self.outbox.acked().clone();
        let outcome = self.open(Some(&acked)).and_then(|place| match place {
            Place::GoOn { cursor, .. } => self.outbox.go_on(&cursor, &self.options.stream),
            Place::FillAgain(reason) => Err(SinkError::Lost(reason)),
        });
        if outcome.is_err() {
            self.session = None;
        }
        outcome
    }

    /// Sends and takes answers; one lost connection or pipeline on the way is begun again.
    fn run(&mut self, until: Until, deadline: Instant) -> Result<(), SinkError> {
        let mut has_begun_again = false;
        loop {
            self.reopen()?;
            match self.drive(until, deadline) {
                Ok(()) => return Ok(()),
                Err(Fault::Again(_)) if !has_begun_again => has_begun_again = true,
                Err(Fault::Again(reason) | Fault::Refused(reason)) => {
                    return Err(SinkError::Unavailable(reason));
                }
            }
        }
    }

    fn drive(&mut self, until: Until, deadline: Instant) -> Result<(), Fault> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let acked = self.outbox.acked().mark;
        let outcome = session.drive(&mut self.outbox, &self.options.directory, until, deadline);
        if self.outbox.acked().mark > acked || self.outbox.is_empty() {
            self.fault = None;
        }
        if outcome.is_err() {
            self.session = None;
        }
        outcome
    }

    /// Returns the messages of a batch that the stream does not have.
    fn items(&self, batch: &[Publication]) -> Result<Vec<Item>, SinkError> {
        let mut items = Vec::new();
        for publication in batch {
            let PublicationBody::Fill(fill) = &publication.body else {
                continue;
            };
            if self.outbox.has_taken(&publication.id) {
                continue;
            }
            let subject = fill_subject(fill.product.symbol.as_str());
            let mut line = Vec::with_capacity(512);
            append_line(&subject, publication, &mut line)
                .map_err(|error| SinkError::Stopped(error.to_string()))?;
            // A message ends by itself; the line feed is for files.
            line.pop();
            items.push(Item {
                id: publication.id,
                subject,
                payload: line.into(),
            });
        }
        Ok(items)
    }

    fn take(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        self.reopen()?;
        let items = self.items(batch)?;
        if items.is_empty() {
            return self.run(Until::Idle, Instant::now() + ROOM_TIMEOUT);
        }
        if self.outbox.len() + items.len() > OUTBOX_MAX {
            let keep = OUTBOX_MAX.saturating_sub(items.len());
            self.run(Until::AtMost(keep), Instant::now() + ROOM_TIMEOUT)?;
        }
        self.outbox.take(items);
        // Taken is taken: what goes wrong now is met again in the next turn.
        if let Err(Fault::Again(reason) | Fault::Refused(reason)) =
            self.drive(Until::Idle, Instant::now() + ROOM_TIMEOUT)
        {
            self.fault = Some(reason);
        }
        Ok(())
    }
}

impl Sink for NatsSink {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn resume(&mut self, saved: Option<&Cursor>) -> Result<Cursor, SinkError> {
        let outcome = self.open(saved);
        let (cursor, notice) = match self.noting(outcome)? {
            Place::GoOn { cursor, notice } => (cursor, notice),
            Place::FillAgain(reason) => {
                let last = self.session.as_ref().map_or(0, Session::last_sequence);
                let mut cursor = Cursor::start();
                cursor.mark = last;
                (cursor, Some(reason))
            }
        };
        self.notices.extend(notice);
        self.outbox = Outbox::behind(cursor.clone());
        self.fault = None;
        Ok(cursor)
    }

    fn newest(&mut self) -> Result<Vec<HeldEvent>, SinkError> {
        Ok(self.newest.into_iter().collect())
    }

    fn accept(&mut self, batch: &[Publication]) -> Result<(), SinkError> {
        let outcome = self.take(batch);
        self.noting(outcome)
    }

    fn flush(&mut self) -> Result<u64, SinkError> {
        let outcome = self.run(Until::AtMost(0), Instant::now() + FLUSH_TIMEOUT);
        self.noting(outcome)?;
        Ok(self.outbox.acked().mark)
    }

    fn tend(&mut self) -> Result<(), SinkError> {
        let outcome = self.run(Until::Idle, Instant::now() + ROOM_TIMEOUT);
        self.noting(outcome)
    }

    fn health(&self) -> SinkHealth {
        match &self.fault {
            None => SinkHealth::Healthy,
            Some(reason) => SinkHealth::Waiting(reason.clone()),
        }
    }

    fn take_notice(&mut self) -> Option<String> {
        (!self.notices.is_empty()).then(|| self.notices.remove(0))
    }
}

/// Returns the positions of a cursor as the header `Matchgate-Cursor` has them:
/// `shard=epoch.sequence.index`, comma separated, by shard.
fn cursor_text(cursor: &Cursor) -> String {
    let mut text = String::new();
    for shard in cursor.shards() {
        if !text.is_empty() {
            text.push(',');
        }
        let position = format!(
            "{}={}.{}.{}",
            shard.shard, shard.epoch, shard.sequence, shard.index
        );
        text.push_str(&position);
    }
    text
}

/// Reads what [`cursor_text`] wrote; `None` where the text is another.
fn read_cursor(text: &str) -> Option<Cursor> {
    use matchgate_core::domain::{Epoch, SequenceNumber, ShardId};
    let mut cursor = Cursor::start();
    for part in text.split(',') {
        let (shard, position) = part.split_once('=')?;
        let mut numbers = position.split('.');
        let position = ShardCursor {
            shard: ShardId(shard.parse().ok()?),
            epoch: Epoch(numbers.next()?.parse().ok()?),
            sequence: SequenceNumber(numbers.next()?.parse().ok()?),
            index: numbers.next()?.parse().ok()?,
        };
        if numbers.next().is_some() {
            return None;
        }
        cursor.advance(position);
    }
    Some(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_header_is_read_as_it_was_written() {
        for text in ["0=1.7.3", "0=1.7.3,2=4.18446744073709551615.4294967295"] {
            let cursor = read_cursor(text).unwrap();
            assert_eq!(cursor_text(&cursor), text);
        }
    }

    #[test]
    fn text_that_is_no_cursor_is_refused() {
        for text in [
            "",
            "0",
            "0=1.2",
            "0=1.2.3.4",
            "256=1.2.3",
            "0=1.2.x",
            "0=1.2.3,",
        ] {
            assert_eq!(read_cursor(text), None, "{text:?}");
        }
    }

    #[test]
    fn options_show_no_secret() {
        let options = NatsOptions {
            user: Some("trader".to_owned()),
            password: Some("hunter2".to_owned()),
            ..NatsOptions::default()
        };
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
