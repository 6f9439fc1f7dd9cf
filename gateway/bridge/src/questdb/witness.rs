//! Witnesses: rows of which a 2xx is known, and by which a table shows that it still holds all that
//! it took. One that was emptied holds none from before, one that was put back lacks the newest;
//! that there are rows says neither. It must not know how a table is asked.

use matchgate_core::domain::EventId;
use matchgate_follower::publication::{Publication, PublicationBody};

/// Witnesses that are kept at the most while a table's log is not applied.
const WITNESSES_MAX: usize = 16;

/// A row that a table must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    /// Any row.
    Any,
    /// A row of this event time.
    At(u64),
    /// The row of an event, by its id and time.
    Event(EventId, u64),
}

impl Witness {
    fn of(publication: &Publication) -> Self {
        Self::Event(publication.id, publication.time_ns)
    }

    /// Returns the condition that its row meets.
    pub(super) fn condition(&self) -> String {
        let at = |time_ns: &u64| format!("ts = cast({time_ns} AS TIMESTAMP_NS)");
        match self {
            Self::Any => "true".to_owned(),
            Self::At(time_ns) => at(time_ns),
            Self::Event(id, time_ns) => format!(
                "{} AND epoch = {} AND shard = {} AND seq = {} AND idx = {}",
                at(time_ns),
                id.epoch,
                id.shard,
                id.sequence,
                id.index
            ),
        }
    }
}

/// What a table is to show at the next look.
#[derive(Debug, Default)]
pub(super) struct Proof {
    owed: Vec<Witness>,
    /// Whether the first row since the last proof is among them.
    has_first: bool,
    newest: Option<Witness>,
}

impl Proof {
    /// Returns the proof of a table that must hold one row already.
    pub(super) fn owing(witness: Option<Witness>) -> Self {
        Self {
            owed: witness.into_iter().collect(),
            has_first: false,
            newest: witness,
        }
    }

    /// Takes note that the server has confirmed these rows.
    pub(super) fn confirm<'a>(&mut self, mut rows: impl Iterator<Item = &'a Publication>) {
        let Some(first) = rows.next() else {
            return;
        };
        if !self.has_first {
            self.owed.push(Witness::of(first));
            self.has_first = true;
        }
        self.newest = Some(Witness::of(rows.last().unwrap_or(first)));
    }

    /// Returns the rows to ask for: of the last look, the first since then and the newest.
    pub(super) fn owed(&self) -> Vec<Witness> {
        let mut owed = self.owed.clone();
        if let Some(newest) = self.newest
            && !owed.contains(&newest)
        {
            owed.push(newest);
        }
        owed
    }

    /// Takes note that all that is owed was there: the newest row is what the next look asks for.
    pub(super) fn settle(&mut self) {
        self.owed = self.newest.into_iter().collect();
        self.has_first = false;
    }

    /// Takes note that the table could not show it yet: all stays owed.
    pub(super) fn put_off(&mut self) {
        self.owed = self.owed();
        if self.owed.len() > WITNESSES_MAX {
            self.owed.remove(WITNESSES_MAX - 1);
        }
    }

    /// Returns the event time of the newest row; 0 where there is none.
    pub(super) fn newest_ns(&self) -> u64 {
        match self.newest {
            Some(Witness::At(time_ns) | Witness::Event(_, time_ns)) => time_ns,
            Some(Witness::Any) | None => 0,
        }
    }
}

/// Returns the fills of a batch.
pub(super) fn fills(batch: &[Publication]) -> impl Iterator<Item = &Publication> {
    let is_fill = |one: &&Publication| matches!(one.body, PublicationBody::Fill(_));
    batch.iter().filter(is_fill)
}

/// Returns the tops of books of a batch.
pub(super) fn tops(batch: &[Publication]) -> impl Iterator<Item = &Publication> {
    let is_top = |one: &&Publication| matches!(one.body, PublicationBody::TopOfBook(_));
    batch.iter().filter(is_top)
}

/// Returns the cursor's mark: the event time of the newest trade, doubled, and 1 more where the
/// tables have not shown yet that they hold what the cursor stands behind.
pub(super) const fn mark(newest_ns: u64, is_proved: bool) -> u64 {
    newest_ns << 1 | !is_proved as u64
}

/// Returns the event time of a mark and whether the tables had shown what they hold.
pub(super) const fn from_mark(mark: u64) -> (u64, bool) {
    (mark >> 1, mark & 1 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::fill;

    fn witness(sequence: u64) -> Witness {
        Witness::of(&fill(sequence, "ABC"))
    }

    #[test]
    fn first_and_newest_row_since_the_last_proof_are_owed_beside_what_that_proved() {
        let mut proof = Proof::owing(Some(Witness::At(7)));
        for batch in [[1, 2, 3], [4, 5, 6]] {
            proof.confirm(batch.map(|one| fill(one, "ABC")).iter());
        }
        assert_eq!(proof.owed(), [Witness::At(7), witness(1), witness(6)]);
        proof.settle();
        assert_eq!(proof.owed(), [witness(6)]);
        proof.confirm([].iter());
        assert_eq!(proof.owed(), [witness(6)]);
    }

    #[test]
    fn what_is_put_off_stays_owed_in_bounds() {
        let mut proof = Proof::owing(Some(Witness::Any));
        for sequence in 1..100 {
            proof.confirm([fill(sequence, "ABC")].iter());
            proof.put_off();
        }
        let owed = proof.owed();
        assert_eq!(owed.len(), WITNESSES_MAX);
        assert_eq!(owed[..2], [Witness::Any, witness(1)]);
        assert_eq!(owed.last(), Some(&witness(99)));
    }

    #[test]
    fn mark_tells_time_and_proof() {
        let last_ns = i64::MAX.unsigned_abs();
        for (time_ns, is_proved) in [(0, true), (0, false), (last_ns, true), (last_ns, false)] {
            assert_eq!(from_mark(mark(time_ns, is_proved)), (time_ns, is_proved));
        }
    }
}
