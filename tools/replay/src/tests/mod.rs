//! Tests that need recorded data or several modules at once.

mod bitstamp;
mod bitstamp_damage;
mod damage;
mod fake_venue;
mod instruments;
mod ledgers;
mod matching_venue;
mod naive_book;
mod obliging_venue;
mod properties;
mod recorded_data;
mod recordings;
mod reports;
mod synthetic_flow;
mod synthetic_sessions;
mod wire;
mod written;
mod written_bitstamp;
