//! The venue that `demo` and `replay` start in their own process: the real one, on any free
//! loopback port, with its journal in a temporary directory unless one is named.

use std::path::{Path, PathBuf};

use matchgate_core::domain::{GatewayId, Instrument, Name, Price, Quantity, Side, Symbol};
use matchgate_journal::{DataDirectory, STAGING_ROOT};
use matchgate_replay::ledger::OpenOrder;
use matchgate_replay::session::FinalBook;
use tempfile::TempDir;

use crate::admin::message::BookView;
use crate::cli::TopologyChoice;
use crate::config::{AccountConfig, Config, FirmConfig, InstrumentConfig, SessionConfig};
use crate::exit_code::{ExitCode, Fatal};
use crate::venue::Venue;

/// Bytes of a segment: small, so that a short run shows more than one.
const SEGMENT_BYTES: u64 = 8 << 20;
/// Live orders of the account of each session.
const OPEN_ORDERS_MAX: u32 = 100_000;
/// Messages of each session that can be sent again.
const RESEND_MESSAGES_MAX: u32 = 1 << 20;

/// Where the journal of a tool's venue lives.
#[derive(Debug)]
pub(super) struct ToolDirectory {
    path: PathBuf,
    /// Removed when dropped.
    temporary: Option<TempDir>,
}

impl ToolDirectory {
    /// Takes the directory that was named, else a temporary one.
    pub(super) fn new(named: Option<&Path>) -> Result<Self, Fatal> {
        if let Some(path) = named {
            return Ok(Self {
                path: path.to_owned(),
                temporary: None,
            });
        }
        let temporary = TempDir::with_prefix("matchgate-").map_err(|error| {
            Fatal::new(
                ExitCode::WriteError,
                format!("no temporary directory: {error}"),
            )
        })?;
        Ok(Self {
            path: temporary.path().join("data"),
            temporary: Some(temporary),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ToolDirectory {
    /// Takes what a venue that failed has left in shared memory along with a temporary directory:
    /// nobody else would know of it.
    fn drop(&mut self) {
        if self.temporary.is_some()
            && let Ok(Some(meta)) = DataDirectory::read_meta(&self.path)
        {
            let staging = Path::new(STAGING_ROOT).join(format!("matchgate-{}", meta.uuid));
            // A venue that stopped in good order has left none.
            drop(std::fs::remove_dir_all(staging));
        }
    }
}

/// Returns what `outcome` says, or why the venue failed where it did: then a client's complaint
/// tells nothing.
pub(super) fn or_failure<T>(venue: &Venue, outcome: Result<T, Fatal>) -> Result<T, Fatal> {
    outcome.map_err(|error| venue.failure().map_or(error, Fatal::of_failure))
}

/// Returns the name of client number `index`, which is its session, account and firm.
pub(super) fn client_name(index: u8) -> Name {
    Name::new(format!("client-{index}").as_bytes()).expect("at most ten printable bytes")
}

/// Returns the configuration of a venue with these instruments and `clients` clients.
pub(super) fn config(
    directory: &ToolDirectory,
    instruments: Vec<Instrument>,
    clients: u8,
    topology: TopologyChoice,
) -> Config {
    let built_in = Config::built_in();
    let names: Vec<Name> = (0..clients).map(client_name).collect();
    let cores = match topology {
        TopologyChoice::Inline => Config::inline_cores(&built_in.venue, &built_in.sinks),
        TopologyChoice::Split => Config::split_cores(&built_in.venue, &built_in.sinks),
    };
    let mut journal = built_in.journal;
    journal.segment_bytes = SEGMENT_BYTES;
    Config {
        data_directory: directory.path().to_owned(),
        capnp_address: ([127, 0, 0, 1], 0).into(),
        admin_address: ([127, 0, 0, 1], 0).into(),
        journal,
        cores,
        instruments: instruments
            .into_iter()
            .map(|instrument| InstrumentConfig { instrument })
            .collect(),
        firms: names
            .iter()
            .map(|&name| FirmConfig {
                name,
                gateway: GatewayId(0),
            })
            .collect(),
        accounts: names
            .iter()
            .map(|&name| AccountConfig {
                name,
                firm: name,
                open_orders_max: OPEN_ORDERS_MAX,
            })
            .collect(),
        sessions: names
            .iter()
            .map(|&name| SessionConfig {
                key: name,
                firm: name,
                account: name,
                resend_messages_max: RESEND_MESSAGES_MAX,
            })
            .collect(),
        ..built_in
    }
}

/// A book at the end of a replay, wherever it was seen.
#[derive(Debug)]
pub(super) struct SeenBook {
    /// Its levels.
    pub(super) levels: BookView,
    /// Its orders, where they could be seen.
    pub(super) orders: Option<Vec<OpenOrder>>,
}

/// Returns the live orders of a symbol as the venue's follower has them.
pub(super) fn open_orders(venue: &Venue, symbol: &Symbol) -> Option<Vec<OpenOrder>> {
    let view = venue.view();
    let instruments = view.instruments();
    let seen = instruments.iter().map(|seen| &seen.instrument);
    let instrument = seen.into_iter().find(|seen| seen.symbol == *symbol)?;
    view.with_state(instrument.shard, |state| {
        OpenOrder::all_of(state.shard(), instrument.id)
    })
}

impl FinalBook for SeenBook {
    fn depth(&self, _symbol: Symbol, side: Side, levels: usize) -> Vec<(Price, Quantity)> {
        let side = match side {
            Side::Buy => &self.levels.bids,
            Side::Sell => &self.levels.asks,
        };
        let levels = side.iter().take(levels);
        levels
            .map(|&(price, quantity)| (Price::new(price), Quantity::new(quantity)))
            .collect()
    }

    fn open_orders(&self, _symbol: Symbol) -> Option<Vec<OpenOrder>> {
        self.orders.clone()
    }
}
