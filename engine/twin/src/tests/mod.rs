//! Tests of the twin: its rules group by group, and that it finds what is planted in it.

mod comparing;
mod desk;
mod matching;
mod stops_and_pegs;
mod terms;
