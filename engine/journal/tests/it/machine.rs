//! A machine with a simulated disk, on which the same script of three streams runs each time; and
//! what must hold of whatever a crash leaves of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use matchgate_journal::{
    Appender, Backend, DataDirectory, DirectoryError, Host, JournalError, Layout, Loss, Marks,
    OpenedStream, STAGING_ROOT, SegmentReader, SimulatedDisk, StartKind, Storage, StreamId,
    StreamTail, Writer, open_stream,
};
use tempfile::TempDir;

use crate::support::*;

/// Records of one life of the process; it stops cleanly behind them.
const RECORDS_OF_LIFE: u64 = 700;
/// Records that are appended to each stream after a recovery.
const RECORDS_AFTER: u64 = 12;
pub(crate) const STREAMS: [StreamId; 3] =
    [StreamId::shard(0), StreamId::gateway(0), StreamId::CONTROL];
pub(crate) const DATA: &str = "/venue/data";

/// A machine: its disk, its memory, and which of its lives this is.
pub(crate) struct Machine {
    pub(crate) disk: SimulatedDisk,
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

    pub(crate) fn fresh() -> Self {
        Self::new(SimulatedDisk::new(), 1)
    }

    /// The machine after the power has come back.
    pub(crate) fn restarted(&self, loss: Loss) -> Self {
        Self::new(self.disk.after_crash(loss), self.life + 1)
    }

    /// The machine on which only the process died; its memory is a copy.
    fn killed(&self) -> Self {
        let killed = Self::new(self.disk.after_crash(Loss::Nothing), self.life);
        copy_folder(self.memory.path(), killed.memory.path());
        killed
    }

    pub(crate) fn after(&self, crash: Crash) -> Self {
        match crash {
            Crash::Kill => self.killed(),
            Crash::Power(loss) => self.restarted(loss),
        }
    }

    fn open(&self) -> Result<DataDirectory, DirectoryError> {
        self.open_at(DATA)
    }

    /// Opens the data directory at another path.
    pub(crate) fn open_at(&self, path: &str) -> Result<DataDirectory, DirectoryError> {
        let host = Host {
            storage: Arc::new(self.disk.clone()),
            staging_root: self.memory.path().to_path_buf(),
            boot_id: uuid::Uuid::from_u128(self.life),
        };
        DataDirectory::open_on(&host, Path::new(path), &crash_layout())
    }

    /// The segment of a stream that begins with `first`.
    pub(crate) fn segment(&self, stream: usize, first: u64) -> PathBuf {
        let folder = PathBuf::from(DATA).join(STREAMS[stream].to_string());
        folder.join(format!("{first:020}.mgj"))
    }

    /// Number of the next operation.
    pub(crate) fn next_operation(&self) -> u64 {
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
pub(crate) enum Crash {
    Kill,
    Power(Loss),
}

/// What somebody outside has seen of the streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) epoch: u32,
    /// Last sequence appended, of each stream.
    pub(crate) appended: [u64; 3],
    /// Last sequence told synced.
    pub(crate) synced: [u64; 3],
}

/// The streams of one life.
pub(crate) struct Life {
    directory: DataDirectory,
    appenders: Vec<Appender>,
    pub(crate) marks: Vec<Marks>,
    /// What each stream held when it was opened.
    pub(crate) tails: Vec<StreamTail>,
    writer: Writer,
}

impl Life {
    pub(crate) fn begin(machine: &Machine, seen: &mut Seen) -> Result<Self, JournalError> {
        let directory = machine.open()?;
        seen.epoch = directory.epoch();
        let opened: Vec<OpenedStream> = STREAMS
            .iter()
            .map(|stream| open_stream(&directory, *stream, options()))
            .collect::<Result<_, _>>()?;
        let (mut appenders, mut marks) = (Vec::new(), Vec::new());
        let (mut tails, mut halves) = (Vec::new(), Vec::new());
        for one in opened {
            appenders.push(one.appender);
            marks.push(one.marks);
            tails.push(one.tail);
            halves.push(one.writer_half);
        }
        let writer = Writer::new(halves, Backend::Plain, SEGMENT_BYTES)?;
        Ok(Self {
            directory,
            appenders,
            marks,
            tails,
            writer,
        })
    }

    pub(crate) fn append(&mut self, stream: usize, seen: &mut Seen) {
        let appender = &mut self.appenders[stream];
        let next = appender.next_sequence();
        append_through(appender, next);
        seen.appended[stream] = next;
    }

    pub(crate) fn poll(&mut self, seen: &mut Seen) -> Result<bool, JournalError> {
        let polled = self.writer.poll();
        let told = self.marks.iter().all(Marks::failed);
        assert_eq!(told, polled.is_err(), "every stream is told of a failure");
        let busy = polled?;
        for (synced, marks) in seen.synced.iter_mut().zip(&self.marks) {
            *synced = marks.synced().max(*synced);
        }
        Ok(busy)
    }

    pub(crate) fn end(mut self, seen: &mut Seen) -> Result<(), JournalError> {
        while self.poll(seen)? {}
        Ok(self.directory.finish_clean()?)
    }
}

/// The script: which stream a record goes to, and when the writer has its turns.
pub(crate) fn run_script(
    machine: &Machine,
    records: u64,
    seen: &mut Seen,
) -> Result<(), JournalError> {
    let mut life = Life::begin(machine, seen)?;
    for number in 1..=records {
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
pub(crate) fn check(machine: &Machine, crash: Crash, seen: &Seen, at: &str) {
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
    let later = machine.restarted(Loss::Unsynced);
    for (stream, last) in held.into_iter().enumerate() {
        let mut expected = through(last);
        let appended = after.appended[stream];
        expected.extend(appended + 1 - RECORDS_AFTER..=appended);
        assert_eq!(sequences(machine, stream, at), expected, "{at}");
        assert_eq!(
            sequences(&later, stream, at),
            expected,
            "{at}: after a loss of power"
        );
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

/// The three crashes that are tried at a point, the last one with chances of its own.
pub(crate) fn crashes(point: usize) -> [Crash; 3] {
    let seed = u64::try_from(point).expect("small");
    [
        Crash::Kill,
        Crash::Power(Loss::Unsynced),
        Crash::Power(Loss::Some(seed)),
    ]
}
