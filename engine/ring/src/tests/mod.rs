//! What the ring promises: to its two ends, against a slow twin, and in every interleaving.

#[cfg(loom)]
mod interleavings;
#[cfg(not(loom))]
mod rules;
#[cfg(not(loom))]
mod twin;
