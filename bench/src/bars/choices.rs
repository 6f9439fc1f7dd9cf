//! Which bars there are, by their names, in the order in which they are measured.

use anyhow::{Result, bail};

use super::{
    Run, allocations, book, deep_ratio, echo_ratio, engine_tail, flows, instructions, itself,
    journal_ratio, meb_hand_over, meb_ratio, mix_ratio, open_loop_tail, oracle, paced_ratio,
    replay_ratio, ring_ratio, sweeps, wire_ratio,
};
use crate::bar::{Bar, Gate};

/// One bar that can be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Its name.
    pub id: &'static str,
    /// What it says.
    pub what: &'static str,
    /// The gate of its first figure.
    pub gate: Gate,
    pub(super) measure: fn(&mut Run) -> Result<Vec<Bar>>,
}

/// Every bar, in the order in which they are measured.
pub const CHOICES: [Choice; 22] = [
    Choice {
        id: "AA",
        what: "a thing against itself, on one core and over the wire: the method's own check",
        gate: itself::GATE,
        measure: itself::measure,
    },
    Choice {
        id: "B15",
        what: "echo on the gateway's reactor against a plain spinning echo: p50",
        gate: echo_ratio::GATE,
        measure: echo_ratio::measure,
    },
    Choice {
        id: "B13",
        what: "round trip of an order through the whole gateway against an echo that journals as \
               much: p50 and p99, new order and new order with cancel",
        gate: wire_ratio::GATE_P50,
        measure: wire_ratio::measure,
    },
    Choice {
        id: "B14",
        what: "tails of the same two at half of what each can do, open loop: p99 and p99.9",
        gate: paced_ratio::GATE_P99,
        measure: paced_ratio::measure,
    },
    Choice {
        id: "B11",
        what: "allocations, faults and switches of the hot thread, from bytes to bytes",
        gate: allocations::GATE,
        measure: allocations::measure,
    },
    Choice {
        id: "B25",
        what: "answers of the book: five published hashes, a hundred seeds, one shard and two",
        gate: oracle::GATE,
        measure: oracle::measure,
    },
    Choice {
        id: "B8",
        what: "instructions a message of book and shard, by callgrind",
        gate: instructions::GATE,
        measure: instructions::measure,
    },
    Choice {
        id: "B1",
        what: "the public benchmark's five scenarios on one core: nanobook's time over the book's",
        gate: meb_ratio::GATE,
        measure: meb_ratio::measure,
    },
    Choice {
        id: "B6",
        what: "how far these five are apart",
        gate: meb_ratio::GATE_SPREAD,
        measure: meb_ratio::measure_spread,
    },
    Choice {
        id: "B1r",
        what: "as B1, with the reports through a ring to another core",
        gate: meb_hand_over::GATE,
        measure: meb_hand_over::measure,
    },
    Choice {
        id: "B4",
        what: "the EC mix on one core: the best right peer's time over the book's",
        gate: mix_ratio::GATE,
        measure: mix_ratio::measure,
    },
    Choice {
        id: "B7",
        what: "a million resting orders over a thousand",
        gate: deep_ratio::GATE,
        measure: deep_ratio::measure,
    },
    Choice {
        id: "B9",
        what: "nanoseconds a fill of a sweep, and an order of a cancel of all",
        gate: sweeps::GATE,
        measure: sweeps::measure,
    },
    Choice {
        id: "B12",
        what: "our ring over rtrb: hop and stream",
        gate: ring_ratio::GATE,
        measure: ring_ratio::measure,
    },
    Choice {
        id: "B17",
        what: "tail of the shard alone, less the machine's",
        gate: engine_tail::GATE,
        measure: engine_tail::measure,
    },
    Choice {
        id: "B16",
        what: "ring, shard, ring at a million commands a second, open loop",
        gate: open_loop_tail::GATE,
        measure: open_loop_tail::measure,
    },
    Choice {
        id: "W1",
        what: "operations a second of one book under the EC mix, one core",
        gate: Gate::Open,
        measure: book::measure,
    },
    Choice {
        id: "W1h",
        what: "the same load by the rules of its source, whose shares are others",
        gate: Gate::Open,
        measure: flows::measure_head,
    },
    Choice {
        id: "W5",
        what: "nanoseconds an order of the book alone where nothing is canceled",
        gate: Gate::Open,
        measure: flows::measure_cross,
    },
    Choice {
        id: "W7",
        what: "nanoseconds a command of one shard with 10,000 symbols",
        gate: Gate::Open,
        measure: flows::measure_many,
    },
    Choice {
        id: "B20",
        what: "throughput of one shard under the EC mix with its journal over that without",
        gate: journal_ratio::GATE,
        measure: journal_ratio::measure,
    },
    Choice {
        id: "B21",
        what: "commands a second of replaying a journal over those of the live shard",
        gate: replay_ratio::GATE,
        measure: replay_ratio::measure,
    },
];

/// Returns the choices of `ids`, in the order of [`CHOICES`]; all of them where none is named.
///
/// # Errors
///
/// Returns an error that names the known ones where an id is not one of them.
pub fn choose(ids: &[String]) -> Result<Vec<Choice>> {
    for id in ids {
        if !CHOICES.iter().any(|choice| choice.id == id) {
            let known: Vec<&str> = CHOICES.iter().map(|choice| choice.id).collect();
            bail!("there is no bar {id:?}; there are {}", known.join(", "));
        }
    }
    let wanted = |choice: &&Choice| ids.is_empty() || ids.iter().any(|id| id == choice.id);
    Ok(CHOICES.iter().filter(wanted).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bar_is_an_error_that_names_the_known_ones() {
        let error = choose(&["B15".to_owned(), "B99".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no bar \"B99\"; there are AA, B15, B13, B14, B11, B25, B8, B1, B6, B1r, B4, B7, \
             B9, B12, B17, B16, W1, W1h, W5, W7, B20, B21"
        );
    }

    #[test]
    fn bars_are_measured_in_their_order_and_all_where_none_is_named() {
        let ids = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(|&id| id.to_owned()).collect();
            let chosen = choose(&asked).unwrap();
            chosen.iter().map(|choice| choice.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&["W1", "AA"]), ["AA", "W1"]);
        assert_eq!(ids(&[]).len(), CHOICES.len());
    }
}
