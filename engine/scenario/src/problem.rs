//! What can be wrong with a script, or with what an engine did on it.

/// A line of a script and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, `{text}`: {problem}")]
pub struct ScriptError {
    /// Counted from 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The line is not of the language.
    #[error("expected {expected}, found {}", quoted(.found.as_deref()))]
    Unreadable {
        /// What could stand there.
        expected: String,
        /// What stands there; `None` for the end of the line.
        found: Option<String>,
    },
    /// An event that is told has no command before it.
    #[error("there is no command before it")]
    NoCommand,
    /// The engine told another event, or none any more.
    #[error("the engine told {}", quoted(.told.as_deref()))]
    Event {
        /// What it told.
        told: Option<String>,
    },
    /// The command before the line had more events than the script says.
    #[error("before it the engine told also `{}`", .told.join("`, `"))]
    MoreEvents {
        /// What it told.
        told: Vec<String>,
    },
    /// The book holds something else.
    #[error("the book holds `{held}`")]
    Book {
        /// What it holds, in the words of the line.
        held: String,
    },
    /// What must hold of any engine does not.
    #[error("no engine may do this: {0}")]
    Broken(String),
}

impl Problem {
    pub(crate) fn unreadable(expected: impl Into<String>, found: Option<&str>) -> Self {
        Self::Unreadable {
            expected: expected.into(),
            found: found.map(str::to_owned),
        }
    }
}

fn quoted(text: Option<&str>) -> String {
    text.map_or_else(|| "nothing more".to_owned(), |text| format!("`{text}`"))
}
