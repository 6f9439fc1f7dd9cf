//! The files that a recording may consist of: of a folder, of a zip, or one alone; packed or not.
//!
//! What a file is packed by is told by its first bytes. It must not know what stands in a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use zip::{CompressionMethod, ZipArchive};

use super::error::RecordingError;
use super::lines::Lines;

const BUFFER_BYTES: usize = 64 << 10;
const ZIP_MAGIC: [u8; 2] = *b"PK";
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file that may be part of a recording.
#[derive(Clone, Debug)]
pub(crate) struct FoundFile {
    /// Its name, without a folder's.
    pub(crate) file_name: String,
    /// Where its bytes are.
    pub(crate) place: Place,
}

/// Returns the files of the folder or zip at `path`, by name; `None` where it is a file by itself.
///
/// # Errors
///
/// Returns an error where nothing can be opened or the archive is damaged.
pub(crate) fn files_in(path: &Path) -> Result<Option<Vec<FoundFile>>, RecordingError> {
    if path.is_dir() {
        return folder_files(path).map(Some);
    }
    if magic(path)? == ZIP_MAGIC {
        return zip_files(path).map(Some);
    }
    Ok(None)
}

/// Where a file's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file of its own.
    File(PathBuf),
    /// An entry of a zip, by its index there.
    Entry(PathBuf, usize),
}

impl Place {
    /// Opens it, unpacked.
    ///
    /// # Errors
    ///
    /// Returns an error where nothing can be opened, or it is packed in a way that is not read.
    pub(crate) fn open(&self) -> Result<Lines, RecordingError> {
        match self {
            Self::File(path) => open_file(path),
            Self::Entry(path, index) => open_entry(path, *index),
        }
    }
}

fn folder_files(path: &Path) -> Result<Vec<FoundFile>, RecordingError> {
    let refuse = |source| RecordingError::Open {
        path: path.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        // What cannot be asked is kept: opening it says why.
        if entry.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            continue;
        }
        found.push(FoundFile {
            file_name,
            place: Place::File(entry.path()),
        });
    }
    found.sort_by(|one, other| one.file_name.cmp(&other.file_name));
    Ok(found)
}

fn zip_files(path: &Path) -> Result<Vec<FoundFile>, RecordingError> {
    let mut archive = open_archive(path)?;
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| archive_error(path, &error.to_string()))?;
        if entry.is_dir() {
            continue;
        }
        let full = entry.name();
        let file_name = full.rsplit('/').next().unwrap_or(full).to_owned();
        found.push(FoundFile {
            file_name,
            place: Place::Entry(path.to_owned(), index),
        });
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
