//! The outbox: messages that the sink took and the stream has not confirmed, in order, and how far
//! each of taking, sending and confirming has come. It must not know a connection.

use std::collections::VecDeque;

use async_nats::HeaderMap;
use bytes::Bytes;
use matchgate_core::domain::EventId;
use matchgate_follower::cursor::{Cursor, ShardCursor};
use matchgate_follower::sink::SinkError;

use super::cursor_text;

/// A fill as it goes into the stream.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: EventId,
    pub(super) subject: String,
    pub(super) payload: Bytes,
}

/// What was taken and not confirmed.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// The first `sent` of them are on their way.
    items: VecDeque<Item>,
    sent: usize,
    /// What the stream is known to have; its mark is the stream's sequence there.
    acked: Cursor,
    /// That, and what is on its way.
    published: Cursor,
    /// That, and what waits.
    taken: Cursor,
    /// Whether messages go without their id: the server remembers ids from before a purge, and
    /// would not store them again. That each stands once does not hang on it.
    leaves_out_ids: bool,
}

impl Outbox {
    /// Returns an empty outbox behind what the stream has.
    pub(super) fn behind(cursor: Cursor) -> Self {
        Self {
            items: VecDeque::new(),
            sent: 0,
            published: cursor.clone(),
            taken: cursor.clone(),
            acked: cursor,
            leaves_out_ids: false,
        }
    }

    pub(super) const fn acked(&self) -> &Cursor {
        &self.acked
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns whether an event was taken before, in this run or one whose message the stream has.
    pub(super) fn has_taken(&self, id: &EventId) -> bool {
        covers(&self.taken, id)
    }

    pub(super) fn take(&mut self, items: Vec<Item>) {
        for item in items {
            self.taken.advance(position(&item.id));
            self.items.push_back(item);
        }
    }

    /// Returns the next message that is not on its way, with its headers but for those of the
    /// connection, and counts it as sent.
    pub(super) fn send_next(&mut self, directory: &str) -> Option<(String, HeaderMap, Bytes)> {
        let item = self.items.get(self.sent)?;
        self.sent += 1;
        self.published.advance(position(&item.id));
        let mut headers = HeaderMap::new();
        if !self.leaves_out_ids {
            headers.insert("Nats-Msg-Id", item.id.to_string());
        }
        headers.insert("Matchgate-Cursor", cursor_text(&self.published));
        headers.insert("Matchgate-Directory", directory);
        headers.insert("Content-Type", "application/json");
        headers.insert("Schema", "fills/1");
        Some((item.subject.clone(), headers, item.payload.clone()))
    }

    /// Drops the oldest message: the stream has it at `sequence`.
    pub(super) fn confirm(&mut self, sequence: u64) {
        if let Some(item) = self.items.pop_front() {
            self.sent = self.sent.saturating_sub(1);
            self.acked.advance(position(&item.id));
            self.acked.mark = sequence;
        }
        self.leaves_out_ids &= !self.items.is_empty();
    }

    /// Sends what is in the outbox now without ids.
    pub(super) const fn leave_out_ids(&mut self) {
        self.leaves_out_ids = true;
    }

    /// Returns the id of the oldest message.
    pub(super) fn oldest(&self) -> Option<EventId> {
        self.items.front().map(|item| item.id)
    }

    /// Goes on behind what the stream says that it has: what it has is dropped, the rest is to be
    /// sent again.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Stopped`] where the stream has what was never taken here,
    /// [`SinkError::Lost`] where it lacks what it confirmed.
    pub(super) fn go_on(&mut self, stream: &Cursor, name: &str) -> Result<(), SinkError> {
        if let Some(beyond) = first_beyond(stream, &self.taken) {
            return Err(SinkError::Stopped(format!(
                "stream {name} has shard {} up to {}.{}, which this process never sent: another \
                 one publishes from the same data directory",
                beyond.shard, beyond.sequence, beyond.index
            )));
        }
        if let Some(gone) = first_beyond(&self.acked, stream) {
            return Err(SinkError::Lost(format!(
                "stream {name} no longer has shard {} up to {}.{}, which it had confirmed: it is \
                 filled again from where it ends now",
                gone.shard, gone.sequence, gone.index
            )));
        }
        while self
            .items
            .front()
            .is_some_and(|item| covers(stream, &item.id))
        {
            self.items.pop_front();
        }
        self.sent = 0;
        self.acked = stream.clone();
        self.published = stream.clone();
        Ok(())
    }
}

/// Returns the first position in `one` that is beyond the same shard's in `other`.
fn first_beyond<'a>(one: &'a Cursor, other: &Cursor) -> Option<&'a ShardCursor> {
    one.shards().iter().find(|shard| {
        other
            .shard(shard.shard)
            .is_none_or(|known| (shard.sequence, shard.index) > (known.sequence, known.index))
    })
}

fn covers(cursor: &Cursor, id: &EventId) -> bool {
    cursor.shard(id.shard).is_some_and(|known| known.covers(id))
}

const fn position(id: &EventId) -> ShardCursor {
    ShardCursor {
        shard: id.shard,
        epoch: id.epoch,
        sequence: id.sequence,
        index: id.index,
    }
}
