//! Workloads: streams of orders from a seed, resolved before any clock runs.

mod book_run;
mod ec_mix;
mod market;
#[cfg(test)]
mod tests;

pub use book_run::BookRun;
pub use ec_mix::{EcMix, Op, Shape, Step};
pub use market::{CAPACITY, SLOTS, USERS, instrument, setup};

use matchgate_core::domain::{Command, Epoch, SequenceNumber, Sequenced};

/// Returns `command` as the shard's number `sequence`; event time is the same number.
#[must_use]
pub const fn sequenced(sequence: u64, command: Command) -> Sequenced<Command> {
    Sequenced {
        sequence: SequenceNumber(sequence),
        epoch: Epoch(1),
        time_ns: sequence,
        body: command,
    }
}

/// A whole workload for one shard: what to do before the clock runs, and what while it does.
#[derive(Debug)]
pub struct Resolved {
    /// Definitions, the first orders, and the commands of the warm-up.
    pub before: Vec<Sequenced<Command>>,
    /// The commands that are timed.
    pub timed: Vec<Sequenced<Command>>,
    /// What a shard has to come to.
    pub end: End,
    /// What the timed commands were.
    pub shape: Shape,
}

/// What a shard comes to: the same in every pass, or the pass is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Hash of its whole state.
    pub state_hash: u128,
    /// Sum over all events of the timed commands.
    pub checksum: u64,
}

impl Resolved {
    /// Resolves the EC mix of `seed`: `warm_up` commands, then `timed` ones.
    #[must_use]
    pub fn ec_mix(seed: u64, warm_up: usize, timed: usize) -> Self {
        let mut mix = EcMix::new(seed);
        let mut sequence = 0;
        let mut number = |command| {
            sequence += 1;
            sequenced(sequence, command)
        };
        let mut before: Vec<_> = setup().into_iter().map(&mut number).collect();
        before.extend(mix.prefill().into_iter().map(|step| number(step.command)));
        before.extend((0..warm_up).map(|_| number(mix.next_step().command)));
        mix.begin_count();
        let timed = (0..timed)
            .map(|_| number(mix.next_step().command))
            .collect();
        Self {
            before,
            timed,
            end: mix.end(),
            shape: mix.shape(),
        }
    }
}
