//! Makes a difference small: drops commands and runs again from the start, as long as the two
//! still differ, in smaller and smaller pieces.
//!
//! What differs may become another thing on the way; that is a difference too. Only where the
//! engine said something else at first, it still says something else in the end.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{ClientOrderId, Command, Durability, Sequenced};

use super::{Comparison, Difference, Engine};

/// Commands that all runs of one shrinking tell at the most, so that it ends in minutes.
const COMMANDS_MAX: usize = 40_000_000;

/// Commands of which any two are tried, where no single one can go.
const PAIRS_UP_TO: usize = 100;

/// Returns a difference of the shortest list that was found; of `difference` itself at worst.
/// `make_engine` makes the engine anew for each run.
pub fn shrink<E: Engine>(
    difference: Difference,
    capacity: ShardCapacity,
    make_engine: impl Fn() -> E,
) -> Difference {
    let said_only = difference.what.is_said();
    let mut told = 0;
    let mut run = |commands: &[Sequenced<Command>]| {
        told += commands.len();
        if told > COMMANDS_MAX {
            return None;
        }
        let mut comparison = Comparison::new(capacity, make_engine());
        comparison.said_only = said_only;
        comparison.tell_all(commands).err()
    };
    let mut best = match run(&difference.commands) {
        Some(smaller) => *smaller,
        None => return difference,
    };
    let mut piece = (best.commands.len() / 2).max(1);
    loop {
        let dropped = drop_pieces(&mut best, piece, &mut run);
        if piece == 1 && !dropped && !drop_pair(&mut best, &mut run) {
            break;
        }
        piece = (piece / 2).max(1);
    }
    plain(&mut best, &mut run);
    best
}

/// Tries to drop two commands of a short list, of which neither can go alone; returns whether two
/// were dropped.
fn drop_pair(
    best: &mut Difference,
    run: &mut impl FnMut(&[Sequenced<Command>]) -> Option<Box<Difference>>,
) -> bool {
    let length = best.commands.len();
    if length > PAIRS_UP_TO {
        return false;
    }
    for first in 0..length {
        for second in first + 1..length {
            let mut fewer = best.commands.clone();
            fewer.remove(second);
            fewer.remove(first);
            if let Some(smaller) = run(&fewer) {
                *best = *smaller;
                return true;
            }
        }
    }
    false
}

/// Tries to drop each piece of the list, from its end on; returns whether one was dropped.
fn drop_pieces(
    best: &mut Difference,
    piece: usize,
    run: &mut impl FnMut(&[Sequenced<Command>]) -> Option<Box<Difference>>,
) -> bool {
    let mut dropped = false;
    let mut end = best.commands.len();
    while end > 0 {
        let start = end.saturating_sub(piece);
        let mut fewer = best.commands.clone();
        fewer.drain(start..end);
        if let Some(smaller) = run(&fewer) {
            *best = *smaller;
            dropped = true;
        }
        end = start.min(best.commands.len());
    }
    dropped
}

/// Tries to leave out of each command what seldom matters.
fn plain(
    best: &mut Difference,
    run: &mut impl FnMut(&[Sequenced<Command>]) -> Option<Box<Difference>>,
) {
    for index in 0..best.commands.len() {
        let mut plainer = best.commands.clone();
        let Some(command) = plainer.get_mut(index) else {
            return;
        };
        make_plain(&mut command.body);
        if let Some(smaller) = run(&plainer) {
            *best = *smaller;
        }
    }
}

fn make_plain(command: &mut Command) {
    let origin = match command {
        Command::New(order, id) => {
            *id = ClientOrderId::NONE;
            &mut order.origin
        }
        Command::Replace(replace, id) => {
            *id = ClientOrderId::NONE;
            &mut replace.origin
        }
        Command::Cancel(cancel) => &mut cancel.origin,
        Command::Reduce(reduce) => &mut reduce.origin,
        Command::MassCancel(cancel) => &mut cancel.origin,
        _ => return,
    };
    origin.durability = Durability::Written;
    origin.request.0 = 1;
}
