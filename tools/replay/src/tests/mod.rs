//! Tests that need recorded data or several modules at once.

mod naive_book;
mod recorded_data;
mod recordings;
