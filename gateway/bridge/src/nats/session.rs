//! A session: one connection to the server and the pipeline on it. It ends with the first thing
//! that goes wrong: nothing on its way is believed then, and a new session asks the stream. It must
//! not know the journal.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::{Duration, Instant};

use async_nats::jetstream::context::{
    CreateStreamError, GetStreamErrorKind, PublishError, PublishErrorKind,
};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::stream::{Info, RawMessageErrorKind, Stream};
use async_nats::jetstream::{Context, ErrorCode};
use async_nats::{ConnectErrorKind, ConnectOptions, Event, HeaderMap, ServerError};
use matchgate_follower::cursor::Cursor;
use matchgate_follower::sink::{HeldEvent, SinkError};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant as TokioInstant;

use super::outbox::Outbox;
use super::place::StreamEnd;
use super::{NatsOptions, read_cursor, stream};
use crate::message::read_event;

/// Messages on their way at the most.
const WINDOW: usize = 1_024;
/// Longest wait for a connection, and for an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Difference of clocks that an age is given.
const AGE_SLACK: Duration = Duration::from_secs(1);

type Ack = Pin<Box<dyn Future<Output = Result<PublishAck, PublishError>> + Send>>;

/// Why a session has ended.
#[derive(Debug)]
pub(super) enum Fault {
    /// A new one may succeed at once.
    Again(String),
    /// The server does not want it so; an operator can change that.
    Refused(String),
}

impl From<Fault> for SinkError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Again(reason) | Fault::Refused(reason) => Self::Unavailable(reason),
        }
    }
}

/// How long to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// While there is something to do without waiting.
    Idle,
    /// Until the outbox holds this many messages at the most.
    AtMost(usize),
}

/// One connection, and what is on its way on it.
pub(super) struct Session {
    runtime: Runtime,
    context: Context,
    events: UnboundedReceiver<Event>,
    servers: String,
    /// Sequence of the stream's last message once all on its way has arrived.
    expected: u64,
    acks: VecDeque<Ack>,
    progress: Instant,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("servers", &self.servers)
            .field("expected", &self.expected)
            .field("acks", &self.acks.len())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] with the reason.
    pub(super) fn connect(options: &NatsOptions) -> Result<Self, SinkError> {
        let servers = options.servers.join(",");
        let unavailable = |reason: String| SinkError::Unavailable(format!("{servers}: {reason}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unavailable(error.to_string()))?;
        let (sender, events) = unbounded_channel();
        let connecting = async {
            let connecting = connect_options(options)
                .await?
                .event_callback(move |event| {
                    // Nobody listens to a session that has ended.
                    let _is_heard = sender.send(event).is_ok();
                    async {}
                })
                .connect(&options.servers);
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(Ok(client)) => Ok(client),
                Ok(Err(error)) => Err(match error.kind() {
                    ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                        format!("the server refuses the credentials: {error}")
                    }
                    _ => format!("no connection: {error}"),
                }),
                Err(_elapsed) => Err("no connection: the server does not answer".to_owned()),
            }
        };
        let client = runtime.block_on(connecting).map_err(unavailable)?;
        let guard = runtime.enter();
        let context = async_nats::jetstream::ContextBuilder::new()
            .timeout(ANSWER_TIMEOUT)
            .max_ack_inflight(2 * WINDOW)
            .build(client);
        drop(guard);
        Ok(Self {
            runtime,
            context,
            events,
            servers,
            expected: 0,
            acks: VecDeque::with_capacity(WINDOW),
            progress: Instant::now(),
        })
    }

    /// Returns the sequence of the stream's last message once all on its way has arrived.
    pub(super) const fn last_sequence(&self) -> u64 {
        self.expected
    }

    /// Sets the sequence behind which the next message goes.
    pub(super) const fn expect(&mut self, last_sequence: u64) {
        self.expected = last_sequence;
    }

    /// Finds the stream, or makes it where that is asked for, and reads how it ends.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Stopped`] where it is another data directory's or holds what we never
    /// wrote, [`SinkError::Unavailable`] for what an operator can change.
    pub(super) fn find_end(&mut self, options: &NatsOptions) -> Result<StreamEnd, SinkError> {
        let Self {
            runtime,
            context,
            events,
            servers,
            ..
        } = self;
        runtime.block_on(async {
            let stream = find_stream(context, events, options, servers).await?;
            let info = stream.cached_info();
            stream::check(&info.config, options)?;
            let mut end = StreamEnd {
                messages: info.state.messages,
                last_sequence: info.state.last_sequence,
                cursor: None,
                newest: None,
                may_have_aged_out: may_have_aged_out(info),
            };
            if end.messages > 0 {
                let last = end.last_sequence;
                let (cursor, newest) = last_message(&stream, events, last, options).await?;
                (end.cursor, end.newest) = (Some(cursor), Some(newest));
            }
            Ok(end)
        })
    }

    /// Sends and takes answers.
    ///
    /// # Errors
    ///
    /// Returns the [`Fault`] that ends the session.
    pub(super) fn drive(
        &mut self,
        outbox: &mut Outbox,
        directory: &str,
        until: Until,
        deadline: Instant,
    ) -> Result<(), Fault> {
        let Self {
            runtime,
            context,
            events,
            servers,
            expected,
            acks,
            progress,
        } = self;
        runtime.block_on(async {
            let mut idle_turns = 0;
            loop {
                while acks.len() < WINDOW
                    && let Some(message) = outbox.send_next(directory)
                {
                    if acks.is_empty() {
                        *progress = Instant::now();
                    }
                    acks.push_back(send(context, message, *expected).await?);
                    *expected += 1;
                }
                if matches!(until, Until::AtMost(keep) if outbox.len() <= keep) {
                    return Ok(());
                }
                let first = expected.saturating_sub(u64::try_from(acks.len()).unwrap_or(0)) + 1;
                let limit = deadline.min(*progress + ANSWER_TIMEOUT);
                tokio::select! {
                    biased;
                    event = events.recv() => check_event(event, servers)?,
                    ack = next_ack(acks) => {
                        acks.pop_front();
                        take_ack(ack, first, outbox)?;
                        *progress = Instant::now();
                        idle_turns = 0;
                    }
                    () = tokio::task::yield_now(), if until == Until::Idle => {
                        idle_turns += 1;
                        let is_late = !acks.is_empty() && progress.elapsed() > ANSWER_TIMEOUT;
                        if is_late {
                            return Err(late(servers));
                        }
                        if idle_turns > 2 {
                            return Ok(());
                        }
                    }
                    () = tokio::time::sleep_until(TokioInstant::from_std(limit)) => {
                        return Err(late(servers));
                    }
                }
            }
        })
    }
}

fn late(servers: &str) -> Fault {
    Fault::Again(format!("{servers}: the stream has not confirmed in time"))
}

/// Resolves with the oldest answer; never where nothing is on its way.
async fn next_ack(acks: &mut VecDeque<Ack>) -> Result<PublishAck, PublishError> {
    match acks.front_mut() {
        Some(ack) => ack.await,
        None => std::future::pending().await,
    }
}

async fn connect_options(options: &NatsOptions) -> Result<ConnectOptions, String> {
    let mut connect = ConnectOptions::new();
    if let Some(path) = &options.credentials {
        connect = connect
            .credentials_file(path)
            .await
            .map_err(|error| format!("credentials {}: {error}", path.display()))?;
    }
    if let Some(user) = &options.user {
        let password = options.password.clone().unwrap_or_default();
        connect = connect.user_and_password(user.clone(), password);
    }
    Ok(connect
        .name("matchgate")
        .connection_timeout(CONNECT_TIMEOUT)
        .request_timeout(Some(ANSWER_TIMEOUT)))
}

/// Ends the session where the server says so.
fn check_event(event: Option<Event>, servers: &str) -> Result<(), Fault> {
    match event {
        Some(Event::ServerError(ServerError::AuthorizationViolation)) => {
            let text = format!("{servers}: the server refuses the credentials");
            Err(Fault::Refused(text))
        }
        Some(Event::ServerError(ServerError::Other(text))) => Err(Fault::Refused(format!(
            "{servers}: the server refuses: {text}"
        ))),
        Some(Event::Disconnected | Event::Closed) | None => {
            Err(Fault::Again(format!("{servers}: the connection was lost")))
        }
        Some(
            Event::Connected
            | Event::LameDuckMode
            | Event::Draining
            | Event::SlowConsumer(_)
            | Event::ServerError(ServerError::SlowConsumer(_))
            | Event::ClientError(_),
        ) => Ok(()),
    }
}

/// Waits for an answer, unless the connection says that there will be none.
async fn answer<T>(
    events: &mut UnboundedReceiver<Event>,
    options: &NatsOptions,
    asked: impl Future<Output = T>,
) -> Result<T, Fault> {
    let servers = options.servers.join(",");
    let mut asked = std::pin::pin!(asked);
    loop {
        tokio::select! {
            biased;
            event = events.recv() => check_event(event, &servers)?,
            answer = &mut asked => return Ok(answer),
        }
    }
}

async fn find_stream(
    context: &Context,
    events: &mut UnboundedReceiver<Event>,
    options: &NatsOptions,
    servers: &str,
) -> Result<Stream, SinkError> {
    let name = &options.stream;
    let found = answer(events, options, context.get_stream(name)).await?;
    let error = match found {
        Ok(stream) => return Ok(stream),
        Err(error) => error,
    };
    let is_missing = matches!(
        error.kind(),
        GetStreamErrorKind::JetStream(error)
            if error.error_code() == ErrorCode::STREAM_NOT_FOUND
    );
    if !is_missing {
        return Err(SinkError::Unavailable(format!(
            "{servers}: stream {name} cannot be looked at: {}",
            with_causes(&error)
        )));
    }
    if !options.create {
        return Err(stream::missing(options));
    }
    let create = context.create_stream(stream::config(options));
    let made: Result<Stream, CreateStreamError> = answer(events, options, create).await?;
    made.map_err(|error| {
        SinkError::Unavailable(format!(
            "{servers}: stream {name} cannot be made: {}",
            with_causes(&error)
        ))
    })
}

/// Returns the words of an error and of what led to it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

/// Reads the position of every shard from the stream's last message.
async fn last_message(
    stream: &Stream,
    events: &mut UnboundedReceiver<Event>,
    last: u64,
    options: &NatsOptions,
) -> Result<(Cursor, HeldEvent), SinkError> {
    let name = &options.stream;
    let message = match answer(events, options, stream.get_raw_message(last)).await? {
        Ok(message) => message,
        Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => {
            return Err(SinkError::Unavailable(format!(
                "the last message of stream {name}, {last}, was deleted: which fills it has cannot \
                 be known. Have it filled again from the start of the journal: nats stream rm \
                 {name}, then make it again"
            )));
        }
        Err(error) => {
            return Err(SinkError::Unavailable(format!(
                "the last message of stream {name}, {last}, cannot be read: {}",
                with_causes(&error)
            )));
        }
    };
    let header = |key: &str| {
        message
            .headers
            .get(key)
            .map(|value| value.as_str().to_owned())
    };
    let cursor = header("Matchgate-Cursor").and_then(|text| read_cursor(&text));
    let event = read_event(&message.payload);
    let (Some(cursor), Some(directory), Some(event)) =
        (cursor, header("Matchgate-Directory"), event)
    else {
        return Err(SinkError::Stopped(format!(
            "message {last} of stream {name} was not written by a Matchgate (no Matchgate-Cursor, \
             no Matchgate-Directory, or no fill): somebody else publishes to {}",
            message.subject
        )));
    };
    if directory != options.directory {
        return Err(SinkError::Stopped(format!(
            "stream {name} holds the fills of data directory {directory}, this one is {}",
            options.directory
        )));
    }
    Ok((cursor, event))
}

/// Returns whether the last message of a stream is old enough to have gone by age. A purge leaves
/// the same numbers, but can come at any time.
fn may_have_aged_out(info: &Info) -> bool {
    let max_age = info.config.max_age;
    if max_age.is_zero() {
        return false;
    }
    let age = async_nats::datetime::now() - info.state.last_timestamp;
    let age = Duration::try_from(age).unwrap_or_default();
    age + AGE_SLACK >= max_age
}

async fn send(
    context: &Context,
    (subject, headers, payload): (String, HeaderMap, bytes::Bytes),
    expected: u64,
) -> Result<Ack, Fault> {
    let message = PublishMessage::build()
        .payload(payload)
        .headers(headers)
        .expected_last_sequence(expected);
    match context.send_publish(subject, message).await {
        Ok(ack) => Ok(ack.into_future()),
        Err(error) => Err(publish_fault(&error, None)),
    }
}

/// Takes the answer to the oldest message, which goes to `sequence`.
fn take_ack(
    ack: Result<PublishAck, PublishError>,
    sequence: u64,
    outbox: &mut Outbox,
) -> Result<(), Fault> {
    match ack {
        Ok(ack) if ack.duplicate => {
            // The stream does not have it: the last message said so when the session began.
            outbox.leave_out_ids();
            let id = outbox
                .oldest()
                .map_or_else(String::new, |id| id.to_string());
            Err(Fault::Again(format!(
                "the server remembers fill {id} from before a purge, at {}",
                ack.sequence
            )))
        }
        Ok(ack) if ack.sequence != sequence => Err(Fault::Again(format!(
            "a fill went to {} of stream {}, not to {sequence}",
            ack.sequence, ack.stream
        ))),
        Ok(_) => {
            outbox.confirm(sequence);
            Ok(())
        }
        Err(error) => Err(publish_fault(&error, Some(outbox))),
    }
}

fn publish_fault(error: &PublishError, outbox: Option<&Outbox>) -> Fault {
    let id = outbox.and_then(Outbox::oldest);
    let id = id.map_or_else(String::new, |id| format!(" {id}"));
    let text = format!("fill{id} was not stored: {}", with_causes(error));
    match error.kind() {
        PublishErrorKind::WrongLastSequence
        | PublishErrorKind::WrongLastMessageId
        | PublishErrorKind::TimedOut
        | PublishErrorKind::BrokenPipe
        | PublishErrorKind::StreamNotFound
        | PublishErrorKind::MaxAckPending => Fault::Again(text),
        PublishErrorKind::MaxPayloadExceeded | PublishErrorKind::Other => Fault::Refused(text),
    }
}
