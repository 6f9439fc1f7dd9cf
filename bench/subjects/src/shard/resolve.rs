//! Resolves operations to the commands of a shard, before any clock: handles for numbers, totals
//! for what is left. It runs a shard of its own, so it knows what every pass has to come to.
//!
//! An order that has ended keeps its handle here, so a late cancel names it, as one does that
//! crosses a fill on its way. Orders of one user trade with each other: the workloads' answers are
//! of a market without self-trade prevention.

use matchgate_core::Shard;
use matchgate_core::domain::{
    AccountId, Cancel, ClientOrderId, Command, Durability, Epoch, EventBody, GatewayId,
    InstrumentId, MassCancel, MassCancelScope, NewOrder, OrderHandle, OrderId, OrderTerms,
    OrderType, Origin, Quantity, Reduce, Replace, ReplaceTerms, RequestNumber, RingNumber,
    SelfTradePrevention, SequenceNumber, Sequenced, SessionId, TimeInForce,
};
use matchgate_workloads::report::Report;
use matchgate_workloads::{Operation, OperationKind};

use super::answers::Answers;
use super::depth::Depth;
use super::market::{Market, price};
use super::run::{End, ShardRun};
use crate::book::core_side;
use crate::handles::{Handles, Ranges};

/// No order has slot 0 in generation 0.
const NO_HANDLE: OrderHandle = OrderHandle {
    slot: 0,
    generation: 0,
};

/// The market has no slot for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no slot is free for order {order}")]
pub struct NoSlotError {
    /// Number of the order.
    pub order: u32,
}

/// Resolves one operation after another.
#[derive(Debug)]
pub struct Resolver {
    run: ShardRun,
    market: Market,
    handles: Handles,
    /// By number of the order: its handle, and whose it is.
    orders: Vec<(OrderHandle, u32)>,
    answers: Answers,
    /// Events of the last command.
    events: Vec<EventBody>,
    /// Orders that have ended by it.
    ended: Vec<OrderHandle>,
    event_count: u64,
    kept_places: u64,
    sequence: u64,
    operations: u32,
}

impl Resolver {
    /// Returns one of an empty market.
    #[must_use]
    pub fn new(market: Market) -> Self {
        let slots = market.slots();
        Self {
            run: ShardRun::new(&market),
            market,
            handles: Handles::new(slots, Ranges::One),
            orders: Vec::new(),
            answers: Answers::new(slots),
            events: Vec::new(),
            ended: Vec::new(),
            event_count: 0,
            kept_places: 0,
            sequence: 0,
            operations: 0,
        }
    }

    /// Returns the definitions; to be called once, before the first operation.
    pub fn setup(&mut self) -> Vec<Sequenced<Command>> {
        let commands = self.market.setup();
        commands.into_iter().map(|one| self.apply(one)).collect()
    }

    /// Begins sum and count of events anew.
    pub const fn begin_timed(&mut self) {
        self.run.reset_checksum();
        self.event_count = 0;
    }

    /// Returns the command of an operation, which was applied, and appends what its events say as
    /// reports.
    ///
    /// # Errors
    ///
    /// Returns an error where it is a new order and no slot is free.
    pub fn resolve(
        &mut self,
        operation: &Operation,
        reports: &mut Vec<Report>,
    ) -> Result<Sequenced<Command>, NoSlotError> {
        let body = match operation.kind {
            OperationKind::New => self.new_order(operation, TimeInForce::Day)?,
            OperationKind::Ioc => self.new_order(operation, TimeInForce::Ioc)?,
            OperationKind::Fok => self.new_order(operation, TimeInForce::Fok)?,
            OperationKind::Cancel => self.cancel(operation),
            OperationKind::Reduce => self.reduce(operation),
            OperationKind::Move => self.replace(operation),
            OperationKind::CancelAll => self.cancel_all(operation),
        };
        let command = self.apply(body);
        self.free_slots();
        self.answers
            .translate(self.operations, operation, &self.events, reports);
        self.operations += 1;
        Ok(command)
    }

    /// Returns what the shard has come to.
    #[must_use]
    pub fn end(&self) -> End {
        self.run.end()
    }

    /// Returns what rests in it.
    #[must_use]
    pub fn depth(&self) -> Depth {
        self.run.depth()
    }

    /// Returns the shard.
    #[must_use]
    pub const fn shard(&self) -> &Shard {
        self.run.shard()
    }

    /// Returns how many events there were since [`Self::begin_timed`].
    #[must_use]
    pub const fn event_count(&self) -> u64 {
        self.event_count
    }

    /// Returns how many moves kept their place so far.
    #[must_use]
    pub const fn kept_places(&self) -> u64 {
        self.kept_places
    }

    fn apply(&mut self, body: Command) -> Sequenced<Command> {
        self.sequence += 1;
        let command = Sequenced {
            sequence: SequenceNumber(self.sequence),
            epoch: Epoch(1),
            time_ns: self.sequence,
            body,
        };
        self.events.clear();
        let events = &mut self.events;
        self.run
            .apply_and(&command, |event| events.push(event.body));
        self.event_count += self.events.len() as u64;
        for event in &self.events {
            if let EventBody::Replaced { kept_priority, .. } = event {
                self.kept_places += u64::from(*kept_priority);
            }
        }
        command
    }

    /// Takes back the slots of orders that have ended by the last command.
    fn free_slots(&mut self) {
        for event in &self.events {
            let parties = match event {
                EventBody::Traded {
                    aggressor, resting, ..
                } => [Some(resting), Some(aggressor)],
                EventBody::Canceled { handle, .. }
                | EventBody::Reduced { handle, .. }
                | EventBody::Rejected { handle, .. } => [Some(handle), None],
                _ => [None; 2],
            };
            let ended = parties.into_iter().flatten();
            self.ended
                .extend(ended.filter(|&&one| self.run.shard().order(one).is_none()));
        }
        // A command may name an order several times.
        self.ended.sort_unstable();
        self.ended.dedup();
        for handle in self.ended.drain(..) {
            self.handles.put(handle.slot);
        }
    }

    fn new_order(
        &mut self,
        operation: &Operation,
        time_in_force: TimeInForce,
    ) -> Result<Command, NoSlotError> {
        let order = operation.order;
        let handle = self.handles.take(order).ok_or(NoSlotError { order })?;
        let number = order as usize;
        if self.orders.len() <= number {
            self.orders.resize(number + 1, (NO_HANDLE, 0));
        }
        self.orders[number] = (handle, operation.account);
        let new = NewOrder {
            origin: self.origin(operation.account),
            handle,
            price: price(operation.price),
            quantity: Quantity::new(operation.quantity),
            instrument: InstrumentId(operation.symbol),
            account: AccountId(operation.account),
            side: core_side(operation.side),
            order_type: OrderType::Limit,
            time_in_force,
            post_only: 0,
            self_trade: SelfTradePrevention::None,
            terms_given: 0,
            reserved: [0; 2],
            terms: OrderTerms::NONE,
        };
        Ok(Command::New(new, ClientOrderId::NONE))
    }

    fn cancel(&self, operation: &Operation) -> Command {
        let (handle, user) = self.named(operation);
        Command::Cancel(Cancel {
            origin: self.origin(user),
            handle,
            order_id: OrderId::NONE,
        })
    }

    fn reduce(&self, operation: &Operation) -> Command {
        let (handle, user) = self.named(operation);
        let order = self.run.shard().order(handle);
        let (total, executed) = order.map_or((0, 0), |order| {
            (order.order_quantity.get(), order.cumulative.get())
        });
        let quantity = total.saturating_sub(operation.quantity).max(executed);
        Command::Reduce(Reduce {
            origin: self.origin(user),
            handle,
            quantity: Quantity::new(quantity),
        })
    }

    fn replace(&self, operation: &Operation) -> Command {
        let (handle, user) = self.named(operation);
        let order = self.run.shard().order(handle);
        let executed = order.map_or(0, |order| order.cumulative.get());
        let replace = Replace {
            origin: self.origin(user),
            handle,
            price: price(operation.price),
            quantity: Quantity::new(operation.quantity + executed),
            terms: ReplaceTerms::NONE,
        };
        Command::Replace(replace, ClientOrderId::NONE)
    }

    fn cancel_all(&self, operation: &Operation) -> Command {
        Command::MassCancel(MassCancel {
            origin: self.origin(operation.account),
            session: SessionId(operation.account),
            account: AccountId(operation.account),
            instrument: InstrumentId(operation.symbol),
            scope: MassCancelScope::Account,
            instrument_given: 1,
            side: 0,
            reserved: 0,
        })
    }

    /// Returns the handle of the named order and whose it is.
    fn named(&self, operation: &Operation) -> (OrderHandle, u32) {
        let order = self.orders.get(operation.order as usize);
        order.copied().unwrap_or((NO_HANDLE, 0))
    }

    /// Returns where the next command comes from.
    const fn origin(&self, user: u32) -> Origin {
        let number = self.sequence + 1;
        Origin {
            ring: RingNumber(number),
            request: RequestNumber(number),
            session: SessionId(user),
            gateway: GatewayId(0),
            durability: Durability::Written,
            reserved: [0; 2],
        }
    }
}
