//! Unit tests: each is a rule of the market, told as a claim.

mod audit;
mod scenario;
mod scenario_events;
mod scenario_words;

mod command_bytes;
mod command_round_trip;
mod control;
mod hashes;
mod limits;
mod mass_cancel;
mod mirror;
mod modify;
mod owner_list;
mod price_time;
mod rejects;
mod steps;
mod time_in_force;
