//! The configuration file as it is written: names, numbers and spans, not yet checked.

use serde::Deserialize;
use toml::Spanned;

use super::decimal::Decimal;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) data_directory: Option<String>,
    #[serde(default)]
    pub(super) listen: Listen,
    #[serde(default)]
    pub(super) venue: Venue,
    #[serde(default)]
    pub(super) rings: Rings,
    #[serde(default)]
    pub(super) journal: Journal,
    #[serde(default)]
    pub(super) core: Vec<Spanned<Core>>,
    pub(super) sink: Option<Vec<Spanned<Sink>>>,
    pub(super) instrument: Option<Vec<Spanned<Instrument>>>,
    pub(super) firm: Option<Vec<Spanned<Firm>>>,
    pub(super) account: Option<Vec<Spanned<Account>>>,
    pub(super) session: Option<Vec<Spanned<Session>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listen {
    pub(super) capnp: Option<Spanned<String>>,
    pub(super) admin: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Venue {
    pub(super) shards: Option<Spanned<u64>>,
    pub(super) gateways: Option<Spanned<u64>>,
    pub(super) orders_per_shard_max: Option<Spanned<u64>>,
    pub(super) levels_per_side_max: Option<Spanned<u64>>,
    pub(super) instruments_max: Option<Spanned<u64>>,
    pub(super) accounts_max: Option<Spanned<u64>>,
    pub(super) sessions_max: Option<Spanned<u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rings {
    pub(super) commands: Option<Spanned<u64>>,
    pub(super) events: Option<Spanned<u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    pub(super) backend: Option<Spanned<String>>,
    pub(super) cpu: Option<Spanned<u64>>,
    pub(super) segment_bytes: Option<Spanned<u64>>,
    pub(super) staging_bytes: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Core {
    pub(super) cpu: Option<Spanned<u64>>,
    pub(super) agents: Vec<Spanned<String>>,
    pub(super) idle: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sink {
    pub(super) kind: Spanned<String>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) servers: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) stream: Option<Spanned<String>>,
    pub(super) address: Option<Spanned<String>>,
    pub(super) create: Option<Spanned<bool>>,
    pub(super) replicas: Option<Spanned<u64>>,
    pub(super) max_bytes: Option<Spanned<u64>>,
    pub(super) credentials: Option<Spanned<String>>,
    pub(super) user: Option<Spanned<String>>,
    pub(super) password_file: Option<Spanned<String>>,
    pub(super) cpu: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Instrument {
    pub(super) symbol: Spanned<String>,
    pub(super) shard: Option<Spanned<u64>>,
    pub(super) tick: Spanned<Decimal>,
    pub(super) price_min: Spanned<Decimal>,
    pub(super) price_max: Spanned<Decimal>,
    pub(super) lot: Option<Spanned<Decimal>>,
    pub(super) quantity_min: Option<Spanned<Decimal>>,
    pub(super) quantity_max: Option<Spanned<Decimal>>,
    pub(super) notional_max: Option<Spanned<Decimal>>,
    pub(super) protection: Option<Spanned<Decimal>>,
    pub(super) quantity_exponent: Option<Spanned<i64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Firm {
    pub(super) name: Spanned<String>,
    pub(super) gateway: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) name: Spanned<String>,
    pub(super) firm: Spanned<String>,
    pub(super) open_orders_max: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub(super) key: Spanned<String>,
    pub(super) firm: Spanned<String>,
    pub(super) account: Spanned<String>,
    pub(super) resend_messages_max: Option<Spanned<u64>>,
}
