//! A workload as a shard is told it, with what it has to come to.

use matchgate_core::domain::{Command, Sequenced};
use matchgate_workloads::Operation;
use matchgate_workloads::report::fold;

use super::depth::Depth;
use super::market::Market;
use super::resolve::{NoSlotError, Resolver};
use super::run::End;

/// A workload as a shard is told it.
#[derive(Debug)]
pub struct Resolved {
    /// How large the shard is.
    pub market: Market,
    /// Definitions, and the operations before the clock.
    pub before: Vec<Sequenced<Command>>,
    /// What is timed.
    pub timed: Vec<Sequenced<Command>>,
    /// What the shard has to come to.
    pub end: End,
    /// What rests then: of every pass that comes to [`Self::end`].
    pub depth: Depth,
    /// Sum ([`fold`]) over what the timed events say as reports: equal to the sum of any right
    /// book's over the same operations, where [`Self::kept_places`] is 0.
    pub reports_checksum: u64,
    /// Moves, those before the clock included, that kept their place: by the workloads' rule every
    /// move loses it, by a shard's one to the same price that is not larger keeps it. Such an order
    /// may trade earlier than in the workload's answers.
    pub kept_places: u64,
    /// Events of the timed commands.
    pub event_count: u64,
}

impl Resolved {
    /// Resolves operations, those `before` the clock and those that are `timed`.
    ///
    /// # Errors
    ///
    /// Returns the first operation for which the market has no slot.
    pub fn new(
        market: Market,
        before: &[Operation],
        timed: &[Operation],
    ) -> Result<Self, NoSlotError> {
        let mut resolver = Resolver::new(market);
        let mut reports = Vec::new();
        let mut commands = resolver.setup();
        for operation in before {
            commands.push(resolver.resolve(operation, &mut reports)?);
            reports.clear();
        }
        resolver.begin_timed();
        let mut resolved = Self {
            market,
            before: commands,
            timed: Vec::with_capacity(timed.len()),
            end: resolver.end(),
            depth: Depth::default(),
            reports_checksum: 0,
            kept_places: 0,
            event_count: 0,
        };
        for operation in timed {
            let command = resolver.resolve(operation, &mut reports)?;
            resolved.timed.push(command);
            resolved.reports_checksum = reports
                .drain(..)
                .fold(resolved.reports_checksum, |sum, one| fold(sum, &one));
        }
        resolved.end = resolver.end();
        resolved.depth = resolver.depth();
        resolved.event_count = resolver.event_count();
        resolved.kept_places = resolver.kept_places();
        Ok(resolved)
    }
}
