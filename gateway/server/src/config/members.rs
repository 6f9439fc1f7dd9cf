//! Checks of instruments, firms, accounts and sessions.

use std::collections::BTreeMap;

use matchgate_core::domain::{
    GatewayId, Instrument, InstrumentId, Name, Price, Quantity, ShardId, Symbol,
};
use matchgate_net::SESSIONS_PER_GATEWAY_MAX;
use toml::Spanned;

use super::check::Check;
use super::decimal::Decimal;
use super::error::ConfigError;
use super::file;
use super::{AccountConfig, FirmConfig, InstrumentConfig, SessionConfig, VenueLimits};

/// Digits behind the point of a price unit.
const PRICE_DIGITS: u32 = 9;
/// Messages kept for a resend where the file says nothing.
const RESEND_MESSAGES_DEFAULT: u64 = 65_536;
/// Live orders of an account where the file says nothing.
const OPEN_ORDERS_DEFAULT: u64 = 100_000;

impl Check<'_> {
    pub(super) fn instruments(
        &self,
        instruments: Vec<Spanned<file::Instrument>>,
        venue: &VenueLimits,
    ) -> Result<Vec<InstrumentConfig>, ConfigError> {
        let mut checked: Vec<InstrumentConfig> = Vec::new();
        for instrument in instruments {
            let symbol_span = instrument.get_ref().symbol.span();
            let instrument = self.instrument(&instrument, venue)?;
            if checked
                .iter()
                .any(|other| other.symbol() == instrument.symbol)
            {
                let fault = format!("\"{}\" stands twice", instrument.symbol);
                return Err(self.fault(&symbol_span, "instrument.symbol", fault));
            }
            checked.push(InstrumentConfig { instrument });
        }
        self.at_most("instrument", checked.len(), venue.instruments_max)?;
        Ok(checked)
    }

    fn at_most(&self, table: &str, count: usize, limit: u32) -> Result<(), ConfigError> {
        if u64::try_from(count).unwrap_or(u64::MAX) <= u64::from(limit) {
            return Ok(());
        }
        let fault = format!("{count} of them, venue.{table}s_max is {limit}");
        Err(self.fault(&(0..0), table, fault))
    }

    fn instrument(
        &self,
        table: &Spanned<file::Instrument>,
        venue: &VenueLimits,
    ) -> Result<Instrument, ConfigError> {
        let file = table.get_ref();
        let symbol = Symbol::new(file.symbol.get_ref().as_bytes()).ok_or_else(|| {
            let fault = format!(
                "{:?} is not 1 to 16 printable characters",
                file.symbol.get_ref()
            );
            self.fault(&file.symbol.span(), "instrument.symbol", fault)
        })?;
        let exponent = self.exponent(file)?;
        let digits = u32::from(exponent.unsigned_abs());
        let shard_last = u64::from(venue.shards) - 1;
        let tick = self.price("instrument.tick", &file.tick)?;
        if tick.get() < 1 {
            let fault = "must be above 0".to_owned();
            return Err(self.fault(&file.tick.span(), "instrument.tick", fault));
        }
        let (low, high) = self.price_range(file)?;
        let quantity = |key, value: &Option<Spanned<Decimal>>, default| {
            self.quantity(key, value.as_ref(), default, digits)
        };
        let lot = quantity("instrument.lot", &file.lot, Quantity::new(1))?;
        let quantity_min = quantity("instrument.quantity_min", &file.quantity_min, lot)?;
        let quantity_max = quantity(
            "instrument.quantity_max",
            &file.quantity_max,
            Quantity::new(1 << 40),
        )?;
        if quantity_max < quantity_min {
            let span = file
                .quantity_max
                .as_ref()
                .map_or(table.span(), Spanned::span);
            let fault = "is below quantity_min".to_owned();
            return Err(self.fault(&span, "instrument.quantity_max", fault));
        }
        Ok(Instrument {
            symbol,
            id: InstrumentId(0),
            shard: ShardId(self.number(
                "instrument.shard",
                file.shard.as_ref(),
                0,
                (0, shard_last),
            )?),
            quantity_exponent: exponent,
            reserved: [0; 2],
            tick,
            price_min: low,
            price_max: high,
            lot,
            quantity_min,
            quantity_max,
            notional_max: self.notional(file.notional_max.as_ref(), digits)?.into(),
            protection: self.protection(file.protection.as_ref())?,
        })
    }

    fn price_range(&self, file: &file::Instrument) -> Result<(Price, Price), ConfigError> {
        let (low, high) = (
            self.price("instrument.price_min", &file.price_min)?,
            self.price("instrument.price_max", &file.price_max)?,
        );
        // They stand for a price that is not there.
        for (key, file, price) in [
            ("instrument.price_min", &file.price_min, low),
            ("instrument.price_max", &file.price_max, high),
        ] {
            if matches!(price, Price::MIN | Price::MAX) {
                let fault = "must be above the lowest number of 64 bits and below the highest";
                return Err(self.fault(&file.span(), key, fault.to_owned()));
            }
        }
        if high < low {
            let fault = "is below price_min".to_owned();
            return Err(self.fault(&file.price_max.span(), "instrument.price_max", fault));
        }
        Ok((low, high))
    }

    fn protection(&self, value: Option<&Spanned<Decimal>>) -> Result<Price, ConfigError> {
        let Some(value) = value else {
            return Ok(Price::MAX);
        };
        let protection = self.price("instrument.protection", value)?;
        if protection.get() < 0 {
            let fault = "must not be below 0".to_owned();
            return Err(self.fault(&value.span(), "instrument.protection", fault));
        }
        Ok(protection)
    }

    fn exponent(&self, file: &file::Instrument) -> Result<i8, ConfigError> {
        let exponent = file
            .quantity_exponent
            .as_ref()
            .map_or(0, |value| *value.get_ref());
        i8::try_from(exponent)
            .ok()
            .filter(|exponent| (-12..=0).contains(exponent))
            .ok_or_else(|| {
                let span = file.quantity_exponent.as_ref().map_or(0..0, Spanned::span);
                let fault = format!("{exponent} is not from -12 to 0");
                self.fault(&span, "instrument.quantity_exponent", fault)
            })
    }

    fn units(&self, key: &str, value: &Spanned<Decimal>, digits: u32) -> Result<i128, ConfigError> {
        value.get_ref().to_units(digits).map_err(|error| {
            let fault = format!("{:?} {error}", value.get_ref().as_str());
            self.fault(&value.span(), key, fault)
        })
    }

    fn price(&self, key: &str, value: &Spanned<Decimal>) -> Result<Price, ConfigError> {
        let units = self.units(key, value, PRICE_DIGITS)?;
        i64::try_from(units).map(Price::new).map_err(|_| {
            let fault = format!("{:?} is out of range", value.get_ref().as_str());
            self.fault(&value.span(), key, fault)
        })
    }

    fn quantity(
        &self,
        key: &str,
        value: Option<&Spanned<Decimal>>,
        default: Quantity,
        digits: u32,
    ) -> Result<Quantity, ConfigError> {
        let Some(value) = value else {
            return Ok(default);
        };
        let units = self.units(key, value, digits)?;
        match u64::try_from(units) {
            Ok(units) if units > 0 => Ok(Quantity::new(units)),
            Ok(_) | Err(_) => {
                let fault = format!("{:?} must be above 0 and fit", value.get_ref().as_str());
                Err(self.fault(&value.span(), key, fault))
            }
        }
    }

    fn notional(&self, value: Option<&Spanned<Decimal>>, digits: u32) -> Result<i128, ConfigError> {
        let Some(value) = value else {
            return Ok(i128::MAX);
        };
        let units = self.units("instrument.notional_max", value, PRICE_DIGITS + digits)?;
        if units < 1 {
            let fault = "must be above 0".to_owned();
            return Err(self.fault(&value.span(), "instrument.notional_max", fault));
        }
        Ok(units)
    }

    fn name(&self, key: &str, value: &Spanned<String>) -> Result<Name, ConfigError> {
        Name::new(value.get_ref().as_bytes()).ok_or_else(|| {
            let fault = format!("{:?} is not 1 to 24 printable characters", value.get_ref());
            self.fault(&value.span(), key, fault)
        })
    }

    /// Returns a name that is among those already defined.
    fn known(
        &self,
        key: &str,
        value: &Spanned<String>,
        names: &[Name],
    ) -> Result<Name, ConfigError> {
        let name = self.name(key, value)?;
        if names.contains(&name) {
            return Ok(name);
        }
        let list: Vec<_> = names.iter().map(Name::as_str).collect();
        let defined = if list.is_empty() {
            // The built-in members go with each other or not at all.
            "none is: a file that names members names all of them".to_owned()
        } else {
            format!("defined are: {}", list.join(", "))
        };
        let fault = format!("\"{name}\" is not defined; {defined}");
        Err(self.fault(&value.span(), key, fault))
    }

    /// Returns a name that is not among those already defined.
    fn unique(
        &self,
        key: &str,
        value: &Spanned<String>,
        names: &[Name],
    ) -> Result<Name, ConfigError> {
        let name = self.name(key, value)?;
        if names.contains(&name) {
            let fault = format!("\"{name}\" stands twice");
            return Err(self.fault(&value.span(), key, fault));
        }
        Ok(name)
    }

    pub(super) fn firms(
        &self,
        firms: Vec<Spanned<file::Firm>>,
        venue: &VenueLimits,
    ) -> Result<Vec<FirmConfig>, ConfigError> {
        let mut checked: Vec<FirmConfig> = Vec::new();
        for firm in firms.into_iter().map(Spanned::into_inner) {
            let names: Vec<_> = checked.iter().map(|firm| firm.name).collect();
            let gateway_last = u64::from(venue.gateways) - 1;
            checked.push(FirmConfig {
                name: self.unique("firm.name", &firm.name, &names)?,
                gateway: GatewayId(self.number(
                    "firm.gateway",
                    firm.gateway.as_ref(),
                    0,
                    (0, gateway_last),
                )?),
            });
        }
        Ok(checked)
    }

    pub(super) fn accounts(
        &self,
        accounts: Vec<Spanned<file::Account>>,
        firms: &[FirmConfig],
        venue: &VenueLimits,
    ) -> Result<Vec<AccountConfig>, ConfigError> {
        self.at_most("account", accounts.len(), venue.accounts_max)?;
        let firms: Vec<_> = firms.iter().map(|firm| firm.name).collect();
        let mut checked: Vec<AccountConfig> = Vec::new();
        for account in accounts.into_iter().map(Spanned::into_inner) {
            let names: Vec<_> = checked.iter().map(|account| account.name).collect();
            checked.push(AccountConfig {
                name: self.unique("account.name", &account.name, &names)?,
                firm: self.known("account.firm", &account.firm, &firms)?,
                open_orders_max: self.number(
                    "account.open_orders_max",
                    account.open_orders_max.as_ref(),
                    OPEN_ORDERS_DEFAULT,
                    (1, u64::from(u32::MAX)),
                )?,
            });
        }
        Ok(checked)
    }

    pub(super) fn sessions(
        &self,
        sessions: Vec<Spanned<file::Session>>,
        (firms, accounts): (&[FirmConfig], &[AccountConfig]),
        venue: &VenueLimits,
    ) -> Result<Vec<SessionConfig>, ConfigError> {
        self.at_most("session", sessions.len(), venue.sessions_max)?;
        let names: Vec<_> = firms.iter().map(|firm| firm.name).collect();
        let mut checked: Vec<SessionConfig> = Vec::new();
        let mut homed = BTreeMap::new();
        for session in sessions.into_iter().map(Spanned::into_inner) {
            let keys: Vec<_> = checked.iter().map(|session| session.key).collect();
            let firm = self.known("session.firm", &session.firm, &names)?;
            let own: Vec<_> = accounts
                .iter()
                .filter(|account| account.firm == firm)
                .map(|a| a.name)
                .collect();
            checked.push(SessionConfig {
                key: self.unique("session.key", &session.key, &keys)?,
                account: self.known("session.account", &session.account, &own)?,
                firm,
                resend_messages_max: self.number(
                    "session.resend_messages_max",
                    session.resend_messages_max.as_ref(),
                    RESEND_MESSAGES_DEFAULT,
                    (1024, 1 << 26),
                )?,
            });
            self.resend_total(&checked, session.resend_messages_max.as_ref())?;
            let mut homes = firms.iter().filter(|one| one.name == firm);
            if let Some(home) = homes.next() {
                self.count_home(&mut homed, home.gateway, &session.key)?;
            }
        }
        Ok(checked)
    }

    /// Counts a session at its home, and refuses one for which that has no connection.
    fn count_home(
        &self,
        homed: &mut BTreeMap<GatewayId, u32>,
        gateway: GatewayId,
        key: &Spanned<String>,
    ) -> Result<(), ConfigError> {
        let count = homed.entry(gateway).or_default();
        *count += 1;
        if *count <= SESSIONS_PER_GATEWAY_MAX {
            return Ok(());
        }
        let fault = format!(
            "is session {count} whose home is gateway {gateway}, which has connections for \
             {SESSIONS_PER_GATEWAY_MAX}: give some firms another gateway"
        );
        Err(self.fault(&key.span(), "session.key", fault))
    }
}
