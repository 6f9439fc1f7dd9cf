//! The status: what an operator is told, gathered from views, marks and counters without touching
//! a hot thread.

use matchgate_core::domain::{Phase, Symbol};
use matchgate_follower::{BookView as FollowedBook, SinkHealth, view::BookLevel};
use matchgate_journal::Marks;

use super::observed::Observed;
use crate::admin::AdminSource;
use crate::admin::message::{
    AdminReply, AdminRequest, BookView, FollowerStatus, InstrumentStatus, SessionStatus, Status,
    StreamStatus, hash_text,
};
use crate::control::{Act, ControlRefusal, ControlState};

/// Levels a side that one answer may hold.
const LEVELS_MAX: usize = 10_000;

impl AdminSource for Observed {
    fn answer(&self, request: &AdminRequest) -> AdminReply {
        match request {
            AdminRequest::Status => AdminReply::Status(Box::new(self.status())),
            AdminRequest::Halt { symbol } => self.act(symbol, Act::SetPhase(Phase::Halt)),
            AdminRequest::Resume { symbol } => self.act(symbol, Act::SetPhase(Phase::Continuous)),
            AdminRequest::EndDay { symbol } => self.act(symbol, Act::EndDay),
            AdminRequest::Book { symbol, levels } => self.book(symbol, *levels),
        }
    }
}

impl Observed {
    fn act(&self, symbol: &str, act: Act) -> AdminReply {
        match self.control.act(symbol, act) {
            Ok(number) => AdminReply::Done {
                control: number.get(),
            },
            Err(refusal) => refused(&refusal),
        }
    }

    fn book(&self, symbol: &str, levels: usize) -> AdminReply {
        let known = Symbol::new(symbol.as_bytes());
        match known.and_then(|symbol| self.view.book(&symbol, levels.min(LEVELS_MAX))) {
            Some(book) => AdminReply::Book(book_view(&book)),
            None => AdminReply::Refused {
                reason: format!("unknown symbol {symbol:?}"),
            },
        }
    }

    fn status(&self) -> Status {
        let state = self.control.state();
        Status {
            epoch: self.epoch.get(),
            control: state.last().get(),
            journal_backend: format!("{:?}", self.backend).to_lowercase(),
            instruments: self.instruments(&state),
            sessions: self.sessions(&state),
            streams: self.marks.iter().map(stream_status).collect(),
            followers: self.followers(),
            counters: self
                .sampler
                .sample()
                .into_iter()
                .map(|sample| (sample.label, sample.value))
                .collect(),
        }
    }

    fn instruments(&self, state: &ControlState) -> Vec<InstrumentStatus> {
        let instruments = state.instruments().iter();
        instruments
            .map(|(instrument, phase)| InstrumentStatus {
                symbol: instrument.symbol.to_string(),
                shard: instrument.shard.get(),
                phase: format!("{phase:?}"),
                book_hash: hash_text(self.view.book_hash(&instrument.symbol).unwrap_or_default()),
            })
            .collect()
    }

    fn sessions(&self, state: &ControlState) -> Vec<SessionStatus> {
        let sessions = state.sessions().iter();
        sessions
            .map(|session| {
                let counter = |what: &str| {
                    self.sampler
                        .get(&format!("session_{}_{what}", session.id))
                        .unwrap_or_default()
                };
                SessionStatus {
                    key: session.key.to_string(),
                    gateway: state.home(session).get(),
                    connected: counter("connected") == 1,
                    next_sequence: counter("next_sequence"),
                    request_highest: counter("request_highest"),
                    open_orders: counter("open_orders"),
                }
            })
            .collect()
    }

    fn followers(&self) -> Vec<FollowerStatus> {
        let followed = self.followed.iter();
        followed
            .flat_map(|one| {
                let health = one.health.get();
                let is_stopped = matches!(health, SinkHealth::Stopped(_));
                let health = health_text(&health);
                one.view
                    .positions()
                    .into_iter()
                    .map(move |position| FollowerStatus {
                        sink: one.name.clone(),
                        health: health.clone(),
                        is_stopped,
                        shard: position.shard.get(),
                        sequence: position.sequence.get(),
                        state_hash: hash_text(position.state_hash),
                    })
            })
            .collect()
    }
}

/// Returns a follower's health as operators read it.
pub(super) fn health_text(health: &SinkHealth) -> String {
    match health {
        SinkHealth::Healthy => "healthy".to_owned(),
        SinkHealth::Waiting(reason) => format!("waiting: {reason}"),
        SinkHealth::Stopped(reason) => format!("stopped: {reason}"),
    }
}

fn refused(refusal: &ControlRefusal) -> AdminReply {
    AdminReply::Refused {
        reason: refusal.to_string(),
    }
}

fn stream_status(marks: &Marks) -> StreamStatus {
    StreamStatus {
        stream: marks.stream().to_string(),
        written: marks.written(),
        synced: marks.synced(),
        applied: marks.applied(),
    }
}

/// Returns a followed book as the admin socket shows it.
#[must_use]
pub(crate) fn book_view(book: &FollowedBook) -> BookView {
    let side = |levels: &[BookLevel]| {
        levels
            .iter()
            .map(|level| {
                let quantity = u64::try_from(level.quantity).unwrap_or(u64::MAX);
                (level.price.get(), quantity)
            })
            .collect()
    };
    BookView {
        symbol: book.instrument.symbol.to_string(),
        bids: side(&book.bids),
        asks: side(&book.asks),
    }
}
