//! Tests of what no other crate sees; the rules stand in `tests/rules`.

mod command_bytes;
mod command_round_trip;
mod ladder;
mod owner_list;
