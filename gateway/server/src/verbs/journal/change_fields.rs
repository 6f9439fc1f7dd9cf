//! The keys of a change and their values: what each means for its command, and which values it
//! takes. It must not know the file around them.

use matchgate_core::Shard;
use matchgate_core::domain::{
    Command, DefineInstrument, InstrumentId, NewOrder, OrderType, Phase, Price, Quantity, Replace,
    SelfTradePrevention, Side, TimeInForce,
};
use matchgate_follower::decimal_text;
use toml::{Spanned, Value};

use super::change_file::{ChangeFile, DROP};
use super::command_words::limit_of;
use super::line::PRICE_EXPONENT;
use super::value_names::{kind_of, phase_name, self_trade_name, side_name, time_in_force_name};
use crate::config::{ConfigError, Decimal, DecimalError};

/// A key and its value, where it stands.
pub(super) type Field<'a> = (&'a str, &'a Spanned<Value>);

/// Keys of every kind of command.
pub(super) const ALL_FIELDS: [&[&str]; 5] =
    [OF_NEW, OF_REPLACE, OF_REDUCE, OF_SET_PHASE, OF_INSTRUMENT];
const OF_NEW: &[&str] = &[
    "price",
    "quantity",
    "side",
    "time_in_force",
    "post_only",
    "self_trade",
    "stop_price",
    "display_quantity",
    "minimum_quantity",
    "expire_time_ns",
];
const OF_REPLACE: &[&str] = &["price", "quantity", "stop_price"];
const OF_REDUCE: &[&str] = &["quantity"];
const OF_SET_PHASE: &[&str] = &["phase"];
const OF_INSTRUMENT: &[&str] = &[
    "tick",
    "price_min",
    "price_max",
    "lot",
    "quantity_min",
    "quantity_max",
    "notional_max",
    "protection",
];
const SIDES: [Side; 2] = [Side::Buy, Side::Sell];
const PHASES: [Phase; 2] = [Phase::Continuous, Phase::Halt];
const TIMES: [TimeInForce; 5] = [
    TimeInForce::Day,
    TimeInForce::Gtc,
    TimeInForce::Ioc,
    TimeInForce::Fok,
    TimeInForce::Gtd,
];
const SELF_TRADES: [SelfTradePrevention; 5] = [
    SelfTradePrevention::None,
    SelfTradePrevention::CancelNewest,
    SelfTradePrevention::CancelOldest,
    SelfTradePrevention::CancelBoth,
    SelfTradePrevention::Decrement,
];

impl ChangeFile {
    /// Gives a command, which `shard` is about to take, another value.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`] where it has no such key, or the value is none.
    pub(super) fn set(
        &self,
        command: &mut Command,
        (key, value): Field<'_>,
        shard: &Shard,
    ) -> Result<(), ConfigError> {
        let allowed = match command {
            Command::New(..) => OF_NEW,
            Command::Replace(..) => OF_REPLACE,
            Command::Reduce(_) => OF_REDUCE,
            Command::SetPhase(_) => OF_SET_PHASE,
            Command::DefineInstrument(_) => OF_INSTRUMENT,
            Command::Cancel(_)
            | Command::MassCancel(_)
            | Command::DefineFirm(_)
            | Command::DefineAccount(_)
            | Command::DefineSession(_)
            | Command::LendSlots(_)
            | Command::EndDay(_)
            | Command::Time(_)
            | Command::StateHash(_) => &[],
        };
        if !allowed.contains(&key) {
            let kind = kind_of(command).replace('_', " ");
            let mut allowed = allowed.to_vec();
            allowed.push(DROP);
            let fault = format!("is no key of a {kind}; allowed: {}", allowed.join(", "));
            return Err(self.fault(&value.span(), key, fault));
        }
        match command {
            Command::New(order, _) => self.set_new(order, (key, value), shard),
            Command::Replace(replace, _) => self.set_replace(replace, (key, value), shard),
            Command::Reduce(reduce) => {
                let instrument = shard.order(reduce.handle).map(|order| order.instrument);
                reduce.quantity = self.quantity((key, value), exponent_of(shard, instrument))?;
                Ok(())
            }
            Command::SetPhase(set) => {
                set.phase = self.choice((key, value), &PHASES, phase_name)?;
                Ok(())
            }
            Command::DefineInstrument(define) => self.set_limit(define, (key, value)),
            // They have no key.
            Command::Cancel(_)
            | Command::MassCancel(_)
            | Command::DefineFirm(_)
            | Command::DefineAccount(_)
            | Command::DefineSession(_)
            | Command::LendSlots(_)
            | Command::EndDay(_)
            | Command::Time(_)
            | Command::StateHash(_) => Ok(()),
        }
    }

    fn set_new(
        &self,
        order: &mut NewOrder,
        (key, value): Field<'_>,
        shard: &Shard,
    ) -> Result<(), ConfigError> {
        let exponent = exponent_of(shard, Some(order.instrument));
        match key {
            "price" => {
                let has_price = order.order_type == OrderType::MidPeg
                    || limit_of(order.order_type, order.price).is_some();
                if !has_price {
                    let fault = "this order's type has no price; allowed: any other key";
                    return Err(self.fault(&value.span(), key, fault.to_owned()));
                }
                order.price = self.price((key, value))?;
            }
            "quantity" => order.quantity = self.quantity((key, value), exponent)?,
            "side" => order.side = self.choice((key, value), &SIDES, side_name)?,
            "time_in_force" => {
                order.time_in_force = self.choice((key, value), &TIMES, time_in_force_name)?;
            }
            "post_only" => order.post_only = u8::from(self.flag(key, value)?),
            "self_trade" => {
                order.self_trade = self.choice((key, value), &SELF_TRADES, self_trade_name)?;
            }
            "stop_price" => order.terms.stop_price = self.price((key, value))?,
            "display_quantity" => {
                order.terms.display_quantity = self.quantity((key, value), exponent)?;
            }
            "minimum_quantity" => {
                order.terms.minimum_quantity = self.quantity((key, value), exponent)?;
            }
            _ => order.terms.expire_time_ns = self.number((key, value))?,
        }
        if matches!(
            key,
            "stop_price" | "display_quantity" | "minimum_quantity" | "expire_time_ns"
        ) {
            order.terms_given = 1;
        }
        Ok(())
    }

    fn set_replace(
        &self,
        replace: &mut Replace,
        (key, value): Field<'_>,
        shard: &Shard,
    ) -> Result<(), ConfigError> {
        let instrument = shard.order(replace.handle).map(|order| order.instrument);
        match key {
            "price" => replace.price = self.price((key, value))?,
            "quantity" => {
                replace.quantity = self.quantity((key, value), exponent_of(shard, instrument))?;
            }
            _ => {
                replace.terms.stop_price = self.price((key, value))?;
                replace.terms.stop_price_given = 1;
            }
        }
        Ok(())
    }

    fn set_limit(
        &self,
        define: &mut DefineInstrument,
        (key, value): Field<'_>,
    ) -> Result<(), ConfigError> {
        let instrument = &mut define.instrument;
        let exponent = instrument.quantity_exponent;
        match key {
            "tick" => instrument.tick = self.price((key, value))?,
            "price_min" => instrument.price_min = self.price((key, value))?,
            "price_max" => instrument.price_max = self.price((key, value))?,
            "lot" => instrument.lot = self.quantity((key, value), exponent)?,
            "quantity_min" => instrument.quantity_min = self.quantity((key, value), exponent)?,
            "quantity_max" => instrument.quantity_max = self.quantity((key, value), exponent)?,
            "protection" => instrument.protection = self.price((key, value))?,
            _ => {
                let exponent = exponent.saturating_add(PRICE_EXPONENT);
                let range = (0, i128::MAX);
                instrument.notional_max = self.units((key, value), exponent, range)?.into();
            }
        }
        Ok(())
    }

    fn price(&self, field: Field<'_>) -> Result<Price, ConfigError> {
        // The lowest and the highest number stand for a price that is not there.
        let range = (i64::MIN + 1, i64::MAX - 1);
        let range = (i128::from(range.0), i128::from(range.1));
        let units = self.units(field, PRICE_EXPONENT, range)?;
        Ok(Price::new(i64::try_from(units).unwrap_or_default()))
    }

    fn quantity(&self, field: Field<'_>, exponent: i8) -> Result<Quantity, ConfigError> {
        let units = self.units(field, exponent, (0, i128::from(u64::MAX)))?;
        Ok(Quantity::new(u64::try_from(units).unwrap_or_default()))
    }

    /// Returns a decimal in units of 10^`exponent`, which is at most 0 wherever it is defined.
    fn units(
        &self,
        (key, value): Field<'_>,
        exponent: i8,
        (low, high): (i128, i128),
    ) -> Result<i128, ConfigError> {
        let digits = u32::from(exponent.unsigned_abs());
        let text = match value.get_ref() {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            // Not through a float.
            Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_)
            | Value::Table(_) => String::new(),
        };
        let units = Decimal::new(&text).to_units(digits);
        let units = units.and_then(|units| match (low..=high).contains(&units) {
            true => Ok(units),
            false => Err(DecimalError::Range),
        });
        units.map_err(|error| {
            let exponent = exponent.min(0);
            let [low, high] = [low, high].map(|units| decimal_text(units, exponent));
            let fault = format!(
                "{} {error}; allowed: \"{low}\" to \"{high}\", in quotes or whole, with at most \
                 {digits} digits behind the point",
                value.get_ref()
            );
            self.fault(&value.span(), key, fault)
        })
    }

    fn number(&self, (key, value): Field<'_>) -> Result<u64, ConfigError> {
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| {
            let fault = format!("{}; allowed: a whole number from 0", value.get_ref());
            self.fault(&value.span(), key, fault)
        })
    }

    pub(super) fn flag(&self, key: &str, value: &Spanned<Value>) -> Result<bool, ConfigError> {
        value.get_ref().as_bool().ok_or_else(|| {
            let fault = format!("{}; allowed: true, false", value.get_ref());
            self.fault(&value.span(), key, fault)
        })
    }

    fn choice<T: Copy>(
        &self,
        (key, value): Field<'_>,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Result<T, ConfigError> {
        let mut choices = all.iter().copied();
        let text = value.get_ref().as_str();
        choices
            .find(|choice| Some(name(*choice)) == text)
            .ok_or_else(|| {
                let names: Vec<_> = all.iter().map(|choice| name(*choice)).collect();
                let fault = format!("{}; allowed: {}", value.get_ref(), names.join(", "));
                self.fault(&value.span(), key, fault)
            })
    }
}

fn exponent_of(shard: &Shard, instrument: Option<InstrumentId>) -> i8 {
    let known = instrument.and_then(|instrument| shard.instrument(instrument));
    known.map_or(0, |(known, _)| known.quantity_exponent)
}
