//! A recording as a stream of messages, each with the book's row after it.
//!
//! Constant memory: one message and one row at a time. It must not know what a message does.

use std::path::Path;

use super::message::Message;
use super::name::RecordingName;
use super::row::Row;
use super::source;
use crate::recording::lines::{Lines, field_fault};
use crate::recording::{LineFault, RecordingError};

/// Reads one recording from its first message to its last.
#[derive(Debug)]
pub struct Reader {
    messages: Lines,
    order_book: Option<Lines>,
    name: Option<RecordingName>,
    levels: usize,
    time_ns: u64,
    row: Row,
}

impl Reader {
    /// Opens the recording at `path`: a folder or a zip that holds a message file and its order
    /// book, or a single message file as csv or csv.gz.
    ///
    /// # Errors
    ///
    /// Returns an error where nothing can be opened, an archive is damaged, or there is not
    /// exactly one message file and, but where it is given alone, its order book.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let source = source::open(path)?;
        let levels = source.name.as_ref().and_then(|name| name.levels);
        Ok(Self {
            messages: source.messages,
            order_book: source.order_book,
            name: source.name,
            levels: levels.unwrap_or(0),
            time_ns: 0,
            row: Row::default(),
        })
    }

    /// Returns what the message file's name says, where it is LOBSTER's.
    #[must_use]
    pub const fn name(&self) -> Option<&RecordingName> {
        self.name.as_ref()
    }

    /// Returns whether the recording holds the book after each message.
    #[must_use]
    pub const fn has_order_book(&self) -> bool {
        self.order_book.is_some()
    }

    /// Reads the next message and its row; `None` at the end.
    ///
    /// # Errors
    ///
    /// Returns an error that names file and line where a line cannot be read, time runs
    /// backwards, or one file of the pair ends before the other.
    pub fn next_message(&mut self) -> Result<Option<Message>, RecordingError> {
        let more = self.messages.advance()?;
        if let Some(order_book) = &mut self.order_book {
            let row_more = order_book.advance()?;
            match (more, row_more) {
                (true, false) => return Err(unpaired(&self.messages, order_book)),
                (false, true) => return Err(unpaired(order_book, &self.messages)),
                (true, true) => {
                    self.row
                        .parse(order_book.text(), self.levels)
                        .map_err(|fault| order_book.fault(fault))?;
                    self.levels = self.row.levels;
                }
                (false, false) => {}
            }
        }
        if !more && self.messages.number() == 0 {
            return Err(RecordingError::Files {
                path: self.messages.file().into(),
                reason: "holds no message".to_owned(),
            });
        }
        if !more {
            return Ok(None);
        }
        let message = Message::parse(self.messages.text()).and_then(|message| {
            if message.time_ns < self.time_ns {
                let text = self.messages.text();
                let time = text.split(|&byte| byte == b',').next().unwrap_or(text);
                return Err(field_fault("time", time, "is before the line before"));
            }
            Ok(message)
        });
        let message = message.map_err(|fault| self.messages.fault(fault))?;
        self.time_ns = message.time_ns;
        Ok(Some(message))
    }

    /// Returns the line of the last message read, from 1; 0 before the first.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.messages.number()
    }

    /// Returns the row of the last message read, where the recording has an order book.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        self.order_book.is_some().then_some(&self.row)
    }

    /// Exchanges the current row with `row`, so that it outlives the next message.
    pub(crate) fn swap_row(&mut self, row: &mut Row) {
        std::mem::swap(&mut self.row, row);
    }

    /// Returns the error that names the line of the last message read.
    pub(crate) fn fault(&self, fault: LineFault) -> RecordingError {
        self.messages.fault(fault)
    }
}

fn unpaired(longer: &Lines, ended: &Lines) -> RecordingError {
    longer.fault(LineFault::Unpaired {
        other: ended.file().to_owned(),
        line: longer.number(),
    })
}
