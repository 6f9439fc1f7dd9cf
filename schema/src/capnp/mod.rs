//! Cap'n Proto: neutral messages to and from frames in standard stream framing.
//!
//! `schema/capnp/matchgate.capnp` is the published schema and `schema/docs/capnp.md` the
//! specification. A frame is split off the stream by [`frame::next`], decoded by
//! [`decode_client`] or [`decode_server`], and made by [`encode_client`] or [`encode_server`] in an
//! [`Encoder`] that is reused. None of them allocates. Nothing here knows a rule of the session: a
//! message that decodes is well formed, not necessarily allowed.
//!
//! Frames are read through the generated readers, which check every pointer. They are written by
//! an own writer, since the generated builders allocate for each message; tests hold the two to
//! the same bytes.

#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    rustdoc::all,
    reason = "generated code; the schema file holds its documentation"
)]
#[rustfmt::skip]
pub mod matchgate_capnp;

mod client_decode;
mod client_encode;
mod code;
mod encoder;
mod error;
pub mod frame;
mod read;
mod server_decode;
mod server_encode;

pub use client_decode::decode_client;
pub use client_encode::encode_client;
pub use encoder::Encoder;
pub use error::DecodeError;
pub use server_decode::decode_server;
pub use server_encode::encode_server;
