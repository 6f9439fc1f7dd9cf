//! What a synthetic session trades, and the price around which it trades: a mean-reverting mid.
//!
//! The steps of the mid are a function of seed, symbol and step alone. Clients are not at the same
//! step at the same time, so each also follows the prices at which it trades: that keeps their
//! mids together, as prices do. It must not know an order.

use matchgate_core::domain::{Price, Quantity, Symbol};

use super::random::Random;
use crate::error::ReplayError;

/// How far the mid goes from where it began, in ticks.
pub const MID_OFFSET_TICKS_MAX: i64 = 200;
/// How far from the mid an order is priced, in ticks.
pub const DISTANCE_TICKS_MAX: u32 = 20;
/// Parts of a tick in which a mid is kept: one step is far less than a tick.
const PARTS_PER_TICK: i64 = 1 << 16;
/// One of this many parts of the offset is given back at each step.
const REVERSION_PARTS: i64 = 4_096;
/// Steps of the mid, in parts of a tick: up to this far either way.
const STEP_PARTS_MAX: u32 = 1 << 13;
/// A trade pulls the mid by one of this many parts of the way to its price.
const FOLLOW_PARTS: i64 = 8;
/// Purposes of the random streams; clients have those from 2^32 on.
const PURPOSE_MARKET: u64 = 1;

/// An instrument of a synthetic session, as the venue knows it. Its lot is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntheticInstrument {
    /// Its symbol.
    pub symbol: Symbol,
    /// Price step in 1e-9 units.
    pub tick: Price,
    /// Lowest price taken, a multiple of the tick.
    pub price_min: Price,
    /// Highest price taken.
    pub price_max: Price,
    /// Largest quantity of one order.
    pub quantity_max: Quantity,
    /// Mid at the beginning, a multiple of the tick.
    pub mid: Price,
}

impl SyntheticInstrument {
    /// Checks that every price of a session is within the instrument's range.
    pub(crate) fn check(&self) -> Result<(), ReplayError> {
        let refuse = |reason: &str| {
            let symbol = self.symbol;
            Err(ReplayError::Options(format!("{symbol}: {reason}")))
        };
        let tick = self.tick.get();
        if tick <= 0 || self.mid.get() % tick != 0 || self.price_min.get() % tick != 0 {
            return refuse("mid and lowest price must be multiples of a tick above 0");
        }
        let reach_ticks = MID_OFFSET_TICKS_MAX + i64::from(DISTANCE_TICKS_MAX) + 1;
        let reach = i128::from(tick) * i128::from(reach_ticks);
        let mid = i128::from(self.mid.get());
        let low = i128::from(self.price_min.get());
        let high = i128::from(self.price_max.get());
        // The lowest price itself is the anchor's, which nobody else may meet.
        if mid - reach <= low || mid + reach > high {
            return refuse("the price range is too narrow around the mid");
        }
        Ok(())
    }

    /// Returns the price `ticks` above the mid at the beginning.
    pub(crate) const fn price(&self, ticks: i64) -> Price {
        Price::new(self.mid.get() + ticks * self.tick.get())
    }

    /// Returns how many ticks `price` is above the mid at the beginning, within what a mid may be.
    pub(crate) fn offset_ticks(&self, price: Price) -> i64 {
        let above = price.get().saturating_sub(self.mid.get());
        (above / self.tick.get()).clamp(-MID_OFFSET_TICKS_MAX, MID_OFFSET_TICKS_MAX)
    }
}

/// The mids of all instruments, as one client sees them.
#[derive(Clone, Debug)]
pub(crate) struct Market {
    paths: Vec<Path>,
}

#[derive(Clone, Debug)]
struct Path {
    random: Random,
    offset_parts: i64,
}

impl Market {
    /// Starts the paths of `instrument_count` instruments.
    pub(crate) fn new(seed: u64, instrument_count: usize) -> Self {
        let paths = (PURPOSE_MARKET..)
            .take(instrument_count)
            .map(|purpose| Path {
                random: Random::new(seed, purpose),
                offset_parts: 0,
            })
            .collect();
        Self { paths }
    }

    /// Goes one step on.
    pub(crate) fn step(&mut self) {
        for path in &mut self.paths {
            let noise = path.random.below(2 * STEP_PARTS_MAX + 1);
            let noise = i64::from(noise) - i64::from(STEP_PARTS_MAX);
            path.go(noise - path.offset_parts / REVERSION_PARTS);
        }
    }

    /// Goes a part of the way to a trade at `traded_ticks` above where the mid began.
    pub(crate) fn follow(&mut self, instrument: usize, traded_ticks: i64) {
        if let Some(path) = self.paths.get_mut(instrument) {
            let away = traded_ticks * PARTS_PER_TICK - path.offset_parts;
            path.go(away / FOLLOW_PARTS);
        }
    }

    /// Returns how far the mid of an instrument is from where it began, in ticks.
    pub(crate) fn offset_ticks(&self, instrument: usize) -> i64 {
        self.paths
            .get(instrument)
            .map_or(0, |path| path.offset_parts / PARTS_PER_TICK)
    }
}

impl Path {
    fn go(&mut self, parts: i64) {
        let most = MID_OFFSET_TICKS_MAX * PARTS_PER_TICK;
        self.offset_parts = (self.offset_parts + parts).clamp(-most, most);
    }
}
