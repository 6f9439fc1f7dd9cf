//! Requests: what a client asks for, from its number to the ring.
//!
//! A request is executed once: its number decides, before anything is looked at. Then it is
//! either refused under an outbound number, or written into the log as routed and pushed, in that
//! order, so that every command in a ring stands in the log.

use matchgate_core::domain::bounds::SHARDS_MAX;
use matchgate_core::domain::{
    Cancel, ClientOrderId, Command, Durability, Name, NewOrder, OrderHandle, OrderId, OrderTerms,
    OrderType, Origin, Price, Quantity, Reduce, RejectReason, Replace, ReplaceTerms, RequestNumber,
    RingNumber, SessionId, ShardId, Side, Symbol, TimeInForce,
};
use matchgate_core::mirror::OrderRecord;
use matchgate_schema::message::{
    ClientMessage, MassCancelRequest, NewOrderRequest, OrderTarget, ReplaceRequest,
};

use crate::bounds::REPEATS_MAX;
use crate::checks::{MassCancelPlan, NewPlan};
use crate::gateway_core::{GatewayCore, Intake, SessionEnd, session_of};
use crate::gateway_log::{
    GatewayRecord, MassCancelFilter, Refused, RefusedKind, Routed, RoutedAll, ShardRing,
};
use crate::in_flight::Cause;
use crate::mass_cancel;
use crate::outlet::{Outlet, Priority};
use crate::report_store::Basis;
use crate::reports;
use crate::request_window::Standing;
use crate::resolver::Place;

/// What a request does to one order.
#[derive(Clone, Copy, Debug)]
enum Act<'a> {
    Cancel,
    Reduce(Quantity),
    Replace(&'a ReplaceRequest),
}

impl Act<'_> {
    const fn priority(&self) -> Priority {
        match self {
            Self::Cancel | Self::Reduce(_) => Priority::Cancel,
            Self::Replace(..) => Priority::Ordinary,
        }
    }

    fn command(&self, origin: Origin, handle: OrderHandle) -> Command {
        match *self {
            Self::Cancel => Command::Cancel(Cancel {
                origin,
                handle,
                order_id: OrderId::NONE,
            }),
            Self::Reduce(quantity) => Command::Reduce(Reduce {
                origin,
                handle,
                quantity,
            }),
            Self::Replace(request) => {
                let replace = Replace {
                    origin,
                    handle,
                    price: request.price,
                    quantity: request.quantity,
                    terms: ReplaceTerms {
                        stop_price: request.stop_price.unwrap_or_default(),
                        expire_time_ns: request.expire_time_ns,
                        time_in_force: request.time_in_force.map_or(0, time_in_force_number),
                        stop_price_given: u8::from(request.stop_price.is_some()),
                        reserved: [0; 6],
                    },
                };
                Command::Replace(replace, request.client_order_id)
            }
        }
    }
}

impl GatewayCore {
    /// Takes a message of a session that is logged on. `now_ns` is the agent's monotonic clock.
    ///
    /// # Errors
    ///
    /// Returns a [`SessionEnd`] where the message ends the connection: a logout, a second logon,
    /// or a request number that cannot be.
    pub fn on_message(
        &mut self,
        session: SessionId,
        message: &ClientMessage,
        now_ns: u64,
        outlet: &mut impl Outlet,
    ) -> Result<Intake, SessionEnd> {
        let heard_ns = self.hearing_ns(now_ns);
        let state = self.session_mut(session);
        let Some(state) = state.filter(|state| state.connection.connected) else {
            let reason = RejectReason::NotLoggedOn;
            return Err(SessionEnd { reason });
        };
        if let Some(reason) = state.connection.ending {
            return Err(SessionEnd { reason });
        }
        state.connection.heard_ns = heard_ns;
        let connection = &mut state.connection;
        let mut end = |reason| {
            connection.ending = Some(reason);
            Err(SessionEnd { reason })
        };
        let request = match message {
            ClientMessage::Logon(_) => return end(RejectReason::AlreadyLoggedOn),
            ClientMessage::Logout => return end(RejectReason::LoggedOut),
            ClientMessage::Heartbeat => return Ok(Intake::Taken),
            ClientMessage::NewOrder(request) => request.request,
            ClientMessage::Cancel(request) => request.request,
            ClientMessage::Reduce(request) => request.request,
            ClientMessage::Replace(request) => request.request,
            ClientMessage::MassCancel(request) => request.request,
        };
        match state.requests.standing(request) {
            Standing::Zero => end(RejectReason::RequestZero),
            Standing::Gap => end(RejectReason::RequestGap),
            Standing::Later => Ok(Intake::Later),
            Standing::Repeated => Ok(self.answer_repeat(session, request)),
            Standing::Fresh => {
                self.execute(session, message, outlet);
                Ok(Intake::Taken)
            }
        }
    }

    fn answer_repeat(&mut self, session: SessionId, request: RequestNumber) -> Intake {
        let Some(state) = self.session_mut(session) else {
            return Intake::Taken;
        };
        if state.connection.repeats.len() >= REPEATS_MAX {
            return Intake::Later;
        }
        state.connection.repeats.push_back(request);
        self.mark_ready(session);
        Intake::Taken
    }

    fn execute(&mut self, session: SessionId, message: &ClientMessage, outlet: &mut impl Outlet) {
        match message {
            ClientMessage::NewOrder(request) => self.new_order(session, request, outlet),
            ClientMessage::Cancel(request) => {
                let named = (request.request, &request.target);
                self.act(session, named, Act::Cancel, outlet);
            }
            ClientMessage::Reduce(request) => {
                let named = (request.request, &request.target);
                self.act(session, named, Act::Reduce(request.quantity), outlet);
            }
            ClientMessage::Replace(request) => {
                let named = (request.request, &request.target);
                self.act(session, named, Act::Replace(request), outlet);
            }
            ClientMessage::MassCancel(request) => self.mass_cancel(session, request, outlet),
            ClientMessage::Logon(_) | ClientMessage::Heartbeat | ClientMessage::Logout => {}
        }
    }

    fn new_order(
        &mut self,
        session: SessionId,
        request: &NewOrderRequest,
        outlet: &mut impl Outlet,
    ) {
        match self.check_new(session, request, outlet) {
            Ok(plan) => self.enter(session, request, &plan, outlet),
            Err(reason) => {
                let default = self.session(session).map(|state| state.definition);
                let default = default.and_then(|definition| {
                    let account = self.directory.account(definition.default_account)?;
                    Some(account.name)
                });
                let refused = Refused {
                    price: entered_price(request),
                    stop_price: request.stop_price,
                    display_quantity: request.display_quantity,
                    expire_time_ns: request.expire_time_ns,
                    quantity: request.quantity,
                    side: request.side,
                    order_type: request.order_type,
                    time_in_force: request.time_in_force,
                    client_order_id: request.client_order_id,
                    account: request.account.or(default).unwrap_or_default(),
                    symbol: request.symbol,
                    ..refused(RefusedKind::New, session, request.request, reason)
                };
                self.refuse(refused, outlet);
            }
        }
    }

    fn enter(
        &mut self,
        session: SessionId,
        request: &NewOrderRequest,
        plan: &NewPlan,
        outlet: &mut impl Outlet,
    ) {
        let shard = plan.instrument.shard;
        let durability = self.session(session).map(|state| state.durability);
        let ring = self.next_ring(shard);
        let terms = OrderTerms {
            stop_price: request.stop_price,
            display_quantity: request.display_quantity,
            minimum_quantity: request.minimum_quantity,
            expire_time_ns: request.expire_time_ns,
            self_trade_group: plan.self_trade_group,
            reserved: [0; 4],
        };
        let order = NewOrder {
            origin: self.origin(
                session,
                request.request,
                ring,
                durability.unwrap_or_default(),
            ),
            handle: plan.handle,
            price: entered_price(request),
            quantity: request.quantity,
            instrument: plan.instrument.id,
            account: plan.account.id,
            side: request.side,
            order_type: request.order_type,
            time_in_force: request.time_in_force,
            post_only: u8::from(request.post_only),
            self_trade: request.self_trade,
            terms_given: u8::from(terms != OrderTerms::NONE),
            reserved: [0; 2],
            terms,
        };
        let id = request.client_order_id;
        let place = Place {
            shard: shard.0,
            handle: plan.handle,
        };
        self.resolver.enter_client_id(plan.account.firm, id, place);
        self.resolver.enter_request(session, request.request, place);
        if let Some(side) = self.shards.get_mut(usize::from(shard.0)) {
            side.slots.open_next(&order, id);
        }
        self.count_opened(shard, &OrderRecord::pending(&order, id));
        let command = Command::New(order, id);
        self.route(shard, &command, Priority::Ordinary, outlet);
    }

    fn act(
        &mut self,
        session: SessionId,
        (request, target): (RequestNumber, &OrderTarget),
        act: Act<'_>,
        outlet: &mut impl Outlet,
    ) {
        let found = self.check_target(session, target);
        let checked = found.and_then(|(place, record)| {
            if let Act::Replace(request) = act {
                self.check_replacement(session, request)?;
            }
            if act.priority() == Priority::Ordinary {
                self.check_held_room(place.shard, record.durability)?;
            }
            self.check_room(place.shard, act.priority(), outlet)?;
            Ok((place, record))
        });
        match checked {
            Ok((place, record)) => {
                let shard = ShardId(place.shard);
                let ring = self.next_ring(shard);
                // The class of the order, not of the session: the answer stays in its place
                // among the order's events.
                let origin = self.origin(session, request, ring, record.durability);
                if let Act::Replace(request) = act {
                    let firm = self.session(session).map(|state| state.firm());
                    let id = request.client_order_id;
                    self.resolver
                        .enter_client_id(firm.unwrap_or_default(), id, place);
                }
                if let Some(side) = self.shards.get_mut(usize::from(shard.0)) {
                    side.slots.command_sent(place.handle);
                }
                let command = act.command(origin, place.handle);
                self.route(shard, &command, act.priority(), outlet);
            }
            Err(reason) => {
                let mut refused = refused(RefusedKind::Cancel, session, request, reason);
                match (found, target) {
                    (Ok((_, record)), _) => {
                        refused.order_id = record.order_id;
                        refused.client_order_id = record.client_order_id;
                    }
                    (Err(_), OrderTarget::ClientOrderId(id)) => refused.client_order_id = *id,
                    (Err(_), OrderTarget::Request(_) | OrderTarget::OrderId(_)) => {}
                }
                self.refuse(refused, outlet);
            }
        }
    }

    fn mass_cancel(
        &mut self,
        session: SessionId,
        request: &MassCancelRequest,
        outlet: &mut impl Outlet,
    ) {
        match self.check_mass_cancel(session, request, outlet) {
            Ok(MassCancelPlan { filter, shard }) => {
                if let Some(state) = self.session_mut(session) {
                    state.requests.take(request.request);
                }
                let asked = std::array::from_fn(|number| {
                    number < usize::from(self.options.shard_count)
                        && shard.is_none_or(|shard| usize::from(shard.0) == number)
                });
                self.fan_out((session, request.request), &filter, &asked, outlet);
            }
            Err(reason) => {
                let kind = RefusedKind::MassCancel;
                self.refuse(refused(kind, session, request.request, reason), outlet);
            }
        }
    }

    /// Sends a mass cancel to the shards that are `asked`; all rings have room.
    pub(crate) fn fan_out(
        &mut self,
        (session, request): (SessionId, RequestNumber),
        filter: &MassCancelFilter,
        asked: &[bool; SHARDS_MAX],
        outlet: &mut impl Outlet,
    ) {
        let mut routed = RoutedAll {
            request,
            session,
            filter: *filter,
            shard_count: 0,
            shards: [ShardRing::default(); SHARDS_MAX],
        };
        let shards = (0..self.options.shard_count)
            .zip(asked)
            .filter(|(_, asked)| **asked);
        for (entry, (number, _)) in routed.shards.iter_mut().zip(shards) {
            *entry = ShardRing {
                ring: self.next_ring(ShardId(number)),
                shard: ShardId(number),
                reserved: [0; 7],
            };
            routed.shard_count += 1;
        }
        self.log(&GatewayRecord::RoutedAll(routed), outlet);
        self.mass_cancels.routed(&routed);
        for entry in routed.shards.iter().take(usize::from(routed.shard_count)) {
            let command =
                mass_cancel::command(self.options.gateway, (session, request), entry.ring, filter);
            let command = Command::MassCancel(command);
            self.push_cause(entry.shard, &command);
            outlet.route(entry.shard, &command, Priority::Cancel);
        }
    }

    /// Writes a command into the log, then pushes it.
    fn route(
        &mut self,
        shard: ShardId,
        command: &Command,
        priority: Priority,
        outlet: &mut impl Outlet,
    ) {
        let Some(origin) = command.origin() else {
            return;
        };
        self.log(
            &GatewayRecord::Routed(Routed {
                request: origin.request,
                ring: origin.ring,
                session: origin.session,
                shard,
                reserved: [0; 3],
            }),
            outlet,
        );
        if let Some(state) = session_of(&mut self.sessions, origin.session) {
            state.requests.take(origin.request);
        }
        self.push_cause(shard, command);
        outlet.route(shard, command, priority);
    }

    fn push_cause(&mut self, shard: ShardId, command: &Command) {
        if let Some(side) = self.shards.get_mut(usize::from(shard.0))
            && let Some(cause) = Cause::of(command)
        {
            side.in_flight.push(cause);
        }
    }

    /// Refuses a request: one record that is its decision and its number at once.
    fn refuse(&mut self, mut refused: Refused, outlet: &mut impl Outlet) {
        let session = refused.session;
        let Some(state) = self.session_mut(session) else {
            return;
        };
        refused.outbound = state.next_sequence;
        state.requests.decide(refused.request);
        self.log_refused(&refused, outlet);
    }

    /// Logs a refusal whose outbound number is the session's next one, and stores its report.
    pub(crate) fn log_refused(&mut self, refused: &Refused, outlet: &mut impl Outlet) {
        let log_sequence = self.log(&GatewayRecord::Refused(*refused), outlet);
        let report = reports::refusal(refused);
        self.number(refused.session, report, Basis::Log, log_sequence);
    }

    fn next_ring(&self, shard: ShardId) -> RingNumber {
        self.shards
            .get(usize::from(shard.0))
            .map_or(RingNumber(0), |side| side.in_flight.next_ring())
    }

    const fn origin(
        &self,
        session: SessionId,
        request: RequestNumber,
        ring: RingNumber,
        durability: Durability,
    ) -> Origin {
        Origin {
            ring,
            request,
            session,
            gateway: self.options.gateway,
            durability,
            reserved: [0; 2],
        }
    }
}

/// Returns the price with which an order is entered: zero where it has none of its own.
const fn entered_price(request: &NewOrderRequest) -> Price {
    match request.order_type {
        OrderType::Limit | OrderType::StopLimit | OrderType::MidPeg => request.price,
        OrderType::Market | OrderType::Stop | OrderType::MarketToLimit => Price::new(0),
    }
}

/// Returns the number of a time in force, as it stands in the journal.
const fn time_in_force_number(time_in_force: TimeInForce) -> u8 {
    match time_in_force {
        TimeInForce::Day => 1,
        TimeInForce::Gtc => 2,
        TimeInForce::Ioc => 4,
        TimeInForce::Fok => 5,
        TimeInForce::Gtd => 7,
    }
}

/// Returns the record of a refused request whose other fields say nothing.
fn refused(
    kind: RefusedKind,
    session: SessionId,
    request: RequestNumber,
    reason: RejectReason,
) -> Refused {
    Refused {
        request,
        outbound: 0,
        price: Price::default(),
        quantity: Quantity::ZERO,
        order_id: OrderId::NONE,
        stop_price: Price::default(),
        display_quantity: Quantity::ZERO,
        expire_time_ns: 0,
        session,
        reason: reason.code(),
        kind,
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        client_order_id: ClientOrderId::NONE,
        account: Name::default(),
        symbol: Symbol::default(),
        reserved: [0; 1],
    }
}
