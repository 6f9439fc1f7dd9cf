//! Tests that need recorded data or several modules at once.

mod damage;
mod instruments;
mod naive_book;
mod properties;
mod recorded_data;
mod recordings;
mod written;
