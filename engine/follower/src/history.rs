//! History: whether what a sink holds is of this journal. Two journals may have the same numbers,
//! as one and its older copy that went on by itself; their events differ in time. It must not know
//! what a sink does.

use matchgate_core::domain::{EventId, SequenceNumber, ShardId};

use crate::sink::HeldEvent;

/// Events that a sink holds and the journal has not shown yet.
#[derive(Debug, Default)]
pub(crate) struct History {
    expected: Vec<HeldEvent>,
    fault: Option<String>,
}

impl History {
    /// Returns a history that is to show `held`.
    pub(crate) const fn of(held: Vec<HeldEvent>) -> Self {
        Self {
            expected: held,
            fault: None,
        }
    }

    /// Returns the events that are still to be shown.
    pub(crate) fn expected(&self) -> &[HeldEvent] {
        &self.expected
    }

    /// Takes note of an event of the journal.
    pub(crate) fn note(&mut self, id: &EventId, time_ns: u64) {
        self.expected
            .retain(|held| held.id != *id || held.time_ns != time_ns);
    }

    /// Takes note that a shard's journal was followed up to and with a command: what the sink
    /// holds up to there was shown, or is of another history.
    pub(crate) fn end_turn(&mut self, shard: ShardId, through: SequenceNumber) {
        let mut passed = self.expected.iter();
        let missing = passed.find(|held| held.id.shard == shard && held.id.sequence <= through);
        if let Some(HeldEvent { id, time_ns }) = missing {
            self.fault = Some(format!(
                "the sink holds event {id} of {time_ns} ns, which this journal does not have: it \
                 was written from another history, as from a data directory that went on where \
                 this one is a copy"
            ));
        }
    }

    /// Returns why the sink is of another history, where it is.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use matchgate_core::domain::Epoch;

    use super::*;

    fn event(sequence: u64, time_ns: u64) -> HeldEvent {
        let id = EventId {
            epoch: Epoch(2),
            shard: ShardId(1),
            sequence: SequenceNumber(sequence),
            index: 3,
        };
        HeldEvent { id, time_ns }
    }

    fn after(shown: HeldEvent, through: u64) -> History {
        let mut history = History::of(vec![event(9, 500)]);
        history.note(&shown.id, shown.time_ns);
        history.end_turn(ShardId(0), SequenceNumber(100));
        history.end_turn(ShardId(1), SequenceNumber(through));
        history
    }

    #[test]
    fn event_that_the_journal_shows_is_of_this_history() {
        let history = after(event(9, 500), 20);
        assert!(history.fault().is_none() && history.expected().is_empty());
    }

    #[test]
    fn event_that_is_still_to_come_is_no_fault() {
        assert!(after(event(8, 400), 8).fault().is_none());
    }

    #[test]
    fn event_of_another_time_or_that_is_passed_over_is_of_another_history() {
        for shown in [event(9, 501), event(8, 500)] {
            let history = after(shown, 9);
            let fault = history.fault().unwrap();
            assert!(fault.contains("2.1.9.3 of 500 ns"), "{fault}");
        }
    }
}
