//! The journal as its users see it: one test program, one module a promise.
#![expect(
    clippy::indexing_slicing,
    reason = "a test that reaches outside its own bytes fails"
)]

mod append_cost;
mod copy;
mod crash_points;
mod damage;
mod directory;
mod failing_disk;
mod follow;
mod kill;
mod layout;
mod machine;
#[cfg(debug_assertions)]
mod planted;
mod power_loss;
mod recovery;
mod round_trip;
mod short_way;
mod simulated_disk;
mod spoiled_disk;
mod support;
mod tail_rule;
mod upgrade;
mod write_failure;
