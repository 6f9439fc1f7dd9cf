//! The place in the stream at which publishing goes on, found from how the stream ends and what is
//! remembered of it. It must not know a connection.

use matchgate_follower::cursor::Cursor;
use matchgate_follower::sink::{HeldEvent, SinkError};

/// How a stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamEnd {
    /// Messages in it.
    pub(super) messages: u64,
    /// Number of its last message, gone or not; 0 where it never had one.
    pub(super) last_sequence: u64,
    /// Position of every shard as its last message says; `None` where no message is left.
    pub(super) cursor: Option<Cursor>,
    /// The event of its last message.
    pub(super) newest: Option<HeldEvent>,
    /// Whether its last message is old enough to have gone by age.
    pub(super) may_have_aged_out: bool,
}

/// Where publishing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind this.
    GoOn {
        /// The positions; the mark is the stream's last sequence.
        cursor: Cursor,
        /// What an operator should know of it.
        notice: Option<String>,
    },
    /// From the start of the journals, for this reason.
    FillAgain(String),
}

/// Returns where publishing goes on. `known` is what is remembered of the stream: positions that
/// it had, and its last sequence then as mark; `None` where nothing is.
///
/// # Errors
///
/// Returns [`SinkError::Unavailable`] where that cannot be known: an operator decides.
pub(super) fn find_place(
    end: &StreamEnd,
    known: Option<&Cursor>,
    name: &str,
) -> Result<Place, SinkError> {
    let last = end.last_sequence;
    let mark = known.map_or(0, |known| known.mark);
    if let Some(cursor) = &end.cursor {
        let mut cursor = cursor.clone();
        cursor.mark = last;
        let notice = (mark > last).then(|| {
            format!(
                "stream {name} ends at {last}, it was at {mark} before: it is filled again from \
                 where it ends"
            )
        });
        return Ok(Place::GoOn { cursor, notice });
    }
    let is_at_start = known.is_none_or(|known| known.shards().is_empty());
    if is_at_start && mark >= last {
        // Nothing that it had is known, so nothing of it is gone: all is still to come.
        let mut cursor = Cursor::start();
        cursor.mark = last;
        let notice = None;
        return Ok(Place::GoOn { cursor, notice });
    }
    if mark > last {
        return Ok(Place::FillAgain(format!(
            "stream {name} is empty at {last}, it was at {mark} before: it was made anew and is \
             filled again from the start of the journal"
        )));
    }
    if !end.may_have_aged_out {
        return Ok(Place::FillAgain(format!(
            "stream {name} was purged at {last}: it is filled again from the start of the journal"
        )));
    }
    match known {
        Some(known) if known.mark == last => Ok(Place::GoOn {
            cursor: known.clone(),
            notice: None,
        }),
        Some(_) | None => Err(SinkError::Unavailable(format!(
            "stream {name} is empty: its messages up to {last} have aged out, and no cursor file \
             says which fills they were (cursors/nats.json: {}). Put that file back from a backup, \
             or have the stream filled again from the start of the journal: nats stream rm {name}, \
             then make it again",
            match known {
                Some(known) => format!("it is at {}", known.mark),
                None => "missing".to_owned(),
            }
        ))),
    }
}

#[cfg(test)]
mod tests {
    use matchgate_core::domain::{Epoch, SequenceNumber, ShardId};
    use matchgate_follower::cursor::ShardCursor;

    use super::*;

    fn cursor(mark: u64, sequence: u64) -> Cursor {
        let mut cursor = Cursor::start();
        cursor.mark = mark;
        cursor.advance(ShardCursor {
            shard: ShardId(0),
            epoch: Epoch(1),
            sequence: SequenceNumber(sequence),
            index: 2,
        });
        cursor
    }

    fn empty(last_sequence: u64, may_have_aged_out: bool) -> StreamEnd {
        StreamEnd {
            messages: 0,
            last_sequence,
            cursor: None,
            newest: None,
            may_have_aged_out,
        }
    }

    fn go_on(cursor: Cursor) -> Result<Place, SinkError> {
        let notice = None;
        Ok(Place::GoOn { cursor, notice })
    }

    #[test]
    fn last_message_says_more_than_what_is_remembered() {
        let end = StreamEnd {
            messages: 3,
            cursor: Some(cursor(0, 50)),
            ..empty(9, false)
        };
        assert_eq!(find_place(&end, None, "F"), go_on(cursor(9, 50)));
        let known = cursor(5, 20);
        assert_eq!(find_place(&end, Some(&known), "F"), go_on(cursor(9, 50)));
        let known = cursor(12, 70);
        let place = find_place(&end, Some(&known), "F");
        let is_told =
            matches!(place, Ok(Place::GoOn { cursor, notice: Some(_) }) if cursor.mark == 9);
        assert!(is_told);
    }

    #[test]
    fn new_stream_begins_at_the_start_and_a_recreated_one_says_so() {
        assert_eq!(
            find_place(&empty(0, true), None, "F"),
            go_on(Cursor::start())
        );
        let place = find_place(&empty(0, true), Some(&cursor(7, 50)), "F");
        assert!(matches!(place, Ok(Place::FillAgain(reason)) if reason.contains("anew")));
    }

    #[test]
    fn stream_that_is_being_filled_again_is_not_taken_for_purged_once_more() {
        let mut start = Cursor::start();
        start.mark = 7;
        for may_have_aged_out in [false, true] {
            let place = find_place(&empty(7, may_have_aged_out), Some(&start), "F");
            assert_eq!(place, go_on(start.clone()));
        }
        start.mark = 6;
        assert!(find_place(&empty(7, true), Some(&start), "F").is_err());
    }

    #[test]
    fn purged_stream_is_filled_again() {
        let place = find_place(&empty(7, false), Some(&cursor(7, 50)), "F");
        assert!(matches!(place, Ok(Place::FillAgain(reason)) if reason.contains("purged")));
    }

    #[test]
    fn aged_out_stream_goes_on_only_from_a_cursor_that_knows_its_end() {
        let known = cursor(7, 50);
        assert_eq!(find_place(&empty(7, true), Some(&known), "F"), go_on(known));
        for known in [None, Some(cursor(6, 40))] {
            let place = find_place(&empty(7, true), known.as_ref(), "F");
            let is_refused = matches!(
                place,
                Err(SinkError::Unavailable(reason)) if reason.contains("nats stream rm F")
            );
            assert!(is_refused);
        }
    }
}
