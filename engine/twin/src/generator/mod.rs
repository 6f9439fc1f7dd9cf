//! The generator: commands of a seed, weighted so that orders meet in every way, and so that
//! every kind of refusal, repeat and stale handle comes up.
//!
//! It looks at the reference to find live orders and free slots. It must not decide what a
//! command does.

mod control;
mod live;
mod new_orders;
mod random;

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    ClientOrderId, Command, ControlNumber, Durability, Epoch, GatewayId, InstrumentId, OrderHandle,
    Origin, Price, RequestNumber, RingNumber, SequenceNumber, Sequenced, SessionId, Side,
    StateHashCheck, TimeAdvance,
};

use crate::reference::Reference;
use random::Random;

/// What kind of flow is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Everything, in small books of three instruments.
    Mixed,
    /// Deep books of small orders on one instrument, swept by large ones.
    Deep,
    /// Many mid-pegs on one instrument.
    Pegs,
    /// As mixed, at prices that are far apart and move far; of one instrument up to the ends of
    /// what can be written.
    Wide,
}

impl Flow {
    /// Returns the capacity that it is made for.
    #[must_use]
    pub const fn capacity(self) -> ShardCapacity {
        let (orders, levels) = match self {
            Self::Mixed => (64, 6),
            Self::Deep => (400, 12),
            Self::Pegs => (600, 12),
            Self::Wide => (64, 20),
        };
        // Of more owners not all pairs fit.
        let owners = match self {
            Self::Wide => 20,
            Self::Mixed | Self::Deep | Self::Pegs => 4,
        };
        ShardCapacity {
            orders,
            levels,
            instruments: 4,
            accounts: owners,
            sessions: owners,
            gateways: 2,
        }
    }

    /// Returns whether it has small books of three instruments.
    const fn is_small(self) -> bool {
        matches!(self, Self::Mixed | Self::Wide)
    }
}

/// Price around which everything begins to happen, in ticks.
const MIDDLE: i64 = 3;
/// How far from zero the prices of the widest instrument are at the most: no two are farther apart
/// than what can be written.
const FARTHEST: i64 = 1 << 62;
/// Time at which every flow begins, nanoseconds since the Unix epoch.
const START_NS: u64 = 1_700_000_000_000_000_000;

/// Makes commands.
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
    flow: Flow,
    capacity: ShardCapacity,
    /// Price around which everything happens now, in ticks.
    middle: i64,
    opening: Vec<Command>,
    sequence: u64,
    time_ns: u64,
    control: u64,
    rings: [u64; 2],
}

impl Generator {
    /// Returns one; its commands are a function of seed, flow and what it is shown.
    #[must_use]
    pub fn new(seed: u64, flow: Flow) -> Self {
        let capacity = flow.capacity();
        let mut generator = Self {
            random: Random::new(seed),
            flow,
            capacity,
            middle: MIDDLE,
            opening: Vec::new(),
            sequence: 0,
            time_ns: START_NS,
            control: 0,
            rings: [0; 2],
        };
        for id in 0..3 {
            let define = generator.first_definition(id);
            generator.opening.push(define);
        }
        let half = capacity.orders / 2;
        for gateway in 0..2_u8 {
            let lend = generator.lend(u32::from(gateway) * half, half - 2, GatewayId(gateway));
            generator.opening.push(lend);
        }
        generator.opening.reverse();
        generator
    }

    /// Returns the next command; `reference` has been told all before.
    pub fn next(&mut self, reference: &Reference) -> Sequenced<Command> {
        self.sequence += if self.random.one_in(500) { 1000 } else { 1 };
        self.time_ns += self.random.below(3);
        if self.flow == Flow::Wide && self.random.one_in(40) {
            let reach = 1 << self.random.below_u32(20);
            self.middle += self.random.around_zero(reach);
        }
        let body = match self.opening.pop() {
            Some(command) => command,
            None => self.command(reference),
        };
        Sequenced {
            sequence: SequenceNumber(self.sequence),
            epoch: Epoch(1),
            time_ns: self.time_ns,
            body,
        }
    }

    fn command(&mut self, reference: &Reference) -> Command {
        // Where books are to be deep, most commands enter something.
        if !self.flow.is_small() && !self.random.one_in(4) {
            return self.new_order(reference);
        }
        match self.random.below(1000) {
            0..630 => self.new_order(reference),
            630..700 => self.cancel(reference),
            700..760 => self.reduce(reference),
            760..935 => self.replace(reference),
            935..938 => self.mass_cancel(),
            938..950 => self.set_phase(reference),
            950..958 => Command::StateHash(StateHashCheck {
                hash: self.hash(reference),
            }),
            958..977 => Command::Time(TimeAdvance {
                time_ns: self.time_ns,
            }),
            977..979 => self.end_day(),
            979..990 => {
                let id = self.random.below_u32(4);
                self.define_instrument(id)
            }
            990..994 => self.define_account(),
            994..997 => self.define_firm(),
            _ => {
                let first = self.random.below_u32(self.capacity.orders);
                let gateway = GatewayId(self.random.pick(&[0, 1, u8::MAX]));
                self.lend(first, 1, gateway)
            }
        }
    }

    /// Sometimes an old number: such a command is a repeat.
    fn next_control(&mut self) -> ControlNumber {
        if self.control > 5 && self.random.one_in(10) {
            return ControlNumber(self.control - self.random.below(self.control.min(3)));
        }
        self.control += 1;
        ControlNumber(self.control)
    }

    fn origin(&mut self) -> Origin {
        let gateway = self.random.below_u32(2);
        let last = &mut self.rings[gateway as usize];
        let ring = if self.random.one_in(40) {
            let back = if self.random.one_in(2) { 1 } else { *last + 1 };
            *last - self.random.below(back)
        } else {
            *last += if self.random.one_in(50) { 1 << 30 } else { 1 };
            *last
        };
        Origin {
            ring: RingNumber(ring),
            request: RequestNumber(self.random.next()),
            session: SessionId(self.owner()),
            gateway: GatewayId(u8::try_from(gateway).expect("there are two")),
            durability: self.random.pick(&[Durability::Written, Durability::Synced]),
            reserved: [0; 2],
        }
    }

    /// Mostly a free slot of the gateway with a new generation, sometimes anything.
    fn free_handle(&mut self, reference: &Reference, gateway: GatewayId) -> OrderHandle {
        let half = self.capacity.orders / 2;
        let first = u32::from(gateway.get()) * half;
        let is_taken = |slot: u32| {
            let mut orders = reference.orders().iter();
            orders.any(|order| order.handle.slot == slot)
        };
        let mut slot = first + self.random.below_u32(half);
        for _ in 0..6 {
            if !is_taken(slot) {
                break;
            }
            slot = first + self.random.below_u32(half);
        }
        if self.random.one_in(60) {
            slot = self.random.below_u32(2 * half + 3);
        }
        let last = reference.generation(slot);
        let generation = match self.random.below(80) {
            0 => last,
            1 => 0,
            2 => last.saturating_add(7),
            _ => last + 1,
        };
        OrderHandle { slot, generation }
    }

    /// Mostly on the order's own side of the middle, so that books fill; often enough across it.
    fn price_of(&mut self, instrument: InstrumentId, side: Side) -> Price {
        let across = if self.flow.is_small() { 6 } else { 40 };
        let away = self.away(8);
        let away = if self.random.one_in(across) {
            -away
        } else {
            away
        };
        let ticks = match side {
            Side::Buy => self.middle - away,
            Side::Sell => self.middle + away,
        };
        self.price_at(instrument, ticks)
    }

    /// Mostly where the market has to go to, sometimes where it is.
    fn stop_price_of(&mut self, instrument: InstrumentId, side: Side) -> Price {
        let away = self.away(5);
        let ticks = match side {
            _ if self.random.one_in(8) => self.middle + self.random.around_zero(6),
            Side::Buy => self.middle + away,
            Side::Sell => self.middle - away,
        };
        self.price_at(instrument, ticks)
    }

    /// Returns how many ticks something is away from the middle.
    fn away(&mut self, bound: u32) -> i64 {
        let away = i64::from(self.random.below_u32(bound));
        if self.flow == Flow::Wide && self.random.one_in(3) {
            away << self.random.below(18)
        } else {
            away
        }
    }

    /// Returns the price at a number of ticks; sometimes one that is off tick or out of range.
    fn price_at(&mut self, instrument: InstrumentId, ticks: i64) -> Price {
        let tick = tick_of(instrument);
        match self.random.below(120) {
            0 => Price::new(self.middle * tick + 1),
            1 => Price::new(-11 * tick),
            2 => Price::new(30 * tick),
            3 => {
                let farthest = [i64::MIN, -FARTHEST, 0, FARTHEST, i64::MAX];
                Price::new(self.random.pick(&farthest))
            }
            _ => Price::new(ticks * tick),
        }
    }

    /// Returns a quantity; of an instrument with large ones sometimes so much that sums overflow.
    fn quantity(&mut self, instrument: InstrumentId) -> u64 {
        if is_huge(instrument) && self.random.one_in(5) {
            return self
                .random
                .pick(&[u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 3, 1 << 62]);
        }
        match (self.flow, self.random.below(100)) {
            (_, 0) => 0,
            (_, 1) => self.random.pick(&[41, 1001, u64::MAX]),
            (Flow::Mixed | Flow::Wide, 2..6) => 40,
            (Flow::Mixed | Flow::Wide, 6..20) => self.random.below(40) + 1,
            (Flow::Mixed | Flow::Wide, _) => 2 * (self.random.below(6) + 1),
            (Flow::Deep | Flow::Pegs, 2) if self.random.one_in(6) => 1000,
            (Flow::Deep | Flow::Pegs, _) => self.random.below(3) + 1,
        }
    }

    fn instrument(&mut self) -> InstrumentId {
        let draw = self.random.below_u32(60);
        let id = if draw == 0 {
            self.random.pick(&[3, 4, u32::MAX])
        } else if self.flow.is_small() {
            draw % 3
        } else {
            0
        };
        InstrumentId(id)
    }

    /// Returns the number of a session or account, now and then one beyond the capacity.
    fn owner(&mut self) -> u32 {
        let owners = self.capacity.accounts;
        if self.random.one_in(80) {
            owners
        } else if self.random.one_in(5) {
            self.random.below_u32(owners)
        } else {
            self.random.below_u32(4)
        }
    }

    fn client_order_id(&mut self) -> ClientOrderId {
        let length = self.random.below(20);
        let length = match self.random.below(6) {
            0 => 36,
            1 => 8,
            2 => usize::try_from(length).expect("it is small"),
            _ => 0,
        };
        let letter = self.random.pick(b"ABC");
        ClientOrderId::new(&vec![letter; length]).expect("it is letters")
    }

    fn hash(&mut self, reference: &Reference) -> [u64; 2] {
        let hash = reference.state_hash();
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("it was masked");
        let wrong = u64::from(self.random.one_in(4));
        [half(hash) ^ wrong, half(hash >> 64)]
    }
}

/// Returns the tick of an instrument: one with half ticks, one without, and the smallest.
const fn tick_of(instrument: InstrumentId) -> i64 {
    match instrument.get() {
        1 => 3,
        2 => 1,
        _ => 10_000_000,
    }
}

/// Returns whether an instrument takes quantities near the end of 64 bits.
const fn is_huge(instrument: InstrumentId) -> bool {
    instrument.get() == 2
}
