//! What the commands of a shard's journal did, counted as they are applied.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use matchgate_core::domain::{EventBody, RejectReason, ShardId};
use serde::Serialize;

use super::event_words::event_kind;
use super::open::Opened;
use super::shard_run::ShardRun;
use super::stats::StreamStats;
use super::value_names::kind_of;
use crate::admin::message::hash_text;
use crate::exit_code::Fatal;

/// What the commands of one shard did.
#[derive(Debug, Default, Serialize)]
pub(super) struct ShardStats {
    /// Orders that were taken.
    orders: u64,
    fills: u64,
    cancels: u64,
    /// New orders, cancels, reduces and replaces that were refused, by number and text.
    rejects: BTreeMap<String, u64>,
    events: BTreeMap<&'static str, u64>,
    live_orders: u32,
    state_hash: String,
    /// How fast they were read and applied here.
    commands_per_second: u64,
}

/// Applies the journal of `shard` and counts records into `records`.
///
/// # Errors
///
/// Returns a [`Fatal`] where the journal is damaged.
pub(super) fn count_shard(
    opened: &Opened,
    shard: ShardId,
    records: &mut StreamStats,
) -> Result<ShardStats, Fatal> {
    let mut run = ShardRun::open(opened, shard)?;
    let mut stats = ShardStats::default();
    let mut rejects: BTreeMap<RejectReason, u64> = BTreeMap::new();
    let (start, mut count) = (Instant::now(), 0);
    while let Some(command) = run.next()? {
        let place = (command.sequence.get(), command.epoch.get(), command.time_ns);
        records.count(place, kind_of(&command.body), run.last_bytes());
        run.apply(&command, &mut |applied| {
            let body = &applied.event.body;
            *stats.events.entry(event_kind(body)).or_default() += 1;
            if let EventBody::Rejected { reason, .. } | EventBody::CancelRejected { reason, .. } =
                *body
            {
                *rejects.entry(reason).or_default() += 1;
            }
        })?;
        count += 1;
    }
    let of_kind = |kind| stats.events.get(kind).copied().unwrap_or_default();
    Ok(ShardStats {
        orders: of_kind("accepted"),
        fills: of_kind("traded"),
        cancels: of_kind("canceled"),
        rejects: rejects
            .into_iter()
            .map(|(reason, count)| (format!("{} {}", reason.code(), reason.text()), count))
            .collect(),
        live_orders: run.shard().live_order_count(),
        state_hash: hash_text(run.shard().state_hash()),
        commands_per_second: rate(count, start.elapsed()),
        ..stats
    })
}

fn rate(count: u64, elapsed: Duration) -> u64 {
    let per_second = u128::from(count) * 1_000_000_000 / elapsed.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

impl ShardStats {
    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let counts = [
            ("orders", self.orders),
            ("fills", self.fills),
            ("cancels", self.cancels),
            ("live orders", u64::from(self.live_orders)),
        ];
        writeln!(out, "  what they did")?;
        for (what, count) in counts {
            writeln!(out, "    {what:<24} {count}")?;
        }
        for (reason, count) in &self.rejects {
            writeln!(out, "    {:<24} {count} {reason}", "rejects")?;
        }
        for (kind, count) in &self.events {
            writeln!(
                out,
                "    {:<24} {count}",
                format!("event {}", kind.replace('_', " "))
            )?;
        }
        writeln!(out, "    {:<24} {}", "state hash", self.state_hash)?;
        writeln!(
            out,
            "    {:<24} {} commands a second",
            "replayed at", self.commands_per_second
        )
    }
}
