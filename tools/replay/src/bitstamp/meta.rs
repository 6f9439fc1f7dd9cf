//! What the recorder counted: which rows of the order file are the opening book and which the end.

use serde_json::Value;

use crate::recording::RecordingError;
use crate::recording::files::Place;

/// Bytes of the longest file of counts that is read.
const BYTES_MAX: usize = 1 << 16;
/// The field that tells such a file.
pub(crate) const META_FIELD: &str = "synthetic_created";

/// What the recorder says of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    /// What is traded, as the exchange calls it.
    pub(crate) pair: String,
    /// Rows of the opening book, at the beginning.
    pub(crate) opening: u64,
    /// Rows of the book at the end, in their place.
    pub(crate) closing: u64,
    /// All rows.
    pub(crate) rows: u64,
    /// Trades.
    pub(crate) trades: u64,
}

impl Meta {
    /// Reads the counts.
    ///
    /// # Errors
    ///
    /// Returns an error that names the file and the field that is missing or not what it must be.
    pub(crate) fn read(place: &Place) -> Result<Self, RecordingError> {
        let mut lines = place.open()?;
        let refuse = |file: &str, reason: String| RecordingError::Files {
            path: file.into(),
            reason,
        };
        let mut text = Vec::new();
        while lines.advance()? {
            text.extend_from_slice(lines.text());
            text.push(b'\n');
            if text.len() > BYTES_MAX {
                let reason = format!("is longer than {BYTES_MAX} bytes");
                return Err(refuse(lines.file(), reason));
            }
        }
        let file = lines.file();
        let value: Value = serde_json::from_slice(&text)
            .map_err(|error| refuse(file, format!("is no JSON: {error}")))?;
        let count = |field: &str| {
            value
                .get(field)
                .and_then(Value::as_u64)
                .ok_or_else(|| refuse(file, format!("{field} is no count")))
        };
        let pair = value.get("pair").and_then(Value::as_str);
        let meta = Self {
            pair: pair
                .ok_or_else(|| refuse(file, "pair is no text".to_owned()))?
                .to_owned(),
            opening: count(META_FIELD)?,
            closing: count("synthetic_deleted")?,
            rows: count("total_order_rows")?,
            trades: count("trades")?,
        };
        let framing = meta.opening.checked_add(meta.closing);
        if framing.is_none_or(|framing| framing > meta.rows) {
            let reason = "counts more rows in the books at both ends than in all".to_owned();
            return Err(refuse(file, reason));
        }
        Ok(meta)
    }
}
