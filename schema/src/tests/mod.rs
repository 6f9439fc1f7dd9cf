//! Tests of the codecs, the schema and its documents.

mod arbitrary;
mod builder;
mod document;
mod drift;
mod fields;
mod framing;
mod malformed;
mod reference;
mod round_trip;
mod samples;
