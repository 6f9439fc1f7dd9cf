//! Tests against a scripted venue on a loopback port.

mod logon;
mod messages;
mod requests;
mod resume;
mod state;
mod venue;
