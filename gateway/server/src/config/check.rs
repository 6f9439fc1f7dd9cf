//! Checks of the file: every value in range, every name known, every fault with its line.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;

use matchgate_core::ShardCapacity;
use matchgate_core::domain::bounds::{EVENTS_PER_STEP_MAX, GATEWAYS_MAX, SHARDS_MAX};
use matchgate_runtime::allowed_cpus;
use toml::Spanned;

use super::error::{ConfigError, line_of};
use super::file;
use super::{
    Config, CoreConfig, DEFAULT_TOML, IdleConfig, JournalBackend, JournalConfig, RingConfig,
    VenueLimits,
};

/// Smallest and largest segment file.
const SEGMENT_BYTES: (u64, u64) = (1 << 20, 1 << 34);
/// Orders of one shard that a gateway needs at the least.
const SLOTS_PER_GATEWAY_MIN: u32 = 16;
/// A segment is written in blocks of this.
const BLOCK_BYTES: u64 = 4096;
/// Smallest and largest staging log.
const STAGING_BYTES: (u64, u64) = (1 << 17, 1 << 32);

/// Smallest and largest ring. The smallest holds every mass cancel that a start may have to
/// complete.
const RING_RECORDS: (u64, u64) = (64, 1 << 20);

/// A file's text and its name, for errors.
#[derive(Debug)]
pub(super) struct Check<'a> {
    file: &'a str,
    text: &'a str,
}

impl<'a> Check<'a> {
    pub(super) const fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text }
    }

    /// Returns the checked configuration.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let file = self.read()?;
        let venue = self.venue(&file.venue)?;
        let (rings, journal) = (self.rings(&file.rings)?, self.journal(&file.journal)?);
        self.venue_totals(&file.venue, &venue)?;
        self.stream_totals(&file, &venue, (&rings, &journal))?;
        let mut defaults = Defaults::read();
        if file.firm.is_some() || file.account.is_some() || file.session.is_some() {
            // Members belong together: a file that names one kind names all of them.
            defaults.firm.clear();
            defaults.account.clear();
            defaults.session.clear();
        }
        let (check, instruments) = own_or(self, file.instrument, defaults.instrument);
        let instruments = check.instruments(instruments, &venue)?;
        let (check, firms) = own_or(self, file.firm, defaults.firm);
        let firms = check.firms(firms, &venue)?;
        let (check, accounts) = own_or(self, file.account, defaults.account);
        let accounts = check.accounts(accounts, &firms, &venue)?;
        let (check, sessions) = own_or(self, file.session, defaults.session);
        let sessions = check.sessions(sessions, (&firms, &accounts), &venue)?;
        let (check, sinks) = own_or(self, file.sink, defaults.sink);
        let sinks = check.sinks(sinks)?;
        let cores = if file.core.is_empty() {
            Config::inline_cores(&venue, &sinks)
        } else {
            self.cores(file.core, &super::agent_names(&venue, &sinks))?
        };
        Ok(Config {
            data_directory: PathBuf::from(
                file.data_directory
                    .unwrap_or_else(|| "matchgate-data".to_owned()),
            ),
            capnp_address: self.address("listen.capnp", file.listen.capnp, "127.0.0.1:7001")?,
            admin_address: self.address("listen.admin", file.listen.admin, "127.0.0.1:7080")?,
            journal,
            rings,
            sinks,
            venue,
            cores,
            instruments,
            firms,
            accounts,
            sessions,
        })
    }

    /// Returns the file as it is written.
    fn read(&self) -> Result<file::File, ConfigError> {
        let reader =
            toml::Deserializer::parse(self.text).map_err(|error| self.syntax("", &error))?;
        serde_path_to_error::deserialize(reader).map_err(|error| {
            let key = key_of(&error.path().to_string());
            self.syntax(&key, error.inner())
        })
    }

    fn syntax(&self, key: &str, error: &toml::de::Error) -> ConfigError {
        ConfigError {
            file: self.file.to_owned(),
            line: error.span().map(|span| line_of(self.text, span.start)),
            key: key.to_owned(),
            fault: in_words(error.message().trim()),
        }
    }

    pub(super) fn fault(&self, span: &Range<usize>, key: &str, fault: String) -> ConfigError {
        ConfigError::at(self.file, self.text, span, key, fault)
    }

    /// Returns a whole number between `low` and `high`, or `default` where none is given.
    pub(super) fn number<T: TryFrom<u64>>(
        &self,
        key: &str,
        value: Option<&Spanned<u64>>,
        default: u64,
        (low, high): (u64, u64),
    ) -> Result<T, ConfigError> {
        let number = value.map_or(default, |value| *value.get_ref());
        let span = value.map_or(0..0, Spanned::span);
        let fault = || self.fault(&span, key, format!("{number} is not from {low} to {high}"));
        if !(low..=high).contains(&number) {
            return Err(fault());
        }
        T::try_from(number).map_err(|_| fault())
    }

    fn address(
        &self,
        key: &str,
        value: Option<Spanned<String>>,
        default: &str,
    ) -> Result<SocketAddr, ConfigError> {
        let value = value.unwrap_or_else(|| Spanned::new(0..0, default.to_owned()));
        value.get_ref().parse().map_err(|_| {
            let fault = format!(
                "{:?} is no address such as \"127.0.0.1:7001\"",
                value.get_ref()
            );
            self.fault(&value.span(), key, fault)
        })
    }

    /// Returns the choice that `value` names.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        value: Option<&Spanned<String>>,
        default: T,
        allowed: &[(&str, T)],
    ) -> Result<T, ConfigError> {
        let Some(value) = value else {
            return Ok(default);
        };
        let found = allowed.iter().find(|(name, _)| name == value.get_ref());
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<_> = allowed
                .iter()
                .map(|(name, _)| format!("{name:?}"))
                .collect();
            let fault = format!("{:?} is not one of {}", value.get_ref(), names.join(", "));
            self.fault(&value.span(), key, fault)
        })
    }

    fn venue(&self, venue: &file::Venue) -> Result<VenueLimits, ConfigError> {
        let large = (1, 1 << 26);
        let members = (1, 1 << 20);
        let shards_max = u64::try_from(SHARDS_MAX).unwrap_or(u64::MAX);
        let gateways_max = u64::try_from(GATEWAYS_MAX).unwrap_or(u64::MAX);
        let number = |key, value, default, range| self.number(key, value, default, range);
        let limits = VenueLimits {
            shards: self.number("venue.shards", venue.shards.as_ref(), 1, (1, shards_max))?,
            gateways: self.number(
                "venue.gateways",
                venue.gateways.as_ref(),
                1,
                (1, gateways_max),
            )?,
            orders_per_shard_max: number(
                "venue.orders_per_shard_max",
                venue.orders_per_shard_max.as_ref(),
                1 << 18,
                large,
            )?,
            levels_per_side_max: number(
                "venue.levels_per_side_max",
                venue.levels_per_side_max.as_ref(),
                1 << 14,
                (1, u64::from(ShardCapacity::LEVELS_MAX)),
            )?,
            instruments_max: number(
                "venue.instruments_max",
                venue.instruments_max.as_ref(),
                256,
                members,
            )?,
            accounts_max: number(
                "venue.accounts_max",
                venue.accounts_max.as_ref(),
                1024,
                members,
            )?,
            sessions_max: number(
                "venue.sessions_max",
                venue.sessions_max.as_ref(),
                256,
                members,
            )?,
        };
        let share = limits.orders_per_shard_max / u32::from(limits.gateways);
        if share < SLOTS_PER_GATEWAY_MIN {
            let span = venue
                .orders_per_shard_max
                .as_ref()
                .map_or(0..0, Spanned::span);
            let fault = format!(
                "leaves each of {} gateways {share} orders; at least {SLOTS_PER_GATEWAY_MIN} \
                 are needed",
                limits.gateways
            );
            return Err(self.fault(&span, "venue.orders_per_shard_max", fault));
        }
        Ok(limits)
    }

    fn rings(&self, rings: &file::Rings) -> Result<RingConfig, ConfigError> {
        let events_min = u64::try_from(EVENTS_PER_STEP_MAX).unwrap_or(u64::MAX);
        let commands = self.number(
            "rings.commands",
            rings.commands.as_ref(),
            4096,
            RING_RECORDS,
        )?;
        Ok(RingConfig {
            commands,
            events: self.number(
                "rings.events",
                rings.events.as_ref(),
                16_384,
                (events_min, RING_RECORDS.1),
            )?,
        })
    }

    fn journal(&self, journal: &file::Journal) -> Result<JournalConfig, ConfigError> {
        let backends = [
            ("auto", JournalBackend::Auto),
            ("glommio", JournalBackend::Glommio),
            ("plain", JournalBackend::Plain),
        ];
        let staging = journal.staging_bytes.as_ref();
        let staging_bytes: u64 =
            self.number("journal.staging_bytes", staging, 1 << 25, STAGING_BYTES)?;
        if !staging_bytes.is_power_of_two() {
            let span = staging.map_or(0..0, Spanned::span);
            let fault = format!("{staging_bytes} is no power of two");
            return Err(self.fault(&span, "journal.staging_bytes", fault));
        }
        let segment = journal.segment_bytes.as_ref();
        let segment_bytes: u64 =
            self.number("journal.segment_bytes", segment, 1 << 26, SEGMENT_BYTES)?;
        if !segment_bytes.is_multiple_of(BLOCK_BYTES) {
            let span = segment.map_or(0..0, Spanned::span);
            let fault = format!("{segment_bytes} is no multiple of {BLOCK_BYTES}");
            return Err(self.fault(&span, "journal.segment_bytes", fault));
        }
        Ok(JournalConfig {
            backend: self.choice(
                "journal.backend",
                journal.backend.as_ref(),
                JournalBackend::Auto,
                &backends,
            )?,
            cpu: self.cpu("journal.cpu", journal.cpu.as_ref())?,
            segment_bytes,
            staging_bytes,
        })
    }

    fn cores(
        &self,
        cores: Vec<Spanned<file::Core>>,
        known: &[String],
    ) -> Result<Vec<CoreConfig>, ConfigError> {
        let mut placed: Vec<String> = Vec::new();
        let mut checked = Vec::new();
        let idles = [
            ("spin", IdleConfig::Spin),
            ("yield", IdleConfig::Yield),
            ("park", IdleConfig::Park),
        ];
        let spans: Vec<_> = cores.iter().map(Spanned::span).collect();
        for core in cores {
            let core = core.into_inner();
            for agent in &core.agents {
                let name = agent.get_ref();
                let fault = if !known.contains(name) {
                    format!("{name:?} is not one of {}", known.join(", "))
                } else if placed.contains(name) {
                    format!("{name:?} is placed twice")
                } else {
                    placed.push(name.clone());
                    continue;
                };
                return Err(self.fault(&agent.span(), "core.agents", fault));
            }
            checked.push(CoreConfig {
                cpu: self.cpu("core.cpu", core.cpu.as_ref())?,
                idle: self.choice("core.idle", core.idle.as_ref(), IdleConfig::Park, &idles)?,
                agents: core.agents.into_iter().map(Spanned::into_inner).collect(),
            });
        }
        self.check_sharing(&checked, &spans)?;
        match known.iter().find(|name| !placed.contains(name)) {
            None => Ok(checked),
            Some(missing) => {
                // It may stand in any of them; the first is where to begin.
                let span = spans.first().cloned().unwrap_or(0..0);
                let fault = format!("agent {missing:?} is on no core");
                Err(self.fault(&span, "core.agents", fault))
            }
        }
    }

    /// Returns a cpu that this process may use.
    pub(super) fn cpu(
        &self,
        key: &str,
        cpu: Option<&Spanned<u64>>,
    ) -> Result<Option<usize>, ConfigError> {
        let Some(cpu) = cpu else { return Ok(None) };
        let allowed = allowed_cpus();
        let found = usize::try_from(*cpu.get_ref()).ok();
        match found.filter(|found| allowed.contains(found)) {
            Some(found) => Ok(Some(found)),
            None => {
                let fault = format!("{} is not one of this process: {allowed:?}", cpu.get_ref());
                Err(self.fault(&cpu.span(), key, fault))
            }
        }
    }

    /// Refuses two cores on one cpu where one of them never gives it up.
    fn check_sharing(
        &self,
        cores: &[CoreConfig],
        spans: &[Range<usize>],
    ) -> Result<(), ConfigError> {
        for (place, (core, span)) in cores.iter().zip(spans).enumerate() {
            let shares = |other: &CoreConfig| core.cpu.is_some() && other.cpu == core.cpu;
            let spins = |other: &CoreConfig| {
                core.idle == IdleConfig::Spin || other.idle == IdleConfig::Spin
            };
            if cores
                .iter()
                .take(place)
                .any(|other| shares(other) && spins(other))
            {
                let fault = "shares its cpu with another core, so neither may \"spin\"".to_owned();
                return Err(self.fault(span, "core.cpu", fault));
            }
        }
        Ok(())
    }
}

/// Returns a path of the reader as keys are named in errors: without places in lists.
fn key_of(path: &str) -> String {
    let parts = path.split('.').filter(|part| !part.is_empty());
    let names = parts.map(|part| part.split_once('[').map_or(part, |(name, _)| name));
    let names: Vec<&str> = names.filter(|name| !name.starts_with('$')).collect();
    names.join(".")
}

/// Returns a message of the reader without its names of types.
fn in_words(message: &str) -> String {
    let Some((found, wanted)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let wanted = match wanted {
        "u64" => "a whole number of 0 or above",
        "i64" => "a whole number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    format!("{found}, expected {wanted}")
}

/// The tables that a file may leave out whole, as the built-in text has them.
struct Defaults {
    instrument: Vec<Spanned<file::Instrument>>,
    firm: Vec<Spanned<file::Firm>>,
    account: Vec<Spanned<file::Account>>,
    session: Vec<Spanned<file::Session>>,
    sink: Vec<Spanned<file::Sink>>,
}

impl Defaults {
    fn read() -> Self {
        let file: file::File =
            toml::from_str(DEFAULT_TOML).expect("a test parses the built-in text");
        Self {
            instrument: file.instrument.unwrap_or_default(),
            firm: file.firm.unwrap_or_default(),
            account: file.account.unwrap_or_default(),
            session: file.session.unwrap_or_default(),
            sink: file.sink.unwrap_or_default(),
        }
    }
}

/// Returns a table and the text that it stands in: the file's own, else the built-in one.
fn own_or<'a, T>(check: &Check<'a>, own: Option<Vec<T>>, default: Vec<T>) -> (Check<'a>, Vec<T>) {
    match own {
        Some(own) => (Check::new(check.file, check.text), own),
        None => (Check::new("built-in defaults", DEFAULT_TOML), default),
    }
}
