//! A member of the venue in a test: a seeded script of requests, and a record of every numbered
//! message, against which every later life of the venue is held.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use matchgate_client::{Client, ClientOptions, ClientState};
use matchgate_core::domain::{
    ClientOrderId, Durability, MassCancelScope, Name, Price, Quantity, RejectReason, RequestNumber,
    SelfTradePrevention, Side, Symbol, TimeInForce,
};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, ExecType, ExecutionReport, MassCancelRequest, NewOrderRequest,
    OrderTarget, ReduceRequest, ReplaceRequest, Report, ServerMessage,
};

/// Requests that may be without an answer.
pub(crate) const WINDOW: usize = 512;
/// How long a test waits for the venue to say something.
const PATIENCE: Duration = Duration::from_secs(20);
/// Middle of the script's prices, in ticks of 0.01.
const MID_TICKS: i64 = 10_000;
/// One tick.
const TICK: i64 = 10_000_000;
/// An expire time that no test lives to see, nanoseconds since the Unix epoch.
const FAR_NS: u64 = 4_000_000_000_000_000_000;

/// A seeded source of numbers (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % bound
    }
}

/// What a member's script does now and then, beside orders and cancels.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habits {
    /// In a hundred: a client order id that is in use.
    pub(crate) duplicates: u64,
    /// In a hundred: a quantity that is off lot.
    pub(crate) off_limits: u64,
    /// In a thousand: a mass cancel.
    pub(crate) mass_cancels: u64,
}

/// One member.
#[derive(Debug)]
pub(crate) struct Member {
    key: Name,
    durability: Durability,
    symbols: Vec<Symbol>,
    habits: Habits,
    random: Random,
    client: Option<Client>,
    /// Every numbered message so far: message n stands at n - 1.
    pub(crate) reports: Vec<Report>,
    /// Every request so far, as it was sent.
    pub(crate) requests: Vec<ClientMessage>,
}

impl Member {
    /// Returns a member that is not connected yet.
    pub(crate) fn new(key: &str, durability: Durability, symbols: &[&str], seed: u64) -> Self {
        Self {
            key: Name::new(key.as_bytes()).unwrap(),
            durability,
            symbols: symbols
                .iter()
                .map(|name| Symbol::new(name.as_bytes()).unwrap())
                .collect(),
            habits: Habits::default(),
            random: Random(seed),
            client: None,
            reports: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Gives it habits.
    pub(crate) fn with_habits(mut self, habits: Habits) -> Self {
        self.habits = habits;
        self
    }

    fn options(&self) -> ClientOptions {
        ClientOptions {
            durability: self.durability,
            next_expected: 1,
            ..ClientOptions::new(self.key)
        }
    }

    /// Logs on for the first time.
    pub(crate) fn connect(&mut self, address: SocketAddr) {
        let (client, _) = Client::connect(address, self.options()).unwrap();
        self.client = Some(client);
    }

    /// Logs on again, asks for every message from the first one on, and compares each with what
    /// was said before. Unanswered requests are sent again by the library.
    pub(crate) fn resume_and_compare(&mut self, address: SocketAddr) {
        let state = ClientState {
            next_sequence: 1,
            ..self.client().state()
        };
        let (client, resumption) = Client::resume(address, self.options(), state).unwrap();
        assert!(resumption.abandoned.is_empty());
        assert_eq!(resumption.answer.lost_from, 0);
        assert!(
            resumption.answer.next_sequence > self.reports.len() as u64,
            "{}: message {} was said before and is gone",
            self.key,
            self.reports.len()
        );
        self.client = Some(client);
        let said = std::mem::take(&mut self.reports);
        while (self.reports.len() as u64) + 1 < resumption.answer.next_sequence {
            assert!(
                self.hear(PATIENCE) > 0,
                "{}: messages are missing",
                self.key
            );
        }
        for (number, (before, now)) in said.iter().zip(&self.reports).enumerate() {
            assert_eq!(
                before,
                now,
                "{}: message {} was another one before",
                self.key,
                number + 1
            );
        }
    }

    /// Forgets the connection, as after a kill, and keeps the rest.
    pub(crate) fn client(&self) -> &Client {
        self.client.as_ref().expect("it was connected")
    }

    fn client_mut(&mut self) -> &mut Client {
        self.client.as_mut().expect("it was connected")
    }

    /// Returns how many requests have no answer.
    pub(crate) fn unanswered(&self) -> usize {
        self.client().unacknowledged_count()
    }

    /// Sends up to `count` further requests of the script, as far as the window allows.
    pub(crate) fn send(&mut self, count: usize) {
        for _ in 0..count.min(WINDOW.saturating_sub(self.unanswered())) {
            let request = self.next_request();
            self.submit(request);
        }
        // A venue that was killed is noticed when it is listened to.
        drop(self.client_mut().flush());
    }

    /// Sends one request.
    pub(crate) fn submit(&mut self, request: ClientMessage) -> RequestNumber {
        let number = self
            .client_mut()
            .send(request)
            .expect("the window is below the bound");
        self.requests.push(request.with_request(number));
        number
    }

    /// Takes what has come, waiting at most `patience` for the first of it. Returns how many
    /// numbered messages there were.
    pub(crate) fn hear(&mut self, patience: Duration) -> usize {
        let before = self.reports.len();
        let deadline = Instant::now() + patience;
        loop {
            // A heartbeat that lay in the socket is not what is waited for.
            let wait = match self.reports.len() - before {
                0 => deadline.saturating_duration_since(Instant::now()),
                _ => Duration::ZERO,
            };
            let Ok(Some(message)) = self.client_mut().wait(wait) else {
                break;
            };
            match message {
                ServerMessage::Report {
                    sequence, report, ..
                } => {
                    assert_eq!(sequence, self.reports.len() as u64 + 1, "{}", self.key);
                    self.reports.push(report);
                }
                ServerMessage::Logout { reason } => {
                    assert_eq!(reason, RejectReason::ShuttingDown, "{}", self.key);
                    break;
                }
                ServerMessage::LogonAnswer(_)
                | ServerMessage::RequestRepeated { .. }
                | ServerMessage::Heartbeat { .. } => {}
            }
        }
        self.reports.len() - before
    }

    /// Flushes and listens until every request has its answer.
    pub(crate) fn settle(&mut self) {
        while self.unanswered() > 0 {
            self.client_mut().flush().unwrap();
            assert!(self.hear(PATIENCE) > 0, "{}: no answer", self.key);
        }
    }

    fn next_request(&mut self) -> ClientMessage {
        let number = self.client().next_request().get();
        let dice = self.random.below(1000);
        if dice < self.habits.mass_cancels {
            return ClientMessage::MassCancel(MassCancelRequest {
                request: RequestNumber(0),
                scope: MassCancelScope::Session,
                account: None,
                symbol: None,
                side: None,
            });
        }
        let action = self.random.below(100);
        // Orders are named by the requests that entered them: the script does not depend on what
        // was answered, and so not on when the venue was killed.
        let target = OrderTarget::Request(RequestNumber(
            number.saturating_sub(1 + self.random.below(40)).max(1),
        ));
        match action {
            0..60 => ClientMessage::NewOrder(self.new_order(number)),
            60..80 => ClientMessage::Cancel(CancelRequest {
                request: RequestNumber(0),
                target,
            }),
            80..90 => ClientMessage::Reduce(ReduceRequest {
                request: RequestNumber(0),
                target,
                quantity: Quantity::new(1 + self.random.below(50)),
            }),
            _ => {
                let (price, quantity) = (self.price(), 1 + self.random.below(100));
                let quantity = Quantity::new(quantity);
                ClientMessage::Replace(ReplaceRequest::new(target, price, quantity))
            }
        }
    }

    fn price(&mut self) -> Price {
        let ticks = MID_TICKS - 10 + i64::try_from(self.random.below(21)).unwrap();
        Price::new(ticks * TICK)
    }

    fn new_order(&mut self, number: u64) -> NewOrderRequest {
        let symbol = self.symbols[self.random.below(self.symbols.len() as u64) as usize];
        let side = if self.random.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let price = self.price();
        let mut quantity = Quantity::new(1 + self.random.below(100));
        let mut id = format!("{}-{number}", self.key);
        if self.random.below(100) < self.habits.duplicates {
            id = format!("{}-twice", self.key);
        }
        if self.random.below(100) < self.habits.off_limits {
            quantity = Quantity::new(0);
        }
        let limit = NewOrderRequest::limit(symbol, side, price, quantity);
        let part = Quantity::new(1 + self.random.below(40));
        let order = match self.random.below(100) {
            0..12 => limit.with_time_in_force(TimeInForce::Ioc),
            12..16 => limit.at_least(part),
            16..20 => limit.with_time_in_force(TimeInForce::Fok),
            20..28 => limit.displaying(part),
            28..34 => limit.with_time_in_force(TimeInForce::Gtc),
            34..38 => limit.until(FAR_NS),
            38..43 => NewOrderRequest::stop(symbol, side, price, quantity),
            43..48 => limit.with_stop(self.price()),
            48..54 => NewOrderRequest::mid_peg(symbol, side, quantity),
            54..58 => NewOrderRequest::market_to_limit(symbol, side, quantity),
            58..60 => NewOrderRequest::market(symbol, side, quantity),
            _ => limit,
        };
        let choice = match self.random.below(8) {
            0 => SelfTradePrevention::CancelNewest,
            1 => SelfTradePrevention::CancelOldest,
            2 => SelfTradePrevention::CancelBoth,
            3 => SelfTradePrevention::Decrement,
            _ => SelfTradePrevention::None,
        };
        NewOrderRequest {
            client_order_id: ClientOrderId::new(id.as_bytes()).unwrap(),
            ..order.with_self_trade(choice)
        }
    }

    /// Returns the orders that are live by what was reported: entering request to last report.
    pub(crate) fn live_orders(&self) -> BTreeMap<u64, ExecutionReport> {
        let mut live = BTreeMap::new();
        for report in &self.reports {
            if let Report::Execution(report) = report
                && report.exec_type != ExecType::Rejected
            {
                live.insert(report.order_request.get(), *report);
                if report.leaves.is_zero() {
                    live.remove(&report.order_request.get());
                }
            }
        }
        live
    }

    /// Returns how often each refusal was reported.
    pub(crate) fn refusals(&self) -> BTreeMap<RejectReason, u64> {
        let mut refusals = BTreeMap::new();
        for report in &self.reports {
            let reason = match report {
                Report::Execution(report) => report.reject_reason,
                Report::CancelReject(reject) => Some(reject.reason),
                Report::BusinessReject(reject) => Some(reject.reason),
                Report::MassCancel(_) => None,
            };
            if let Some(reason) = reason {
                *refusals.entry(reason).or_default() += 1;
            }
        }
        refusals
    }

    /// Checks that every request has exactly one answer of its own, and every order at most one
    /// end.
    pub(crate) fn check_answers(&self) {
        let mut answers = vec![0_u32; self.requests.len() + 1];
        let mut ended: BTreeMap<u64, bool> = BTreeMap::new();
        for report in &self.reports {
            let request = report.request().get();
            let is_answer = match report {
                Report::Execution(report) => {
                    let over = ended.entry(report.order_request.get()).or_default();
                    assert!(!*over, "{}: a report follows the end: {report:?}", self.key);
                    *over = report.leaves.is_zero();
                    answers_request(report, &self.requests)
                }
                Report::CancelReject(_) | Report::BusinessReject(_) | Report::MassCancel(_) => true,
            };
            if is_answer {
                answers[request as usize] += 1;
            }
        }
        for (number, count) in answers.iter().enumerate().skip(1) {
            assert_eq!(
                *count,
                1,
                "{}: request {number} has {count} answers: {:?}",
                self.key,
                self.requests[number - 1]
            );
        }
    }
}

/// Returns whether the report is the answer to the request it names, not a consequence of it.
fn answers_request(report: &ExecutionReport, requests: &[ClientMessage]) -> bool {
    let Some(place) = (report.request.get() as usize).checked_sub(1) else {
        return false;
    };
    match requests[place] {
        ClientMessage::NewOrder(_) => {
            matches!(report.exec_type, ExecType::New | ExecType::Rejected)
        }
        ClientMessage::Cancel(_) => report.exec_type == ExecType::Canceled,
        ClientMessage::Reduce(_) => report.exec_type == ExecType::Reduced,
        ClientMessage::Replace(_) => report.exec_type == ExecType::Replaced,
        _ => false,
    }
}
