//! Planted bugs: the comparison finds each of them, whichever of the two it is planted in.
//!
//! A bug counts only where the branch that it changes was seen to execute before the difference.
//! The shard's are compiled into builds with debug assertions alone.

use matchgate_twin::differential::compare_with;
use matchgate_twin::generator::Flow;
use matchgate_twin::planted::Bug as TwinBug;

use super::{Subject, fail_to_find};

/// Seeds that are tried before a bug counts as not found.
const SEEDS: u64 = 40;
/// Commands of a seed.
const COMMANDS: usize = 25_000;

#[cfg(debug_assertions)]
#[test]
fn every_bug_that_is_planted_in_the_shard_is_found() {
    use matchgate_core::planted::{Bug, executed, plant};

    println!("planted in the shard      seed  commands  executed  shows in");
    for bug in Bug::ALL {
        let mut found = None;
        for seed in 1..=SEEDS {
            plant(Some(bug));
            let subject = Subject::new(Flow::Mixed);
            let compared = compare_with(seed, Flow::Mixed, COMMANDS, subject, None);
            let executed = executed();
            plant(None);
            if let Err(difference) = compared {
                found = Some((seed, difference, executed));
                break;
            }
        }
        let Some((seed, difference, executed)) = found else {
            fail_to_find(&bug);
        };
        let commands = difference.commands.len();
        let what = difference.what;
        println!("{bug:<25?} {seed:>4} {commands:>9} {executed:>9}  {what:?}");
        assert!(executed > 0, "{bug:?} was never executed");
    }
}

#[test]
fn every_bug_that_is_planted_in_the_twin_is_found() {
    println!("planted in the twin       seed  commands  executed  shows in");
    for bug in TwinBug::ALL {
        let mut found = None;
        for seed in 1..=SEEDS {
            let subject = Subject::new(Flow::Mixed);
            let compared = compare_with(seed, Flow::Mixed, COMMANDS, subject, Some(bug));
            if let Err(difference) = compared {
                found = Some((seed, difference));
                break;
            }
        }
        let Some((seed, difference)) = found else {
            fail_to_find(&bug);
        };
        let (commands, executed) = (difference.commands.len(), difference.executed);
        let what = difference.what;
        println!("{bug:<25?} {seed:>4} {commands:>9} {executed:>9}  {what:?}");
        assert!(executed > 0, "{bug:?} was never executed");
    }
}
