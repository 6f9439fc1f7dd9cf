//! The five scenarios of the public matching-engine-benchmark (flash1-dev), message by message.
//!
//! What a right book answers to a scenario has a published SHA-256 ([`Scenario::reference`]), so
//! this is the common yardstick for correctness, and for speed among engines that are right.
//!
//! **Rule.** Prices are ticks of 0.005; the mid begins at 167.52. Every order draws a normal
//! deviate that moves the mid (a geometric walk, whose reach is the scenario's *swing* after all
//! of them), then its distance from the mid: level `k` of 800 by weights that fall as
//! `(k + 1)^-2.23`, with a hump of five around the ninth; then 1 to 100 lots. The first half of
//! them buys, the other half sells. Then all are shuffled, and each in its turn enters: 15 of 100
//! are immediate; of the others one in five is modified (a lot more, and four in five of those a
//! tick nearer), 95 of 100 are canceled; of the canceled ones 2 of 100 are canceled once more, and
//! of those that were modified too 2 of 100 are modified once more, in vain.
//!
//! **What it is not.** The rule gives every order times, and sorts by them, but the clock moves
//! past an order's own cancel before the next order enters: an order's messages are neighbours,
//! and the sort changes nothing. So times are drawn here and not kept. It tries how levels come
//! and go and how orders are found; it does not try lifetimes that overlap ([`crate::deep`]).

mod mersenne;

use mersenne::Mersenne;

use crate::{Operation, OperationKind, Side};

const TICK: f64 = 0.005;
const MID: f64 = 167.52;
const LEVELS: u32 = 800;

/// What a message asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MessageKind {
    /// A new order.
    New = 0,
    /// Another price and quantity for an order: a cancel and a new order under the same number.
    Modify = 1,
    /// Cancels an order.
    Cancel = 2,
}

/// One message; 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Limit, ticks; 0 in a cancel.
    pub price_ticks: i64,
    /// Lots; 0 in a cancel.
    pub quantity: u32,
    /// Number of the order, from 1 to the number of orders; they come shuffled.
    pub id: u32,
    /// What it asks.
    pub kind: MessageKind,
    /// Whether a new order takes and goes.
    pub immediate: bool,
    /// The order's side, in every message.
    pub side: Side,
}

const _: () = assert!(size_of::<Message>() == 24);

impl From<&Message> for Operation {
    #[inline]
    fn from(message: &Message) -> Self {
        Self {
            quantity: u64::from(message.quantity),
            price: message.price_ticks,
            order: message.id,
            symbol: 0,
            account: 0,
            kind: match message.kind {
                MessageKind::New if message.immediate => OperationKind::Ioc,
                MessageKind::New => OperationKind::New,
                MessageKind::Modify => OperationKind::Move,
                MessageKind::Cancel => OperationKind::Cancel,
            },
            side: message.side,
        }
    }
}

/// How far the price goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Nowhere.
    Static,
    /// 2 %.
    Normal,
    /// 25 %.
    Swing25,
    /// 40 %.
    Swing40,
    /// 60 %.
    FlashCrash,
}

impl Scenario {
    /// All of them, the calmest first.
    pub const ALL: [Self; 5] = [
        Self::Static,
        Self::Normal,
        Self::Swing25,
        Self::Swing40,
        Self::FlashCrash,
    ];
    /// The seed of the published hashes.
    pub const REFERENCE_SEED: u32 = 23;
    /// The number of orders of the published hashes.
    pub const REFERENCE_ORDERS: u32 = 1_000_000;

    /// Returns its published name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Normal => "normal",
            Self::Swing25 => "swing-25",
            Self::Swing40 => "swing-40",
            Self::FlashCrash => "flash-crash",
        }
    }

    /// Returns the scenario of a published name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Returns the published SHA-256 of the answers to [`Self::REFERENCE_ORDERS`] orders of
    /// [`Self::REFERENCE_SEED`].
    #[must_use]
    pub const fn reference(self) -> &'static str {
        match self {
            Self::Static => "9803843ee404fc29c9a0aa5614f8f0d5a58b5c44fcac9ef89067886fcaaa30d1",
            Self::Normal => "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e",
            Self::Swing25 => "61a84be9469661bd039e00dbc9a7c011e70b6ace37aadfe60045ea083b05f4df",
            Self::Swing40 => "3cb0175e7982ff09ea220d1feaee3844cf9116a5ce455757879dea1d880b9b9f",
            Self::FlashCrash => "cff8d3f94b709fc64a8b2058a6ca4fb6920364904796e46906895e362d2bb16b",
        }
    }

    /// Returns the deviation of one step of the walk.
    fn step(self, orders: u32) -> f64 {
        let (volatility, swing) = match self {
            Self::Static => return 0.0,
            Self::Normal => (0.15, 0.02),
            Self::Swing25 => (0.50, 0.25),
            Self::Swing40 => (0.50, 0.40),
            Self::FlashCrash => (0.50, 0.60),
        };
        let whole: f64 = swing / volatility;
        let time = whole.powi(2) / f64::from(orders);
        volatility * time.sqrt()
    }
}

/// One order before the shuffle.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    id: u32,
    side: Side,
    price: i64,
    quantity: u32,
}

/// Returns the messages of `orders` new orders: about two a piece.
///
/// ```
/// use matchgate_workloads::meb::{Scenario, generate};
///
/// let messages = generate(Scenario::Normal, Scenario::REFERENCE_SEED, 1_000);
/// assert_eq!(messages, generate(Scenario::Normal, Scenario::REFERENCE_SEED, 1_000));
/// ```
#[must_use]
pub fn generate(scenario: Scenario, seed: u32, orders: u32) -> Vec<Message> {
    let mut random = Mersenne::new(seed);
    let mut drawn = draw_orders(&mut random, scenario.step(orders), orders);
    for at in (1..orders).rev() {
        let other = random.between(0, at);
        drawn.swap(at as usize, other as usize);
    }
    let mut messages = Vec::with_capacity(drawn.len() * 2 + drawn.len() / 20);
    for order in drawn {
        live_through(&mut random, order, &mut messages);
    }
    messages
}

fn draw_orders(random: &mut Mersenne, step: f64, orders: u32) -> Vec<Drawn> {
    let sums = level_sums();
    let total = sums.last().copied().unwrap_or_default();
    let mut mid = MID;
    let mut drawn = Vec::with_capacity(orders as usize);
    for index in 0..orders {
        let deviate = random.normal();
        mid *= (-step * step / 2.0 + step * deviate).exp();
        let point = random.uniform() * total;
        let level = sums.iter().take_while(|&&sum| sum < point).count();
        let distance = i64::try_from(level).unwrap_or(i64::MAX) + 1;
        let side = if index < orders / 2 {
            Side::Buy
        } else {
            Side::Sell
        };
        drawn.push(Drawn {
            id: index + 1,
            side,
            price: side.away(ticks(mid), distance).max(1),
            quantity: random.between(1, 100),
        });
    }
    drawn
}

/// Returns the sums of the weights of the levels up to each.
fn level_sums() -> Vec<f64> {
    let mut sum = 0.0;
    (0..LEVELS)
        .map(|level| {
            let level = f64::from(level);
            let hump = 5.0 * (-(level - 8.0).powi(2) / 2.0).exp();
            sum += (level + 1.0).powf(-2.23) + hump;
            sum
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it is rounded, and a mid is far below 2^63 ticks"
)]
fn ticks(mid: f64) -> i64 {
    (mid / TICK).round() as i64
}

/// Appends all messages of an order's life.
fn live_through(random: &mut Mersenne, order: Drawn, messages: &mut Vec<Message>) {
    let Drawn {
        id,
        side,
        price,
        quantity,
    } = order;
    let new = Message {
        price_ticks: price,
        quantity,
        id,
        kind: MessageKind::New,
        immediate: random.happens(0.15),
        side,
    };
    messages.push(new);
    if new.immediate {
        return;
    }
    let mut modify = Message {
        kind: MessageKind::Modify,
        quantity: quantity + 1,
        ..new
    };
    let is_modified = random.happens(0.20);
    if is_modified {
        random.skip();
        if random.happens(0.80) {
            modify.price_ticks = side.away(price, -1);
        }
        messages.push(modify);
    }
    if !random.happens(0.95) {
        return;
    }
    random.skip();
    let cancel = Message {
        kind: MessageKind::Cancel,
        price_ticks: 0,
        quantity: 0,
        ..new
    };
    messages.push(cancel);
    if random.happens(0.02) {
        random.skip();
        messages.push(cancel);
    }
    if is_modified && random.happens(0.02) {
        random.skip();
        messages.push(modify);
    }
}
