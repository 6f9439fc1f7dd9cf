//! A synthetic session: several clients trade several symbols around a mean-reverting mid.
//!
//! Shares of a client's actions, in thousandths: passive limit orders, every eighth of them
//! post-only, and cancels 830 together; replaces 50; reduces 40; immediate-or-cancel orders 30;
//! market orders 10; requests that must be refused 40 (off tick, client order id in use, unknown
//! order, in about equal parts). Whether a client enters or cancels depends on how many live
//! orders it has: it keeps a little below its bound. Then as many orders leave as are entered, by
//! cancels or by fills: about 440 passive orders and 390 cancels.
//!
//! What a client does is a function of seed, client number and the reports that it has taken note
//! of before each action, and of nothing else: no clock, no thread. It no longer picks orders of
//! whose end it was told, and its mid follows the prices at which it trades. So only a fill in
//! flight makes it name an order that has ended, and that is the only case in which an order of
//! its own may be unknown to the venue: the report of the end must come before the refusal.

mod answer;
mod client;
mod market;
mod random;
mod run;

pub use answer::ExpectedAnswer;
pub use client::{ActionKind, SyntheticAction, SyntheticClient, SyntheticOptions};
pub use market::{DISTANCE_TICKS_MAX, MID_OFFSET_TICKS_MAX, SyntheticInstrument};
pub use run::{SyntheticRun, SyntheticRunOptions, SyntheticSummary};
