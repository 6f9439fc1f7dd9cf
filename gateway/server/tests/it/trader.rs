//! A member that asks and waits for the answer, one request at a time or in windows.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use matchgate_client::{Client, ClientOptions, ClientState};
use matchgate_core::domain::{
    ClientOrderId, Durability, Name, Price, Quantity, RejectReason, RequestNumber,
    SelfTradePrevention, Side, Symbol,
};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, ExecType, ExecutionReport, LogonAnswer, NewOrderRequest,
    OrderStatus, OrderTarget, Report, ServerMessage,
};

/// How long a test waits for the venue to say something.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).unwrap()
}

pub(crate) fn symbol(text: &str) -> Symbol {
    Symbol::new(text.as_bytes()).unwrap()
}

pub(crate) fn client_id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text.as_bytes()).unwrap()
}

/// Returns a price of so many hundredths.
pub(crate) fn cents(count: i64) -> Price {
    Price::new(count * 10_000_000)
}

/// Returns a day limit order at a price in hundredths, which trades with those of its account.
pub(crate) fn order(of: &str, side: Side, price: i64, quantity: u64) -> NewOrderRequest {
    NewOrderRequest::limit(symbol(of), side, cents(price), Quantity::new(quantity))
        .with_self_trade(SelfTradePrevention::None)
}

pub(crate) fn cancel(target: OrderTarget) -> ClientMessage {
    let request = RequestNumber(0);
    ClientMessage::Cancel(CancelRequest { request, target })
}

/// Returns why a report refuses its request; `None` where it does not.
pub(crate) fn refusal(report: &Report) -> Option<RejectReason> {
    match report {
        Report::Execution(report) => {
            let refused = report.exec_type == ExecType::Rejected;
            assert_eq!(refused, report.order_status == OrderStatus::Rejected);
            assert_eq!(refused, report.reject_reason.is_some());
            assert!(!refused || report.leaves.is_zero());
            report.reject_reason
        }
        Report::CancelReject(reject) => Some(reject.reason),
        Report::BusinessReject(reject) => Some(reject.reason),
        Report::MassCancel(_) => None,
    }
}

/// How often a session that nobody attends to is kept alive.
const ATTENTION: Duration = Duration::from_millis(100);

/// A client and what it heard while nobody listened.
#[derive(Debug)]
struct Line {
    client: Client,
    heard: VecDeque<ServerMessage>,
}

/// A session that is logged on. It lives, as a member's does, also while the test is busy with
/// another one.
#[derive(Debug)]
pub(crate) struct Trader {
    line: Arc<Mutex<Line>>,
    /// What the venue said to the logon.
    pub(crate) answer: LogonAnswer,
    attended: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Trader {
    /// Logs on, for messages from now on.
    pub(crate) fn connect(address: SocketAddr, key: &str) -> Self {
        Self::connect_as(address, key, Durability::Written)
    }

    /// Logs on in a class.
    pub(crate) fn connect_as(address: SocketAddr, key: &str, durability: Durability) -> Self {
        let options = ClientOptions {
            durability,
            ..ClientOptions::new(name(key))
        };
        let (client, answer) = Client::connect(address, options).unwrap();
        Self::of(client, answer)
    }

    /// Goes on with a client that is logged on.
    pub(crate) fn of(client: Client, answer: LogonAnswer) -> Self {
        let heard = VecDeque::new();
        let line = Arc::new(Mutex::new(Line { client, heard }));
        let (attended, over) = channel();
        let kept = Arc::clone(&line);
        let thread = std::thread::spawn(move || {
            while over.recv_timeout(ATTENTION) == Err(RecvTimeoutError::Timeout) {
                let mut line = kept.lock().unwrap();
                // Whoever attends to it next meets the error.
                while let Ok(Some(message)) = line.client.poll() {
                    line.heard.push_back(message);
                }
            }
        });
        Self {
            line,
            answer,
            attended: Some(attended),
            thread: Some(thread),
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap()
    }

    /// Buffers one request.
    pub(crate) fn submit(&mut self, request: ClientMessage) -> RequestNumber {
        self.line().client.send(request).expect("it is connected")
    }

    /// Sends what is in the buffer.
    pub(crate) fn flush(&mut self) {
        self.line().client.flush().unwrap();
    }

    /// Returns what a restarted client would need to go on.
    pub(crate) fn state(&self) -> ClientState {
        self.line().client.state()
    }

    /// Returns the next message that is no heartbeat.
    pub(crate) fn message(&mut self) -> ServerMessage {
        let mut line = self.line();
        loop {
            let message = match line.heard.pop_front() {
                Some(message) => message,
                None => {
                    let message = line.client.wait(PATIENCE).unwrap();
                    message.expect("the venue has something to say")
                }
            };
            if !matches!(message, ServerMessage::Heartbeat { .. }) {
                return message;
            }
        }
    }

    /// Returns the next numbered message and its number.
    pub(crate) fn numbered(&mut self) -> (u64, Report) {
        match self.message() {
            ServerMessage::Report {
                sequence, report, ..
            } => (sequence, report),
            other => panic!("no report: {other:?}"),
        }
    }

    /// Returns the next numbered message.
    pub(crate) fn report(&mut self) -> Report {
        self.numbered().1
    }

    /// Returns the next report, which is about an order.
    pub(crate) fn execution(&mut self) -> ExecutionReport {
        match self.report() {
            Report::Execution(report) => report,
            other => panic!("no execution report: {other:?}"),
        }
    }

    /// Sends a request and returns the next report, which answers it.
    pub(crate) fn ask(&mut self, request: ClientMessage) -> Report {
        let number = self.submit(request);
        self.flush();
        let report = self.report();
        assert_eq!(report.request(), number, "{report:?}");
        report
    }

    /// Enters an order that is taken.
    pub(crate) fn enter(&mut self, order: NewOrderRequest) -> ExecutionReport {
        match self.ask(ClientMessage::NewOrder(order)) {
            Report::Execution(report) if report.exec_type == ExecType::New => report,
            other => panic!("not taken: {other:?}"),
        }
    }

    /// Cancels an order that is live.
    pub(crate) fn cancel(&mut self, target: OrderTarget) -> ExecutionReport {
        match self.ask(cancel(target)) {
            Report::Execution(report) if report.exec_type == ExecType::Canceled => report,
            other => panic!("not canceled: {other:?}"),
        }
    }

    /// Logs out; nothing stands between the last answer and the goodbye.
    pub(crate) fn log_out(mut self) {
        self.line().client.logout().unwrap();
        let reason = RejectReason::LoggedOut;
        assert_eq!(self.message(), ServerMessage::Logout { reason });
    }
}

impl Drop for Trader {
    fn drop(&mut self) {
        self.attended = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A session on a thread of its own that trades when it is told to and lives in between.
#[derive(Debug)]
pub(crate) struct Neighbor {
    trade: Option<Sender<()>>,
    traded: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Neighbor {
    /// Logs the session of `key` on; it trades `order`.
    pub(crate) fn start(address: SocketAddr, key: &str, order: NewOrderRequest) -> Self {
        let (trade, told) = channel();
        let (done, traded) = channel();
        let mut trader = Trader::connect(address, key);
        let thread = std::thread::spawn(move || {
            loop {
                match told.recv() {
                    Ok(()) => {
                        let entered = trader.enter(order);
                        trader.cancel(OrderTarget::OrderId(entered.order_id));
                        done.send(()).unwrap();
                    }
                    Err(_over) => return trader.log_out(),
                }
            }
        });
        Self {
            trade: Some(trade),
            traded,
            thread: Some(thread),
        }
    }

    /// Enters and cancels an order, each with its one report.
    pub(crate) fn trades(&self) {
        let trade = self.trade.as_ref().expect("it was not stopped");
        trade.send(()).expect("the neighbor is well");
        self.traded
            .recv_timeout(PATIENCE)
            .expect("the neighbor is served");
    }

    /// Logs out; the session was disturbed by nothing.
    pub(crate) fn stop(mut self) {
        self.trade = None;
        let thread = self.thread.take().expect("it was not stopped");
        thread.join().expect("the neighbor is well");
    }
}
