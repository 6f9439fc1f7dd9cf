//! Mass cancels on their way: one request that goes to several shards and is answered once.
//!
//! Each shard's part is waited for by itself. It must not know rings or reports: it says when a
//! mass cancel is complete.

use matchgate_core::domain::bounds::SHARDS_MAX;
use matchgate_core::domain::{
    GatewayId, MassCancel, Origin, RequestNumber, RingNumber, SessionId, ShardId,
};

use crate::bounds::MASS_CANCELS_MAX;
use crate::gateway_log::{MassCancelFilter, RoutedAll};

/// Where one shard's part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The mass cancel does not concern the shard.
    NotAsked,
    /// The command is on its way.
    Waiting(RingNumber),
    /// The process died before the shard journaled the command.
    Missing,
    /// The shard's answer was released.
    Done,
}

/// One mass cancel.
#[derive(Clone, Debug)]
struct FanOut {
    session: SessionId,
    request: RequestNumber,
    filter: MassCancelFilter,
    parts: [Part; SHARDS_MAX],
    count: u32,
    time_ns: u64,
}

/// A mass cancel of which every part is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Completed {
    /// Orders canceled in all shards.
    pub(crate) count: u32,
    /// Event time of the latest part.
    pub(crate) time_ns: u64,
}

/// A mass cancel of which some shards know and others lack their part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incomplete {
    /// Its session.
    pub(crate) session: SessionId,
    /// Its request.
    pub(crate) request: RequestNumber,
    /// What it takes.
    pub(crate) filter: MassCancelFilter,
    /// Whether the shard of that index lacks its part.
    pub(crate) missing: [bool; SHARDS_MAX],
}

/// All mass cancels of one gateway that are on their way.
pub(crate) struct MassCancels {
    fan_outs: Vec<FanOut>,
}

impl MassCancels {
    /// Returns none.
    pub(crate) fn new() -> Self {
        Self {
            fan_outs: Vec::with_capacity(MASS_CANCELS_MAX),
        }
    }

    /// Returns whether one more fits.
    pub(crate) const fn has_room(&self) -> bool {
        self.fan_outs.len() < MASS_CANCELS_MAX
    }

    /// Notes what was sent: a mass cancel that is not known yet, or further parts of a known one.
    pub(crate) fn routed(&mut self, routed: &RoutedAll) {
        let known = self.position(routed.session, routed.request);
        let at = known.unwrap_or(self.fan_outs.len());
        if known.is_none() {
            self.fan_outs.push(FanOut {
                session: routed.session,
                request: routed.request,
                filter: routed.filter,
                parts: [Part::NotAsked; SHARDS_MAX],
                count: 0,
                time_ns: 0,
            });
        }
        let Some(fan_out) = self.fan_outs.get_mut(at) else {
            return;
        };
        for entry in routed.shards.iter().take(usize::from(routed.shard_count)) {
            if let Some(part) = fan_out.parts.get_mut(usize::from(entry.shard.0)) {
                *part = Part::Waiting(entry.ring);
            }
        }
    }

    /// Notes that one shard's answer is released: `count` orders, at event time `time_ns`.
    /// Returns the whole once this was the last part.
    pub(crate) fn part_done(
        &mut self,
        (session, request): (SessionId, RequestNumber),
        shard: ShardId,
        count: u32,
        time_ns: u64,
    ) -> Option<Completed> {
        let at = self.position(session, request)?;
        let fan_out = self.fan_outs.get_mut(at)?;
        if let Some(part) = fan_out.parts.get_mut(usize::from(shard.0)) {
            *part = Part::Done;
        }
        fan_out.count = fan_out.count.saturating_add(count);
        fan_out.time_ns = fan_out.time_ns.max(time_ns);
        let (count, time_ns) = (fan_out.count, fan_out.time_ns);
        let whole = fan_out
            .parts
            .iter()
            .all(|part| matches!(part, Part::Done | Part::NotAsked));
        if whole {
            self.fan_outs.swap_remove(at);
        }
        whole.then_some(Completed { count, time_ns })
    }

    /// Returns whether a mass cancel is on its way.
    pub(crate) fn knows(&self, session: SessionId, request: RequestNumber) -> bool {
        self.position(session, request).is_some()
    }

    /// Notes which commands the shards' journals hold after a restart: parts above `last_ring` of
    /// their shard are missing. A mass cancel that no shard holds is undecided and forgotten.
    pub(crate) fn recovered(&mut self, last_ring: impl Fn(usize) -> RingNumber) {
        self.fan_outs.retain_mut(|fan_out| {
            let mut held = false;
            for (shard, part) in fan_out.parts.iter_mut().enumerate() {
                match *part {
                    Part::Waiting(ring) if ring > last_ring(shard) => *part = Part::Missing,
                    Part::Waiting(_) | Part::Done => held = true,
                    Part::NotAsked | Part::Missing => {}
                }
            }
            held
        });
    }

    /// Returns a mass cancel that has missing parts, if there is one.
    pub(crate) fn incomplete(&self) -> Option<Incomplete> {
        self.fan_outs
            .iter()
            .find(|fan_out| fan_out.parts.contains(&Part::Missing))
            .map(|fan_out| Incomplete {
                session: fan_out.session,
                request: fan_out.request,
                filter: fan_out.filter,
                missing: fan_out.parts.map(|part| part == Part::Missing),
            })
    }

    fn position(&self, session: SessionId, request: RequestNumber) -> Option<usize> {
        self.fan_outs
            .iter()
            .position(|fan_out| fan_out.session == session && fan_out.request == request)
    }
}

/// Returns the command to one shard.
pub(crate) fn command(
    gateway: GatewayId,
    (session, request): (SessionId, RequestNumber),
    ring: RingNumber,
    filter: &MassCancelFilter,
) -> MassCancel {
    MassCancel {
        origin: Origin {
            ring,
            request,
            session,
            gateway,
            durability: filter.durability,
            reserved: [0; 2],
        },
        session,
        account: filter.account,
        instrument: filter.instrument,
        scope: filter.scope,
        instrument_given: filter.instrument_given,
        side: filter.side,
        reserved: 0,
    }
}
