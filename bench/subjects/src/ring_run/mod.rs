//! Runs of two threads, with rings between them.
//!
//! [`hand_over`] is a book whose reports go to a reader on another core; [`open_loop`] is a shard
//! between two rings, and a client that sends by a plan. Who calls pins the threads and brings the
//! clock.

mod hand_over;
mod open_loop;

pub use hand_over::{HandOver, HandOverRoom, hand_over};
pub use open_loop::{OpenLoop, Plan, open_loop};

/// Pushes a record, and waits for room where there is none: whoever takes them is alive.
#[inline]
fn push<T: Copy + Send>(producer: &mut matchgate_ring::Producer<T>, record: T) {
    let mut record = record;
    while let Err(matchgate_ring::Full(again)) = producer.try_push(record) {
        record = again;
        std::hint::spin_loop();
    }
}
