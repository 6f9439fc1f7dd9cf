//! The scenario language: a test of a book reads as what was sent and what came back.
//!
//! A script is lines of text. `>` sends a command, the `<` lines after it are all its events in
//! their order, `+` sends a new order that is accepted and no more (a `>` whose one event is
//! `< 1 new leaves=100`), `=` says what the book then holds, `#` is a comment. [`Scenario`] runs a script
//! against an [`Engine`]; [`read_commands`] and [`write_commands`] turn lists of commands into
//! scripts and back without loss. It must not know how an engine does what it does.
//!
//! # Orders
//!
//! - `> 1 sell 100 @ 10.00 day`: order 1, that is slot 1 in its next generation.
//!   - How long: `day` (what a limit order is that says nothing), `gtc`, `gtd=TIME`, `ioc` (what
//!     a market order is that says nothing), `fok`. Times are event times in nanoseconds.
//!   - What kind: limit with a price; `market`; `mtl` (market-to-limit); `stop=9.95` (with a
//!     price a stop-limit order, else a stop order); `peg` (mid-peg, its price is the cap).
//!     `type=stop-limit` and the like say it where these words would say something else.
//!   - Conditions: `post`, `display=10`, `min=50`, `group=7` (self-trade group), `expire=TIME`
//!     (of an order that is not good-till-date), `terms` (further terms that are all zero).
//!   - What happens where it meets its owner: `stp=none`, `newest`, `oldest`, `both` or
//!     `decrement`. **Nothing said is `none`**, unlike the gateway's default, so that a scenario
//!     needs a second account only where it is about self-trades.
//! - `> 1 cancel`, `> 1 reduce 50`, `> 1 replace 50 @ 10.01`: to the last order that the script
//!   sent for slot 1. A cancel may name the order's id with `order=5`, a replace a new
//!   `stop=9.90`, `day`, `gtc`, `gtd=TIME`.
//! - `> mass session=0`, `> mass account=2`, `> mass instrument=0`: `side=buy` may follow, and
//!   after the first two `instrument=1`.
//!
//! With any of them may stand `account=2`, `session=1`, `gateway=1` (`none` for an operator),
//! `instrument=1` (all are 0 else), `id=A` (client order id), `generation=3`, `synced`.
//!
//! # Everything else that a shard is told
//!
//! `> halt`, `> resume`, `> end-day`, each of `instrument=0` or another; `> time 2000`;
//! `> instrument 0 tick=0.01`, `> account 3`, `> firm 0`, `> session 0`, `> lend 0 32 gateway=0`,
//! `> hash 0123456789abcdef0123456789abcdef`. An instrument that says nothing has wide limits, see
//! [`VENUE`], which runs before every scenario but a [bare](Scenario::bare) one.
//!
//! # Numbers
//!
//! Each command takes the next sequence, ring, request and control number, and comes 10 ns after
//! the last. `sequence=`, `epoch=`, `at=` (event time), `ring=`, `request=`, `control=` say
//! something else, for this command and as the start of those that follow.
//!
//! # Events
//!
//! ```text
//! < 1 new leaves=100                        < 1 reduced 50 leaves=20
//! < 1 rejected PriceOffTick                 < 1 replaced 60 @ 10.00 leaves=60 priority=kept
//! < 1 refused OrderNotLive                  < 1 terms stop=9.90 gtd=2000
//! < 3 triggered                             < 3 triggered refused=NoLiquidity
//! < 2 trade 10 @ 10.00 resting=1 cumulative=10 leaves=40
//! < 2 prevented 30 @ 10.00 resting=1
//! < 1 restated @ 10.00 displayed=10 refreshed      (or `priced`)
//! < 2 canceled 40 immediate     (requested market mass protection self-trade refused)
//! < 1 expired 40
//! < mass canceled 2                         < phase Halt instrument=0
//! < instrument 0                            < account 0
//! < hash equal                              (or `differs`)
//! ```
//!
//! `cumulative` and `leaves` of a trade are the aggressor's after it. `synced` follows where a
//! report of the order may leave only then, `resting-synced` where that holds for the resting one.
//!
//! # The book
//!
//! - `= bid 100 @ 10.00 ask -`: what is displayed at the best prices.
//! - `= depth bid 100 @ 10.00, 5 @ 9.99 ask -`: at all prices.
//! - `= bids 1 3 asks 2`: displayed orders, in the order in which they would trade.
//! - `= waiting 4 5`: live orders that are not displayed, by their slots.
//!
//! `instrument=1` may follow. After every command a scenario checks what must hold of any book,
//! see [`Scenario`].
#![forbid(unsafe_code)]

mod audit;
mod decimal;
mod engine;
mod numbering;
mod problem;
mod read;
mod read_control;
mod read_order;
mod scenario;
mod script;
mod shard_engine;
mod tell;
mod words;
mod write;
mod write_control;

pub use decimal::{price_text, read_price};
pub use engine::{DisplayedOrder, Engine, Level, LiveOrder};
pub use numbering::Numbering;
pub use problem::{Problem, ScriptError};
pub use read::read_command;
pub use scenario::{Hashes, Scenario};
pub use script::{CAPACITY, VENUE, read_commands, write_commands};
pub use shard_engine::ShardEngine;
pub use tell::Teller;
pub use write::write_command;

#[cfg(test)]
mod tests;
