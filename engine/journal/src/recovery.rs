//! Opens a stream: verifies its segments, takes over what a killed process left in shared memory,
//! and makes a fresh staging log. Knows not what a record means.
//!
//! After it, segments hold every record there is, durably, and the staging log is empty.

use std::path::PathBuf;
use std::sync::Arc;

use crate::build_id::build_id;
use crate::bytes::{put, round_up, to_u64, to_usize};
use crate::checksum::crc32c;
use crate::directory::DataDirectory;
use crate::directory::meta::StreamMeta;
use crate::directory::staging_folder::Left;
use crate::error::{DamageReason, JournalError, io_error};
use crate::planted::{Bug, bites};
use crate::record::{AT_CRC, RECORD_HEADER_BYTES, advance, header_of, record_bytes};
use crate::schema_hash::Schemas;
use crate::segment::hash::SegmentHash;
use crate::segment::reader::{Expected, SegmentReader, Step};
use crate::segment::tail::{is_zero_from, seal, synced_claim_after};
use crate::segment::{
    BLOCK_BYTES, Owner, SegmentHeader, header_checksum, list_segments, segment_path, sync_names,
    temporary_path,
};
use crate::staging::appender::Appender;
use crate::staging::marks::Marks;
use crate::staging::{
    Identity, STAGING_BYTES_MAX, STAGING_BYTES_MIN, Slot, StagingFile, StagingOptions,
};
use crate::storage::{Storage, remove_if_there, replace_whole};
use crate::stream::StreamId;
use crate::writer::StreamWriter;

/// An open stream.
#[derive(Debug)]
pub struct OpenedStream {
    /// Appends records; goes to the stream's owner.
    pub appender: Appender,
    /// The stream's marks.
    pub marks: Marks,
    /// What the stream held when it was opened.
    pub tail: StreamTail,
    /// Moves records to segments; goes to the [`Writer`](crate::Writer).
    pub writer_half: StreamWriter,
}

/// What a stream held when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamTail {
    /// Sequence of the last record; 0 for none.
    pub last_sequence: u64,
    /// Time of the last record, ns; 0 for none.
    pub last_time_ns: u64,
    /// Sequence of the next record. Above `last_sequence + 1` after a loss of power, so that no
    /// number that may have been lost comes again.
    pub next_sequence: u64,
    /// Records that only the staging log held.
    pub recovered_from_staging: u64,
    /// What was cut off the last segment.
    pub torn: Option<TornTail>,
}

/// The end of a segment that was cut off: it held no record that was synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub file: PathBuf,
    /// Bytes from its start to the cut.
    pub offset: u64,
    /// What was wrong there.
    pub reason: DamageReason,
    /// The last sequence before the cut in segments; the staging log may go on from there.
    pub last_good_sequence: u64,
}

/// Opens `stream`, recovering it first.
///
/// # Errors
///
/// [`JournalError::Damaged`] where records that were synced, or that the staging log of a killed
/// process must hold, are not there as written; [`JournalError::StagingMissing`] and
/// [`JournalError::StagingForeign`] where that log is gone or not this stream's; the other kinds
/// by their names.
pub fn open_stream(
    directory: &DataDirectory,
    stream: StreamId,
    options: StagingOptions,
) -> Result<OpenedStream, JournalError> {
    let capacity = check_capacity(options)?;
    directory.check_unopened(stream)?;
    let place = Place::new(directory, stream);
    let known = directory.stream_meta(stream);
    let left = load_left(directory, &place)?;
    place.prepare()?;
    let floor = known.last.max(left.floor());
    let mut held = scan(&place, floor)?;
    let mut next = known.next;
    let mut recovered = 0;
    if let LeftStaging::Log(log) = &left {
        next = next.max(log.identity().first_sequence);
        if !bites(Bug::StagingNotTakenOver) {
            recovered = take_over(&place, log, &mut held)?;
        }
    }
    next = next.max(held.last_sequence + 1);
    let mut keep = StreamMeta {
        staging_bytes: capacity,
        ..known
    };
    if matches!(left, LeftStaging::Settled { lossy: true }) {
        if !bites(Bug::LostNumbersReused) {
            next += known.staging_bytes / to_u64(RECORD_HEADER_BYTES);
        }
        keep.last = held.last_sequence;
        if !bites(Bug::NextNotKept) {
            keep.next = next;
        }
    }
    directory.keep_stream_meta(stream, keep)?;
    let identity = Identity {
        stream,
        uuid: place.owner.uuid,
        boot_id: directory.boot_id(),
        epoch: directory.epoch(),
        capacity,
        first_sequence: next,
        prior_sequence: held.last_sequence,
    };
    let log = StagingFile::create(&place.staging, identity)
        .map_err(io_error("making the staging file", &place.staging))?;
    directory.staging().unsettle(stream)?;
    let log = Arc::new(log);
    let marks = Marks::new(Arc::clone(&log));
    directory.note_opened(stream, marks.clone());
    Ok(OpenedStream {
        appender: Appender::new(Arc::clone(&log)),
        marks,
        tail: StreamTail {
            last_sequence: held.last_sequence,
            last_time_ns: held.last_time_ns,
            next_sequence: next,
            recovered_from_staging: recovered,
            torn: held.torn,
        },
        writer_half: StreamWriter::new(
            place.storage,
            log,
            &place.staging,
            &place.folder,
            SegmentHeader {
                previous_hash: held.hash,
                ..place.header
            },
        ),
    })
}

/// Where a stream's files are and what its segments' headers tell.
struct Place {
    storage: Arc<dyn Storage>,
    stream: StreamId,
    folder: PathBuf,
    parent: PathBuf,
    staging: PathBuf,
    owner: Owner,
    schemas: Schemas,
    epoch: u32,
    header: SegmentHeader,
}

impl Place {
    fn new(directory: &DataDirectory, stream: StreamId) -> Self {
        let owner = Owner::new(directory.uuid(), stream);
        Self {
            storage: Arc::clone(directory.storage()),
            stream,
            folder: directory.segments_path(stream),
            parent: directory.path().to_path_buf(),
            staging: directory.staging_path(stream),
            owner,
            schemas: directory.layout().schemas.clone(),
            epoch: directory.epoch(),
            header: SegmentHeader {
                owner,
                epoch: directory.epoch(),
                first_sequence: 0,
                previous_sequence: 0,
                configuration_hash: directory.layout().configuration_hash,
                build_id: build_id(),
                previous_hash: None,
                schema: directory.layout().schemas.written,
            },
        }
    }

    /// Returns what segments must be.
    fn expected(&self) -> Expected {
        Expected {
            owner: self.owner,
            schemas: self.schemas.clone(),
        }
    }

    /// Makes the folder and removes a segment that was never finished.
    fn prepare(&self) -> Result<(), JournalError> {
        self.storage
            .make_folder(&self.folder)
            .map_err(io_error("making", &self.folder))?;
        sync_names(&*self.storage, &self.parent)?;
        let temporary = temporary_path(&self.folder);
        remove_if_there(&*self.storage, &temporary).map_err(io_error("removing", temporary))
    }
}

/// What the last process left in shared memory.
enum LeftStaging {
    Log(StagingFile),
    Settled { lossy: bool },
}

impl LeftStaging {
    /// Returns a sequence that segments must hold.
    fn floor(&self) -> u64 {
        match self {
            Self::Log(log) if log.synced() >= log.identity().first_sequence => log.synced(),
            Self::Log(log) => log.identity().prior_sequence,
            Self::Settled { .. } => 0,
        }
    }
}

/// What the segments of a stream hold.
struct Held {
    /// Hash of the last segment that has records; `None` where it is not known, or there is none.
    hash: Option<SegmentHash>,
    last_sequence: u64,
    last_time_ns: u64,
    last_epoch: u32,
    torn: Option<TornTail>,
}

fn check_capacity(options: StagingOptions) -> Result<u64, JournalError> {
    let asked = options.capacity_bytes;
    if (STAGING_BYTES_MIN..=STAGING_BYTES_MAX).contains(&asked) {
        Ok(asked.next_power_of_two())
    } else {
        Err(JournalError::StagingSize {
            asked,
            min: STAGING_BYTES_MIN,
            max: STAGING_BYTES_MAX,
        })
    }
}

fn load_left(directory: &DataDirectory, place: &Place) -> Result<LeftStaging, JournalError> {
    let path = &place.staging;
    match directory.staging().left(place.stream)? {
        Left::Settled { lossy } => return Ok(LeftStaging::Settled { lossy }),
        Left::Missing if bites(Bug::MissingStagingTaken) => {
            return Ok(LeftStaging::Settled { lossy: false });
        }
        Left::Missing => return Err(JournalError::StagingMissing { path: path.clone() }),
        Left::Staged => {}
    }
    let foreign = |reason| JournalError::StagingForeign {
        path: path.clone(),
        reason,
    };
    let log = StagingFile::open(path)
        .map_err(io_error("mapping the staging file", path))?
        .map_err(foreign)?;
    let identity = log.identity();
    let is_foreign = identity.uuid != place.owner.uuid;
    if is_foreign && !bites(Bug::ForeignStagingTaken) {
        return Err(foreign("it belongs to another data directory"));
    }
    if Owner::new(identity.uuid, identity.stream) != place.owner {
        return Err(foreign("it belongs to another stream"));
    }
    if identity.boot_id != directory.boot_id() {
        return Err(foreign("it was made before the machine was restarted"));
    }
    if identity.epoch >= place.epoch {
        return Err(foreign("its epoch is not below the directory's"));
    }
    Ok(LeftStaging::Log(log))
}

/// Reads all segments, cuts a torn tail off, and makes what is left durable.
fn scan(place: &Place, floor: u64) -> Result<Held, JournalError> {
    let oldest = list_segments(&*place.storage, &place.folder)?
        .first()
        .copied()
        .unwrap_or(1);
    let mut reader = SegmentReader::open_owned(
        &place.storage,
        &place.folder,
        oldest,
        Some(place.expected()),
    )?;
    let bad = loop {
        match reader.step()? {
            Step::Record(_, found) => reader.consume(&found),
            Step::End => break reason_after_end(&reader)?,
            Step::Bad(reason) => break Some(reason),
        }
    };
    let last_sequence = reader.last_sequence();
    let is_short = last_sequence < floor;
    if is_short && !bites(Bug::FloorIgnored) {
        return Err(reader.damaged(bad.unwrap_or(DamageReason::Short)));
    }
    if reader.last_epoch() >= place.epoch {
        return Err(reader.damaged(DamageReason::Epoch));
    }
    let (mut torn, mut hash) = (None, None);
    if let Some(segment) = reader.current() {
        // A segment without a record goes; the next one is written behind the one before it.
        hash = if segment.begun {
            Some(segment.hash)
        } else {
            segment.header.previous_hash
        };
        if let Some(reason) = bad {
            let is_synced =
                !reader.is_last_segment()? || synced_claim_after(segment)? > last_sequence;
            if is_synced && !bites(Bug::ClaimsIgnored) {
                return Err(reader.damaged(reason));
            }
            torn = Some(TornTail {
                file: segment.path.clone(),
                offset: segment.offset,
                reason,
                last_good_sequence: last_sequence,
            });
        }
        seal(&*place.storage, segment)?;
    }
    Ok(Held {
        hash,
        last_sequence,
        last_time_ns: reader.last_time_ns(),
        last_epoch: reader.last_epoch(),
        torn,
    })
}

/// Returns why the end of the last segment is none, where other bytes follow it.
fn reason_after_end(reader: &SegmentReader) -> Result<Option<DamageReason>, JournalError> {
    let Some(segment) = reader.current() else {
        return Ok(None);
    };
    let clean =
        is_zero_from(&*segment.file, segment.offset).map_err(io_error("reading", &segment.path))?;
    Ok((!clean).then_some(DamageReason::AfterEnd))
}

/// Writes the records that only the staging log holds into a segment of their own, durably, and
/// returns how many.
fn take_over(place: &Place, log: &StagingFile, held: &mut Held) -> Result<u64, JournalError> {
    let mut collector = Collector {
        place,
        log,
        position: log.synced_position(),
        due: None,
        bytes: Vec::new(),
        crcs: Vec::new(),
        first: 0,
        count: 0,
    };
    let mut last_time_ns = held.last_time_ns;
    loop {
        match log.slot(collector.position) {
            Slot::Empty => break,
            Slot::Pad(bytes) => collector.position += bytes,
            Slot::Record(length) => last_time_ns = collector.take(length, held)?,
            Slot::Invalid => return Err(collector.damaged(DamageReason::Length, held)),
        }
    }
    let last = held
        .last_sequence
        .max(collector.due.map_or(0, |due| due - 1));
    if log.written() >= log.identity().first_sequence && last < log.written() {
        return Err(collector.damaged(DamageReason::Short, held));
    }
    if collector.count > 0 {
        let header = SegmentHeader {
            epoch: log.identity().epoch,
            first_sequence: collector.first,
            previous_sequence: held.last_sequence,
            previous_hash: held.hash,
            ..place.header
        };
        let begun = write_segment(place, &header, &collector.bytes)?;
        let crcs = collector.crcs.iter();
        held.hash = Some(crcs.fold(begun, |hash, crc| hash.with(*crc)));
        held.last_sequence = last;
        held.last_time_ns = last_time_ns;
        held.last_epoch = header.epoch;
    }
    Ok(collector.count)
}

/// Walks the records of a staging log and encodes those that segments lack.
struct Collector<'a> {
    place: &'a Place,
    log: &'a StagingFile,
    position: u64,
    /// Sequence the next record must have, once one has been met.
    due: Option<u64>,
    bytes: Vec<u8>,
    /// Checksums of the records in `bytes`.
    crcs: Vec<u32>,
    first: u64,
    count: u64,
}

impl Collector<'_> {
    /// Takes the record at the position and returns its time.
    fn take(&mut self, length: usize, held: &Held) -> Result<u64, JournalError> {
        let start = self.bytes.len();
        self.log.copy_record(self.position, length, &mut self.bytes);
        let record = self.bytes.get(start..start + length).unwrap_or_default();
        let Some(header) = header_of(record) else {
            return Err(self.damaged(DamageReason::Length, held));
        };
        if header.epoch != self.log.identity().epoch {
            return Err(self.damaged(DamageReason::Epoch, held));
        }
        if !self.is_due(header.sequence, held) {
            return Err(self.damaged(DamageReason::Sequence, held));
        }
        if header.sequence > held.last_sequence {
            let record = self
                .bytes
                .get_mut(start..start + length)
                .unwrap_or_default();
            let crc = crc32c(record);
            put(record, AT_CRC, &crc.to_le_bytes());
            self.crcs.push(crc);
            if self.count == 0 {
                self.first = header.sequence;
            }
            self.count += 1;
        } else {
            self.bytes.truncate(start);
        }
        self.due = Some(header.sequence + 1);
        self.position = advance(self.position, record_bytes(length - RECORD_HEADER_BYTES));
        Ok(header.time_ns)
    }

    /// The first record met is one that segments hold, the one after them, or the first of its
    /// start with nothing of that start in segments.
    fn is_due(&self, sequence: u64, held: &Held) -> bool {
        let identity = self.log.identity();
        match self.due {
            Some(due) => sequence == due,
            None => {
                sequence >= identity.first_sequence
                    && (sequence <= held.last_sequence + 1
                        || (sequence == identity.first_sequence
                            && held.last_sequence == identity.prior_sequence))
            }
        }
    }

    fn damaged(&self, reason: DamageReason, held: &Held) -> JournalError {
        let in_ring = self.position & (self.log.identity().capacity - 1);
        JournalError::Damaged {
            file: self.place.staging.clone(),
            offset: BLOCK_BYTES + in_ring,
            reason,
            last_good_sequence: held.last_sequence.max(self.due.map_or(0, |due| due - 1)),
        }
    }
}

/// Writes a whole segment, so that a crash leaves it whole or not at all; returns its hash before
/// the first record.
fn write_segment(
    place: &Place,
    header: &SegmentHeader,
    records: &[u8],
) -> Result<SegmentHash, JournalError> {
    let temporary = temporary_path(&place.folder);
    let path = segment_path(&place.folder, header.first_sequence);
    let mut bytes = header.encode();
    let hash = SegmentHash::begin(header_checksum(&bytes));
    bytes.extend_from_slice(records);
    bytes.resize(to_usize(round_up(to_u64(bytes.len()), BLOCK_BYTES)), 0);
    replace_whole(&*place.storage, &temporary, &path, &bytes)
        .map_err(io_error("writing", path))
        .map(|()| hash)
}
