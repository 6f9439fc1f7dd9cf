//! Runs one client of a synthetic session over a link and judges every answer.
//!
//! It must not know a venue's state: what an answer must be comes with the action, and changes
//! only when a report tells that the action's order has ended.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use matchgate_core::domain::{CancelReason, RejectReason, RequestNumber};
use matchgate_schema::message::{ExecType, ExecutionReport, Liquidity, Report, ServerMessage};

use super::answer::is_end;
use super::client::{ActionKind, SyntheticAction, SyntheticClient};
use crate::error::ReplayError;
use crate::flow::ExecutionTotals;
use crate::link::{LinkError, OrderLink, reconnect_within};
use crate::pace::{Latency, LatencyKind, SILENCE_MAX_NS, SPIN_NS, WAIT_MAX_NS};
use crate::window::Window;

/// Unexpected answers that are kept in words; more are only counted.
const UNEXPECTED_KEPT_MAX: usize = 8;
const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// How one client runs.
#[derive(Clone, Copy, Debug)]
pub struct SyntheticRunOptions {
    /// How long it sends, in nanoseconds; then it cancels all and waits for what is unanswered.
    pub duration_ns: u64,
    /// Requests a second, planned at equal distances; `None` for as fast as answers come.
    pub rate_per_second: Option<u32>,
    /// Requests from the oldest unanswered to the newest, at the most; at least 1.
    pub window_max: usize,
    /// How long to try to connect anew, in nanoseconds, before the run fails.
    pub reconnect_max_ns: u64,
}

/// What one client, or several, did and met.
#[derive(Clone, Debug)]
pub struct SyntheticSummary {
    /// Requests of each kind.
    pub actions: BTreeMap<ActionKind, u64>,
    /// Requests that are answered as they must be.
    pub expected: u64,
    /// Requests that are answered otherwise.
    pub unexpected: u64,
    /// The first of those in words.
    pub unexpected_kept: Vec<String>,
    /// Refusals by reason, the intended ones included.
    pub refusals: BTreeMap<RejectReason, u64>,
    /// Executions as the aggressor.
    pub aggressor: ExecutionTotals,
    /// Executions of resting orders.
    pub resting: ExecutionTotals,
    /// Orders that mass cancels took, as their reports count them.
    pub mass_canceled: u64,
    /// Orders that mass cancels took, each by a report of its own.
    pub mass_canceled_reports: u64,
    /// Reports whose quantities do not add up.
    pub inconsistent: u64,
    /// Numbered messages received.
    pub reports: u64,
    /// Connections that had to be made anew.
    pub reconnects: u64,
    /// Nanoseconds from the first request to the last answer, of the client that took longest.
    pub elapsed_ns: u64,
    /// Round trips.
    pub latency: Latency,
}

impl SyntheticSummary {
    /// Makes an empty summary whose latencies are of `kind`.
    #[must_use]
    pub fn new(kind: LatencyKind) -> Self {
        Self {
            actions: BTreeMap::new(),
            expected: 0,
            unexpected: 0,
            unexpected_kept: Vec::new(),
            refusals: BTreeMap::new(),
            aggressor: ExecutionTotals::default(),
            resting: ExecutionTotals::default(),
            mass_canceled: 0,
            mass_canceled_reports: 0,
            inconsistent: 0,
            reports: 0,
            reconnects: 0,
            elapsed_ns: 0,
            latency: Latency::new(kind),
        }
    }

    /// Adds what another client did and met.
    pub fn merge(&mut self, other: &Self) {
        for (kind, count) in &other.actions {
            *self.actions.entry(*kind).or_default() += count;
        }
        for (reason, count) in &other.refusals {
            *self.refusals.entry(*reason).or_default() += count;
        }
        self.expected += other.expected;
        self.unexpected += other.unexpected;
        let room = UNEXPECTED_KEPT_MAX.saturating_sub(self.unexpected_kept.len());
        let kept = other.unexpected_kept.iter().take(room);
        self.unexpected_kept.extend(kept.cloned());
        self.aggressor.merge(&other.aggressor);
        self.resting.merge(&other.resting);
        self.mass_canceled += other.mass_canceled;
        self.mass_canceled_reports += other.mass_canceled_reports;
        self.inconsistent += other.inconsistent;
        self.reports += other.reports;
        self.reconnects += other.reconnects;
        self.elapsed_ns = self.elapsed_ns.max(other.elapsed_ns);
        self.latency.merge(&other.latency);
    }

    /// Returns how many requests were sent.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.actions.values().sum()
    }

    /// Returns whether every answer is as it must be and every execution was told to both sides.
    /// Only a summary of all clients of the venue can pass: one client's executions are another's
    /// too.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.unexpected == 0
            && self.inconsistent == 0
            && self.expected == self.requests()
            && self.aggressor == self.resting
            && self.mass_canceled == self.mass_canceled_reports
    }
}

/// One client at work.
#[derive(Debug)]
pub struct SyntheticRun {
    client: SyntheticClient,
    options: SyntheticRunOptions,
    window: Window<InFlight>,
    next: Option<SyntheticAction>,
    sent: u64,
    closing: bool,
    start_ns: u64,
    heard_ns: u64,
    sequence_last: Option<u64>,
    summary: SyntheticSummary,
}

/// A request that was sent.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    action: SyntheticAction,
    from_ns: u64,
    answered: bool,
}

impl SyntheticRun {
    /// Prepares a run of `client` over `link`; nothing is sent yet.
    pub fn new(
        client: SyntheticClient,
        options: SyntheticRunOptions,
        link: &impl OrderLink,
    ) -> Self {
        let kind = match options.rate_per_second {
            None => LatencyKind::ServiceTime,
            Some(_) => LatencyKind::ResponseTime,
        };
        let now_ns = link.now_ns();
        Self {
            client,
            window: Window::new(link.next_request().get(), options.window_max.max(1)),
            options,
            next: None,
            sent: 0,
            closing: false,
            start_ns: now_ns,
            heard_ns: now_ns,
            sequence_last: None,
            summary: SyntheticSummary::new(kind),
        }
    }

    /// Sends for as long as was asked, or until `stop` is set, cancels all, and returns once every
    /// request is answered.
    ///
    /// # Errors
    ///
    /// Returns an error where the venue refuses the session, cannot be reached for
    /// [`SyntheticRunOptions::reconnect_max_ns`], or leaves requests unanswered.
    pub fn run(
        mut self,
        link: &mut impl OrderLink,
        stop: &AtomicBool,
    ) -> Result<SyntheticSummary, ReplayError> {
        self.start_ns = link.now_ns();
        self.heard_ns = self.start_ns;
        loop {
            let turn = match self.send_due(link, stop) {
                Ok(true) if self.window.is_empty() => {
                    self.summary.elapsed_ns = link.now_ns().saturating_sub(self.start_ns);
                    return Ok(self.summary);
                }
                Ok(_) => self.receive(link),
                Err(error) => Err(error),
            };
            match turn {
                Err(ReplayError::Link(LinkError::Lost(reason))) => {
                    reconnect_within(link, self.options.reconnect_max_ns, reason)?;
                    self.summary.reconnects += 1;
                    self.heard_ns = link.now_ns();
                }
                other => other?,
            }
        }
    }

    /// Sends all that is due and for which the window has room; returns whether that was the last.
    fn send_due(
        &mut self,
        link: &mut impl OrderLink,
        stop: &AtomicBool,
    ) -> Result<bool, ReplayError> {
        let mut sent = false;
        while !self.window.is_full() && !self.is_closed() {
            let now_ns = link.now_ns();
            let due_ns = self.due_ns();
            let is_stopped = stop.load(Ordering::Relaxed);
            if !is_stopped && due_ns.is_some_and(|due_ns| due_ns > now_ns) {
                break;
            }
            let action = self.next_action(now_ns, is_stopped);
            match link.send(&action.message) {
                Ok(()) => sent = true,
                Err(LinkError::Full) => break,
                Err(error) => return Err(error.into()),
            }
            self.next = None;
            self.sent += 1;
            *self.summary.actions.entry(action.kind).or_default() += 1;
            if let Some(due_ns) = due_ns {
                self.summary.latency.sent(due_ns, now_ns);
            }
            self.window.push(InFlight {
                action,
                from_ns: due_ns.unwrap_or(now_ns),
                answered: false,
            });
        }
        if sent {
            link.flush()?;
        }
        Ok(self.is_closed())
    }

    /// Returns whether the last request is sent.
    const fn is_closed(&self) -> bool {
        self.closing && self.next.is_none()
    }

    /// Returns the action to be sent next, which stays the next until it is sent.
    fn next_action(&mut self, now_ns: u64, is_stopped: bool) -> SyntheticAction {
        if let Some(action) = self.next {
            return action;
        }
        let over = is_stopped || now_ns.saturating_sub(self.start_ns) >= self.options.duration_ns;
        let action = if over {
            self.closing = true;
            self.client.last_action()
        } else {
            self.client.next_action()
        };
        self.next = Some(action);
        action
    }

    /// Returns when the next request is due; `None` for as soon as possible.
    fn due_ns(&self) -> Option<u64> {
        let rate = u64::from(self.options.rate_per_second?.max(1));
        let whole_ns = (self.sent / rate).saturating_mul(NANOSECONDS_PER_SECOND);
        let part_ns = (self.sent % rate) * NANOSECONDS_PER_SECOND / rate;
        Some(
            self.start_ns
                .saturating_add(whole_ns)
                .saturating_add(part_ns),
        )
    }

    fn receive(&mut self, link: &mut impl OrderLink) -> Result<(), ReplayError> {
        let mut wait_ns = WAIT_MAX_NS;
        if !self.window.is_full()
            && !self.closing
            && let Some(due_ns) = self.due_ns()
        {
            let until_ns = due_ns.saturating_sub(link.now_ns());
            wait_ns = until_ns.saturating_sub(SPIN_NS).min(WAIT_MAX_NS);
        }
        while let Some(message) = link.poll(wait_ns)? {
            wait_ns = 0;
            self.heard_ns = link.now_ns();
            self.take_message(&message)?;
        }
        let silence_ns = link.now_ns().saturating_sub(self.heard_ns);
        if silence_ns > SILENCE_MAX_NS && !self.window.is_empty() {
            return Err(ReplayError::Silence {
                answered: self.window.completed(),
            });
        }
        Ok(())
    }

    fn take_message(&mut self, message: &ServerMessage) -> Result<(), ReplayError> {
        match message {
            ServerMessage::Report {
                sequence, report, ..
            } => {
                // After a reconnect a message may come a second time; it counts once.
                if self.sequence_last.is_none_or(|last| *sequence > last) {
                    self.sequence_last = Some(*sequence);
                    self.summary.reports += 1;
                    self.take_report(report);
                }
                Ok(())
            }
            ServerMessage::Logout { reason } => {
                Err(LinkError::Lost(reason.text().to_owned()).into())
            }
            ServerMessage::LogonAnswer(_)
            | ServerMessage::RequestRepeated { .. }
            | ServerMessage::Heartbeat { .. } => Ok(()),
        }
    }

    fn take_report(&mut self, report: &Report) {
        let reason = match report {
            Report::Execution(execution) => execution.reject_reason,
            Report::CancelReject(reject) => Some(reject.reason),
            Report::BusinessReject(reject) => Some(reject.reason),
            Report::MassCancel(done) => {
                self.summary.mass_canceled += u64::from(done.count);
                None
            }
        };
        if let Some(reason) = reason {
            *self.summary.refusals.entry(reason).or_default() += 1;
        }
        match report {
            Report::Execution(execution) => self.take_execution(execution, report),
            Report::CancelReject(reject) => self.answer(reject.request, report, true),
            Report::BusinessReject(reject) => self.answer(reject.request, report, true),
            Report::MassCancel(done) => self.answer(done.request, report, true),
        }
    }

    fn take_execution(&mut self, execution: &ExecutionReport, report: &Report) {
        self.summary.inconsistent += u64::from(!adds_up(execution));
        let ended = execution.leaves.is_zero();
        match execution.exec_type {
            ExecType::Trade => {
                let notional = execution.last_price.notional(execution.last_quantity);
                let side = match execution.liquidity {
                    Liquidity::Added => &mut self.summary.resting,
                    Liquidity::Removed | Liquidity::None => &mut self.summary.aggressor,
                };
                side.add(execution.last_quantity, notional);
                self.end_immediate(execution.order_request, ended);
            }
            ExecType::New => {
                let request = execution.request;
                let pending = self.window.get_mut(request.get());
                let done = pending.is_some_and(|pending| !pending.action.immediate);
                self.answer(request, report, done);
            }
            ExecType::Canceled => match execution.cancel_reason {
                Some(CancelReason::MassCancel) => {
                    self.summary.mass_canceled_reports += 1;
                    self.answer(execution.request, report, false);
                }
                Some(
                    CancelReason::ImmediateRemainder
                    | CancelReason::MarketRemainder
                    | CancelReason::PriceProtection,
                ) => {
                    self.end_immediate(execution.order_request, ended);
                }
                // Orders here trade with their own, and none of them is a stop order.
                Some(
                    CancelReason::Requested
                    | CancelReason::SelfTradePrevention
                    | CancelReason::Refused,
                )
                | None => {
                    self.answer(execution.request, report, true);
                }
            },
            // They answer nothing: an operator's end of the day may come, the others do not.
            ExecType::Expired
            | ExecType::Triggered
            | ExecType::Restated
            | ExecType::TradePrevented => {}
            ExecType::Replaced | ExecType::Rejected | ExecType::Reduced => {
                self.answer(execution.request, report, true);
            }
        }
        // Only now: the report that ends an order may be the answer that was due.
        self.take_note(execution);
    }

    /// Takes note of what became of an order. One that has ended cannot be changed by what is in
    /// flight, nor by what was drawn and not yet sent.
    fn take_note(&mut self, execution: &ExecutionReport) {
        self.client.take_note(execution);
        if is_end(execution) {
            let in_flight = self.window.iter_mut().map(|pending| &mut pending.action);
            for action in in_flight.chain(&mut self.next) {
                action.expected.note_end(execution.order_request);
            }
        }
    }

    /// Completes an order that ends by itself.
    fn end_immediate(&mut self, request: RequestNumber, ended: bool) {
        let pending = self.window.get_mut(request.get());
        if ended && pending.is_some_and(|pending| pending.answered && pending.action.immediate) {
            self.window.complete(request.get());
        }
    }

    /// Judges the first answer to a request; `done` where it is also the last.
    fn answer(&mut self, request: RequestNumber, report: &Report, done: bool) {
        let Some(pending) = self.window.get_mut(request.get()) else {
            return;
        };
        if !pending.answered {
            pending.answered = true;
            self.summary.latency.record(pending.from_ns, self.heard_ns);
            if pending.action.expected.is(report) {
                self.summary.expected += 1;
            } else {
                self.summary.unexpected += 1;
                if self.summary.unexpected_kept.len() < UNEXPECTED_KEPT_MAX {
                    let SyntheticAction { kind, expected, .. } = pending.action;
                    let text = format!(
                        "request {request}, {kind:?}: {expected:?} was due, not {report:?}"
                    );
                    self.summary.unexpected_kept.push(text);
                }
            }
        }
        if done {
            self.window.complete(request.get());
        }
    }
}

/// Returns whether the quantities of a report add up: what traded and what is open make the
/// order, but for one that was refused or whose rest was canceled or expired.
fn adds_up(report: &ExecutionReport) -> bool {
    let sum = report.cumulative.checked_add(report.leaves);
    match report.exec_type {
        ExecType::New
        | ExecType::Trade
        | ExecType::Replaced
        | ExecType::Reduced
        | ExecType::Triggered
        | ExecType::Restated
        | ExecType::TradePrevented => sum == Some(report.order_quantity),
        ExecType::Canceled | ExecType::Expired => {
            report.leaves.is_zero() && report.cumulative < report.order_quantity
        }
        ExecType::Rejected => report.leaves.is_zero() && report.cumulative.is_zero(),
    }
}
