//! Requests by a plan: an open loop over the wire, and the rate that the plan is made from.
//!
//! New orders and their cancels in turn, on one connection, each its own write. The latency of a
//! request counts from its planned time, whatever held its send up.

use std::collections::VecDeque;

use anyhow::Result;
use matchgate_core::domain::RequestNumber;
use matchgate_schema::message::{ExecType, ServerMessage};

use super::client::SpinClient;
use super::traffic::{Answered, Traffic, check, decoded};
use crate::latencies::Latencies;
use crate::number::float;
use crate::open_loop::OpenLoop;

/// Requests on their way where the rate is not planned.
const IN_FLIGHT_MAX: usize = 32;

/// The requests of one window.
#[derive(Clone, Debug)]
pub struct Paced {
    /// From the planned send to the answer.
    pub latencies: Latencies,
    /// How the sender kept to the plan.
    pub plan: OpenLoop,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    planned_ns: u64,
    request: RequestNumber,
    expected: ExecType,
}

/// A connection with requests on their way.
struct Pipeline<'a> {
    client: &'a mut SpinClient,
    traffic: &'a mut Traffic,
    answered: Answered,
    waiting: VecDeque<Waiting>,
    /// Whether the next request cancels the order of the last one.
    cancels: bool,
}

impl<'a> Pipeline<'a> {
    fn new(client: &'a mut SpinClient, traffic: &'a mut Traffic, answered: Answered) -> Self {
        Self {
            client,
            traffic,
            answered,
            waiting: VecDeque::with_capacity(1 << 16),
            cancels: false,
        }
    }

    #[inline]
    fn send(&mut self, planned_ns: u64) -> Result<()> {
        let ((frame, request), expected) = if self.cancels {
            (self.traffic.cancel(), ExecType::Canceled)
        } else {
            (self.traffic.new_order(), ExecType::New)
        };
        self.cancels = !self.cancels;
        self.waiting.push_back(Waiting {
            planned_ns,
            request,
            expected,
        });
        self.client.send(frame)
    }

    /// Takes the answers that have come, and adds their latencies.
    #[inline]
    fn hear(&mut self, latencies: &mut Latencies) -> Result<()> {
        self.client.look()?;
        while let Some(message) = self.client.take_frame(decoded)? {
            let message = message?;
            if matches!(message, ServerMessage::Heartbeat { .. }) {
                continue;
            }
            let now_ns = self.client.clock().now_ns();
            let Some(waiting) = self.waiting.pop_front() else {
                anyhow::bail!("an answer to nothing: {message:?}");
            };
            if self.answered == Answered::ByVenue {
                check(&message, waiting.request, waiting.expected)?;
            }
            latencies.record(now_ns.saturating_sub(waiting.planned_ns));
        }
        Ok(())
    }

    /// Ends with a cancel, so that no order is left, and hears what is on its way.
    fn finish(mut self, latencies: &mut Latencies) -> Result<()> {
        if self.cancels {
            self.send(self.client.clock().now_ns())?;
        }
        let began_ns = self.client.clock().now_ns();
        while !self.waiting.is_empty() {
            self.hear(latencies)?;
            self.client.check_patience(began_ns)?;
        }
        Ok(())
    }
}

/// Sends as fast as answers come, with 32 on their way, for `window_ns`; returns answers a second.
///
/// # Errors
///
/// Returns an error where the connection fails or an answer is wrong.
pub fn saturate(
    client: &mut SpinClient,
    traffic: &mut Traffic,
    answered: Answered,
    window_ns: u64,
) -> Result<f64> {
    let mut latencies = Latencies::new();
    let clock = client.clock().clone();
    let mut pipeline = Pipeline::new(client, traffic, answered);
    let began_ns = clock.now_ns();
    let end_ns = began_ns.saturating_add(window_ns);
    while clock.now_ns() < end_ns {
        if pipeline.waiting.len() < IN_FLIGHT_MAX {
            pipeline.send(clock.now_ns())?;
        }
        pipeline.hear(&mut latencies)?;
    }
    let ns = clock.now_ns().saturating_sub(began_ns).max(1);
    let rate = 1e9 * float(latencies.len()) / float(ns);
    pipeline.finish(&mut latencies)?;
    Ok(rate)
}

/// Sends every `interval_ns` for `window_ns`, and hears every answer.
///
/// # Errors
///
/// Returns an error where the connection fails or an answer is wrong.
pub fn measure_paced(
    client: &mut SpinClient,
    traffic: &mut Traffic,
    answered: Answered,
    (interval_ns, window_ns): (u64, u64),
) -> Result<Paced> {
    let mut latencies = Latencies::new();
    let clock = client.clock().clone();
    let mut pipeline = Pipeline::new(client, traffic, answered);
    let start_ns = clock.now_ns();
    let end_ns = start_ns.saturating_add(window_ns);
    let mut plan = OpenLoop::new(start_ns, interval_ns.max(1));
    while plan.planned_ns() < end_ns {
        if let Some(planned_ns) = plan.take_due(clock.now_ns()) {
            pipeline.send(planned_ns)?;
        }
        pipeline.hear(&mut latencies)?;
    }
    pipeline.finish(&mut latencies)?;
    Ok(Paced { latencies, plan })
}
