//! Nothing allocates after a shard is made: a counting allocator watches 100,000 commands of
//! every kind.
#![allow(clippy::panic, reason = "a test fails on whatever it does not expect")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use matchgate_core::domain::bounds::EVENTS_PER_STEP_MAX;
use matchgate_core::domain::event::EventBody;
use matchgate_core::domain::{
    AccountId, Cancel, ClientOrderId, Command, ControlNumber, DefineInstrument, Durability, Epoch,
    GatewayId, Instrument, InstrumentId, LendSlots, MassCancel, MassCancelScope, NewOrder,
    OrderHandle, OrderId, OrderType, Origin, Phase, Price, Quantity, Reduce, Replace,
    RequestNumber, RingNumber, SequenceNumber, Sequenced, SessionId, SetPhase, ShardId, Side,
    StateHashCheck, Symbol, TimeAdvance, TimeInForce,
};
use matchgate_core::{EventBuffer, OrderMirror, Progress, Shard, ShardCapacity};

/// Counts the allocations of each thread, so that the test harness's own are not counted.
struct CountingAllocator;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
// SAFETY: every call goes to the system allocator with the caller's own arguments, so its
// guarantees are the system allocator's; counting touches a thread local without a destructor
// and does not allocate.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller promises a layout of non-zero size.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller promises a layout of non-zero size.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller promises that `block` came from this allocator, that is from the
        // system's, with `layout`, and that `new_size` is not zero.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller promises that `block` came from this allocator with `layout`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const SLOTS: u32 = 4096;
const COMMANDS: u64 = 100_000;

const CAPACITY: ShardCapacity = ShardCapacity {
    orders: SLOTS,
    levels: 128,
    instruments: 4,
    accounts: 16,
    sessions: 16,
    gateways: 1,
};

/// Commands made without an allocation, from a counter.
struct Feed {
    sequence: u64,
    control: u64,
    ring: u64,
    random: u64,
    generations: Vec<u32>,
}

impl Feed {
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % bound
    }

    fn narrow(&mut self, bound: u32) -> u32 {
        u32::try_from(self.below(u64::from(bound))).expect("it is below 32 bits")
    }

    fn sequenced(&mut self, body: Command) -> Sequenced<Command> {
        self.sequence += 1;
        Sequenced {
            sequence: SequenceNumber(self.sequence),
            epoch: Epoch(1),
            time_ns: self.sequence,
            body,
        }
    }

    fn control(&mut self) -> ControlNumber {
        self.control += 1;
        ControlNumber(self.control)
    }

    fn origin(&mut self) -> Origin {
        self.ring += 1;
        Origin {
            ring: RingNumber(self.ring),
            request: RequestNumber(self.ring),
            session: SessionId(self.narrow(16)),
            gateway: GatewayId(0),
            durability: Durability::Written,
            reserved: [0; 2],
        }
    }

    fn handle(&mut self) -> OrderHandle {
        let slot = self.narrow(SLOTS);
        OrderHandle {
            slot,
            generation: self.generations[slot as usize],
        }
    }

    fn definition(&mut self, id: u32) -> Command {
        let control = self.control();
        Command::DefineInstrument(DefineInstrument {
            control,
            instrument: Instrument {
                symbol: Symbol::new(b"SYMBOL").expect("it is printable"),
                id: InstrumentId(id),
                shard: ShardId(0),
                quantity_exponent: 0,
                reserved: [0; 2],
                tick: Price::new(1),
                price_min: Price::new(1),
                price_max: Price::new(1000),
                lot: Quantity::new(1),
                quantity_min: Quantity::new(1),
                quantity_max: Quantity::new(10_000),
                notional_max: i128::MAX.into(),
            },
        })
    }

    fn new_order(&mut self) -> Command {
        let origin = self.origin();
        let mut handle = self.handle();
        handle.generation += 1;
        let market = self.below(20) == 0;
        let ioc = market || self.below(5) == 0;
        let sweep = self.below(50) == 0;
        let price = 40 + i64::try_from(self.below(160)).expect("it is small");
        let units = if sweep { 5000 } else { self.below(20) + 1 };
        let order = NewOrder {
            origin,
            handle,
            price: Price::new(price),
            quantity: Quantity::new(units),
            instrument: InstrumentId(self.narrow(4)),
            account: AccountId(self.narrow(16)),
            side: if self.below(2) == 0 {
                Side::Buy
            } else {
                Side::Sell
            },
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
            post_only: 0,
            reserved: [0; 4],
        };
        let id = ClientOrderId::new(b"client-order-id").expect("it is printable");
        Command::New(order, id)
    }

    fn next(&mut self, shard: &Shard) -> Command {
        match self.below(1000) {
            0..650 => self.new_order(),
            650..800 => Command::Cancel(Cancel {
                origin: self.origin(),
                handle: self.handle(),
                order_id: OrderId::NONE,
            }),
            800..850 => Command::Reduce(Reduce {
                origin: self.origin(),
                handle: self.handle(),
                quantity: Quantity::new(self.below(10)),
            }),
            850..980 => Command::Replace(
                Replace {
                    origin: self.origin(),
                    handle: self.handle(),
                    price: Price::new(90 + i64::try_from(self.below(30)).expect("it is small")),
                    quantity: Quantity::new(self.below(30)),
                },
                ClientOrderId::new(b"replaced").expect("it is printable"),
            ),
            980..982 => Command::MassCancel(MassCancel {
                origin: self.origin(),
                session: SessionId(self.narrow(16)),
                account: AccountId(self.narrow(16)),
                instrument: InstrumentId(0),
                scope: if self.below(2) == 0 {
                    MassCancelScope::Session
                } else {
                    MassCancelScope::Account
                },
                instrument_given: 0,
                side: 0,
                reserved: 0,
            }),
            982..986 => {
                let id = self.narrow(4);
                self.definition(id)
            }
            986..990 => Command::SetPhase(SetPhase {
                control: self.control(),
                instrument: InstrumentId(self.narrow(4)),
                phase: Phase::Continuous,
                reserved: [0; 3],
            }),
            990..995 => Command::Time(TimeAdvance {
                time_ns: self.sequence + 1,
            }),
            _ => {
                let hash = shard.state_hash();
                let low = u64::try_from(hash & u128::from(u64::MAX)).expect("it is masked");
                let high = u64::try_from(hash >> 64).expect("it is shifted");
                Command::StateHash(StateHashCheck { hash: [low, high] })
            }
        }
    }
}

/// What the commands came to, so that the test knows that it has watched something.
#[derive(Debug, Default)]
struct Met {
    trades: u64,
    mass_cancels: u64,
    refusals: u64,
    more_steps: u64,
    hash_records: u64,
}

impl Met {
    fn note(&mut self, body: &EventBody) {
        match body {
            EventBody::Traded { .. } => self.trades += 1,
            EventBody::MassCanceled { .. } => self.mass_cancels += 1,
            EventBody::Rejected { .. } | EventBody::CancelRejected { .. } => self.refusals += 1,
            EventBody::HashRecord { expected, actual } => {
                assert_eq!(expected, actual);
                self.hash_records += 1;
            }
            _ => {}
        }
    }
}

fn apply(shard: &mut Shard, command: &Sequenced<Command>, events: &mut EventBuffer, met: &mut Met) {
    events.clear();
    let mut progress = shard.apply(command, events);
    loop {
        for event in events.as_slice() {
            met.note(&event.body);
        }
        events.clear();
        if progress == Progress::Done {
            return;
        }
        met.more_steps += 1;
        progress = shard.resume(events);
    }
}

#[test]
fn no_command_allocates_after_the_shard_is_made() {
    let mut shard = Shard::new(ShardId(0), CAPACITY);
    let mut events = EventBuffer::new();
    let mut mirror = OrderMirror::new(0, SLOTS);
    let mut met = Met::default();
    let mut feed = Feed {
        sequence: 0,
        control: 0,
        ring: 0,
        random: 7,
        generations: vec![0; SLOTS as usize],
    };
    let before = ALLOCATIONS.get();
    for id in 0..4 {
        let define = feed.definition(id);
        let command = feed.sequenced(define);
        apply(&mut shard, &command, &mut events, &mut met);
    }
    let lend = LendSlots {
        control: feed.control(),
        slot_first: 0,
        slot_count: SLOTS,
        shard: ShardId(0),
        gateway: GatewayId(0),
        reserved: [0; 6],
    };
    let command = feed.sequenced(Command::LendSlots(lend));
    apply(&mut shard, &command, &mut events, &mut met);
    for _ in 0..COMMANDS {
        let body = feed.next(&shard);
        let command = feed.sequenced(body);
        apply(&mut shard, &command, &mut events, &mut met);
        if let Command::New(order, id) = body {
            let slot = order.handle.slot;
            feed.generations[slot as usize] = shard.slot(slot).generation;
            mirror.open(&order, id);
        }
        let depth = shard.depth(InstrumentId(0), Side::Buy, 5).count();
        assert!(depth <= 5);
    }
    let allocations = ALLOCATIONS.get() - before;
    assert_eq!(allocations, 0, "{met:?}");
    assert!(met.trades > 10_000, "{met:?}");
    assert!(met.mass_cancels > 50, "{met:?}");
    assert!(met.refusals > 1000, "{met:?}");
    assert!(
        met.more_steps > 10,
        "{met:?} over steps of {EVENTS_PER_STEP_MAX}"
    );
    assert!(met.hash_records > 100, "{met:?}");
}

#[test]
fn counting_allocator_counts() {
    let before = ALLOCATIONS.get();
    let boxed = std::hint::black_box(Box::new(1));
    assert_eq!(*boxed, 1);
    assert!(ALLOCATIONS.get() > before);
}
