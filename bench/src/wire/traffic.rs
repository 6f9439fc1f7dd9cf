//! The traffic of a round trip: a new order that rests, then its cancel, one at a time.

use anyhow::{Context, Result, bail, ensure};
use matchgate_core::domain::{
    ClientOrderId, Durability, Epoch, EventId, Name, OrderId, OrderType, Price, Quantity,
    RequestNumber, SequenceNumber, ShardId, Side, Symbol, TimeInForce,
};
use matchgate_schema::capnp::{Encoder, decode_server, encode_client, encode_server};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, ExecType, ExecutionReport, Liquidity, Logon, LogonAnswer,
    NewOrderRequest, OrderStatus, OrderTarget, PROTOCOL_VERSION, Report, ServerMessage,
};

use super::client::SpinClient;
use crate::latencies::Latencies;

/// Price of the orders, 1e-9 units; the book is else empty.
const PRICE: i64 = 50 * Price::ONE;
const QUANTITY: u64 = 100;

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// A gateway: every answer is checked.
    ByVenue,
    /// An echo: the answers say nothing.
    ByEcho,
}

/// Makes the requests of one session.
#[derive(Debug)]
pub struct Traffic {
    encoder: Encoder,
    symbol: Symbol,
    last_request: u64,
}

impl Traffic {
    /// Returns the traffic of a session that has sent nothing yet, for the instrument `symbol`.
    ///
    /// # Errors
    ///
    /// Returns an error where `symbol` is not 1 to 16 printable bytes.
    pub fn new(symbol: &str) -> Result<Self> {
        Ok(Self {
            encoder: Encoder::new(),
            symbol: Symbol::new(symbol.as_bytes()).context("a symbol")?,
            last_request: 0,
        })
    }

    /// Logs the session of `key` on.
    ///
    /// # Errors
    ///
    /// Returns an error where the venue answers with anything else than yes.
    pub fn log_on(&mut self, client: &mut SpinClient, key: &str) -> Result<LogonAnswer> {
        self.say_logon(client, key)?;
        match client.receive(decoded)?.1? {
            ServerMessage::LogonAnswer(answer) => Ok(answer),
            other => bail!("the logon was answered by {other:?}"),
        }
    }

    /// Sends the logon of the session of `key`.
    ///
    /// # Errors
    ///
    /// Returns an error where `key` is none, or that of the socket.
    pub fn say_logon(&mut self, client: &mut SpinClient, key: &str) -> Result<()> {
        let logon = ClientMessage::Logon(Logon {
            protocol_version: PROTOCOL_VERSION,
            key: Name::new(key.as_bytes()).context("a key")?,
            // Nothing older than now: what was said before was heard.
            next_expected: 0,
            durability: Durability::Written,
        });
        client.send(encode_client(&logon, &mut self.encoder))
    }

    /// Logs the session out, and waits for the venue's last word.
    ///
    /// # Errors
    ///
    /// Returns an error where the venue does not say it.
    pub fn log_out(&mut self, client: &mut SpinClient) -> Result<()> {
        client.send(encode_client(&ClientMessage::Logout, &mut self.encoder))?;
        loop {
            match client.receive(decoded)?.1? {
                ServerMessage::Heartbeat { .. } => {}
                ServerMessage::Logout { .. } => return Ok(()),
                other => bail!("the logout was answered by {other:?}"),
            }
        }
    }

    /// Returns the frame of the next new order and the request's number.
    pub fn new_order(&mut self) -> (&[u8], RequestNumber) {
        let request = self.next_request();
        let message = NewOrderRequest {
            request,
            ..NewOrderRequest::limit(
                self.symbol,
                Side::Buy,
                Price::new(PRICE),
                Quantity::new(QUANTITY),
            )
        };
        let message = ClientMessage::NewOrder(message);
        (encode_client(&message, &mut self.encoder), request)
    }

    /// Returns the frame that cancels the order of the last request, and the request's number.
    pub fn cancel(&mut self) -> (&[u8], RequestNumber) {
        let target = OrderTarget::Request(RequestNumber(self.last_request));
        let request = self.next_request();
        let message = ClientMessage::Cancel(CancelRequest { request, target });
        (encode_client(&message, &mut self.encoder), request)
    }

    /// Returns how many requests it has made.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.last_request
    }

    fn next_request(&mut self) -> RequestNumber {
        self.last_request += 1;
        RequestNumber(self.last_request)
    }
}

/// Reads a message of the venue.
///
/// # Errors
///
/// Returns an error where it is none.
pub fn decoded(frame: &[u8]) -> Result<ServerMessage> {
    decode_server(frame).map_err(|error| anyhow::anyhow!("a frame of the server: {error}"))
}

/// Returns an answer to a new order as a gateway would give it, as long as any other to the same
/// traffic.
///
/// # Panics
///
/// Never: names and symbols are this module's own.
#[must_use]
pub fn answer_of_new() -> Vec<u8> {
    let report = ExecutionReport {
        exec_type: ExecType::New,
        order_status: OrderStatus::New,
        reject_reason: None,
        cancel_reason: None,
        restate_reason: None,
        order_id: OrderId::of(ShardId(0), SequenceNumber(7)),
        execution_id: EventId {
            shard: ShardId(0),
            sequence: SequenceNumber(7),
            index: 0,
            epoch: Epoch(1),
        },
        request: RequestNumber(1),
        order_request: RequestNumber(1),
        client_order_id: ClientOrderId::NONE,
        original_client_order_id: ClientOrderId::NONE,
        account: Name::new(b"DEMO-1").expect("it is printable"),
        symbol: Symbol::new(b"DEMO").expect("it is printable"),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        price: Price::new(PRICE),
        stop_price: Price::new(0),
        display_quantity: Quantity::ZERO,
        expire_time_ns: 0,
        displayed: Quantity::ZERO,
        order_quantity: Quantity::new(QUANTITY),
        cumulative: Quantity::ZERO,
        leaves: Quantity::new(QUANTITY),
        last_price: Price::new(0),
        last_quantity: Quantity::ZERO,
        liquidity: Liquidity::None,
        transact_time_ns: 1_700_000_000_000_000_000,
    };
    let message = ServerMessage::Report {
        sequence: 1,
        resend: false,
        report: Report::Execution(report),
    };
    encode_server(&message, &mut Encoder::new()).to_vec()
}

/// The round trips of one window.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// New orders.
    pub new: Latencies,
    /// Cancels.
    pub cancel: Latencies,
    /// A new order and its cancel, added up.
    pub pair: Latencies,
}

impl Window {
    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.new.merge(&other.new);
        self.cancel.merge(&other.cancel);
        self.pair.merge(&other.pair);
    }
}

/// Makes round trips for `window_ns` after a tenth of it that is not counted: one request in
/// flight, latency from the actual send (closed loop, service time). Encoding and checking lie
/// outside.
///
/// # Errors
///
/// Returns an error where the connection fails or an answer is wrong.
pub fn measure_window(
    client: &mut SpinClient,
    traffic: &mut Traffic,
    answered: Answered,
    window_ns: u64,
) -> Result<Window> {
    let mut window = Window::default();
    let begin_ns = client.clock().now_ns();
    let count_ns = begin_ns.saturating_add(window_ns / 10);
    let end_ns = count_ns.saturating_add(window_ns);
    loop {
        let now_ns = client.clock().now_ns();
        if now_ns >= end_ns {
            return Ok(window);
        }
        let new_ns = round_trip(client, traffic.new_order(), (answered, ExecType::New))?;
        let cancel_ns = round_trip(client, traffic.cancel(), (answered, ExecType::Canceled))?;
        if now_ns >= count_ns {
            window.new.record(new_ns);
            window.cancel.record(cancel_ns);
            window.pair.record(new_ns + cancel_ns);
        }
    }
}

fn round_trip(
    client: &mut SpinClient,
    (frame, request): (&[u8], RequestNumber),
    (answered, expected): (Answered, ExecType),
) -> Result<u64> {
    let sent = client.clock().ticks();
    client.send(frame)?;
    loop {
        let (arrived, message) = client.receive(decoded)?;
        match message? {
            ServerMessage::Heartbeat { .. } => {}
            message => {
                if answered == Answered::ByVenue {
                    check(&message, request, expected)?;
                }
                return Ok(client.clock().ticks_to_ns(sent, arrived));
            }
        }
    }
}

/// Checks that `message` is the answer to `request` and says `expected`.
pub(super) fn check(
    message: &ServerMessage,
    request: RequestNumber,
    expected: ExecType,
) -> Result<()> {
    let ServerMessage::Report {
        report: Report::Execution(report),
        ..
    } = message
    else {
        bail!("request {request} was answered by {message:?}");
    };
    ensure!(
        report.request == request && report.exec_type == expected,
        "request {request} was answered by {report:?}"
    );
    Ok(())
}
