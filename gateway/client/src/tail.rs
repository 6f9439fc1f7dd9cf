//! The unacknowledged tail: requests that were numbered and have no answer yet.
//!
//! Numbers rise from front to back. An answer in the middle only marks its request; the front is
//! dropped as far as it is answered. It knows no socket and no logon.

use std::collections::VecDeque;

use matchgate_core::domain::RequestNumber;
use matchgate_schema::message::ClientMessage;

#[derive(Debug)]
struct Entry {
    number: RequestNumber,
    message: ClientMessage,
    is_decided: bool,
}

/// Requests without an answer, bounded.
#[derive(Debug)]
pub(crate) struct Tail {
    entries: VecDeque<Entry>,
    undecided: usize,
    entries_max: usize,
}

impl Tail {
    /// Returns an empty tail; all its allocation is here.
    pub(crate) fn new(entries_max: usize) -> Self {
        Self {
            entries: VecDeque::with_capacity(entries_max),
            undecided: 0,
            entries_max,
        }
    }

    /// Returns whether there is no room for one more.
    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= self.entries_max
    }

    /// Returns how many requests have no answer.
    pub(crate) const fn undecided_count(&self) -> usize {
        self.undecided
    }

    /// Keeps a request whose number is above all that are kept. The caller saw to it that there is
    /// room.
    pub(crate) fn push(&mut self, number: RequestNumber, message: ClientMessage) {
        debug_assert!(self.entries.back().is_none_or(|last| last.number < number));
        self.entries.push_back(Entry {
            number,
            message,
            is_decided: false,
        });
        self.undecided += 1;
    }

    /// Marks a request as answered; another one than those kept changes nothing.
    pub(crate) fn decide(&mut self, number: RequestNumber) {
        let found = self
            .entries
            .binary_search_by_key(&number, |entry| entry.number);
        let Some(entry) = found.ok().and_then(|index| self.entries.get_mut(index)) else {
            return;
        };
        if !entry.is_decided {
            entry.is_decided = true;
            self.undecided -= 1;
        }
        self.drop_decided_front();
    }

    /// Marks every request as answered for which `is_decided` says so.
    pub(crate) fn decide_where(&mut self, is_decided: impl Fn(RequestNumber) -> bool) {
        for entry in &mut self.entries {
            if !entry.is_decided && is_decided(entry.number) {
                entry.is_decided = true;
                self.undecided -= 1;
            }
        }
        self.drop_decided_front();
    }

    fn drop_decided_front(&mut self) {
        while self.entries.front().is_some_and(|entry| entry.is_decided) {
            self.entries.pop_front();
        }
    }

    /// Takes out the requests above `number` that have no answer.
    pub(crate) fn split_above(&mut self, number: RequestNumber) -> Vec<ClientMessage> {
        let first = self.entries.partition_point(|entry| entry.number <= number);
        let above = self.entries.split_off(first);
        let abandoned: Vec<ClientMessage> = above
            .into_iter()
            .filter(|entry| !entry.is_decided)
            .map(|entry| entry.message)
            .collect();
        self.undecided -= abandoned.len();
        abandoned
    }

    /// Returns the requests without an answer, in the order of their numbers.
    pub(crate) fn undecided(&self) -> impl Iterator<Item = &ClientMessage> {
        self.entries
            .iter()
            .filter(|entry| !entry.is_decided)
            .map(|entry| &entry.message)
    }
}
