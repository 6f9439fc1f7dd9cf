//! File names as LOBSTER gives them: `SYMBOL_DATE_START_END_message_LEVELS.csv`.
//!
//! It must not open a file, and knows no symbol.

/// Which half of a recording a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One message a line.
    Messages,
    /// The book after the message of the same line.
    OrderBook,
}

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingName {
    /// Symbol, date, start and end: what a message file and its order book share.
    pub stem: String,
    /// Which half this is.
    pub content: Content,
    /// Levels a side, where the name ends in a number.
    pub levels: Option<usize>,
}

impl RecordingName {
    /// Returns what `file_name` says; `None` where it is not the name of a recording's file.
    #[must_use]
    pub fn parse(file_name: &str) -> Option<Self> {
        let bare = file_name.strip_suffix(".gz").unwrap_or(file_name);
        let bare = bare.strip_suffix(".csv")?;
        let halves = [
            ("_message", Content::Messages),
            ("_orderbook", Content::OrderBook),
        ];
        halves.into_iter().find_map(|(word, content)| {
            let (stem, rest) = bare.rsplit_once(word)?;
            let levels = match rest.strip_prefix('_') {
                Some(digits) => Some(digits.parse().ok()?),
                None if rest.is_empty() => None,
                None => return None,
            };
            (!stem.is_empty()).then(|| Self {
                stem: stem.to_owned(),
                content,
                levels,
            })
        })
    }

    /// Returns the symbol: what stands before the first underscore.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.stem.split('_').next().unwrap_or(&self.stem)
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, RecordingName};

    #[test]
    fn names_tell_symbol_half_and_levels() {
        let name = RecordingName::parse("XYZ_2020-01-02_34200000_57600000_message_10.csv");
        let name = name.expect("a message file");
        assert_eq!(name.symbol(), "XYZ");
        assert_eq!(name.content, Content::Messages);
        assert_eq!(name.levels, Some(10));
        let book = RecordingName::parse("XYZ_2020-01-02_34200000_57600000_orderbook_10.csv.gz");
        let book = book.expect("an order book file");
        assert_eq!(book.content, Content::OrderBook);
        assert_eq!(book.stem, name.stem);
    }

    #[test]
    fn other_names_are_no_recording() {
        for other in [
            "ReadMe.txt",
            "message_10.txt",
            "_message_1.csv",
            "a_message_x.csv",
            "a.csv",
        ] {
            assert_eq!(RecordingName::parse(other), None, "{other}");
        }
    }
}
