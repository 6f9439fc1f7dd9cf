//! The venue: journals opened and recovered, agents made and placed, and all of it stopped again.
//!
//! This is the wiring: who is connected to whom by which ring. It knows every part and does the
//! work of none.

mod agents;
mod gateways;
mod journals;
mod listeners;
mod observed;
mod open;
pub mod ports;
mod recovery;
mod running;
mod sinks;
mod status;

pub use observed::{Followed, Observed};
pub use open::capacity;
pub use running::Venue;
