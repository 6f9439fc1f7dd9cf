//! A bounded ring from one producer to one consumer, for plain records that come in bursts.
//!
//! The producer **stages** records in memory of its own and **publishes** them together: at the
//! end of its input batch, and on its own every [`STAGED_MAX`] records. Full is an answer, never a
//! wait. All memory is allocated by [`ring()`]. The crate must not know what its records mean.
//!
//! ```
//! let (mut producer, mut consumer) = matchgate_ring::ring::<u64>(1024);
//!
//! producer.try_push(1).unwrap();
//! producer.try_push(2).unwrap();
//! assert_eq!(consumer.pop(), None); // staged, not published
//! producer.publish();
//!
//! let reader = std::thread::spawn(move || {
//!     let mut sum = 0;
//!     consumer.for_each(usize::MAX, |record| sum += record);
//!     sum
//! });
//! assert_eq!(reader.join().unwrap(), 3);
//! ```
//!
//! # What lies where
//!
//! What a hand-off costs is the number of cache lines that change cores, and how. So:
//!
//! - A batch has a **head**: the position where the batch ends, and its first record beside it.
//!   The consumer waits on that word and has the record when it has the word. A ring with its
//!   indices apart moves one line for the index and then, only then, one for the record.
//! - The rest of the batch lies **densely** in a second array, and is copied there in one go when
//!   it is published. What is written earlier is stolen by the core that reads ahead.
//! - The consumer **writes** a byte into every line that it has read. A line that two cores share
//!   is slow to take back for writing, many times as slow as one that the other core has alone.
//! - Room is counted in records. The producer looks at the consumer's count only when what it
//!   saw last does not suffice, and the consumer at a head only when its batch is used up.
//!
//! It is for two cores. Where both ends take turns on one, an ordinary ring is better: this one
//! goes on to the fresh lines of another head with every batch, however short.
//!
//! `cargo run --release -p matchgate-ring --example duel` measures it against the `rtrb` crate.
//!
//! # Proof
//!
//! Every interleaving of small cases is walked through by loom, in seconds:
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test --release -p matchgate-ring --lib
//! ```
//!
//! Without that flag a property test compares the ring with a queue behind a mutex after every
//! step; it runs under Miri too.
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("positions count records and must never wrap");

mod ring;
mod sync;

pub use ring::{Consumer, Full, Producer, STAGED_MAX, ring};

#[cfg(test)]
mod tests;
