//! The generator: commands of a seed, weighted so that orders meet, and so that every kind of
//! refusal, repeat and stale handle comes up. It looks at the reference to find live orders.

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{
    Account, AccountId, Cancel, ClientOrderId, Command, ControlNumber, DefineAccount, DefineFirm,
    DefineInstrument, Durability, Epoch, Firm, FirmId, GatewayId, Instrument, InstrumentId,
    LendSlots, MassCancel, MassCancelScope, Name, NewOrder, OrderHandle, OrderId, OrderType,
    Origin, Phase, Price, Quantity, Reduce, Replace, RequestNumber, RingNumber, SequenceNumber,
    Sequenced, SessionId, SetPhase, ShardId, Side, StateHashCheck, Symbol, TimeAdvance,
    TimeInForce,
};

use crate::reference::Reference;

/// What kind of flow is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Everything, in small books.
    Mixed,
    /// Deep books of small orders on one instrument, swept by large ones.
    Deep,
}

const TICK: i64 = 10_000_000;
/// Price around which everything happens, in ticks.
const MIDDLE: i64 = 3;

/// Makes commands.
#[derive(Debug)]
pub(crate) struct Generator {
    random: u64,
    flow: Flow,
    capacity: ShardCapacity,
    opening: Vec<Command>,
    sequence: u64,
    time_ns: u64,
    control: u64,
    rings: [u64; 2],
}

impl Generator {
    pub(crate) fn new(seed: u64, flow: Flow, capacity: ShardCapacity) -> Self {
        let mut generator = Self {
            random: seed,
            flow,
            capacity,
            opening: Vec::new(),
            sequence: 0,
            time_ns: 1_700_000_000_000_000_000,
            control: 0,
            rings: [0; 2],
        };
        for id in 0..3 {
            let define = generator.define_instrument(id);
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

    /// Returns the next command.
    pub(crate) fn next(&mut self, reference: &Reference) -> Sequenced<Command> {
        let body = match self.opening.pop() {
            Some(command) => command,
            None => self.command(reference),
        };
        self.sequence += if self.one_in(500) { 1000 } else { 1 };
        self.time_ns += self.below(3);
        Sequenced {
            sequence: SequenceNumber(self.sequence),
            epoch: Epoch(1),
            time_ns: self.time_ns,
            body,
        }
    }

    fn command(&mut self, reference: &Reference) -> Command {
        if self.flow == Flow::Deep && !self.one_in(3) {
            return self.new_order(reference);
        }
        match self.below(1000) {
            0..600 => self.new_order(reference),
            600..700 => self.cancel(reference),
            700..770 => self.reduce(reference),
            770..940 => self.replace(reference),
            940..944 => self.mass_cancel(),
            944..958 => self.set_phase(reference),
            958..968 => Command::StateHash(StateHashCheck {
                hash: self.hash(reference),
            }),
            968..978 => Command::Time(TimeAdvance {
                time_ns: self.time_ns,
            }),
            978..988 => {
                let id = u32::try_from(self.below(4)).unwrap();
                self.define_instrument(id)
            }
            988..994 => self.define_account(),
            994..998 => self.define_firm(),
            _ => {
                let first = u32::try_from(self.below(u64::from(self.capacity.orders))).unwrap();
                let gateway = GatewayId(*self.pick(&[0, 1, u8::MAX]));
                self.lend(first, 1, gateway)
            }
        }
    }

    fn new_order(&mut self, reference: &Reference) -> Command {
        let origin = self.origin();
        let market = self.one_in(12);
        let ioc = market ^ self.one_in(if market { 20 } else { 6 });
        let quantity = self.quantity();
        let side = *self.pick(&[Side::Buy, Side::Sell]);
        let order = NewOrder {
            origin,
            handle: self.free_handle(reference, origin.gateway),
            price: self.price_of(side),
            quantity,
            instrument: self.instrument(),
            account: AccountId(self.owner()),
            side,
            order_type: if market {
                OrderType::Market
            } else {
                OrderType::Limit
            },
            time_in_force: if ioc {
                TimeInForce::Ioc
            } else {
                TimeInForce::Day
            },
            post_only: u8::from(self.one_in(8)),
            reserved: [0; 4],
        };
        Command::New(order, self.client_order_id())
    }

    fn cancel(&mut self, reference: &Reference) -> Command {
        let mut origin = self.origin();
        let handle = self.live_handle(reference);
        let order_id = match self.below(20) {
            0 => OrderId::from_wire(self.next_random()),
            1 | 2 => reference
                .position(handle)
                .map_or(OrderId::NONE, |at| reference.orders[at].order_id),
            _ => OrderId::NONE,
        };
        if order_id != OrderId::NONE {
            origin.gateway = GatewayId::NONE;
            origin.ring = RingNumber(0);
        }
        Command::Cancel(Cancel {
            origin,
            handle,
            order_id,
        })
    }

    fn reduce(&mut self, reference: &Reference) -> Command {
        let origin = self.origin();
        let handle = self.live_handle(reference);
        let total = reference
            .position(handle)
            .map_or(10, |at| reference.orders[at].total);
        let quantity = match self.below(4) {
            0 => self.quantity(),
            _ => Quantity::new(self.below(total + 2)),
        };
        Command::Reduce(Reduce {
            origin,
            handle,
            quantity,
        })
    }

    fn replace(&mut self, reference: &Reference) -> Command {
        let origin = self.origin();
        let handle = self.live_handle(reference);
        let order = reference.position(handle).map(|at| &reference.orders[at]);
        let price = match order {
            Some(order) if self.one_in(2) => Price::new(order.price),
            Some(order) => self.price_of(order.side),
            None => self.price_of(Side::Buy),
        };
        let quantity = match order {
            Some(order) if self.one_in(4) => Quantity::new(order.total),
            Some(order) if self.one_in(4) => Quantity::new(order.executed),
            _ => self.quantity(),
        };
        let replace = Replace {
            origin,
            handle,
            price,
            quantity,
        };
        Command::Replace(replace, self.client_order_id())
    }

    fn mass_cancel(&mut self) -> Command {
        Command::MassCancel(MassCancel {
            origin: self.origin(),
            session: SessionId(self.owner()),
            account: AccountId(self.owner()),
            instrument: self.instrument(),
            scope: *self.pick(&[MassCancelScope::Session, MassCancelScope::Account]),
            instrument_given: u8::from(self.one_in(3)),
            side: *self.pick(&[0, 0, 0, 1, 2, 3]),
            reserved: 0,
        })
    }

    /// Halts seldom and resumes soon, so that most of the flow meets an open market.
    fn set_phase(&mut self, reference: &Reference) -> Command {
        let halted = reference
            .listings
            .iter()
            .find(|listing| listing.phase == Phase::Halt);
        let (instrument, phase) = match halted {
            Some(listing) if !self.one_in(8) => (listing.instrument.id, Phase::Continuous),
            _ if self.one_in(3) => (self.instrument(), Phase::Halt),
            _ => (self.instrument(), Phase::Continuous),
        };
        Command::SetPhase(SetPhase {
            control: self.next_control(),
            instrument,
            phase,
            reserved: [0; 3],
        })
    }

    fn define_instrument(&mut self, id: u32) -> Command {
        let deep = self.flow == Flow::Deep;
        let lot = if id == 1 && !deep { 2 } else { 1 };
        let instrument = Instrument {
            symbol: Symbol::new(format!("SYM{id}").as_bytes()).unwrap(),
            id: InstrumentId(id),
            shard: ShardId(if id == 3 { 2 } else { 1 }),
            quantity_exponent: 0,
            reserved: [0; 2],
            tick: Price::new(if self.one_in(30) { 0 } else { TICK }),
            price_min: Price::new(-10 * TICK),
            price_max: Price::new((15 + i64::try_from(self.below(3)).unwrap()) * TICK),
            lot: Quantity::new(lot),
            quantity_min: Quantity::new(lot),
            quantity_max: Quantity::new(if deep { 1000 } else { 40 }),
            notional_max: i128::from(if deep { 10_000 * TICK } else { 150 * TICK }).into(),
        };
        let first = self.control < 3;
        Command::DefineInstrument(DefineInstrument {
            control: self.next_control(),
            instrument: Instrument {
                tick: if first {
                    Price::new(TICK)
                } else {
                    instrument.tick
                },
                ..instrument
            },
        })
    }

    fn define_account(&mut self) -> Command {
        let account = Account {
            id: AccountId(self.owner()),
            firm: FirmId(1),
            name: Name::new(b"ACCOUNT").unwrap(),
            open_orders_max: u32::try_from(self.below(100)).unwrap(),
        };
        Command::DefineAccount(DefineAccount {
            control: self.next_control(),
            account,
            reserved: [0; 4],
        })
    }

    fn define_firm(&mut self) -> Command {
        let firm = Firm {
            id: FirmId(1),
            name: Name::new(b"FIRM").unwrap(),
            gateway: GatewayId(0),
            reserved: [0; 3],
        };
        Command::DefineFirm(DefineFirm {
            control: self.next_control(),
            firm,
        })
    }

    fn lend(&mut self, slot_first: u32, slot_count: u32, gateway: GatewayId) -> Command {
        Command::LendSlots(LendSlots {
            control: self.next_control(),
            slot_first,
            slot_count,
            shard: ShardId(if self.control > 5 && self.one_in(4) {
                2
            } else {
                1
            }),
            gateway,
            reserved: [0; 6],
        })
    }

    /// Sometimes an old number: such a command is a repeat.
    fn next_control(&mut self) -> ControlNumber {
        if self.control > 5 && self.one_in(10) {
            return ControlNumber(self.control - self.below(self.control.min(3)));
        }
        self.control += 1;
        ControlNumber(self.control)
    }

    fn origin(&mut self) -> Origin {
        let gateway = self.below(2);
        let index = usize::try_from(gateway).unwrap();
        let repeat = self.one_in(40);
        let ring = if repeat && self.one_in(2) {
            self.rings[index]
        } else if repeat {
            self.below(self.rings[index] + 1)
        } else {
            self.rings[index] += if self.one_in(50) { 1 << 30 } else { 1 };
            self.rings[index]
        };
        Origin {
            ring: RingNumber(ring),
            request: RequestNumber(self.next_random()),
            session: SessionId(self.owner()),
            gateway: GatewayId(u8::try_from(gateway).unwrap()),
            durability: *self.pick(&[Durability::Written, Durability::Synced]),
            reserved: [0; 2],
        }
    }

    /// Mostly a free slot of the gateway with a new generation, sometimes anything.
    fn free_handle(&mut self, reference: &Reference, gateway: GatewayId) -> OrderHandle {
        let half = u64::from(self.capacity.orders / 2);
        let mut slot = u32::try_from(self.below(half) + u64::from(gateway.get()) * half).unwrap();
        for _ in 0..4 {
            let taken = reference
                .orders
                .iter()
                .any(|order| order.handle.slot == slot);
            if !taken {
                break;
            }
            slot = u32::try_from(self.below(half) + u64::from(gateway.get()) * half).unwrap();
        }
        if self.one_in(40) {
            slot = u32::try_from(self.below(2 * half + 3)).unwrap();
        }
        let last = reference.generations.get(slot as usize).copied();
        let last = last.unwrap_or(0);
        let generation = match self.below(60) {
            0 => last,
            1 => 0,
            2 => last.saturating_add(7),
            _ => last + 1,
        };
        OrderHandle { slot, generation }
    }

    /// Mostly a live order, sometimes a dead or stale handle.
    fn live_handle(&mut self, reference: &Reference) -> OrderHandle {
        if reference.orders.is_empty() || self.one_in(20) {
            let slot = u32::try_from(self.below(u64::from(self.capacity.orders) + 2)).unwrap();
            let generation = reference.generations.get(slot as usize).copied();
            return OrderHandle {
                slot,
                generation: generation.unwrap_or(1),
            };
        }
        let count = u64::try_from(reference.orders.len()).unwrap();
        let at = usize::try_from(self.below(count)).unwrap();
        let handle = reference.orders[at].handle;
        let generation = match self.below(40) {
            0 => handle.generation - 1,
            1 => handle.generation + 1,
            _ => handle.generation,
        };
        OrderHandle {
            slot: handle.slot,
            generation,
        }
    }

    /// Mostly on the order's own side of the middle, so that books fill; often enough across it.
    fn price_of(&mut self, side: Side) -> Price {
        let across = match self.flow {
            Flow::Mixed => 3,
            Flow::Deep => 40,
        };
        let away = i64::try_from(self.below(8)).unwrap();
        let away = if self.one_in(across) { -away } else { away };
        match self.below(100) {
            0 => Price::new(MIDDLE * TICK + 1),
            1 => Price::new(-11 * TICK),
            2 => Price::new(30 * TICK),
            3 => *self.pick(&[Price::MIN, Price::MAX, Price::new(0)]),
            _ => match side {
                Side::Buy => Price::new((MIDDLE - away) * TICK),
                Side::Sell => Price::new((MIDDLE + away) * TICK),
            },
        }
    }

    fn quantity(&mut self) -> Quantity {
        let units = match (self.flow, self.below(100)) {
            (_, 0) => 0,
            (_, 1) => *self.pick(&[41, 1001, u64::MAX]),
            (Flow::Mixed, 2..10) => 40,
            (Flow::Mixed, 10..30) => self.below(40) + 1,
            (Flow::Mixed, _) => 2 * (self.below(6) + 1),
            (Flow::Deep, 2) if self.one_in(6) => 1000,
            (Flow::Deep, _) => self.below(3) + 1,
        };
        Quantity::new(units)
    }

    fn instrument(&mut self) -> InstrumentId {
        let id = match (self.flow, self.below(40)) {
            (_, 0) => *self.pick(&[3, 4, u32::MAX]),
            (Flow::Deep, _) => 0,
            (Flow::Mixed, draw) => u32::try_from(draw % 3).unwrap(),
        };
        InstrumentId(id)
    }

    /// Returns the number of a session or account, now and then one beyond the capacity.
    fn owner(&mut self) -> u32 {
        let id = if self.one_in(60) { 4 } else { self.below(4) };
        u32::try_from(id).unwrap()
    }

    fn client_order_id(&mut self) -> ClientOrderId {
        let length = match self.below(6) {
            0 => 36,
            1 => 8,
            2 => usize::try_from(self.below(20)).unwrap(),
            _ => 0,
        };
        let letter = *self.pick(b"ABC");
        ClientOrderId::new(&vec![letter; length]).unwrap()
    }

    fn hash(&mut self, reference: &Reference) -> [u64; 2] {
        let hash = reference.state_hash();
        let wrong = u64::from(self.one_in(4));
        let low = u64::try_from(hash & u128::from(u64::MAX)).unwrap();
        [low ^ wrong, u64::try_from(hash >> 64).unwrap()]
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let count = u64::try_from(from.len()).unwrap();
        &from[usize::try_from(self.below(count)).unwrap()]
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// Returns a number below `bound`; the bias of the remainder does not matter here.
    fn below(&mut self, bound: u64) -> u64 {
        self.next_random() % bound
    }

    /// Returns the next number of the SplitMix64 sequence.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
