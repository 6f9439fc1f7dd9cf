//! A shard's commands as the requests of one session, pipelined.
//!
//! It knows the request by which each order was entered, and nothing of what the venue makes of it.

use anyhow::{Result, bail, ensure};
use matchgate_core::domain::{
    Command, OrderHandle, RejectReason, RequestNumber, SelfTradePrevention, Sequenced, Symbol,
};
use matchgate_schema::capnp::{Encoder, encode_client};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, NewOrderRequest, OrderTarget, ReplaceRequest, Report,
    ServerMessage,
};
use matchgate_subjects::shard::Market;

use crate::wire::{SpinClient, Venue, decoded};

/// Requests on their way at one time.
pub(super) const IN_FLIGHT: u64 = 64;
/// Frames that are written at once.
const BATCH: usize = 16;

/// A shard's commands as one session's requests.
#[derive(Debug)]
pub(super) struct SessionLoad {
    encoder: Encoder,
    symbol: Symbol,
    /// The request that entered the order in each slot.
    entered: Vec<RequestNumber>,
    sent: u64,
    answered: u64,
    reports: u64,
    waits: u64,
    output: Vec<u8>,
}

impl SessionLoad {
    pub(super) fn new(market: Market) -> Self {
        Self {
            encoder: Encoder::new(),
            symbol: Market::instrument(0).symbol,
            entered: vec![RequestNumber(0); market.slots() as usize],
            sent: 0,
            answered: 0,
            reports: 0,
            waits: 0,
            output: Vec::new(),
        }
    }

    /// Sends commands, and hears the answers to all of them; where the venue's journal falls behind
    /// it waits for it. Definitions are the venue's own.
    pub(super) fn send(
        &mut self,
        (venue, client): (&Venue, &mut SpinClient),
        commands: &[Sequenced<Command>],
    ) -> Result<()> {
        for batch in commands.chunks(BATCH) {
            self.wait_for_room(venue)?;
            for command in batch {
                self.queue(&command.body);
            }
            client.send(&self.output)?;
            self.output.clear();
            self.hear(client, IN_FLIGHT)?;
        }
        self.hear(client, 0)
    }

    /// Returns how many looks in vain there were for room in the venue's journal.
    pub(super) const fn waits(&self) -> u64 {
        self.waits
    }

    /// Returns how many reports there were.
    pub(super) const fn reports(&self) -> u64 {
        self.reports
    }

    fn wait_for_room(&mut self, venue: &Venue) -> Result<()> {
        while !venue.has_room() {
            self.waits += 1;
            ensure!(!venue.has_failed(), "the venue has failed");
            // The writer may need this very cpu.
            std::thread::yield_now();
        }
        Ok(())
    }

    fn queue(&mut self, command: &Command) {
        let request = RequestNumber(self.sent + 1);
        let Some(message) = self.message(request, command) else {
            return;
        };
        self.sent += 1;
        let frame = encode_client(&message, &mut self.encoder);
        self.output.extend_from_slice(frame);
    }

    /// Takes answers until at most `open` requests are without one.
    fn hear(&mut self, client: &mut SpinClient, open: u64) -> Result<()> {
        loop {
            while let Some(message) = client.take_frame(decoded)? {
                self.take(&message?)?;
            }
            if self.sent - self.answered <= open {
                return Ok(());
            }
            client.look()?;
        }
    }

    fn take(&mut self, message: &ServerMessage) -> Result<()> {
        match message {
            ServerMessage::Report { report, .. } => {
                if let Some(reason) = refusal(report) {
                    bail!("request {} was refused: {reason:?}", report.request().get());
                }
                // Answers come in the order of the requests; a fill of a resting order has none.
                self.answered = self.answered.max(report.request().get());
                self.reports += 1;
                Ok(())
            }
            ServerMessage::Heartbeat { .. } => Ok(()),
            other => bail!("the venue said {other:?}"),
        }
    }

    /// Returns what a session says for a command; `None` where it is no session's.
    fn message(&mut self, request: RequestNumber, command: &Command) -> Option<ClientMessage> {
        match command {
            Command::New(order, _) => {
                self.entered[order.handle.slot as usize] = request;
                let (price, quantity) = (order.price, order.quantity);
                Some(ClientMessage::NewOrder(NewOrderRequest {
                    request,
                    time_in_force: order.time_in_force,
                    // One account plays all parts of the market.
                    self_trade: SelfTradePrevention::None,
                    ..NewOrderRequest::limit(self.symbol, order.side, price, quantity)
                }))
            }
            Command::Cancel(cancel) => Some(ClientMessage::Cancel(CancelRequest {
                request,
                target: self.target(cancel.handle),
            })),
            Command::Replace(replace, _) => {
                let target = self.target(replace.handle);
                Some(ClientMessage::Replace(ReplaceRequest {
                    request,
                    ..ReplaceRequest::new(target, replace.price, replace.quantity)
                }))
            }
            _ => None,
        }
    }

    fn target(&self, handle: OrderHandle) -> OrderTarget {
        OrderTarget::Request(self.entered[handle.slot as usize])
    }
}

/// Returns why a request was refused, where a report says so: the mix asks for nothing that may be.
const fn refusal(report: &Report) -> Option<RejectReason> {
    match report {
        Report::Execution(body) => body.reject_reason,
        Report::CancelReject(body) => Some(body.reason),
        Report::BusinessReject(body) => Some(body.reason),
        Report::MassCancel(_) => None,
    }
}
