//! What a venue told of every order, held against what was recorded of it: trades one by one,
//! what each fill left, and the orders that rest at the end.
//!
//! All it knows of the venue is what it is told. It must not know a recording's format or how a
//! venue is reached.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use matchgate_core::Shard;
use matchgate_core::domain::{EventId, InstrumentId, Price, Quantity, RequestNumber, Side};

use crate::decimal::Decimal;
use crate::flow::{ExecutionTotals, RecordedLeaves};

/// Differences that are kept in words; more are only counted.
const DIFFERENCES_KEPT_MAX: usize = 16;

/// A trade of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedTrade {
    /// Its line in the recording.
    pub line: u64,
    /// Price in 1e-9 units.
    pub price: Price,
    /// Quantity.
    pub quantity: Quantity,
    /// Id of the order that rested.
    pub maker: u64,
    /// Id of the order that took.
    pub taker: u64,
    /// Side of the order that took.
    pub taker_side: Side,
}

/// An order that rests at the end of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedOrder {
    /// Its id in the recording.
    pub id: u64,
    /// Buy or sell.
    pub side: Side,
    /// Limit price.
    pub price: Price,
    /// What is open.
    pub leaves: Quantity,
}

/// A live order, as a venue shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// The request that entered it.
    pub request: RequestNumber,
    /// Buy or sell.
    pub side: Side,
    /// Limit price.
    pub price: Price,
    /// What is open.
    pub leaves: Quantity,
}

impl OpenOrder {
    /// Returns the live orders of an instrument, those that trade first before the others of their
    /// side.
    #[must_use]
    pub fn all_of(shard: &Shard, instrument: InstrumentId) -> Vec<Self> {
        let sides = [Side::Sell, Side::Buy].into_iter();
        let orders = sides.flat_map(|side| shard.live_orders(instrument, side));
        orders
            .map(|order| Self {
                request: order.request,
                side: order.side,
                price: order.price,
                leaves: order.leaves,
            })
            .collect()
    }
}

/// Something that a venue did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It took an order, which has the recorded id.
    Accepted(u64, OpenOrder),
    /// Two orders traded.
    Traded(ToldTrade),
    /// What was left of an order is gone.
    Canceled(RequestNumber),
}

/// A trade, as a venue tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldTrade {
    /// The order that rested.
    pub maker: RequestNumber,
    /// The order that took.
    pub taker: RequestNumber,
    /// Price.
    pub price: Price,
    /// Quantity.
    pub quantity: Quantity,
}

/// One side of a trade, as a venue tells it to that side alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldLeg {
    /// What both sides' reports share.
    pub execution_id: EventId,
    /// The order.
    pub order: RequestNumber,
    /// Whether it took.
    pub took: bool,
    /// Price.
    pub price: Price,
    /// Quantity.
    pub quantity: Quantity,
}

/// The orders at the end, compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestingChecks {
    /// Orders of the recording.
    pub recorded: u64,
    /// Orders of the venue.
    pub found: u64,
    /// Those with equal id, side, price and open quantity.
    pub equal: u64,
}

impl RestingChecks {
    /// Returns whether both are the same set.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.equal == self.recorded && self.equal == self.found
    }
}

/// What was checked order by order, and what differed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerChecks {
    /// Trades of the recording.
    pub trades_recorded: u64,
    /// Those that are the venue's of the same place: price, quantity, maker and taker.
    pub trades_equal: u64,
    /// Trades of the venue.
    pub trades: ExecutionTotals,
    /// Trades that the venue told to one side only.
    pub trades_half_told: u64,
    /// Rows that say what a fill left.
    pub leaves_recorded: u64,
    /// Those that the venue's fills came to.
    pub leaves_equal: u64,
    /// The orders at the end, as the venue's answers tell them.
    pub resting_told: RestingChecks,
    /// The orders at the end, as the venue's book has them, where it can be seen.
    pub resting_in_book: Option<RestingChecks>,
    /// The first differences in words.
    pub differences: Vec<String>,
}

impl LedgerChecks {
    /// Returns whether nothing differed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.trades_equal == self.trades_recorded
            && self.trades_equal == self.trades.count
            && self.trades_half_told == 0
            && self.leaves_equal == self.leaves_recorded
            && self.resting_told.passed()
            && self.resting_in_book.is_none_or(|checks| checks.passed())
    }

    fn differ(&mut self, difference: impl FnOnce() -> String) {
        if self.differences.len() < DIFFERENCES_KEPT_MAX {
            self.differences.push(difference());
        }
    }
}

/// A live order and its id in the recording.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: u64,
    order: OpenOrder,
}

/// What fills left of one order: in the recording, and at the venue.
#[derive(Clone, Debug, Default)]
struct Leaves {
    recorded: VecDeque<RecordedLeaves>,
    told: VecDeque<Quantity>,
}

/// Everything that was told. Memory: live orders, all trades.
#[derive(Clone, Debug)]
pub struct Ledger {
    trades: Arc<[RecordedTrade]>,
    live: HashMap<RequestNumber, Entry>,
    half_told: HashMap<EventId, ToldLeg>,
    leaves: HashMap<u64, Leaves>,
    quantity_decimals: u8,
    checks: LedgerChecks,
}

impl Ledger {
    /// Makes a ledger that expects `trades`; quantities are shown with so many decimals.
    #[must_use]
    pub fn new(trades: Arc<[RecordedTrade]>, quantity_decimals: u8) -> Self {
        let checks = LedgerChecks {
            trades_recorded: u64::try_from(trades.len()).unwrap_or(u64::MAX),
            ..LedgerChecks::default()
        };
        Self {
            trades,
            live: HashMap::new(),
            half_told: HashMap::new(),
            leaves: HashMap::new(),
            quantity_decimals,
            checks,
        }
    }

    /// Takes down what a venue did.
    pub fn told(&mut self, told: &Told) {
        match *told {
            Told::Accepted(id, order) => {
                self.live.insert(order.request, Entry { id, order });
            }
            Told::Traded(trade) => self.traded(&trade),
            Told::Canceled(request) => {
                self.live.remove(&request);
            }
        }
    }

    /// Takes down one side of a trade; with the other side it is whole.
    pub fn told_leg(&mut self, leg: ToldLeg) {
        let Some(other) = self.half_told.remove(&leg.execution_id) else {
            self.half_told.insert(leg.execution_id, leg);
            return;
        };
        let fits =
            other.took != leg.took && (other.price, other.quantity) == (leg.price, leg.quantity);
        if !fits {
            self.checks.trades_half_told += 1;
            let id = leg.execution_id;
            self.checks
                .differ(|| format!("execution {id}: its two sides were told different trades"));
            return;
        }
        let (maker, taker) = if leg.took {
            (other.order, leg.order)
        } else {
            (leg.order, other.order)
        };
        self.traded(&ToldTrade {
            maker,
            taker,
            price: leg.price,
            quantity: leg.quantity,
        });
    }

    /// Takes down what a fill left according to the recording.
    pub fn recorded_leaves(&mut self, recorded: RecordedLeaves) {
        self.checks.leaves_recorded += 1;
        let leaves = self.leaves.entry(recorded.id).or_default();
        leaves.recorded.push_back(recorded);
        self.compare_leaves(recorded.id);
    }

    /// Returns whether as many trades as were recorded are told to both sides.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.half_told.is_empty() && self.checks.trades.count >= self.checks.trades_recorded
    }

    /// Ends it: what was recorded and never told is a difference, and the orders that are live by
    /// what was told must be `resting`.
    #[must_use]
    pub fn finish(&self, resting: &[RecordedOrder]) -> LedgerChecks {
        let mut checks = self.checks.clone();
        for trade in self.trades.iter().skip(place(checks.trades.count)) {
            let trade = self.show(trade);
            checks.differ(|| format!("trade: recorded {trade}; the venue made no more"));
        }
        checks.trades_half_told += u64::try_from(self.half_told.len()).unwrap_or(u64::MAX);
        let open = self.leaves.values().flat_map(|leaves| &leaves.recorded);
        let mut open: Vec<_> = open.collect();
        open.sort_by_key(|recorded| recorded.line);
        for recorded in open {
            let left = self.quantity(recorded.leaves);
            let RecordedLeaves { line, id, .. } = recorded;
            checks.differ(|| format!("line {line}: no fill left {left} of order {id}"));
        }
        let live = self.live.values().map(|entry| entry.order);
        checks.resting_told = self.compare_resting(resting, live, &mut checks);
        checks
    }

    /// Compares orders that a venue shows with the recorded ones.
    pub fn compare_resting(
        &self,
        resting: &[RecordedOrder],
        shown: impl Iterator<Item = OpenOrder>,
        checks: &mut LedgerChecks,
    ) -> RestingChecks {
        let mut recorded: HashMap<u64, RecordedOrder> =
            resting.iter().map(|order| (order.id, *order)).collect();
        let mut found = RestingChecks {
            recorded: u64::try_from(resting.len()).unwrap_or(u64::MAX),
            ..RestingChecks::default()
        };
        let mut unequal = Vec::new();
        for order in shown {
            found.found += 1;
            let id = self.live.get(&order.request).map(|entry| entry.id);
            let OpenOrder {
                side,
                price,
                leaves,
                ..
            } = order;
            let actual = RecordedOrder {
                id: id.unwrap_or(0),
                side,
                price,
                leaves,
            };
            let expected = id.and_then(|id| recorded.remove(&id));
            if expected == Some(actual) {
                found.equal += 1;
            } else {
                unequal.push((actual.id, expected, Some(actual)));
            }
        }
        unequal.extend(
            recorded
                .into_values()
                .map(|order| (order.id, Some(order), None)),
        );
        unequal.sort_by_key(|(id, ..)| *id);
        for (id, expected, actual) in unequal {
            let (expected, actual) = (self.show_order(expected), self.show_order(actual));
            checks.differ(|| format!("order {id}: recorded to rest {expected}, rests {actual}"));
        }
        found
    }

    fn traded(&mut self, trade: &ToldTrade) {
        let notional = trade.price.notional(trade.quantity);
        let recorded = self.trades.get(place(self.checks.trades.count)).copied();
        self.checks.trades.add(trade.quantity, notional);
        let ids = [trade.maker, trade.taker].map(|request| self.live.get(&request).copied());
        let told = RecordedTrade {
            line: recorded.map_or(0, |recorded| recorded.line),
            price: trade.price,
            quantity: trade.quantity,
            maker: ids[0].map_or(0, |entry| entry.id),
            taker: ids[1].map_or(0, |entry| entry.id),
            taker_side: ids[1].map_or(Side::Buy, |entry| entry.order.side),
        };
        if recorded == Some(told) {
            self.checks.trades_equal += 1;
        } else {
            let told = self.show(&told);
            let recorded = recorded.map_or_else(|| "none".to_owned(), |trade| self.show(&trade));
            self.checks
                .differ(|| format!("trade: recorded {recorded}; the venue's is {told}"));
        }
        for request in [trade.maker, trade.taker] {
            self.fill(request, trade.quantity);
        }
    }

    fn fill(&mut self, request: RequestNumber, quantity: Quantity) {
        let Some(entry) = self.live.get_mut(&request) else {
            return;
        };
        let left = entry.order.leaves.get().saturating_sub(quantity.get());
        entry.order.leaves = Quantity::new(left);
        let id = entry.id;
        if left == 0 {
            self.live.remove(&request);
        }
        let leaves = self.leaves.entry(id).or_default();
        leaves.told.push_back(Quantity::new(left));
        self.compare_leaves(id);
    }

    /// A row may stand for several fills, so fills may be passed over, rows not.
    fn compare_leaves(&mut self, id: u64) {
        let Some(leaves) = self.leaves.get_mut(&id) else {
            return;
        };
        while let Some(recorded) = leaves.recorded.front().copied() {
            let Some(told) = leaves.told.pop_front() else {
                return;
            };
            if told == recorded.leaves {
                leaves.recorded.pop_front();
                self.checks.leaves_equal += 1;
            }
        }
        if leaves.told.is_empty() {
            self.leaves.remove(&id);
        }
    }

    fn quantity(&self, quantity: Quantity) -> Decimal {
        Decimal::quantity(quantity.get(), self.quantity_decimals)
    }

    fn show(&self, trade: &RecordedTrade) -> String {
        let side = match trade.taker_side {
            Side::Buy => "buys",
            Side::Sell => "sells",
        };
        let line = trade.line;
        let (quantity, price) = (self.quantity(trade.quantity), Decimal::price(trade.price));
        let (maker, taker) = (trade.maker, trade.taker);
        format!("line {line}: order {taker} {side} {quantity} at {price} from order {maker}")
    }

    fn show_order(&self, order: Option<RecordedOrder>) -> String {
        let Some(order) = order else {
            return "not".to_owned();
        };
        let side = match order.side {
            Side::Buy => "bid",
            Side::Sell => "ask",
        };
        let (leaves, price) = (self.quantity(order.leaves), Decimal::price(order.price));
        format!("with {leaves} at {price} ({side})")
    }
}

fn place(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
