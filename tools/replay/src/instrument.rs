//! Derives the instrument that a recording needs: symbol, tick, price range, quantity limits.
//!
//! One streaming pass. What it finds is enough for the flow of either way of making executions
//! into orders. It must not know a configuration file beyond the one table that it writes.

use std::fmt::Write as _;
use std::path::Path;

use matchgate_core::domain::{Instrument, InstrumentId, Notional, Price, Quantity, ShardId, Side};
use matchgate_core::domain::{Symbol, bounds};

use crate::bitstamp::{self, BitstampFiles};
use crate::decimal::{Decimal, parse_price};
use crate::error::ReplayError;
use crate::lobster::{Message, MessageType, Reader};

/// What is told rather than derived.
#[derive(Clone, Debug, Default)]
pub struct InstrumentOptions {
    /// Symbol; else the recording's, in its files' names or in what its recorder wrote.
    pub symbol: Option<String>,
    /// Tick as a decimal number; else, of LOBSTER, the greatest common divisor of the prices; of
    /// Bitstamp, a cent or, where the opening book's prices are finer, their power of ten.
    pub tick: Option<String>,
}

/// The instrument that a recording needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivedInstrument {
    /// Its symbol.
    pub symbol: Symbol,
    /// Price step in 1e-9 units.
    pub tick: Price,
    /// Lowest price in the recording.
    pub price_min: Price,
    /// Highest price in the recording.
    pub price_max: Price,
    /// A power of ten that no quantity of the recording is above.
    pub quantity_max: Quantity,
    /// A quantity is counted in units of 10^`quantity_exponent`.
    pub quantity_exponent: i8,
}

impl DerivedInstrument {
    /// Reads the recording at `path` once and derives its instrument.
    ///
    /// # Errors
    ///
    /// Returns an error where the recording cannot be read, has no order, or an option does not
    /// fit it.
    pub fn derive(path: &Path, options: &InstrumentOptions) -> Result<Self, ReplayError> {
        if let Some(files) = BitstampFiles::find(path)? {
            return Self::of_bitstamp(path, &files, options);
        }
        let mut reader = Reader::open(path)?;
        let symbol = symbol(reader.name().map(|name| name.symbol()), options, path)?;
        let mut survey = Survey::default();
        while let Some(message) = reader.next_message()? {
            survey.message(&message);
            if let Some(row) = reader.row() {
                for level in [Side::Sell, Side::Buy]
                    .iter()
                    .flat_map(|&side| row.side(side))
                {
                    survey.price(level.price);
                    // The first message may have taken its size out of a level of the first row.
                    let undone = level.quantity.saturating_add(survey.quantity_first);
                    survey.quantity_max = survey.quantity_max.max(undone);
                }
                survey.quantity_first = 0;
            }
        }
        let (Some(price_min), Some(price_max)) = (survey.price_min, survey.price_max) else {
            return Err(refuse(path, "holds no order"));
        };
        let tick = told_tick(options, path)?.map_or(survey.divisor, Price::get);
        if survey.divisor % tick != 0 {
            let tick = Decimal::price(Price::new(tick));
            return Err(refuse(path, &format!("has prices off the tick {tick}")));
        }
        Ok(Self {
            symbol,
            tick: Price::new(tick),
            price_min,
            price_max,
            quantity_max: Quantity::new(power_of_ten_from(survey.quantity_max)),
            quantity_exponent: 0,
        })
    }

    fn of_bitstamp(
        path: &Path,
        files: &BitstampFiles,
        options: &InstrumentOptions,
    ) -> Result<Self, ReplayError> {
        let survey = bitstamp::survey(files, told_tick(options, path)?)?;
        let survey = survey.ok_or_else(|| refuse(path, "holds no order"))?;
        let pair = survey.pair.to_ascii_uppercase();
        Ok(Self {
            symbol: symbol(Some(&pair), options, path)?,
            tick: survey.tick,
            price_min: survey.price_min,
            price_max: survey.price_max,
            quantity_max: Quantity::new(power_of_ten_from(survey.quantity_max)),
            quantity_exponent: -bitstamp::QUANTITY_DECIMALS.cast_signed(),
        })
    }

    /// Returns the largest notional of one order.
    #[must_use]
    pub fn notional_max(&self) -> Notional {
        self.price_max.notional(self.quantity_max)
    }

    /// Returns the instrument with number `id`, owned by `shard`.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId, shard: ShardId) -> Instrument {
        Instrument {
            symbol: self.symbol,
            id,
            shard,
            quantity_exponent: self.quantity_exponent,
            reserved: [0; 2],
            tick: self.tick,
            price_min: self.price_min,
            price_max: self.price_max,
            lot: Quantity::new(1),
            quantity_min: Quantity::new(1),
            quantity_max: self.quantity_max,
            notional_max: self.notional_max().get().into(),
            protection: Price::MAX,
        }
    }

    /// Returns the `[[instrument]]` table of a configuration.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from("[[instrument]]\n");
        let decimals = self.quantity_exponent.unsigned_abs();
        let quantity = |quantity| Decimal::quantity(quantity, decimals).to_string();
        let rows = [
            ("symbol", escaped(self.symbol.as_str())),
            ("tick", Decimal::price(self.tick).to_string()),
            ("price_min", Decimal::price(self.price_min).to_string()),
            ("price_max", Decimal::price(self.price_max).to_string()),
            ("lot", quantity(1)),
            ("quantity_min", quantity(1)),
            ("quantity_max", quantity(self.quantity_max.get())),
            (
                "notional_max",
                Decimal::money(self.notional_max(), decimals).to_string(),
            ),
        ];
        for (key, value) in rows {
            writeln!(text, "{key} = \"{value}\"").expect("a string takes what is written");
        }
        writeln!(text, "quantity_exponent = {}", self.quantity_exponent)
            .expect("a string takes what is written");
        text
    }
}

/// What one pass over a recording finds.
#[derive(Debug, Default)]
struct Survey {
    divisor: i64,
    price_min: Option<Price>,
    price_max: Option<Price>,
    quantity_max: u64,
    quantity_first: u64,
    messages: u64,
    /// Time, side and quantity of the executions that may become one order.
    run: Option<(u64, Side, u64)>,
}

impl Survey {
    fn message(&mut self, message: &Message) {
        match message.kind {
            MessageType::Add | MessageType::PartialCancel | MessageType::Delete => self.run = None,
            MessageType::Execution => {
                let before = match self.run {
                    Some((time_ns, side, quantity))
                        if (time_ns, side) == (message.time_ns, message.side) =>
                    {
                        quantity
                    }
                    _ => 0,
                };
                let quantity = before.saturating_add(message.quantity);
                self.run = Some((message.time_ns, message.side, quantity));
                self.quantity_max = self.quantity_max.max(quantity);
            }
            // They make no command, and hidden orders may trade between two ticks.
            MessageType::HiddenExecution | MessageType::Cross | MessageType::Halt => return,
        }
        self.messages += 1;
        if self.messages == 1 {
            self.quantity_first = message.quantity;
        }
        self.price(message.price);
        self.quantity_max = self.quantity_max.max(message.quantity);
    }

    fn price(&mut self, price: Price) {
        self.divisor = greatest_common_divisor(self.divisor, price.get());
        self.price_min = Some(self.price_min.map_or(price, |least| least.min(price)));
        self.price_max = Some(self.price_max.map_or(price, |most| most.max(price)));
    }
}

fn told_tick(options: &InstrumentOptions, path: &Path) -> Result<Option<Price>, ReplayError> {
    let Some(text) = &options.tick else {
        return Ok(None);
    };
    parse_price(text)
        .filter(|tick| tick.get() > 0)
        .map(Some)
        .ok_or_else(|| refuse(path, &format!("{text} is no tick")))
}

/// Returns the symbol that was told, else the one in the recording.
fn symbol(
    recorded: Option<&str>,
    options: &InstrumentOptions,
    path: &Path,
) -> Result<Symbol, ReplayError> {
    let text = options.symbol.as_deref().or(recorded);
    let text = text.ok_or_else(|| refuse(path, "does not tell its symbol; name one"))?;
    Symbol::new(text.as_bytes()).ok_or_else(|| {
        let length_max = bounds::SYMBOL_LENGTH_MAX;
        let reason = format!("{text:?} is no symbol of 1 to {length_max} printable bytes");
        refuse(path, &reason)
    })
}

fn refuse(path: &Path, reason: &str) -> ReplayError {
    ReplayError::Options(format!("{}: {reason}", path.display()))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

const fn greatest_common_divisor(mut one: i64, mut other: i64) -> i64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

fn power_of_ten_from(quantity: u64) -> u64 {
    let mut power = 1_u64;
    while power < quantity {
        power = power.saturating_mul(10);
    }
    power
}
