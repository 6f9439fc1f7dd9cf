//! The journal as its users see it: one test program, one module a promise.

mod recovery;
mod support;
