//! The file of `matchgate journal what-if`: which commands are changed, and how. It must not know
//! what comes of it.
//!
//! A change names its command by sequence, so what a key means, and whether its value is one, is
//! known once that command is there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use matchgate_core::Shard;
use matchgate_core::domain::{Command, DefineInstrument};
use serde::Deserialize;
use toml::{Spanned, Value};

use super::change_fields::ALL_FIELDS;
use crate::config::ConfigError;
use crate::exit_code::{ExitCode, Fatal};

/// Keys of a change beside those of its command.
const SEQUENCE: &str = "sequence";
pub(super) const DROP: &str = "drop";
type Table = BTreeMap<String, Spanned<Value>>;

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    change: Vec<Spanned<Table>>,
}

/// A file of changes, and which of its commands were met.
#[derive(Debug)]
pub(super) struct ChangeFile {
    name: String,
    text: String,
    changes: BTreeMap<u64, Change>,
}

/// What is changed of one command.
#[derive(Debug)]
struct Change {
    span: Range<usize>,
    is_dropped: bool,
    fields: Table,
    was_met: bool,
}

impl ChangeFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] that names file, line and key where it is no file of changes.
    pub(super) fn read(path: &Path) -> Result<Self, Fatal> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("{name}: {error}");
            Fatal::new(ExitCode::Usage, message)
        })?;
        Ok(Self::parse(&name, &text)?)
    }

    fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let mut parsed = Self {
            name: name.to_owned(),
            text: text.to_owned(),
            changes: BTreeMap::new(),
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            parsed.fault(&span, "", error.message().trim().to_owned())
        })?;
        for table in file.change {
            let (sequence, change) = parsed.change(table)?;
            let span = change.span.clone();
            if parsed.changes.insert(sequence, change).is_some() {
                let fault = format!("{sequence} stands twice: put all its keys into one table");
                return Err(parsed.fault(&span, SEQUENCE, fault));
            }
        }
        Ok(parsed)
    }

    fn change(&self, table: Spanned<Table>) -> Result<(u64, Change), ConfigError> {
        let span = table.span();
        let mut fields = table.into_inner();
        let sequence = fields.remove(SEQUENCE);
        let missing = || {
            self.fault(
                &span,
                SEQUENCE,
                "is missing: the command's number".to_owned(),
            )
        };
        let sequence = sequence.ok_or_else(missing)?;
        let number = sequence.get_ref().as_integer();
        let number = number.and_then(|number| u64::try_from(number).ok());
        let Some(number) = number.filter(|number| *number > 0) else {
            let fault = format!("{} is not a whole number from 1", sequence.get_ref());
            return Err(self.fault(&sequence.span(), SEQUENCE, fault));
        };
        let is_dropped = match fields.remove(DROP) {
            Some(value) => self.flag(DROP, &value)?,
            None => false,
        };
        for (key, value) in &fields {
            let mut known = ALL_FIELDS.concat();
            if !known.contains(&key.as_str()) {
                known.extend([SEQUENCE, DROP]);
                known.sort_unstable();
                known.dedup();
                let fault = format!("is no key; allowed: {}", known.join(", "));
                return Err(self.fault(&value.span(), key, fault));
            }
            if is_dropped {
                let fault = "goes with no drop: a command that is left out has no values";
                return Err(self.fault(&value.span(), key, fault.to_owned()));
            }
        }
        if fields.is_empty() && !is_dropped {
            let fault = "changes nothing: give drop = true or a value".to_owned();
            return Err(self.fault(&span, "change", fault));
        }
        let change = Change {
            span,
            is_dropped,
            fields,
            was_met: false,
        };
        Ok((number, change))
    }

    pub(super) fn fault(&self, span: &Range<usize>, key: &str, fault: String) -> ConfigError {
        ConfigError::at(&self.name, &self.text, span, key, fault)
    }

    pub(super) fn count(&self) -> usize {
        self.changes.len()
    }

    /// Checks that every change has met its command, in a shard whose last one is `last`.
    ///
    /// # Errors
    ///
    /// Returns a [`Fatal`] that names the first change that has not.
    pub(super) fn check_all_met(&self, last: u64) -> Result<(), Fatal> {
        let mut missing = self.changes.iter().filter(|(_, change)| !change.was_met);
        missing.next().map_or(Ok(()), |(sequence, change)| {
            let fault = if *sequence > last {
                format!("there is no command {sequence}: the last one is {last}")
            } else {
                format!("there is no command {sequence}: it was never given")
            };
            Err(self.fault(&change.span, SEQUENCE, fault).into())
        })
    }

    /// Returns what becomes of command `sequence` of `shard`, which has all the commands before it:
    /// `None` where it is left out.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`] where a key or a value is none of that command.
    pub(super) fn changed(
        &mut self,
        sequence: u64,
        command: &Command,
        shard: &Shard,
    ) -> Result<Option<Command>, ConfigError> {
        let Some(change) = self.changes.get_mut(&sequence) else {
            return Ok(Some(*command));
        };
        change.was_met = true;
        let Some(change) = self.changes.get(&sequence).filter(|one| !one.is_dropped) else {
            return Ok(None);
        };
        let mut changed = *command;
        for (key, value) in &change.fields {
            self.set(&mut changed, (key, value), shard)?;
        }
        if let (Command::DefineInstrument(before), Command::DefineInstrument(define)) =
            (command, &changed)
        {
            self.check_instrument((before, define), &change.span, shard)?;
        }
        Ok(Some(changed))
    }

    /// Checks what a shard would pass over in silence.
    fn check_instrument(
        &self,
        (before, define): (&DefineInstrument, &DefineInstrument),
        span: &Range<usize>,
        shard: &Shard,
    ) -> Result<(), ConfigError> {
        let known = shard.instrument(before.instrument.id);
        if known.is_some_and(|(known, _)| known.tick != define.instrument.tick) {
            let fault = "can change where the instrument is defined first, and nowhere else";
            return Err(self.fault(span, "tick", fault.to_owned()));
        }
        if define.instrument.is_well_formed() {
            return Ok(());
        }
        let fault = "these limits do not go together; allowed: tick and lot above 0, price_min at \
                     most price_max, quantity_min at most quantity_max, notional_max and \
                     protection of 0 or above";
        Err(self.fault(span, "change", fault.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::ChangeFile;

    #[test]
    fn fault_names_file_line_and_key_and_what_is_allowed() {
        let cases = [
            (
                "[[change]]\nsequence = 1\nprise = 2\n",
                "f:3: prise: is no key; allowed: ",
            ),
            ("[[change]]\nprice = 2\n", "f:1: sequence: is missing"),
            (
                "[[change]]\nsequence = 0\ndrop = true\n",
                "f:2: sequence: 0 is not",
            ),
            ("[[change]]\nsequence = 1\n", "f:1: change: changes nothing"),
            (
                "[[change]]\nsequence = 1\ndrop = 1\n",
                "f:3: drop: 1; allowed: true, false",
            ),
            (
                "[[change]]\nsequence = 1\ndrop = true\nprice = 1\n",
                "f:4: price: goes with no drop",
            ),
            (
                "[[change]]\nsequence = 1\ndrop = true\n[[change]]\nsequence = 1\ndrop = true\n",
                "f:4: sequence: 1 stands twice",
            ),
            ("[[chang]]\nsequence = 1\n", "f:1: unknown field `chang`"),
            ("[[change]\n", "f:1: "),
        ];
        for (text, expected) in cases {
            let fault = ChangeFile::parse("f", text).unwrap_err().to_string();
            assert!(fault.starts_with(expected), "{fault}");
        }
        assert_eq!(ChangeFile::parse("f", "").unwrap().count(), 0);
    }
}
