//! Finds the files of a recording: a folder or a zip with a pair of them, or a message file alone.
//!
//! What a file is, is told by its name as LOBSTER gives it. It must not know what stands in a
//! line.

use std::path::Path;

use super::name::{Content, RecordingName};
use crate::recording::RecordingError;
use crate::recording::files::{FoundFile, Place, files_in};
use crate::recording::lines::Lines;

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
    let Some(files) = files_in(path)? else {
        return open_single(path);
    };
    let found = files.into_iter().filter_map(Found::of).collect();
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

/// A file of a recording that was found.
#[derive(Debug)]
struct Found {
    file_name: String,
    name: RecordingName,
    place: Place,
}

impl Found {
    fn of(file: FoundFile) -> Option<Self> {
        Some(Self {
            name: RecordingName::parse(&file.file_name)?,
            file_name: file.file_name,
            place: file.place,
        })
    }
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
