//! Finds the three files of a recording by what stands in them: column names, or the counts.
//!
//! No file name is looked at. It must not read a row.

use std::path::Path;

use super::meta::META_FIELD;
use super::order_row::ORDER_COLUMNS;
use super::trades::TRADE_COLUMNS;
use crate::recording::RecordingError;
use crate::recording::files::{FoundFile, Place, files_in};
use crate::recording::lines::fields;

/// Columns that tell an order file from a trade file.
const TELLING_ORDERS: [&str; 4] = ["id", "volume", "action", "direction"];
/// Columns that tell a trade file from an order file.
const TELLING_TRADES: [&str; 5] = [
    "trade_id",
    "amount",
    "buy_order_id",
    "sell_order_id",
    "side",
];
/// So many of them are enough: what is wrong with the others is for the reader to say.
const TELLING_MIN: usize = 2;
/// Lines of the counts that are looked at; they are few.
const META_LINES_MAX: usize = 64;

/// What a file of a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Orders,
    Trades,
    Meta,
}

/// Where the three files are.
#[derive(Clone, Debug)]
pub(crate) struct BitstampFiles {
    /// Rows of orders.
    pub(crate) orders: Place,
    /// Trades.
    pub(crate) trades: Place,
    /// The recorder's counts.
    pub(crate) meta: Place,
}

impl BitstampFiles {
    /// Finds the recording at `path`: a folder or a zip with its files, or any one of the files,
    /// beside which the others are. `None` where there is no such recording.
    ///
    /// # Errors
    ///
    /// Returns an error where nothing can be opened, or a file is missing or one too many.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, RecordingError> {
        let Some(files) = files_in(path)? else {
            return Self::find_beside(path);
        };
        Self::choose(path, &files, None)
    }

    fn find_beside(path: &Path) -> Result<Option<Self>, RecordingError> {
        let place = Place::File(path.to_owned());
        let Ok(Some(kind)) = kind_of(&place) else {
            return Ok(None);
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let files = files_in(folder.unwrap_or(Path::new(".")))?;
        Self::choose(path, &files.unwrap_or_default(), Some((kind, place)))
    }

    fn choose(
        path: &Path,
        files: &[FoundFile],
        named: Option<(Kind, Place)>,
    ) -> Result<Option<Self>, RecordingError> {
        let mut found = Vec::new();
        let mut broken = None;
        for file in files {
            match kind_of(&file.place) {
                Ok(Some(kind)) => found.push((kind, file)),
                Ok(None) => {}
                Err(error) => broken = Some(error),
            }
        }
        if found.iter().all(|(kind, _)| *kind == Kind::Meta) {
            return Ok(None);
        }
        let mut single = |kind: Kind| {
            if let Some((_, place)) = named.as_ref().filter(|(named, _)| *named == kind) {
                return Ok(place.clone());
            }
            let refuse = |reason| RecordingError::Files {
                path: path.to_owned(),
                reason,
            };
            let mut those = found.iter().filter(|(other, _)| *other == kind);
            match (those.next(), those.next()) {
                (Some((_, file)), None) => Ok(file.place.clone()),
                (Some((_, one)), Some((_, other))) => Err(refuse(format!(
                    "one file {} belongs here, found {} and {}",
                    kind.holds(),
                    one.file_name,
                    other.file_name
                ))),
                // The file that could not be read may be the one.
                (None, _) => Err(broken
                    .take()
                    .unwrap_or_else(|| refuse(format!("no file {} is here", kind.holds())))),
            }
        };
        Ok(Some(Self {
            orders: single(Kind::Orders)?,
            trades: single(Kind::Trades)?,
            meta: single(Kind::Meta)?,
        }))
    }
}

impl Kind {
    fn holds(self) -> String {
        match self {
            Self::Orders => format!("with the columns {}", ORDER_COLUMNS.join(", ")),
            Self::Trades => format!("with the columns {}", TRADE_COLUMNS.join(", ")),
            Self::Meta => format!("of counts ({META_FIELD} and others)"),
        }
    }
}

/// Returns what a file is; `None` where it is none of a recording.
fn kind_of(place: &Place) -> Result<Option<Kind>, RecordingError> {
    let mut lines = place.open()?;
    if !lines.advance()? {
        return Ok(None);
    }
    let header = lines.text();
    let tells = |names: &[&str]| {
        let named = names
            .iter()
            .filter(|name| fields(header).any(|field| field == name.as_bytes()));
        named.count() >= TELLING_MIN
    };
    if tells(&TELLING_ORDERS) {
        return Ok(Some(Kind::Orders));
    }
    if tells(&TELLING_TRADES) {
        return Ok(Some(Kind::Trades));
    }
    if !header.trim_ascii_start().starts_with(b"{") {
        return Ok(None);
    }
    let quoted = format!("\"{META_FIELD}\"");
    for _ in 0..META_LINES_MAX {
        let text = lines.text();
        if text
            .windows(quoted.len())
            .any(|part| part == quoted.as_bytes())
        {
            return Ok(Some(Kind::Meta));
        }
        if !lines.advance()? {
            break;
        }
    }
    Ok(None)
}
