//! A synthetic session: several clients trade several symbols around a mean-reverting mid.
//!
//! Shares of a client's actions, in thousandths: passive limit orders 420, every eighth of them
//! post-only; cancels 260; replaces 100; reduces 40; immediate-or-cancel orders 120; market
//! orders 20; requests that must be refused 40 (off tick, client order id in use, unknown order,
//! in equal parts). What a client does is a function of seed and client number alone: it learns
//! nothing from answers, so it may cancel what another client has filled.

mod answer;
mod client;
mod market;
mod random;
mod run;

pub use answer::ExpectedAnswer;
pub use client::{ActionKind, SyntheticAction, SyntheticClient, SyntheticOptions};
pub use market::{DISTANCE_TICKS_MAX, MID_OFFSET_TICKS_MAX, SyntheticInstrument};
pub use run::{SyntheticRun, SyntheticRunOptions, SyntheticSummary};
