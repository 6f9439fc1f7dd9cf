//! The session: a state machine of bytes and time in, bytes and commands out.
