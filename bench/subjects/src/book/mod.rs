//! The order book alone: names are resolved, the production book does what is asked, and every
//! report is written.
//!
//! One thread does all of it, and all of it counts. What a shard does beside that (sequence,
//! checks, events, hashes) is not here: see [`crate::shard`].

mod accounts;
mod acts;
mod request;
mod run;

pub(crate) use request::core_side;
pub use request::{Act, Request, Rest};
pub use run::{BookEnd, BookRun, Room};
