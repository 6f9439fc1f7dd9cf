//! Agents, cores, clocks, rings and counters. Knows no trading word.
//!
//! An [`Agent`] is a role with a duty cycle; a [`Runner`] gives each core of a [`Topology`] one
//! pinned thread that polls its agents in turn. Agents meet only in rings, read time only from
//! [`clock`], and tell what they did only through [`counters`].
#![deny(
    clippy::float_arithmetic,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm
)]

pub mod agent;
pub mod alloc_guard;
pub mod clock;
pub mod counters;
mod discipline;
pub mod event_clock;
pub mod huge_pages;
pub mod idle;
pub mod latch;
pub mod pin;
pub mod ring;
pub mod runner;
mod sys;
pub mod topology;

pub use agent::Agent;
pub use clock::{Clock, ManualTime};
pub use counters::{Counter, Counters, Sample, Sampler};
pub use event_clock::{ClockDiscipline, EventClock};
pub use huge_pages::on_huge_pages;
pub use idle::Idle;
pub use latch::{Failure, FailureReport, Stop};
pub use pin::{PinError, allowed_cpus, pin_current_thread};
pub use ring::{Consumer, Full, Producer, ring};
pub use runner::{Runner, RunningCores, StartError};
pub use topology::{CoreSpec, Topology, TopologyError};
