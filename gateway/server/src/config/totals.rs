//! Checks of products: limits that are each in range may together ask for more memory than there
//! is. All of it is set aside at the start, where nothing but an abort answers a refusal.

use toml::Spanned;

use super::check::Check;
use super::error::ConfigError;
use super::file;
use super::{JournalConfig, RingConfig, SessionConfig, VenueLimits};

/// Orders of all shards together. An order takes about 0.3 KiB in its shard, as much in each
/// follower and in its gateway: 2^27 take some 160 GiB.
const ORDERS_TOTAL_MAX: u64 = 1 << 27;
/// Levels of one side, over the books of all shards: each shard has a book for each instrument of
/// the venue. Two sides of about 280 bytes a level reserve 560 GiB of addresses, in a shard and in
/// each follower; the memory behind them is taken for books in use only.
const LEVELS_TOTAL_MAX: u64 = 1 << 30;
/// Instruments, counted once in every shard. One's empty book takes 35 KiB, in a shard and in each
/// follower: 33 GiB.
const INSTRUMENTS_TOTAL_MAX: u64 = 1 << 20;
/// Accounts or sessions, counted once in every shard. Each takes up to some hundred bytes there and
/// in each follower: a few GiB.
const MEMBERS_TOTAL_MAX: u64 = 1 << 24;
/// Records of all rings of one direction: one ring for each gateway and shard. A record takes up
/// to 112 bytes: 7 GiB.
const RING_RECORDS_TOTAL_MAX: u64 = 1 << 26;
/// Bytes of all staging logs in shared memory, one for each shard, each gateway and the control
/// journal: 64 GiB, held twice for a moment after a kill.
const STAGING_BYTES_TOTAL_MAX: u64 = 1 << 36;
/// Messages that all sessions together keep for a resend. A message takes up to 0.3 KiB: 80 GiB.
const RESEND_MESSAGES_TOTAL_MAX: u64 = 1 << 28;

/// One limit: its key, where the file has it, and the value that is in force.
struct Factor<'a> {
    key: &'static str,
    written: Option<&'a Spanned<u64>>,
    value: u64,
}

impl<'a> Factor<'a> {
    fn new(key: &'static str, written: Option<&'a Spanned<u64>>, value: impl Into<u64>) -> Self {
        Self {
            key,
            written,
            value: value.into(),
        }
    }
}

/// Returns how many there are of something that a process holds.
fn count(held: usize) -> u64 {
    u64::try_from(held).unwrap_or(u64::MAX)
}

impl Check<'_> {
    /// Checks what the limits of the venue ask for together.
    pub(super) fn venue_totals(
        &self,
        file: &file::Venue,
        venue: &VenueLimits,
    ) -> Result<(), ConfigError> {
        let shards = || Factor::new("venue.shards", file.shards.as_ref(), venue.shards);
        let (orders, levels) = (venue.orders_per_shard_max, venue.levels_per_side_max);
        let orders_written = file.orders_per_shard_max.as_ref();
        let orders = Factor::new("venue.orders_per_shard_max", orders_written, orders);
        self.total(
            "orders in all shards",
            &[orders, shards()],
            ORDERS_TOTAL_MAX,
        )?;
        let instruments = || {
            let written = file.instruments_max.as_ref();
            Factor::new("venue.instruments_max", written, venue.instruments_max)
        };
        let (accounts, sessions) = (venue.accounts_max, venue.sessions_max);
        let accounts = Factor::new("venue.accounts_max", file.accounts_max.as_ref(), accounts);
        let sessions = Factor::new("venue.sessions_max", file.sessions_max.as_ref(), sessions);
        for (what, members, most) in [
            (
                "instruments in all shards",
                instruments(),
                INSTRUMENTS_TOTAL_MAX,
            ),
            ("accounts in all shards", accounts, MEMBERS_TOTAL_MAX),
            ("sessions in all shards", sessions, MEMBERS_TOTAL_MAX),
        ] {
            self.total(what, &[members, shards()], most)?;
        }
        let levels_written = file.levels_per_side_max.as_ref();
        let levels = Factor::new("venue.levels_per_side_max", levels_written, levels);
        let factors = [levels, instruments(), shards()];
        self.total("levels of a side of every book", &factors, LEVELS_TOTAL_MAX)
    }

    /// Checks what rings and staging logs ask for with so many shards and gateways.
    pub(super) fn stream_totals(
        &self,
        file: &file::File,
        venue: &VenueLimits,
        (rings, journal): (&RingConfig, &JournalConfig),
    ) -> Result<(), ConfigError> {
        let shards = || Factor::new("venue.shards", file.venue.shards.as_ref(), venue.shards);
        let gateways = || {
            let written = file.venue.gateways.as_ref();
            Factor::new("venue.gateways", written, venue.gateways)
        };
        let (commands, events) = (count(rings.commands), count(rings.events));
        let commands = Factor::new("rings.commands", file.rings.commands.as_ref(), commands);
        let events = Factor::new("rings.events", file.rings.events.as_ref(), events);
        for (what, records) in [
            ("commands in all rings", commands),
            ("events in all rings", events),
        ] {
            let factors = [records, shards(), gateways()];
            self.total(what, &factors, RING_RECORDS_TOTAL_MAX)?;
        }
        let streams = Factor {
            value: 1 + u64::from(venue.shards) + u64::from(venue.gateways),
            ..shards()
        };
        let written = file.journal.staging_bytes.as_ref();
        let staging = Factor::new("journal.staging_bytes", written, journal.staging_bytes);
        let what = "bytes of all staging logs";
        self.total(what, &[staging, streams], STAGING_BYTES_TOTAL_MAX)
    }

    /// Checks what the sessions keep together; `written` is where the file says how much the last
    /// of them keeps.
    pub(super) fn resend_total(
        &self,
        sessions: &[SessionConfig],
        written: Option<&Spanned<u64>>,
    ) -> Result<(), ConfigError> {
        let kept = sessions
            .iter()
            .map(|session| u64::from(session.resend_messages_max));
        let (kept, max) = (kept.sum::<u64>(), RESEND_MESSAGES_TOTAL_MAX);
        if kept <= max {
            return Ok(());
        }
        let value = sessions.last().map_or(0, |last| last.resend_messages_max);
        let rest = max.saturating_sub(kept - u64::from(value));
        let span = written.map_or(0..0, Spanned::span);
        let fault = format!(
            "{value} makes {kept} messages of all sessions together, of which {max} are allowed: at \
             most {rest} here"
        );
        Err(self.fault(&span, "session.resend_messages_max", fault))
    }

    /// Refuses a product above `max`, at the first of the factors that stands in the file. Where
    /// none does, all are defaults, which are within every bound.
    fn total(&self, what: &str, factors: &[Factor<'_>], max: u64) -> Result<(), ConfigError> {
        let total: u128 = factors.iter().map(|one| u128::from(one.value)).product();
        let written = factors
            .iter()
            .find_map(|one| one.written.map(|span| (one, span)));
        let Some((one, written)) = written.filter(|_| total > u128::from(max)) else {
            return Ok(());
        };
        let (key, value) = (one.key, one.value);
        let others = (total / u128::from(value.max(1))).max(1);
        let allowed = u128::from(max) / others;
        let fault = format!(
            "{value} makes {total} {what} together, of which {max} are allowed: at most {allowed} \
             here"
        );
        Err(self.fault(&written.span(), key, fault))
    }
}
