//! The books of all symbols, and what each operation does to them.

use std::collections::BTreeMap;

use crate::report::Report;
use crate::{Operation, OperationKind, Side};

/// Price, negated for buys so that the best is the least, and then who came first.
type Rank = (i64, u64);

/// What rests at a rank.
#[derive(Clone, Copy, Debug)]
struct Resting {
    order: u32,
    account: u32,
    quantity: u64,
}

/// Where an order rests.
#[derive(Clone, Copy, Debug)]
struct Place {
    symbol: u32,
    side: Side,
    rank: Rank,
}

/// Both sides of one symbol.
#[derive(Clone, Debug, Default)]
struct Book {
    buys: BTreeMap<Rank, Resting>,
    sells: BTreeMap<Rank, Resting>,
}

/// The books.
#[derive(Clone, Debug, Default)]
pub struct Naive {
    /// By symbol.
    books: Vec<Book>,
    /// By number of the order.
    places: Vec<Option<Place>>,
    arrivals: u64,
    live_orders: usize,
}

impl Naive {
    /// Returns books without orders.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Does what is asked and appends the answers to `answers`, in canonical order.
    ///
    /// A cancel-all answers with one cancel each, in the order of the orders' numbers.
    pub fn apply(&mut self, sequence: u32, operation: &Operation, answers: &mut Vec<Report>) {
        let Operation {
            quantity,
            price,
            order,
            side,
            ..
        } = *operation;
        match operation.kind {
            OperationKind::New | OperationKind::Ioc | OperationKind::Fok => {
                answers.push(Report::order_ack(sequence, side, order, price, quantity));
                self.enter(sequence, operation, answers);
            }
            OperationKind::Cancel => answers.push(match self.remove(order) {
                Some((place, _)) => {
                    Report::cancel_ack(sequence, place.side, order, price_of(&place))
                }
                None => Report::cancel_reject(sequence, order),
            }),
            OperationKind::Reduce => answers.push(self.reduce(sequence, order, quantity)),
            OperationKind::Move => match self.remove(order) {
                Some((place, resting)) => {
                    let again = Operation {
                        kind: OperationKind::New,
                        side: place.side,
                        symbol: place.symbol,
                        account: resting.account,
                        ..*operation
                    };
                    self.enter(sequence, &again, answers);
                    let side = place.side;
                    answers.push(Report::modify_ack(sequence, side, order, price, quantity));
                }
                None => answers.push(Report::modify_reject(sequence, order)),
            },
            OperationKind::CancelAll => self.cancel_all(sequence, operation, answers),
        }
    }

    /// Returns how many orders rest.
    #[must_use]
    pub const fn live_order_count(&self) -> usize {
        self.live_orders
    }

    /// Returns how many orders rest on one side of a symbol.
    #[must_use]
    pub fn side_count(&self, symbol: u32, side: Side) -> usize {
        let book = self.books.get(symbol as usize);
        book.map_or(0, |book| book.side(side).len())
    }

    /// Returns on how many prices orders rest, over both sides of all symbols.
    #[must_use]
    pub fn level_count(&self) -> usize {
        let sides = self.books.iter().flat_map(|book| [&book.buys, &book.sells]);
        sides.map(levels_of).sum()
    }

    /// Returns the best price of a side.
    #[must_use]
    pub fn best(&self, symbol: u32, side: Side) -> Option<i64> {
        let (rank, _) = self
            .books
            .get(symbol as usize)?
            .side(side)
            .first_key_value()?;
        Some(ranked(side, rank.0))
    }

    /// Returns side, price and what is left of an order that rests.
    #[must_use]
    pub fn resting(&self, order: u32) -> Option<(Side, i64, u64)> {
        let place = (*self.places.get(order as usize)?)?;
        let book = self.books.get(place.symbol as usize)?;
        let resting = book.side(place.side).get(&place.rank)?;
        Some((place.side, price_of(&place), resting.quantity))
    }

    fn enter(&mut self, sequence: u32, operation: &Operation, answers: &mut Vec<Report>) {
        let Operation {
            price, order, side, ..
        } = *operation;
        self.reach(operation);
        let killed = operation.kind == OperationKind::Fok && !self.can_fill(operation);
        let leaves = if killed {
            operation.quantity
        } else {
            self.trade(sequence, operation, answers)
        };
        if leaves == 0 {
            return;
        }
        if operation.kind == OperationKind::New {
            self.rest(operation, leaves);
        } else {
            answers.push(Report::cancel_ack(sequence, side, order, price));
        }
    }

    /// Makes room for the symbol and the order.
    fn reach(&mut self, operation: &Operation) {
        let books = operation.symbol as usize + 1;
        if self.books.len() < books {
            self.books.resize_with(books, Book::default);
        }
        let places = operation.order as usize + 1;
        if self.places.len() < places {
            self.places.resize(places, None);
        }
    }

    fn can_fill(&self, operation: &Operation) -> bool {
        let side = operation.side.opposite();
        let mut wanted = operation.quantity;
        for (rank, resting) in self.books[operation.symbol as usize].side(side) {
            if !operation
                .side
                .accepts(operation.price, ranked(side, rank.0))
            {
                break;
            }
            wanted = wanted.saturating_sub(resting.quantity);
        }
        wanted == 0
    }

    /// Trades as far as it goes and returns what is left.
    fn trade(&mut self, sequence: u32, operation: &Operation, answers: &mut Vec<Report>) -> u64 {
        let side = operation.side.opposite();
        let resting_side = self.books[operation.symbol as usize].side_mut(side);
        let mut leaves = operation.quantity;
        while leaves > 0
            && let Some(mut best) = resting_side.first_entry()
            && let price = ranked(side, best.key().0)
            && operation.side.accepts(operation.price, price)
        {
            let resting = best.get_mut();
            let (order, traded) = (resting.order, leaves.min(resting.quantity));
            leaves -= traded;
            resting.quantity -= traded;
            let report = Report::trade(sequence, price, traded, order, operation.order);
            answers.push(report);
            if resting.quantity == 0 {
                best.remove();
                self.places[order as usize] = None;
                self.live_orders -= 1;
            }
        }
        leaves
    }

    fn rest(&mut self, operation: &Operation, quantity: u64) {
        self.arrivals += 1;
        let (symbol, side) = (operation.symbol, operation.side);
        let rank = (ranked(side, operation.price), self.arrivals);
        let resting = Resting {
            order: operation.order,
            account: operation.account,
            quantity,
        };
        self.books[symbol as usize]
            .side_mut(side)
            .insert(rank, resting);
        self.places[operation.order as usize] = Some(Place { symbol, side, rank });
        self.live_orders += 1;
    }

    fn remove(&mut self, order: u32) -> Option<(Place, Resting)> {
        let place = self.places.get_mut(order as usize)?.take()?;
        let book = &mut self.books[place.symbol as usize];
        let resting = book.side_mut(place.side).remove(&place.rank)?;
        self.live_orders -= 1;
        Some((place, resting))
    }

    fn reduce(&mut self, sequence: u32, order: u32, by: u64) -> Report {
        let Some((side, price, quantity)) = self.resting(order) else {
            return Report::modify_reject(sequence, order);
        };
        let leaves = quantity.saturating_sub(by);
        if leaves == 0 {
            self.remove(order);
            return Report::cancel_ack(sequence, side, order, price);
        }
        if let Some(place) = self.places[order as usize]
            && let book = &mut self.books[place.symbol as usize]
            && let Some(resting) = book.side_mut(side).get_mut(&place.rank)
        {
            resting.quantity = leaves;
        }
        Report::modify_ack(sequence, side, order, price, leaves)
    }

    fn cancel_all(&mut self, sequence: u32, operation: &Operation, answers: &mut Vec<Report>) {
        let Some(book) = self.books.get(operation.symbol as usize) else {
            return;
        };
        let resting = book.buys.values().chain(book.sells.values());
        let mut orders: Vec<u32> = resting
            .filter(|one| one.account == operation.account)
            .map(|one| one.order)
            .collect();
        orders.sort_unstable();
        for order in orders {
            if let Some((place, _)) = self.remove(order) {
                let price = price_of(&place);
                answers.push(Report::cancel_ack(sequence, place.side, order, price));
            }
        }
    }
}

impl Book {
    const fn side(&self, side: Side) -> &BTreeMap<Rank, Resting> {
        match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        }
    }

    const fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Rank, Resting> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }
}

/// Returns the price as its side ranks it; it is its own inverse.
const fn ranked(side: Side, price: i64) -> i64 {
    match side {
        Side::Buy => -price,
        Side::Sell => price,
    }
}

const fn price_of(place: &Place) -> i64 {
    ranked(place.side, place.rank.0)
}

fn levels_of(side: &BTreeMap<Rank, Resting>) -> usize {
    let prices: Vec<i64> = side.keys().map(|rank| rank.0).collect();
    prices.chunk_by(|one, next| one == next).count()
}
