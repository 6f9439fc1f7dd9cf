//! `matchgate journal verify`: every record of every stream, and what those of shards lead to.

use std::io::Write;
use std::path::Path;

use matchgate_core::domain::SequenceNumber;
use matchgate_follower::recover_shard;
use matchgate_journal::{StreamId, StreamKind};
use serde::{Deserialize, Serialize};

use super::open::{Opened, UNCLEAN};
use crate::admin::message::hash_text;
use crate::exit_code::Fatal;

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

pub(super) fn run(data: &Path, json: bool, out: &mut dyn Write) -> Result<(), Fatal> {
    let opened = Opened::open(data)?;
    let shards = verify_opened(&opened)?;
    if json {
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
    if !opened.is_clean() {
        writeln!(out, "{UNCLEAN}")?;
    }
    Ok(())
}

/// Reads every record of every stream of `data`, and applies those of shards; hash records in
/// them are compared on the way.
///
/// # Errors
///
/// Returns a [`Fatal`] where the journal is damaged, in use, or no journal.
pub fn verify(data: &Path) -> Result<Vec<VerifiedShard>, Fatal> {
    verify_opened(&Opened::open(data)?)
}

fn verify_opened(opened: &Opened) -> Result<Vec<VerifiedShard>, Fatal> {
    for stream in opened.streams() {
        // Opening one checks whose it is; those of shards are read as they are applied.
        let mut records = opened.records(stream)?;
        if stream.kind != StreamKind::Shard {
            while records.next()?.is_some() {}
        }
    }
    let all = SequenceNumber(u64::MAX);
    opened
        .shards()
        .map(|number| {
            let stream = StreamId::shard(number.get());
            let folder = opened.folder(stream);
            let shard = recover_shard(&folder, number, opened.capacity(), all)?;
            opened.check_end(stream, shard.last_sequence().get())?;
            Ok(VerifiedShard {
                shard: number.get(),
                sequence: shard.last_sequence().get(),
                state_hash: hash_text(shard.state_hash()),
                live_orders: shard.live_order_count(),
            })
        })
        .collect()
}
