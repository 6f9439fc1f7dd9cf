//! Scripts of commands: from text to a list and back, and the venue that scenarios meet.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{Command, Sequenced};

use crate::numbering::Numbering;
use crate::problem::{Problem, ScriptError};
use crate::read::read_command;
use crate::write::write_command;

/// Two instruments with wide limits, tick 0.01 and lot 1; 32 slots of gateway 0 and 16 of gateway
/// 1. Four commands: the first of a scenario has sequence 5.
pub const VENUE: &str = "\
> instrument 0
< instrument 0
> instrument 1
< instrument 1
> lend 0 32 gateway=0
> lend 32 16 gateway=1
";

/// The capacity of the shard that scenarios are written for: 64 slots of which 16 are lent to
/// nobody, 4 levels a side, 3 instruments, 4 accounts, 4 sessions, 2 gateways.
pub const CAPACITY: ShardCapacity = ShardCapacity {
    orders: 64,
    levels: 4,
    instruments: 3,
    accounts: 4,
    sessions: 4,
    gateways: 2,
};

/// What a line is.
pub(crate) enum Line<'a> {
    Command(&'a str),
    /// A new order that is accepted, and no more.
    Placed(&'a str),
    Event(&'a str),
    Book(&'a str),
    /// Nothing, or a comment.
    Blank,
}

/// Tells what a line is, without its mark.
pub(crate) fn line_of(text: &str) -> Result<Line<'_>, Problem> {
    let text = text.trim();
    let mut characters = text.chars();
    match characters.next() {
        None | Some('#') => Ok(Line::Blank),
        Some('>') => Ok(Line::Command(characters.as_str())),
        Some('+') => Ok(Line::Placed(characters.as_str())),
        Some('<') => Ok(Line::Event(characters.as_str())),
        Some('=') => Ok(Line::Book(characters.as_str())),
        Some(_) => Err(Problem::unreadable("`>`, `+`, `<`, `=` or `#`", Some(text))),
    }
}

/// Reads the commands of a script; what it says of events and books is left out.
///
/// # Errors
///
/// Returns a [`ScriptError`] at the first line that is not of the language.
pub fn read_commands(text: &str) -> Result<Vec<Sequenced<Command>>, ScriptError> {
    let mut numbering = Numbering::new();
    let mut commands = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let command = match line_of(text) {
            Ok(Line::Command(rest) | Line::Placed(rest)) => read_command(rest, &mut numbering),
            Ok(Line::Event(_) | Line::Book(_) | Line::Blank) => continue,
            Err(problem) => Err(problem),
        };
        commands.push(command.map_err(|problem| ScriptError {
            line: number,
            text: text.trim().to_owned(),
            problem,
        })?);
    }
    Ok(commands)
}

/// Writes commands as a script that [`read_commands`] reads as the same commands.
#[must_use]
pub fn write_commands(commands: &[Sequenced<Command>]) -> String {
    let mut numbering = Numbering::new();
    let mut text = String::new();
    for command in commands {
        text.push_str("> ");
        text.push_str(&write_command(command, &mut numbering));
        text.push('\n');
    }
    text
}
