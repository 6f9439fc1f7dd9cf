//! Lines of one file with their numbers, in constant memory.
//!
//! It must not know what a line means.

use std::fmt;
use std::io::{self, BufRead};

use super::error::{LineFault, RecordingError};

/// Bytes in the longest line that is read; thousands of price levels fit.
pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;

/// The lines of one file.
pub(crate) struct Lines {
    input: Box<dyn BufRead + Send>,
    file: String,
    number: u64,
    offset: u64,
    buffer: Vec<u8>,
}

impl fmt::Debug for Lines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Lines({}, line {})", self.file, self.number)
    }
}

impl Lines {
    /// Reads `input`, which errors call `file`.
    pub(crate) fn new(input: Box<dyn BufRead + Send>, file: String) -> Self {
        Self {
            input,
            file,
            number: 0,
            offset: 0,
            buffer: Vec::new(),
        }
    }

    /// Goes to the next line; `false` at the end of the file.
    ///
    /// # Errors
    ///
    /// Returns an error where the bytes break or the line is longer than [`LINE_BYTES_MAX`].
    pub(crate) fn advance(&mut self) -> Result<bool, RecordingError> {
        self.buffer.clear();
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(self.broken(source)),
            };
            if available.is_empty() {
                if self.buffer.is_empty() {
                    return Ok(false);
                }
                break;
            }
            let end = available.iter().position(|&byte| byte == b'\n');
            let taken = end.unwrap_or(available.len());
            let consumed = end.map_or(taken, |at| at + 1);
            self.buffer.extend_from_slice(&available[..taken]);
            self.input.consume(consumed);
            self.offset += u64::try_from(consumed).expect("a buffer's length fits u64");
            if self.buffer.len() > LINE_BYTES_MAX {
                self.number += 1;
                return Err(self.fault(LineFault::TooLong {
                    bytes_max: LINE_BYTES_MAX,
                }));
            }
            if end.is_some() {
                break;
            }
        }
        if self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        self.number += 1;
        Ok(true)
    }

    /// Returns the current line, without its end.
    pub(crate) fn text(&self) -> &[u8] {
        &self.buffer
    }

    /// Returns the number of the current line, from 1; 0 before the first.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Returns what errors call the file.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Returns the error that names the current line.
    pub(crate) fn fault(&self, fault: LineFault) -> RecordingError {
        RecordingError::Line {
            file: self.file.clone(),
            line: self.number,
            fault,
        }
    }

    fn broken(&self, source: io::Error) -> RecordingError {
        RecordingError::Read {
            file: self.file.clone(),
            line: self.number,
            offset: self.offset,
            source,
        }
    }
}

/// The fields of a line, which commas part.
pub(crate) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&byte| byte == b',')
}

/// Returns the whole number in `text`.
///
/// # Errors
///
/// Returns a fault that names `field` where there is none or it does not fit.
pub(crate) fn whole_number(field: &str, text: &[u8]) -> Result<i64, LineFault> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| field_fault(field, text, "is no whole number of 64 bits"))
}

/// Returns the fault of a field.
pub(crate) fn field_fault(field: &str, text: &[u8], reason: &'static str) -> LineFault {
    const SHOWN_BYTES_MAX: usize = 32;
    let shown = &text[..text.len().min(SHOWN_BYTES_MAX)];
    LineFault::Field {
        field: field.to_owned(),
        text: String::from_utf8_lossy(shown).into_owned(),
        reason,
    }
}
