//! Recovery: every state from its journal, before anything runs. Each is a follower that reads to
//! the end.

use std::path::Path;
use std::time::Duration;

use matchgate_core::Shard;
use matchgate_core::domain::{Command, ControlNumber, SequenceNumber, ShardId};
use matchgate_follower::{FollowerError, decimal_text, recover_shard};
use matchgate_journal::{SegmentReader, StreamId};
use matchgate_runtime::{EventClock, Failure, on_huge_pages};

use super::open::{Opened, Stream, capacity};
use crate::config::Config;
use crate::control::ControlState;
use crate::exit_code::{ExitCode, Fatal};

/// How often a start-up wait looks.
const LOOK_INTERVAL: Duration = Duration::from_micros(200);

/// What the control journal says, in order and in sum.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) commands: Vec<Command>,
    pub(super) state: ControlState,
}

impl Control {
    /// Reads the control journal.
    pub(super) fn read(folder: &Path, through: u64) -> Result<Self, Fatal> {
        let mut control = Self {
            commands: Vec::new(),
            state: ControlState::default(),
        };
        let mut reader = SegmentReader::open(folder, 1)?;
        while let Some(record) = reader.next_record(through)? {
            let sequence = SequenceNumber(record.header.sequence);
            let command = Command::decode(record.header.kind, record.body)
                .map_err(|error| FollowerError::Command { sequence, error })?;
            control.take(command);
        }
        Ok(control)
    }

    fn take(&mut self, command: Command) {
        self.state.apply(&command);
        self.commands.push(command);
    }

    /// Makes the venue what the configuration says: appends what is missing and waits until it is
    /// synced. The writer runs already.
    pub(super) fn follow(
        &mut self,
        config: &Config,
        stream: &mut Stream,
        clock: &EventClock,
        failure: &Failure,
    ) -> Result<(), Fatal> {
        let next = ControlNumber(stream.appender.next_sequence());
        let changes = self
            .state
            .changes_for(config, next)
            .map_err(|error| Fatal::new(ExitCode::Mismatch, error.to_string()))?;
        for command in changes {
            let sequence = loop {
                match crate::control::agent::append(&mut stream.appender, &command, clock.now_ns())
                {
                    Ok(number) => break number.get(),
                    // The log is full of what the writer is about to take.
                    Err(_busy) => wait_until(failure, || stream.marks.is_drained())?,
                }
            };
            stream.marks.request_sync(sequence);
            self.take(command);
        }
        let last = stream.marks.written();
        wait_until(failure, || stream.marks.synced() >= last)
    }
}

/// Waits until `is_so`, or until something failed.
pub(super) fn wait_until(failure: &Failure, is_so: impl Fn() -> bool) -> Result<(), Fatal> {
    while !is_so() {
        if let Some(report) = failure.report() {
            return Err(Fatal::of_failure(report));
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
    Ok(())
}

/// Returns every shard as its journal leaves it.
pub(super) fn shards(opened: &Opened, config: &Config) -> Result<Vec<Shard>, Fatal> {
    let streams = (0..config.venue.shards).zip(&opened.shards);
    streams
        .map(|(number, stream)| {
            let folder = opened
                .journals
                .directory()
                .segments_path(StreamId::shard(number));
            let through = SequenceNumber(stream.tail.last_sequence);
            let recover =
                || recover_shard(&folder, ShardId(number), capacity(&config.venue), through);
            Ok(on_huge_pages(recover)?)
        })
        .collect()
}

/// Returns a line for each shard whose journal ends after `now_ns`, the time of its clock: until
/// the clock has caught up, the shard's agent stamps with the journal's time.
pub(super) fn clocks_behind(shards: &[Shard], now_ns: u64) -> Vec<String> {
    let behind = shards.iter().filter_map(|shard| {
        let behind_ns = shard.last_time_ns().saturating_sub(now_ns);
        (behind_ns > 0).then(|| {
            let stream = StreamId::shard(shard.id().get());
            let milliseconds = decimal_text(i128::from(behind_ns), -6);
            format!(
                "{stream}: the clock is {milliseconds} ms ({behind_ns} ns) behind the journal's \
                 last record: event time goes on from the journal's"
            )
        })
    });
    behind.collect()
}
