//! The EC mix: the load that exchange-core's page is about, with that page's shares.
//!
//! Of 100 commands 9 enter a passive day order, 3 take, 6 cancel and 82 move an order, over about
//! 1,000 resting orders of 1,000 users on some 750 prices. An order is priced around the last
//! trade; a move goes 1 % of the way towards it, at least a tick, and one move in 27 goes to the
//! other side's best price and trades there; cancels and moves meet one of the 512 oldest orders.
//! About 6 commands in 100 trade. Shares are fixed, so what keeps the number of orders is how much
//! is taken: whole makers as far as there are too many, else one lot, and no move that trades
//! while there are too few.
//!
//! The generator runs a shard of its own, so that every command names the right handle, and knows
//! what the shard has to come to.

use matchgate_core::domain::{
    AccountId, Cancel, ClientOrderId, Command, Durability, EventBody, GatewayId, InstrumentId,
    NewOrder, OrderHandle, OrderId, OrderTerms, OrderType, Origin, Price, Quantity, Replace,
    ReplaceTerms, RequestNumber, RingNumber, SelfTradePrevention, SessionId, Side, TimeInForce,
};

use super::book_run::BookRun;
use super::market::{PRICE_MAX, PRICE_MIN, SLOTS, USERS, setup};
use super::{End, sequenced};
use crate::number::float;
use crate::random::Random;

/// Orders that the mix keeps in the book.
const RESTING: usize = 1_000;
/// Cancels and moves meet one of so many oldest orders.
const OLDEST: usize = 512;
/// Shares of 100 commands; what is left moves.
const NEW_SHARE: u64 = 9;
const TAKE_SHARE: u64 = 3;
const CANCEL_SHARE: u64 = 6;
/// Price before the first trade.
const PRICE_START: i64 = 110_000;
/// Furthest distance of a new order from the last trade.
const DISTANCE_MAX: i64 = PRICE_START / 20;
/// No order is further from the first price.
const PRICE_REACH: i64 = 5 * DISTANCE_MAX;
/// One move in so many goes to the other side's best price.
const MOVES_PER_CROSSING: u64 = 27;
/// Lots of the smallest day order.
const QUANTITY_MIN: u64 = 10;
/// Whole orders that one command takes at the most.
const TAKEN_MAX: usize = 8;
/// Orders by which the book may have more or less than [`RESTING`].
const SLACK: usize = 20;
/// Orders by which one side may have more than the other before it gets no new ones.
const LEAN_MAX: usize = 16;

/// What a user does; `order` counts the new orders from 0 and names them in what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Enters one.
    New {
        /// Its number.
        order: u32,
        /// Whose.
        user: u32,
        /// Buy or sell.
        side: Side,
        /// Limit, ticks.
        price: i64,
        /// Lots.
        quantity: u64,
        /// Whether it takes and goes.
        immediate: bool,
    },
    /// Cancels one.
    Cancel {
        /// Its number.
        order: u32,
    },
    /// Gives one another price.
    Move {
        /// Its number.
        order: u32,
        /// Limit, ticks.
        price: i64,
        /// Lots in all, as before.
        quantity: u64,
    },
}

/// One step of the stream, in both forms.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What a user does.
    pub op: Op,
    /// What the shard is told.
    pub command: Command,
}

/// What the counted commands were.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shape {
    /// All of them.
    pub commands: u64,
    /// New day orders.
    pub news: u64,
    /// Orders that take and go.
    pub takes: u64,
    /// Cancels.
    pub cancels: u64,
    /// Moves.
    pub moves: u64,
    /// Commands that traded.
    pub trading: u64,
    /// Fills.
    pub fills: u64,
    /// Live orders at the end.
    pub live_orders: u32,
    /// Price levels at the end, both sides.
    pub levels: usize,
}

impl Shape {
    /// Returns the shares, the orders and the levels in words.
    #[must_use]
    pub fn line(&self) -> String {
        let share = |part: u64| 100.0 * float(part) / float(self.commands.max(1));
        format!(
            "{} commands: new {:.1} %, take {:.1} %, cancel {:.1} %, move {:.1} %; {:.1} % trade, \
             {:.3} fills a command; at the end {} live orders on {} levels",
            self.commands,
            share(self.news),
            share(self.takes),
            share(self.cancels),
            share(self.moves),
            share(self.trading),
            float(self.fills) / float(self.commands.max(1)),
            self.live_orders,
            self.levels
        )
    }
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    order: u32,
    user: u32,
    side: Side,
    price: i64,
    quantity: u64,
    handle: OrderHandle,
}

/// The generator.
#[derive(Debug)]
pub struct EcMix {
    random: Random,
    run: BookRun,
    sequence: u64,
    ring: u64,
    orders: u32,
    last_price: i64,
    /// In the order of their entry.
    resting: Vec<Resting>,
    /// Slots without an order, the next one last, and how often each was used.
    free: Vec<u32>,
    generations: Vec<u32>,
    shape: Shape,
}

impl EcMix {
    /// Returns the generator of `seed`; its book is empty.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut mix = Self {
            random: Random::new(seed),
            run: BookRun::new(),
            sequence: 0,
            ring: 0,
            orders: 0,
            last_price: PRICE_START,
            resting: Vec::with_capacity(2 * RESTING),
            free: (0..SLOTS).rev().collect(),
            generations: vec![0; SLOTS as usize],
            shape: Shape::default(),
        };
        for command in setup() {
            mix.apply(command);
        }
        mix
    }

    /// Returns the orders with which the book begins.
    #[must_use]
    pub fn prefill(&mut self) -> Vec<Step> {
        (0..RESTING).map(|_| self.new_order()).collect()
    }

    /// Begins to count: shape and checksum are of what comes from now on.
    pub fn begin_count(&mut self) {
        self.shape = Shape::default();
        self.run.reset_checksum();
    }

    /// Returns the next step.
    pub fn next_step(&mut self) -> Step {
        let draw = self.random.below(100);
        if self.resting.is_empty() || draw < NEW_SHARE {
            self.new_order()
        } else if draw < NEW_SHARE + TAKE_SHARE {
            self.take()
        } else if draw < NEW_SHARE + TAKE_SHARE + CANCEL_SHARE {
            self.cancel()
        } else {
            self.move_order()
        }
    }

    /// Returns what a shard has come to that was told all of it.
    #[must_use]
    pub fn end(&self) -> End {
        self.run.end()
    }

    /// Returns the shape of what was counted.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let shard = self.run.shard();
        let levels = [Side::Buy, Side::Sell]
            .map(|side| shard.depth(InstrumentId(0), side, usize::MAX).count());
        Shape {
            live_orders: shard.live_order_count(),
            levels: levels[0] + levels[1],
            ..self.shape
        }
    }

    /// Returns the shard.
    #[must_use]
    pub const fn shard(&self) -> &matchgate_core::Shard {
        self.run.shard()
    }

    /// Returns the events of the last step.
    #[must_use]
    pub fn events(&self) -> &[matchgate_core::domain::Event] {
        self.run.events()
    }

    fn count_of(&self, side: Side) -> usize {
        self.resting.iter().filter(|one| one.side == side).count()
    }

    fn new_order(&mut self) -> Step {
        self.shape.news += 1;
        let (buys, sells) = (self.count_of(Side::Buy), self.count_of(Side::Sell));
        let side = if buys > sells + LEAN_MAX {
            Side::Sell
        } else if sells > buys + LEAN_MAX {
            Side::Buy
        } else {
            self.any_side()
        };
        let away = self.distance();
        let price = match side {
            Side::Buy => self.last_price - away,
            Side::Sell => self.last_price + away,
        };
        let product: u64 = (0..3).map(|_| self.random.below(6)).product();
        let quantity = QUANTITY_MIN + product;
        self.enter(side, within_reach(price), quantity, false)
    }

    fn take(&mut self) -> Step {
        self.shape.takes += 1;
        let side = self.any_side();
        let other = opposite(side);
        let too_many = self.resting.len().saturating_sub(RESTING + SLACK);
        let makers = self
            .run
            .shard()
            .live_orders(InstrumentId(0), other)
            .take(too_many.min(TAKEN_MAX));
        let quantity: u64 = makers.map(|maker| maker.leaves.get()).sum();
        let price = match side {
            Side::Buy => PRICE_MAX,
            Side::Sell => PRICE_MIN,
        };
        self.enter(side, price, quantity.max(1), true)
    }

    fn cancel(&mut self) -> Step {
        self.shape.cancels += 1;
        let victim = self.victim();
        let command = Command::Cancel(Cancel {
            origin: self.origin(victim.user),
            handle: victim.handle,
            order_id: OrderId::NONE,
        });
        let order = victim.order;
        self.tell(Op::Cancel { order }, command, victim)
    }

    fn move_order(&mut self) -> Step {
        self.shape.moves += 1;
        let victim = self.victim();
        let price = match self.crossing_price(victim.side) {
            Some(price) if price != victim.price => price,
            Some(_) | None => within_reach(victim.price + self.move_of(victim.price)),
        };
        let moved = Resting { price, ..victim };
        let replace = Replace {
            origin: self.origin(victim.user),
            handle: victim.handle,
            price: Price::new(moved.price),
            quantity: Quantity::new(victim.quantity),
            terms: ReplaceTerms::NONE,
        };
        let op = Op::Move {
            order: victim.order,
            price: moved.price,
            quantity: victim.quantity,
        };
        if let Some(one) = self.resting.iter_mut().find(|one| one.order == moved.order) {
            *one = moved;
        }
        self.tell(op, Command::Replace(replace, ClientOrderId::NONE), moved)
    }

    /// Returns 1 % of the way to the last trade, rounded away from zero, so at least a tick.
    fn move_of(&mut self, price: i64) -> i64 {
        match self.last_price - price {
            0 if self.random.one_in(2) => 1,
            0 => -1,
            far => far.signum() * ((far.abs() + 99) / 100),
        }
    }

    /// Returns the price at which a moved order trades, where this move is one that does.
    fn crossing_price(&mut self, side: Side) -> Option<i64> {
        if !self.random.one_in(MOVES_PER_CROSSING) || self.resting.len() + SLACK < RESTING {
            return None;
        }
        let best = self
            .run
            .shard()
            .depth(InstrumentId(0), opposite(side), 1)
            .next()?;
        Some(best.price.get())
    }

    fn enter(&mut self, side: Side, price: i64, quantity: u64, immediate: bool) -> Step {
        let user = u32::try_from(self.random.below(u64::from(USERS))).unwrap_or(0);
        let slot = self.free.pop().expect("the mix keeps its number of orders");
        let generation = &mut self.generations[slot as usize];
        *generation += 1;
        let entered = Resting {
            order: self.orders,
            user,
            side,
            price,
            quantity,
            handle: OrderHandle {
                slot,
                generation: *generation,
            },
        };
        self.orders += 1;
        let order = NewOrder {
            origin: self.origin(user),
            handle: entered.handle,
            price: Price::new(price),
            quantity: Quantity::new(quantity),
            instrument: InstrumentId(0),
            account: AccountId(user),
            side,
            order_type: OrderType::Limit,
            time_in_force: match immediate {
                true => TimeInForce::Ioc,
                false => TimeInForce::Day,
            },
            post_only: 0,
            self_trade: SelfTradePrevention::None,
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        };
        let op = Op::New {
            order: entered.order,
            user,
            side,
            price,
            quantity,
            immediate,
        };
        self.resting.push(entered);
        self.tell(op, Command::New(order, ClientOrderId::NONE), entered)
    }

    /// Tells the shard, and forgets the orders that have ended by it.
    fn tell(&mut self, op: Op, command: Command, named: Resting) -> Step {
        self.apply(command);
        let mut ended = vec![named.handle];
        let mut fills = 0;
        for event in self.run.events() {
            if let EventBody::Traded { resting, price, .. } = event.body {
                self.last_price = price.get();
                ended.push(resting);
                fills += 1;
            }
        }
        let shard = self.run.shard();
        ended.retain(|&handle| shard.order(handle).is_none());
        for handle in &ended {
            self.resting.retain(|one| one.handle != *handle);
            self.free.push(handle.slot);
        }
        self.shape.commands += 1;
        self.shape.fills += fills;
        self.shape.trading += u64::from(fills > 0);
        Step { op, command }
    }

    fn apply(&mut self, command: Command) {
        self.sequence += 1;
        self.run.apply_and_keep(&sequenced(self.sequence, command));
    }

    fn victim(&mut self) -> Resting {
        let oldest = self.resting.len().min(OLDEST);
        self.resting[self.random.index(oldest)]
    }

    fn any_side(&mut self) -> Side {
        match self.random.one_in(2) {
            true => Side::Buy,
            false => Side::Sell,
        }
    }

    /// Draws how far from the last trade a new order stands: mostly near, at most
    /// [`DISTANCE_MAX`].
    fn distance(&mut self) -> i64 {
        const STEPS: u64 = 1 << 16;
        let unit = i128::from(self.random.below(STEPS));
        let steps = i128::from(STEPS);
        let bound = 1 + i128::from(DISTANCE_MAX) * unit * unit / (steps * steps);
        let bound = u64::try_from(bound).unwrap_or(1);
        let sum: u64 = (0..4).map(|_| self.random.below(bound)).sum();
        let centered = i64::try_from(sum / 2).unwrap_or(0) - i64::try_from(bound).unwrap_or(0);
        centered.abs()
    }

    fn origin(&mut self, user: u32) -> Origin {
        self.ring += 1;
        Origin {
            ring: RingNumber(self.ring),
            request: RequestNumber(self.ring),
            session: SessionId(user),
            gateway: GatewayId(0),
            durability: Durability::Written,
            reserved: [0; 2],
        }
    }
}

const fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}

fn within_reach(price: i64) -> i64 {
    price.clamp(PRICE_START - PRICE_REACH, PRICE_START + PRICE_REACH)
}

const _: () = assert!(PRICE_START - PRICE_REACH >= PRICE_MIN);
const _: () = assert!(PRICE_START + PRICE_REACH <= PRICE_MAX);
