//! Finds the files of a recording and opens them as lines: a folder, a zip, a csv, a csv.gz.
//!
//! What a file is, is told by its first bytes and its name as LOBSTER gives it. It must not know
//! what stands in a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use zip::{CompressionMethod, ZipArchive};

use super::error::RecordingError;
use super::lines::Lines;
use super::name::{Content, RecordingName};

const BUFFER_BYTES: usize = 64 << 10;
const ZIP_MAGIC: &[u8] = b"PK";
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// The opened files of one recording.
#[derive(Debug)]
pub(crate) struct Source {
    /// The message file.
    pub(crate) messages: Lines,
    /// The order book file, where the recording has one.
    pub(crate) order_book: Option<Lines>,
    /// What the message file's name says, where it is LOBSTER's.
    pub(crate) name: Option<RecordingName>,
}

/// Opens the recording at `path`.
///
/// # Errors
///
/// Returns an error where nothing can be opened, the archive is damaged, or there is not exactly
/// one message file and, but where it is given alone, its order book.
pub(crate) fn open(path: &Path) -> Result<Source, RecordingError> {
    let found = if path.is_dir() {
        folder_files(path)?
    } else {
        match magic(path)? {
            [first, second] if [first, second] == ZIP_MAGIC => zip_files(path)?,
            _ => return open_single(path),
        }
    };
    let pair = Pair::choose(path, found)?;
    Ok(Source {
        messages: pair.messages.place.open()?,
        order_book: Some(pair.order_book.place.open()?),
        name: Some(pair.messages.name),
    })
}

fn open_single(path: &Path) -> Result<Source, RecordingError> {
    let name = path
        .file_name()
        .and_then(|name| RecordingName::parse(&name.to_string_lossy()));
    if name
        .as_ref()
        .is_some_and(|name| name.content == Content::OrderBook)
    {
        return Err(RecordingError::Files {
            path: path.to_owned(),
            reason: "is an order book; give the message file, or the folder with both".to_owned(),
        });
    }
    Ok(Source {
        messages: Place::File(path.to_owned()).open()?,
        order_book: None,
        name,
    })
}

/// Where a file's bytes are.
#[derive(Debug)]
enum Place {
    File(PathBuf),
    Entry(PathBuf, usize),
}

impl Place {
    fn open(&self) -> Result<Lines, RecordingError> {
        match self {
            Self::File(path) => open_file(path),
            Self::Entry(path, index) => open_entry(path, *index),
        }
    }
}

/// A file of a recording that was found.
#[derive(Debug)]
struct Found {
    file_name: String,
    name: RecordingName,
    place: Place,
}

/// A message file and the order book that belongs to it.
#[derive(Debug)]
struct Pair {
    messages: Found,
    order_book: Found,
}

impl Pair {
    fn choose(path: &Path, found: Vec<Found>) -> Result<Self, RecordingError> {
        let refuse = |reason: String| RecordingError::Files {
            path: path.to_owned(),
            reason,
        };
        let (messages, books): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|file| file.name.content == Content::Messages);
        let messages = single(messages)
            .map_err(|found| refuse(format!("one message file belongs here, found {found}")))?
            .ok_or_else(|| refuse("no file is named ..._message_N.csv".to_owned()))?;
        let order_book = single(books)
            .map_err(|found| refuse(format!("one order book belongs here, found {found}")))?;
        let order_book = order_book.ok_or_else(|| {
            refuse(
                "no file is named ..._orderbook_N.csv; the message file may be given alone"
                    .to_owned(),
            )
        })?;
        let (name, book_name) = (&messages.name, &order_book.name);
        if book_name.stem != name.stem || book_name.levels != name.levels {
            return Err(refuse(format!(
                "{} and {} do not belong together",
                messages.file_name, order_book.file_name
            )));
        }
        Ok(Self {
            messages,
            order_book,
        })
    }
}

/// Returns the only file, none, or the names of several.
fn single(mut files: Vec<Found>) -> Result<Option<Found>, String> {
    if files.len() > 1 {
        let names: Vec<_> = files.iter().map(|file| file.file_name.as_str()).collect();
        return Err(names.join(", "));
    }
    Ok(files.pop())
}

fn folder_files(path: &Path) -> Result<Vec<Found>, RecordingError> {
    let refuse = |source| RecordingError::Open {
        path: path.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if let Some(name) = RecordingName::parse(&file_name) {
            found.push(Found {
                file_name,
                name,
                place: Place::File(entry.path()),
            });
        }
    }
    found.sort_by(|one, other| one.file_name.cmp(&other.file_name));
    Ok(found)
}

fn zip_files(path: &Path) -> Result<Vec<Found>, RecordingError> {
    let mut archive = open_archive(path)?;
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| archive_error(path, &error.to_string()))?;
        let full = entry.name();
        let file_name = full.rsplit('/').next().unwrap_or(full).to_owned();
        if let Some(name) = RecordingName::parse(&file_name) {
            found.push(Found {
                file_name,
                name,
                place: Place::Entry(path.to_owned(), index),
            });
        }
    }
    Ok(found)
}

fn open_file(path: &Path) -> Result<Lines, RecordingError> {
    let packed = magic(path)? == GZIP_MAGIC;
    let file = BufReader::with_capacity(BUFFER_BYTES, open_bytes(path)?);
    let input: Box<dyn BufRead + Send> = if packed {
        let unpacked = MultiGzDecoder::new(file);
        Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked))
    } else {
        Box::new(file)
    };
    Ok(Lines::new(input, path.display().to_string()))
}

fn open_entry(path: &Path, index: usize) -> Result<Lines, RecordingError> {
    let mut archive = open_archive(path)?;
    let entry = archive
        .by_index_raw(index)
        .map_err(|error| archive_error(path, &error.to_string()))?;
    let name = entry.name().to_owned();
    let refuse = |reason: &str| archive_error(path, &format!("entry {name}: {reason}"));
    if entry.encrypted() {
        return Err(refuse("is encrypted"));
    }
    let start = entry
        .data_start()
        .ok_or_else(|| refuse("has no place in the archive"))?;
    let mut file = open_bytes(path)?;
    file.seek(SeekFrom::Start(start))
        .map_err(|error| refuse(&error.to_string()))?;
    let packed = BufReader::with_capacity(BUFFER_BYTES, file.take(entry.compressed_size()));
    let bytes: Box<dyn Read + Send> = match entry.compression() {
        CompressionMethod::Stored => Box::new(packed),
        CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
        other => return Err(refuse(&format!("is packed by {other}, not by deflate"))),
    };
    let checked = CheckedEntry {
        bytes,
        crc: Crc::new(),
        length: 0,
        length_expected: entry.size(),
        crc_expected: entry.crc32(),
    };
    let input = Box::new(BufReader::with_capacity(BUFFER_BYTES, checked));
    Ok(Lines::new(input, format!("{}:{name}", path.display())))
}

fn open_archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, RecordingError> {
    let file = BufReader::new(open_bytes(path)?);
    ZipArchive::new(file).map_err(|error| archive_error(path, &error.to_string()))
}

fn archive_error(path: &Path, reason: &str) -> RecordingError {
    RecordingError::Archive {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

fn open_bytes(path: &Path) -> Result<File, RecordingError> {
    File::open(path).map_err(|source| RecordingError::Open {
        path: path.to_owned(),
        source,
    })
}

/// Returns the first two bytes; a shorter file's are filled up with zeros.
fn magic(path: &Path) -> Result<[u8; 2], RecordingError> {
    let mut first = Vec::new();
    open_bytes(path)?
        .take(2)
        .read_to_end(&mut first)
        .map_err(|source| RecordingError::Open {
            path: path.to_owned(),
            source,
        })?;
    first.resize(2, 0);
    Ok([first[0], first[1]])
}

/// An archive's entry whose length and checksum are compared where it ends. Two entries are read
/// side by side, each through a file of its own, so the archive's own reader is of no use here.
struct CheckedEntry {
    bytes: Box<dyn Read + Send>,
    crc: Crc,
    length: u64,
    length_expected: u64,
    crc_expected: u32,
}

impl Read for CheckedEntry {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.length += u64::try_from(count).map_err(io::Error::other)?;
        let ended = count == 0 && !buffer.is_empty();
        let whole = self.length == self.length_expected && self.crc.sum() == self.crc_expected;
        if ended && !whole {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the archive's entry is cut or its checksum differs",
            ));
        }
        Ok(count)
    }
}
