//! LOBSTER recordings: finding their files, reading them, and what order flow they stand for.

mod message;
mod name;
mod reader;
mod row;
mod shadow;
mod source;
mod translate;

pub use message::{Message, MessageType};
pub use name::{Content, RecordingName};
pub use reader::Reader;
pub use row::{Row, RowLevel};
pub use translate::{Executions, TranslationTotals, Translator};
