//! The follower agent: follows all shards on a cold core and hands what happened to one sink, whose
//! cursor it keeps. Each sink has an agent of its own, so a dead one slows no other; an agent
//! without a sink serves operators and checks alone.
//!
//! It must not know what a sink does with a publication.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use matchgate_core::domain::{EventId, SequenceNumber, ShardId};
use matchgate_runtime::{Agent, Clock, Counter, Counters};

use crate::cursor::{Cursor, CursorFile, ShardCursor};
use crate::follower::{FollowMode, FollowedJournal, Follower};
use crate::history::History;
use crate::publication::Publication;
use crate::publisher::publish;
use crate::sink::{Sink, SinkError, SinkHealth};
use crate::top_of_book::TopOfBooks;
use crate::view::{FollowerView, SharedFollower, lock};

/// Longest time for which a published batch is not yet in the cursor file, nanoseconds.
pub const CURSOR_INTERVAL_NS: u64 = 250_000_000;
/// Wait after the first refusal of a sink, nanoseconds; doubles with each further one.
pub const RETRY_MIN_NS: u64 = 100_000_000;
/// Longest wait between two attempts, nanoseconds.
pub const RETRY_MAX_NS: u64 = 5_000_000_000;

const _: () = assert!(RETRY_MIN_NS <= RETRY_MAX_NS);

/// Notices that are kept until somebody takes them; the oldest go first.
pub const NOTICES_MAX: usize = 16;

/// How an agent and its sink are; clones look at the same one.
#[derive(Clone, Debug, Default)]
pub struct HealthHandle {
    health: Arc<Mutex<SinkHealth>>,
    notices: Arc<Mutex<VecDeque<String>>>,
}

impl HealthHandle {
    /// Returns how it is.
    #[must_use]
    pub fn get(&self) -> SinkHealth {
        self.health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns what an operator is to be told once, oldest first, and forgets it.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.drain(..).collect()
    }

    pub(crate) fn set(&self, health: SinkHealth) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    pub(crate) fn note(&self, notice: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() == NOTICES_MAX {
            notices.pop_front();
        }
        notices.push_back(notice);
    }
}

/// A sink and how far it has come.
struct Publishing {
    sink: Box<dyn Sink>,
    file: CursorFile,
    /// All before it was taken by the sink.
    cursor: Cursor,
    /// Whether the sink has made ready.
    is_resumed: bool,
    /// Taken by the sink but not yet in the file.
    is_unsaved: bool,
    saved_ns: u64,
    /// What the sink has not taken yet, and where it leads.
    batch: Vec<Publication>,
    reached: Vec<ShardCursor>,
    /// Where the sink wants them.
    tops: Option<TopOfBooks>,
    /// Whether what the sink held when it was made ready is of these journals.
    history: History,
    retry_ns: u64,
    retry_wait_ns: u64,
}

/// Follows all shards behind their synced marks.
pub struct FollowerAgent {
    name: String,
    /// By shard, as the followers are.
    journals: Vec<FollowedJournal>,
    followers: Vec<SharedFollower>,
    publishing: Option<Publishing>,
    clock: Clock,
    health: HealthHandle,
    has_stopped: bool,
    commands: Counter,
    publications: Counter,
    refusals: Counter,
}

impl std::fmt::Debug for FollowerAgent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FollowerAgent")
            .field("name", &self.name)
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

impl FollowerAgent {
    /// Returns an agent named `follower` that follows all shards for operators and checks alone.
    #[must_use]
    pub fn new(journals: Vec<FollowedJournal>, clock: Clock, counters: &Counters) -> Self {
        Self::with_name("follower".to_owned(), journals, clock, counters)
    }

    /// Returns an agent named `sink:{name of the sink}` that follows all shards and hands on what
    /// happened. The sink's cursor is `{name of the sink}.json` in the folder `cursors`.
    #[must_use]
    pub fn with_sink(
        journals: Vec<FollowedJournal>,
        sink: Box<dyn Sink>,
        cursors: &Path,
        clock: Clock,
        counters: &Counters,
    ) -> Self {
        let name = format!("sink:{}", sink.name());
        let file = CursorFile::new(cursors, sink.name());
        let mut agent = Self::with_name(name, journals, clock, counters);
        let tops = sink.wants_top_of_book().then(TopOfBooks::new);
        agent.publishing = Some(Publishing {
            sink,
            file,
            cursor: Cursor::start(),
            is_resumed: false,
            is_unsaved: false,
            saved_ns: 0,
            batch: Vec::new(),
            reached: Vec::new(),
            tops,
            history: History::default(),
            retry_ns: 0,
            retry_wait_ns: RETRY_MIN_NS,
        });
        agent
    }

    fn with_name(
        name: String,
        mut journals: Vec<FollowedJournal>,
        clock: Clock,
        counters: &Counters,
    ) -> Self {
        journals.sort_by_key(|journal| journal.shard);
        let followers = journals
            .iter()
            .map(|journal| Arc::new(Mutex::new(follower_of(journal))))
            .collect();
        let label = name.replace([':', '-'], "_");
        let counter = |what: &str| counters.counter(&format!("{label}_{what}"));
        Self {
            name,
            journals,
            followers,
            publishing: None,
            clock,
            health: HealthHandle::default(),
            has_stopped: false,
            commands: counter("commands"),
            publications: counter("publications"),
            refusals: counter("refusals"),
        }
    }

    /// Returns what answers questions about the followed shards. Those of an agent whose sink has
    /// lost what it took stand at the journals' start again until it has caught up.
    #[must_use]
    pub fn view(&self) -> FollowerView {
        FollowerView::new(self.followers.clone())
    }

    /// Returns what tells how the agent and its sink are.
    #[must_use]
    pub fn health(&self) -> HealthHandle {
        self.health.clone()
    }

    /// Stops for good: the journal or the sink cannot go on. Other agents are not concerned.
    fn stop(&mut self, reason: String) {
        self.has_stopped = true;
        self.health.set(SinkHealth::Stopped(reason));
    }

    /// Returns whether the sink may be given more: it is ready and owes nothing.
    fn sink_is_ready(&mut self, now_ns: u64) -> bool {
        let Some(publishing) = &mut self.publishing else {
            return true;
        };
        if now_ns < publishing.retry_ns {
            return false;
        }
        let outcome = if publishing.is_resumed {
            publishing.hand_over_or_tend()
        } else {
            publishing.resume(&self.followers)
        };
        self.settle(outcome, now_ns)
    }

    /// Notes how an attempt ended; returns whether it succeeded.
    fn settle(&mut self, outcome: Result<usize, SinkError>, now_ns: u64) -> bool {
        let Some(publishing) = &mut self.publishing else {
            return true;
        };
        if self.has_stopped {
            return false;
        }
        while let Some(notice) = publishing.sink.take_notice() {
            self.health.note(notice);
        }
        match outcome {
            Ok(taken) => {
                publishing.retry_wait_ns = RETRY_MIN_NS;
                self.publications
                    .add(u64::try_from(taken).unwrap_or(u64::MAX));
                self.health.set(publishing.sink.health());
                true
            }
            Err(SinkError::Unavailable(reason)) => {
                publishing.wait_after(now_ns);
                self.refusals.increment();
                self.health.set(SinkHealth::Waiting(reason));
                false
            }
            Err(SinkError::Lost(reason)) => {
                publishing.wait_after(now_ns);
                publishing.forget();
                for (shared, journal) in self.followers.iter().zip(&self.journals) {
                    *lock(shared) = follower_of(journal);
                }
                self.refusals.increment();
                self.health.note(reason.clone());
                self.health.set(SinkHealth::Waiting(reason));
                false
            }
            Err(SinkError::Stopped(reason)) => {
                self.stop(reason);
                false
            }
        }
    }

    /// Follows every shard a little; what happened goes into the batch.
    fn follow(&mut self) -> usize {
        let mut work = 0;
        let mut failed = None;
        for shared in &self.followers {
            let mut follower = lock(shared);
            let outcome = match &mut self.publishing {
                Some(publishing) => publishing.follow(&mut follower),
                None => follower.poll(&mut |_| {}),
            };
            let fault = self.publishing.as_mut().and_then(Publishing::take_fault);
            if fault.is_some() {
                failed = fault;
                break;
            }
            match outcome {
                Ok(applied) => work += applied,
                Err(error) => {
                    failed = Some(format!("shard {}: {error}", follower.shard_id()));
                    break;
                }
            }
        }
        self.commands.add(u64::try_from(work).unwrap_or(u64::MAX));
        if let Some(reason) = failed {
            self.stop(reason);
        }
        work
    }

    fn save_if_due(&mut self, now_ns: u64) {
        let is_due = self.publishing.as_ref().is_some_and(|publishing| {
            publishing.is_unsaved
                && now_ns.saturating_sub(publishing.saved_ns) >= CURSOR_INTERVAL_NS
                && now_ns >= publishing.retry_ns
        });
        if is_due {
            self.save(now_ns);
        }
    }

    fn save(&mut self, now_ns: u64) {
        if let Some(publishing) = &mut self.publishing {
            let outcome = publishing.save(now_ns);
            self.settle(outcome.map(|()| 0), now_ns);
        }
    }
}

impl Publishing {
    fn wait_after(&mut self, now_ns: u64) {
        self.retry_ns = now_ns.saturating_add(self.retry_wait_ns);
        self.retry_wait_ns = (self.retry_wait_ns * 2).min(RETRY_MAX_NS);
    }

    /// Stands as before the first turn: the sink is to be made ready again.
    fn forget(&mut self) {
        self.cursor = Cursor::start();
        self.is_resumed = false;
        self.is_unsaved = false;
        self.batch.clear();
        self.reached.clear();
        self.history = History::default();
        self.tops = self.tops.take().map(|_| TopOfBooks::new());
    }

    /// Makes the sink ready and saves the cursor at once, so that a crash right after finds it.
    fn resume(&mut self, followers: &[SharedFollower]) -> Result<usize, SinkError> {
        let saved = self
            .file
            .load()
            .map_err(|error| SinkError::Stopped(error.to_string()))?;
        if let Some(cursor) = &saved {
            check_within_journal(cursor, followers)?;
        }
        self.cursor = self.sink.resume(saved.as_ref())?;
        check_within_journal(&self.cursor, followers)?;
        self.history = History::of(self.sink.newest()?);
        for held in self.history.expected() {
            check_held(held.id.shard, held.id.sequence, followers)?;
        }
        self.save(self.saved_ns)?;
        self.is_resumed = true;
        Ok(0)
    }

    /// Applies a little of one shard's journal; events that the sink already has are passed over.
    fn follow(&mut self, follower: &mut Follower) -> Result<usize, crate::FollowerError> {
        let published = self.cursor.shard(follower.shard_id()).copied();
        let is_published = |id: &EventId| published.is_some_and(|cursor| cursor.covers(id));
        let before = follower.position().sequence;
        let (batch, tops, history) = (&mut self.batch, &mut self.tops, &mut self.history);
        let outcome = follower.poll(&mut |applied| {
            history.note(&applied.id, applied.event.header.time_ns);
            if let Some(tops) = tops {
                tops.note(applied, &mut |top| {
                    if !is_published(&top.id) {
                        batch.push(top);
                    }
                });
            }
            if !is_published(&applied.id) {
                publish(applied, batch);
            }
        });
        // A turn ends between two commands.
        if let Some(tops) = tops {
            tops.end_command(&mut |top| {
                if !is_published(&top.id) {
                    batch.push(top);
                }
            });
        }
        let position = follower.position();
        history.end_turn(position.shard, position.sequence);
        let reached = (position.sequence, follower.last_index());
        let is_ahead = published.is_none_or(|cursor| (cursor.sequence, cursor.index) < reached);
        // Also after a failure: what came before it is published, and so must be its place.
        if is_ahead && position.sequence > before {
            self.reached.push(ShardCursor {
                shard: position.shard,
                epoch: position.epoch,
                sequence: position.sequence,
                index: follower.last_index(),
            });
        }
        outcome
    }

    /// Returns why the sink is of another history, where it is; then nothing more is handed over.
    fn take_fault(&mut self) -> Option<String> {
        let fault = self.history.fault()?.to_owned();
        self.batch.clear();
        self.reached.clear();
        self.is_unsaved = false;
        Some(fault)
    }

    /// Hands the batch over; where there is none, lets the sink do what else it has to do.
    fn hand_over_or_tend(&mut self) -> Result<usize, SinkError> {
        if self.batch.is_empty() {
            self.sink.tend()?;
        }
        self.hand_over()
    }

    /// Hands the batch over, if there is one, and returns how many publications it had.
    fn hand_over(&mut self) -> Result<usize, SinkError> {
        let taken = self.batch.len();
        if taken > 0 {
            self.sink.accept(&self.batch)?;
            self.batch.clear();
        }
        for reached in self.reached.drain(..) {
            self.cursor.advance(reached);
            self.is_unsaved = true;
        }
        Ok(taken)
    }

    fn save(&mut self, now_ns: u64) -> Result<(), SinkError> {
        self.cursor.mark = self.sink.flush()?;
        self.file
            .save(&self.cursor)
            .map_err(|error| SinkError::Unavailable(error.to_string()))?;
        self.is_unsaved = false;
        self.saved_ns = now_ns;
        Ok(())
    }
}

fn follower_of(journal: &FollowedJournal) -> Follower {
    Follower::new(journal.clone(), FollowMode::Synced)
}

/// Refuses a cursor beyond what is on disk: the sink has what this journal never said.
fn check_within_journal(cursor: &Cursor, followers: &[SharedFollower]) -> Result<(), SinkError> {
    for cursor in cursor.shards() {
        check_held(cursor.shard, cursor.sequence, followers)?;
    }
    Ok(())
}

fn check_held(
    shard: ShardId,
    sequence: SequenceNumber,
    followers: &[SharedFollower],
) -> Result<(), SinkError> {
    let synced = followers
        .iter()
        .map(lock)
        .find(|follower| follower.shard_id() == shard)
        .map_or(0, |follower| follower.marks().synced());
    if sequence.0 > synced {
        return Err(SinkError::Stopped(format!(
            "cursor of shard {shard} is at {sequence}, its journal ends at {synced}"
        )));
    }
    Ok(())
}

impl Agent for FollowerAgent {
    fn name(&self) -> &str {
        &self.name
    }

    fn poll(&mut self) -> usize {
        if self.has_stopped {
            return 0;
        }
        let now_ns = self.clock.now_ns();
        if !self.sink_is_ready(now_ns) {
            return 0;
        }
        let work = self.follow();
        // Also after a failure: what came before it is told.
        if work > 0
            && let Some(publishing) = &mut self.publishing
        {
            let outcome = publishing.hand_over();
            self.settle(outcome, now_ns);
        }
        self.save_if_due(now_ns);
        work
    }

    /// Saves the cursor, unless the sink waits for its server: a stop does not. What is not saved,
    /// or synced and not followed yet, comes at the next start.
    fn close(&mut self) {
        let now_ns = self.clock.now_ns();
        let is_due = self.publishing.as_ref().is_some_and(|publishing| {
            publishing.is_resumed && publishing.is_unsaved && now_ns >= publishing.retry_ns
        });
        if is_due {
            self.save(now_ns);
        }
    }
}
