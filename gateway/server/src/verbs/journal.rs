//! `matchgate journal`: read the journal of a data directory, with no venue running on it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{SequenceNumber, ShardId};
use matchgate_follower::recover_shard;
use matchgate_journal::{DataDirectory, SegmentReader, StreamId};
use serde::{Deserialize, Serialize};

use crate::cli::{Journal, JournalVerb};
use crate::exit_code::{ExitCode, Fatal};

/// What the journal of one shard leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedShard {
    /// The shard.
    pub shard: u8,
    /// Its last sequence.
    pub sequence: u64,
    /// Its state hash there, 32 hexadecimal digits.
    pub state_hash: String,
    /// Its live orders there.
    pub live_orders: u32,
}

/// Does what the verb says.
///
/// # Errors
///
/// Returns a [`Fatal`] where the journal is damaged, in use, or no journal.
pub fn journal(options: &Journal, out: &mut dyn Write) -> Result<(), Fatal> {
    match &options.verb {
        JournalVerb::Verify { data, json } => {
            let shards = verify(data)?;
            if *json {
                let text = serde_json::to_string(&shards).map_err(std::io::Error::from)?;
                writeln!(out, "{text}")?;
                return Ok(());
            }
            for one in shards {
                writeln!(
                    out,
                    "shard {} sequence {} live orders {} state hash {}",
                    one.shard, one.sequence, one.live_orders, one.state_hash
                )?;
            }
            if !is_clean(data)? {
                writeln!(
                    out,
                    "the venue did not stop cleanly: records in shared memory, if any, are taken \
                     over by the next start"
                )?;
            }
            Ok(())
        }
    }
}

fn is_clean(data: &Path) -> Result<bool, Fatal> {
    Ok(DataDirectory::read_meta(data)?.is_some_and(|meta| meta.clean))
}

/// Reads every record of a stream that no shard owns.
fn read_all(folder: &Path) -> Result<(), Fatal> {
    let mut reader = SegmentReader::open(folder, 1)?;
    while reader.next_record(u64::MAX)?.is_some() {}
    Ok(())
}

/// Reads every record of every stream of `data`, and applies those of shards; hash records in
/// them are compared on the way.
///
/// # Errors
///
/// Returns a [`Fatal`] where the journal is damaged, in use, or no journal.
pub fn verify(data: &Path) -> Result<Vec<VerifiedShard>, Fatal> {
    let none = || {
        Fatal::new(
            ExitCode::Usage,
            format!("{}: no data directory", data.display()),
        )
    };
    let meta = DataDirectory::read_meta(data)?.ok_or_else(none)?;
    let lock = File::open(data.join("LOCK"))?;
    if lock.try_lock_shared().is_err() {
        let message = format!(
            "data directory {} is locked by another process",
            data.display()
        );
        return Err(Fatal::new(ExitCode::Locked, message));
    }
    let fixed = |key: &str| {
        let value = meta
            .fixed
            .get(key)
            .and_then(|&value| u32::try_from(value).ok());
        let missing = || Fatal::new(ExitCode::Damaged, format!("meta.toml has no {key}"));
        value.ok_or_else(missing)
    };
    let capacity = ShardCapacity {
        orders: fixed("orders_per_shard_max")?,
        levels: fixed("levels_per_side_max")?,
        instruments: fixed("instruments_max")?,
        accounts: fixed("accounts_max")?,
        sessions: fixed("sessions_max")?,
        gateways: meta.gateways,
    };
    read_all(&data.join(StreamId::CONTROL.to_string()))?;
    for gateway in 0..meta.gateways {
        read_all(&data.join(StreamId::gateway(gateway).to_string()))?;
    }
    (0..meta.shards)
        .map(|number| {
            let folder = data.join(StreamId::shard(number).to_string());
            let all = SequenceNumber(u64::MAX);
            let shard = recover_shard(&folder, ShardId(number), capacity, all)?;
            Ok(VerifiedShard {
                shard: number,
                sequence: shard.last_sequence().get(),
                state_hash: crate::admin::message::hash_text(shard.state_hash()),
                live_orders: shard.live_order_count(),
            })
        })
        .collect()
}
