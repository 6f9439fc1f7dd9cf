//! Drives order flow straight into a shard: no gateway, no journal, no socket.
//!
//! It plays the gateway's part as far as a shard needs one: it lends itself the slots, gives
//! handles and counts slots free when their order has ended. It must not know a recording.

use std::collections::HashMap;

use matchgate_core::domain::{
    Account, AccountId, Cancel, ClientOrderId, Command, ControlNumber, DefineAccount,
    DefineInstrument, Durability, Epoch, EventBody, FirmId, GatewayId, Instrument, InstrumentId,
    LendSlots, Name, NewOrder, OrderHandle, OrderId, OrderTerms, OrderType, Origin, Price,
    Quantity, Reduce, RejectReason, RequestNumber, RingNumber, SelfTradePrevention, SequenceNumber,
    Sequenced, SessionId, ShardId, Side, TimeInForce,
};
use matchgate_core::{EventBuffer, Progress, Shard, ShardCapacity};

use crate::drive::{DrivenBook, FlowChecks, Outcome, drive};
use crate::error::ReplayError;
use crate::flow::{Action, CommandNumber, FlowCommand, Owner};
use crate::ledger::{OpenOrder, Told, ToldTrade};
use crate::lobster::RowLevel;
use crate::recording::{Recording, RecordingTotals};

const SHARD: ShardId = ShardId(0);
const GATEWAY: GatewayId = GatewayId(0);
const SESSION: SessionId = SessionId(0);
const INSTRUMENT: InstrumentId = InstrumentId(0);
const EPOCH: Epoch = Epoch(1);

/// What an in-process replay is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InProcessCapacity {
    /// Orders that are live at once.
    pub orders_max: u32,
    /// Price levels of one side.
    pub levels_max: u32,
}

impl Default for InProcessCapacity {
    fn default() -> Self {
        Self {
            orders_max: 65_536,
            levels_max: 16_384,
        }
    }
}

/// What an in-process replay found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InProcessSummary {
    /// What the translation met.
    pub totals: RecordingTotals,
    /// What was checked.
    pub checks: FlowChecks,
    /// Orders that are live at the end.
    pub live_orders: u32,
    /// Hash of the book at the end: equal for equal flow.
    pub book_hash: u128,
}

/// Replays what `recording` yields into a new shard that knows only `instrument`; its number and
/// shard are not read.
///
/// # Errors
///
/// Returns an error where the recording is damaged, the instrument is not one that a shard takes,
/// or more orders are live than `capacity` allows.
pub fn replay_in_process<R: Recording + ?Sized>(
    recording: &mut R,
    instrument: &Instrument,
    capacity: InProcessCapacity,
) -> Result<InProcessSummary, ReplayError> {
    let mut book = ShardBook::new(instrument, capacity)?;
    let checks = drive(recording, &mut book)?;
    Ok(InProcessSummary {
        totals: recording.totals(),
        checks,
        live_orders: book.shard.live_order_count(),
        book_hash: book.shard.book_hash(INSTRUMENT).unwrap_or(0),
    })
}

/// A shard, and the handles of the orders that were entered into it.
pub struct ShardBook {
    shard: Box<Shard>,
    events: EventBuffer,
    capacity: InProcessCapacity,
    live: HashMap<CommandNumber, OrderHandle>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    sequence: u64,
    told: Vec<Told>,
    /// What is told once the order that is being entered is taken.
    entering: Option<Told>,
}

/// Last use of a slot.
#[derive(Clone, Copy, Debug)]
struct Slot {
    generation: u32,
    number: CommandNumber,
}

impl std::fmt::Debug for ShardBook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ShardBook({} live orders)", self.live.len())
    }
}

impl ShardBook {
    /// Makes a shard that knows `instrument` and the two accounts of a replay.
    ///
    /// # Errors
    ///
    /// Returns an error where the instrument or the capacity is not one that a shard takes.
    pub fn new(instrument: &Instrument, capacity: InProcessCapacity) -> Result<Self, ReplayError> {
        let shard_capacity = ShardCapacity {
            orders: capacity.orders_max,
            levels: capacity.levels_max,
            instruments: 1,
            accounts: 2,
            sessions: 1,
            gateways: 1,
        };
        if !shard_capacity.is_valid() {
            let reason = "a shard with this many orders and levels cannot be made";
            return Err(ReplayError::Options(reason.to_owned()));
        }
        let mut book = Self {
            shard: Box::new(Shard::new(SHARD, shard_capacity)),
            events: EventBuffer::new(),
            capacity,
            live: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            sequence: 0,
            told: Vec::new(),
            entering: None,
        };
        book.set_up(instrument);
        if book.shard.instrument(INSTRUMENT).is_none() {
            return Err(ReplayError::SetUp(RejectReason::UnknownSymbol));
        }
        Ok(book)
    }

    /// Returns the shard.
    #[must_use]
    pub fn shard(&self) -> &Shard {
        &self.shard
    }

    fn set_up(&mut self, instrument: &Instrument) {
        let instrument = Instrument {
            id: INSTRUMENT,
            shard: SHARD,
            ..*instrument
        };
        self.apply(
            0,
            Command::DefineInstrument(DefineInstrument {
                control: ControlNumber(1),
                instrument,
            }),
        );
        for (owner, control, name) in [(Owner::Recorded, 2, "RECORDED"), (Owner::Seed, 3, "SEED")] {
            let account = Account {
                id: account(owner),
                firm: FirmId(0),
                name: Name::new(name.as_bytes()).expect("both names are short and printable"),
                open_orders_max: self.capacity.orders_max,
            };
            self.apply(
                0,
                Command::DefineAccount(DefineAccount {
                    control: ControlNumber(control),
                    account,
                    reserved: [0; 4],
                }),
            );
        }
        self.apply(
            0,
            Command::LendSlots(LendSlots {
                control: ControlNumber(4),
                slot_first: 0,
                slot_count: self.capacity.orders_max,
                shard: SHARD,
                gateway: GATEWAY,
                reserved: [0; 6],
            }),
        );
    }

    /// Applies one command whole and returns what it did. Orders that it ended are forgotten.
    fn apply(&mut self, time_ns: u64, body: Command) -> Outcome {
        self.sequence += 1;
        let command = Sequenced {
            sequence: SequenceNumber(self.sequence),
            epoch: EPOCH,
            time_ns,
            body,
        };
        let mut outcome = Outcome::default();
        self.events.clear();
        let mut progress = self.shard.apply(&command, &mut self.events);
        loop {
            self.take_events(&mut outcome);
            if progress == Progress::Done {
                return outcome;
            }
            progress = self.shard.resume(&mut self.events);
        }
    }

    fn take_events(&mut self, outcome: &mut Outcome) {
        for at in 0..self.events.len() {
            match self.events.as_slice()[at].body {
                EventBody::Traded {
                    aggressor,
                    resting,
                    price,
                    quantity,
                    ..
                } => {
                    outcome.executed.add(quantity, price.notional(quantity));
                    self.told.push(Told::Traded(ToldTrade {
                        maker: self.request(resting),
                        taker: self.request(aggressor),
                        price,
                        quantity,
                    }));
                    self.forget_if_ended(resting);
                }
                EventBody::Rejected { reason, .. } | EventBody::CancelRejected { reason, .. } => {
                    outcome.refused = Some(reason);
                }
                EventBody::Canceled { handle, .. } | EventBody::Expired { handle, .. } => {
                    self.told.push(Told::Canceled(self.request(handle)));
                    self.forget_if_ended(handle);
                }
                EventBody::Reduced { handle, .. } => self.forget_if_ended(handle),
                EventBody::Accepted { .. } => self.told.extend(self.entering.take()),
                // No order of a recording brings the others about.
                EventBody::Replaced { .. }
                | EventBody::Triggered { .. }
                | EventBody::Restated { .. }
                | EventBody::SelfTradePrevented { .. }
                | EventBody::TermsReplaced { .. }
                | EventBody::MassCanceled { .. }
                | EventBody::PhaseChanged { .. }
                | EventBody::InstrumentChanged { .. }
                | EventBody::AccountChanged { .. }
                | EventBody::HashRecord { .. } => {}
            }
        }
        self.events.clear();
    }

    fn enter(
        &mut self,
        time_ns: u64,
        command: &FlowCommand,
        entry: &Entry,
    ) -> Result<Outcome, ReplayError> {
        let number = command.number;
        let handle = self.open_slot(number)?;
        self.entering = Some(Told::Accepted(
            command.id,
            OpenOrder {
                request: RequestNumber(number.0),
                side: entry.side,
                price: entry.price,
                leaves: entry.quantity,
            },
        ));
        let order = NewOrder {
            origin: origin(number),
            handle,
            price: entry.price,
            quantity: entry.quantity,
            instrument: INSTRUMENT,
            account: account(entry.owner),
            side: entry.side,
            order_type: entry.order_type,
            time_in_force: entry.time_in_force,
            post_only: u8::from(entry.post_only),
            self_trade: SelfTradePrevention::None,
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        };
        self.live.insert(number, handle);
        let outcome = self.apply(time_ns, Command::New(order, ClientOrderId::NONE));
        self.forget_if_ended(handle);
        Ok(outcome)
    }

    /// Takes the slot that was freed last, so that the live ones stay close together.
    fn open_slot(&mut self, number: CommandNumber) -> Result<OrderHandle, ReplayError> {
        let orders_max = self.capacity.orders_max;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let fresh = u32::try_from(self.slots.len()).unwrap_or(orders_max);
                if fresh >= orders_max {
                    return Err(ReplayError::Orders { orders_max });
                }
                self.slots.push(Slot {
                    generation: 0,
                    number,
                });
                fresh
            }
        };
        let used = &mut self.slots[slot as usize];
        used.generation += 1;
        used.number = number;
        Ok(OrderHandle {
            slot,
            generation: used.generation,
        })
    }

    fn forget_if_ended(&mut self, handle: OrderHandle) {
        let number = self.slots[handle.slot as usize].number;
        let known = self.live.get(&number) == Some(&handle);
        if known && self.shard.order(handle).is_none() {
            self.live.remove(&number);
            self.free.push(handle.slot);
        }
    }

    /// Returns the request of the order that used a slot last.
    fn request(&self, handle: OrderHandle) -> RequestNumber {
        RequestNumber(self.slots[handle.slot as usize].number.0)
    }

    /// Returns the handle of a live order; one that no slot has where it has ended, so that the
    /// shard is the one that refuses.
    fn handle(&self, number: CommandNumber) -> OrderHandle {
        self.live.get(&number).copied().unwrap_or(OrderHandle {
            slot: u32::MAX,
            generation: 0,
        })
    }
}

/// What a new order says.
struct Entry {
    owner: Owner,
    side: Side,
    price: Price,
    quantity: Quantity,
    order_type: OrderType,
    time_in_force: TimeInForce,
    post_only: bool,
}

impl Entry {
    const fn limit(side: Side, price: Price, quantity: Quantity) -> Self {
        Self {
            owner: Owner::Recorded,
            side,
            price,
            quantity,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Day,
            post_only: false,
        }
    }
}

impl DrivenBook for ShardBook {
    fn carry_out(&mut self, time_ns: u64, command: &FlowCommand) -> Result<Outcome, ReplayError> {
        let number = command.number;
        self.told.clear();
        match command.action {
            Action::Enter {
                owner,
                side,
                price,
                quantity,
            } => {
                let limit = Entry::limit(side, price, quantity);
                self.enter(time_ns, command, &Entry { owner, ..limit })
            }
            Action::Post {
                side,
                price,
                quantity,
            } => {
                let entry = Entry {
                    post_only: true,
                    ..Entry::limit(side, price, quantity)
                };
                self.enter(time_ns, command, &entry)
            }
            Action::Take {
                side,
                price,
                quantity,
                ..
            } => {
                let entry = Entry {
                    time_in_force: TimeInForce::Ioc,
                    ..Entry::limit(side, price, quantity)
                };
                self.enter(time_ns, command, &entry)
            }
            Action::Market { side, quantity } => {
                let entry = Entry {
                    order_type: OrderType::Market,
                    time_in_force: TimeInForce::Ioc,
                    ..Entry::limit(side, Price::new(0), quantity)
                };
                self.enter(time_ns, command, &entry)
            }
            Action::Reduce { target, quantity } => {
                let reduce = Reduce {
                    origin: origin(number),
                    handle: self.handle(target),
                    quantity,
                };
                Ok(self.apply(time_ns, Command::Reduce(reduce)))
            }
            Action::Cancel { target } | Action::Withdraw { target } => {
                let cancel = Cancel {
                    origin: origin(number),
                    handle: self.handle(target),
                    order_id: OrderId::NONE,
                };
                Ok(self.apply(time_ns, Command::Cancel(cancel)))
            }
        }
    }

    fn told(&self) -> &[Told] {
        &self.told
    }

    fn open_orders(&self) -> Option<Vec<OpenOrder>> {
        Some(OpenOrder::all_of(&self.shard, INSTRUMENT))
    }

    fn best_levels(&self, side: Side, levels: usize, out: &mut Vec<RowLevel>) {
        out.clear();
        out.extend(
            self.shard
                .depth(INSTRUMENT, side, levels)
                .map(|level| RowLevel {
                    price: level.price,
                    // A sum beyond 64 bits is in no recording; it must not equal one either.
                    quantity: u64::try_from(level.quantity).unwrap_or(u64::MAX),
                }),
        );
    }
}

const fn account(owner: Owner) -> AccountId {
    match owner {
        Owner::Recorded => AccountId(0),
        Owner::Seed => AccountId(1),
    }
}

const fn origin(number: CommandNumber) -> Origin {
    Origin {
        ring: RingNumber(number.0),
        request: RequestNumber(number.0),
        session: SESSION,
        gateway: GATEWAY,
        durability: Durability::Written,
        reserved: [0; 2],
    }
}
