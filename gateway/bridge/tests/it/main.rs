//! Sinks behind a real journal, and behind real servers where this machine has them.

mod health;
mod journal;
mod local_sink;
mod nats;
mod nats_states;
mod proxy;
mod questdb;
mod questdb_loss;
mod questdb_states;
mod random;
mod stream;
mod tables;
