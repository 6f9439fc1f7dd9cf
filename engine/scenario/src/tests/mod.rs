//! Tests of the language itself: what is written is read as it was, what is wrong is named.

mod decimal;
mod lines;
mod round_trip;
mod running;
