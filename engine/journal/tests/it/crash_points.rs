//! The power fails, or the process dies, before and behind each operation on the disk: what was
//! told synced is there, what is there is what was written, and no number comes again.
//!
//! One script of three streams and two clean stops is run against a simulated disk, once for each
//! point; what it leaves is then opened three times: as after a kill, as after a loss of power that
//! took all that was not synced, and as after one that took some of it. At some of the points the
//! opening itself is cut short, at each of its own operations, and repeated.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use matchgate_journal::{
    Appender, Backend, DataDirectory, DirectoryError, Fault, Host, JournalError, Layout, Loss,
    Marks, OpenedStream, STAGING_ROOT, SegmentReader, SimulatedDisk, StartKind, Storage, StreamId,
    Writer, open_stream,
};
use tempfile::TempDir;

use crate::support::*;

/// Records of the script, over all streams.
const RECORDS: u64 = 2_000;
/// Records of one life of the process; it stops cleanly behind them.
const RECORDS_OF_LIFE: u64 = 700;
/// Records that are appended to each stream after a recovery.
const RECORDS_AFTER: u64 = 12;
/// One in so many points is crashed again while it recovers.
const DOUBLE_EVERY: usize = 433;
/// All points are in so many pieces; the variables tell how many of them to crash again, and from
/// which on.
const PIECES: usize = 64;
const PIECES_VARIABLE: &str = "MATCHGATE_CRASH_POINT_PIECES";
const FIRST_PIECE_VARIABLE: &str = "MATCHGATE_CRASH_POINT_PIECE";
const STREAMS: [StreamId; 3] = [StreamId::shard(0), StreamId::gateway(0), StreamId::CONTROL];
const DATA: &str = "/venue/data";

/// A machine: its disk, its memory, and which of its lives this is.
struct Machine {
    disk: SimulatedDisk,
    memory: TempDir,
    life: u128,
}

impl Machine {
    fn new(disk: SimulatedDisk, life: u128) -> Self {
        Self {
            disk,
            memory: tempfile::tempdir_in(STAGING_ROOT).expect("a folder in shared memory"),
            life,
        }
    }

    fn fresh() -> Self {
        Self::new(SimulatedDisk::new(), 1)
    }

    /// The machine after the power has come back.
    fn restarted(&self, loss: Loss) -> Self {
        Self::new(self.disk.after_crash(loss), self.life + 1)
    }

    /// The machine on which only the process died; its memory is a copy.
    fn killed(&self) -> Self {
        let killed = Self::new(self.disk.after_crash(Loss::Nothing), self.life);
        copy_folder(self.memory.path(), killed.memory.path());
        killed
    }

    fn after(&self, crash: Crash) -> Self {
        match crash {
            Crash::Kill => self.killed(),
            Crash::Power(loss) => self.restarted(loss),
        }
    }

    fn open(&self) -> Result<DataDirectory, DirectoryError> {
        let host = Host {
            storage: Arc::new(self.disk.clone()),
            staging_root: self.memory.path().to_path_buf(),
            boot_id: uuid::Uuid::from_u128(self.life),
        };
        DataDirectory::open_on(&host, Path::new(DATA), &crash_layout())
    }

    /// Number of the next operation.
    fn next_operation(&self) -> u64 {
        u64::try_from(self.disk.operations().len()).expect("small") + 1
    }
}

fn crash_layout() -> Layout {
    Layout {
        shards: 1,
        ..layout()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            std::fs::create_dir(&target).expect("made");
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

/// How a life ends.
#[derive(Clone, Copy, Debug)]
enum Crash {
    Kill,
    Power(Loss),
}

/// What somebody outside has seen of the streams.
#[derive(Clone, Debug, Default)]
struct Seen {
    epoch: u32,
    /// Last sequence appended, of each stream.
    appended: [u64; 3],
    /// Last sequence told synced.
    synced: [u64; 3],
}

/// The streams of one life.
struct Life {
    directory: DataDirectory,
    appenders: Vec<Appender>,
    marks: Vec<Marks>,
    writer: Writer,
}

impl Life {
    fn begin(machine: &Machine, seen: &mut Seen) -> Result<Self, JournalError> {
        let directory = machine.open()?;
        seen.epoch = directory.epoch();
        let opened: Vec<OpenedStream> = STREAMS
            .iter()
            .map(|stream| open_stream(&directory, *stream, options()))
            .collect::<Result<_, _>>()?;
        let (mut appenders, mut marks, mut halves) = (Vec::new(), Vec::new(), Vec::new());
        for one in opened {
            appenders.push(one.appender);
            marks.push(one.marks);
            halves.push(one.writer_half);
        }
        let writer = Writer::new(halves, Backend::Plain, SEGMENT_BYTES)?;
        Ok(Self {
            directory,
            appenders,
            marks,
            writer,
        })
    }

    fn append(&mut self, stream: usize, seen: &mut Seen) {
        let appender = &mut self.appenders[stream];
        let next = appender.next_sequence();
        append_through(appender, next);
        seen.appended[stream] = next;
    }

    fn poll(&mut self, seen: &mut Seen) -> Result<bool, JournalError> {
        let busy = self.writer.poll()?;
        for (synced, marks) in seen.synced.iter_mut().zip(&self.marks) {
            *synced = marks.synced().max(*synced);
        }
        Ok(busy)
    }

    fn end(mut self, seen: &mut Seen) -> Result<(), JournalError> {
        while self.poll(seen)? {}
        Ok(self.directory.finish_clean()?)
    }
}

/// The script: which stream a record goes to, and when the writer has its turns.
fn run_script(machine: &Machine, seen: &mut Seen) -> Result<(), JournalError> {
    let mut life = Life::begin(machine, seen)?;
    for number in 1..=RECORDS {
        let stream = match number % 11 {
            0 => 2,
            3 | 6 | 9 => 1,
            _ => 0,
        };
        life.append(stream, seen);
        if number % 13 == 0 {
            life.poll(seen)?;
        }
        if number % 130 == 0 {
            while life.poll(seen)? {}
        }
        if number % RECORDS_OF_LIFE == 0 {
            life.end(seen)?;
            life = Life::begin(machine, seen)?;
        }
    }
    life.end(seen)
}

/// Opens what a crash left, and checks all of it against what was seen.
fn check(machine: &Machine, crash: Crash, seen: &Seen, at: &str) {
    let mut after = seen.clone();
    let mut life = Life::begin(machine, &mut after).expect(at);
    assert!(after.epoch > seen.epoch, "{at}: the epoch comes again");
    let is_new = life.directory.start_kind() == StartKind::New;
    let mut held = [0; 3];
    for (stream, held) in held.iter_mut().enumerate() {
        let (appended, synced) = (seen.appended[stream], seen.synced[stream]);
        let found = sequences(machine, stream, at);
        let last = found.last().copied().unwrap_or(0);
        assert_eq!(found, through(last), "{at}: stream {stream}");
        match crash {
            Crash::Kill => assert_eq!(last, appended, "{at}: stream {stream}"),
            Crash::Power(_) => assert!(
                (synced..=appended).contains(&last),
                "{at}: stream {stream} has {last} of {synced} synced, {appended} appended"
            ),
        }
        let next = life.appenders[stream].next_sequence();
        assert!(next > appended, "{at}: number {next} comes again");
        assert!(!is_new || appended == 0, "{at}: all is forgotten");
        *held = last;
        for _ in 0..RECORDS_AFTER {
            life.append(stream, &mut after);
        }
    }
    life.end(&mut after).expect(at);
    for (stream, last) in held.into_iter().enumerate() {
        let mut expected = through(last);
        let appended = after.appended[stream];
        expected.extend(appended + 1 - RECORDS_AFTER..=appended);
        assert_eq!(sequences(machine, stream, at), expected, "{at}");
    }
}

/// Reads a stream, and checks that each record is what was appended under its number.
fn sequences(machine: &Machine, stream: usize, at: &str) -> Vec<u64> {
    let storage: Arc<dyn Storage> = Arc::new(machine.disk.clone());
    let folder = PathBuf::from(DATA).join(STREAMS[stream].to_string());
    let mut reader = SegmentReader::open_on(&storage, &folder, 1).expect(at);
    let mut found = Vec::new();
    while let Some(record) = reader.next_record(u64::MAX).expect(at) {
        let sequence = record.header.sequence;
        assert_eq!(record.body, body(sequence), "{at}: body of {sequence}");
        assert_eq!(record.header.time_ns, time_ns(sequence), "{at}");
        found.push(sequence);
    }
    found
}

/// The points of a run: each operation that changes something, before it and behind it.
fn points(machine: &Machine, from: u64) -> Vec<(u64, Fault)> {
    let operations = machine.disk.operations();
    let numbered = (1..).zip(operations);
    let changing = numbered.filter(|(number, operation)| *number >= from && operation.changes());
    changing
        .flat_map(|(number, _)| [(number, Fault::PowerBefore), (number, Fault::PowerAfter)])
        .collect()
}

/// The three crashes that are tried at a point, the last one with chances of its own.
fn crashes(point: usize) -> [Crash; 3] {
    let seed = u64::try_from(point).expect("small");
    [
        Crash::Kill,
        Crash::Power(Loss::Unsynced),
        Crash::Power(Loss::Some(seed)),
    ]
}

/// Opens what a crash left, with the power failing at each operation of that, and checks what a
/// second opening finds. Returns how often.
fn crash_again(machine: &Machine, first: Crash, seen: &Seen, at: &str) -> usize {
    let rehearsal = machine.after(first);
    drop(Life::begin(&rehearsal, &mut seen.clone()));
    let points = points(&rehearsal, 1);
    let mut recoveries = 0;
    for (point, (number, fault)) in points.iter().enumerate() {
        let opening = machine.after(first);
        opening.disk.plan(*number, fault.clone());
        let cut_short = Life::begin(&opening, &mut seen.clone()).is_err();
        assert!(cut_short, "{at}: operation {number} does not fail");
        for second in crashes(point) {
            let at = format!("{at}, {first:?}, then operation {number} {fault:?}, {second:?}");
            // What a loss of power took before is not there after a kill either.
            let crash = match first {
                Crash::Kill => second,
                Crash::Power(_) => first,
            };
            check(&opening.after(second), crash, seen, &at);
            recoveries += 1;
        }
    }
    recoveries
}

/// Which points are crashed again while they recover.
enum Doubled {
    Sample,
    Pieces { first: usize, count: usize },
}

impl Doubled {
    #[expect(
        clippy::disallowed_methods,
        reason = "how much is tested is asked of the whole run"
    )]
    fn asked() -> Self {
        let number = |variable| {
            let text = std::env::var(variable).ok()?;
            Some(text.parse().expect("a number"))
        };
        match number(PIECES_VARIABLE) {
            None => Self::Sample,
            Some(count) => Self::Pieces {
                first: number(FIRST_PIECE_VARIABLE).unwrap_or(0) % PIECES,
                count,
            },
        }
    }

    fn holds(&self, point: usize) -> bool {
        match self {
            Self::Sample => point.is_multiple_of(DOUBLE_EVERY),
            Self::Pieces { first, count } => (point + PIECES - first) % PIECES < *count,
        }
    }
}

#[test]
fn what_was_synced_survives_a_crash_at_every_operation() {
    let doubled = Doubled::asked();
    let whole = Machine::fresh();
    let mut seen = Seen::default();
    run_script(&whole, &mut seen).expect("a run without faults");
    assert_eq!(seen.appended.iter().sum::<u64>(), RECORDS);
    assert_eq!(seen.synced, seen.appended);
    let points = points(&whole, 1);
    let (mut recoveries, mut cut_short) = (0, 0);
    for (point, (number, fault)) in points.iter().enumerate() {
        let machine = Machine::fresh();
        machine.disk.plan(*number, fault.clone());
        let mut seen = Seen::default();
        run_script(&machine, &mut seen).expect_err("the power fails");
        assert!(machine.next_operation() > *number);
        let at = format!("operation {number} {fault:?}");
        for crash in crashes(point) {
            if doubled.holds(point) {
                cut_short += crash_again(&machine, crash, &seen, &at);
            }
            let at = format!("{at}, {crash:?}");
            check(&machine.after(crash), crash, &seen, &at);
            recoveries += 1;
        }
    }
    println!(
        "{} points of {RECORDS} records: {recoveries} recoveries, and {cut_short} that were cut \
         short first",
        points.len()
    );
    if let Doubled::Pieces { count, .. } = doubled {
        println!("cut short {count} pieces of {PIECES}");
    }
}
