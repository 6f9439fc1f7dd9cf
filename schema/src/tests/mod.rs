//! Tests of the codecs, the schema and its documents.

mod arbitrary;
mod builder;
mod drift;
mod fields;
mod framing;
mod malformed;
mod round_trip;
mod samples;
