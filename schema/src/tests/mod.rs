//! Tests of the codecs, the schema and its documents.

mod arbitrary;
mod builder;
mod round_trip;
