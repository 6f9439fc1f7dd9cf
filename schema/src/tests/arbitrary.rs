//! Strategies: any message that the types can hold.

use matchgate_core::domain::{
    CancelReason, ClientOrderId, Durability, Epoch, EventId, MassCancelScope, Name, OrderId,
    OrderType, Price, Quantity, RejectReason, RequestNumber, SelfTradePrevention, SequenceNumber,
    ShardId, Side, Symbol, TimeInForce,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::message::{
    BusinessReject, CancelReject, CancelRequest, ClientMessage, DECIDED_BITMAP_BITS, ExecType,
    ExecutionReport, Liquidity, Logon, LogonAnswer, MassCancelReport, MassCancelRequest,
    NewOrderRequest, OrderStatus, OrderTarget, ReduceRequest, ReplaceRequest, Report,
    RestateReason, ServerMessage,
};

fn text(length_min: usize, length_max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(0x21_u8..=0x7e, length_min..=length_max)
}

fn client_order_id() -> impl Strategy<Value = ClientOrderId> {
    text(0, 36).prop_map(|bytes| ClientOrderId::new(&bytes).unwrap())
}

fn name() -> impl Strategy<Value = Name> {
    text(1, 24).prop_map(|bytes| Name::new(&bytes).unwrap())
}

fn symbol() -> impl Strategy<Value = Symbol> {
    text(1, 16).prop_map(|bytes| Symbol::new(&bytes).unwrap())
}

fn side() -> impl Strategy<Value = Side> {
    select(vec![Side::Buy, Side::Sell])
}

fn order_type() -> impl Strategy<Value = OrderType> {
    select(vec![
        OrderType::Market,
        OrderType::Limit,
        OrderType::Stop,
        OrderType::StopLimit,
        OrderType::MarketToLimit,
        OrderType::MidPeg,
    ])
}

fn time_in_force() -> impl Strategy<Value = TimeInForce> {
    select(vec![
        TimeInForce::Day,
        TimeInForce::Gtc,
        TimeInForce::Ioc,
        TimeInForce::Fok,
        TimeInForce::Gtd,
    ])
}

fn self_trade() -> impl Strategy<Value = SelfTradePrevention> {
    select(vec![
        SelfTradePrevention::None,
        SelfTradePrevention::CancelNewest,
        SelfTradePrevention::CancelOldest,
        SelfTradePrevention::CancelBoth,
        SelfTradePrevention::Decrement,
    ])
}

fn durability() -> impl Strategy<Value = Durability> {
    select(vec![Durability::Written, Durability::Synced])
}

fn reason() -> impl Strategy<Value = RejectReason> {
    select(RejectReason::ALL)
}

fn request() -> impl Strategy<Value = RequestNumber> {
    any::<u64>().prop_map(RequestNumber)
}

fn price() -> impl Strategy<Value = Price> {
    any::<i64>().prop_map(Price::new)
}

fn quantity() -> impl Strategy<Value = Quantity> {
    any::<u64>().prop_map(Quantity::new)
}

fn order_id() -> impl Strategy<Value = OrderId> {
    any::<u64>().prop_map(OrderId::from_wire)
}

fn target() -> impl Strategy<Value = OrderTarget> {
    prop_oneof![
        (1..=u64::MAX).prop_map(|number| OrderTarget::Request(RequestNumber(number))),
        text(1, 36).prop_map(|id| OrderTarget::ClientOrderId(ClientOrderId::new(&id).unwrap())),
        (1..=u64::MAX).prop_map(|id| OrderTarget::OrderId(OrderId::from_wire(id))),
    ]
}

fn new_order() -> impl Strategy<Value = ClientMessage> {
    let names = (client_order_id(), option::of(name()), symbol());
    let terms = (side(), order_type(), time_in_force(), any::<bool>());
    let numbers = (price(), quantity(), price(), quantity(), quantity());
    let further = (any::<u64>(), self_trade(), any::<u16>());
    (request(), names, terms, numbers, further).prop_map(
        |(request, names, terms, numbers, further)| {
            ClientMessage::NewOrder(NewOrderRequest {
                request,
                client_order_id: names.0,
                account: names.1,
                symbol: names.2,
                side: terms.0,
                order_type: terms.1,
                time_in_force: terms.2,
                post_only: terms.3,
                price: numbers.0,
                quantity: numbers.1,
                stop_price: numbers.2,
                display_quantity: numbers.3,
                minimum_quantity: numbers.4,
                expire_time_ns: further.0,
                self_trade: further.1,
                self_trade_group: further.2,
            })
        },
    )
}

/// Any message of a client.
pub(super) fn client_message() -> BoxedStrategy<ClientMessage> {
    let logon = (any::<u16>(), name(), any::<u64>(), durability()).prop_map(
        |(protocol_version, key, next_expected, durability)| {
            ClientMessage::Logon(Logon {
                protocol_version,
                key,
                next_expected,
                durability,
            })
        },
    );
    let cancel = (request(), target())
        .prop_map(|(request, target)| ClientMessage::Cancel(CancelRequest { request, target }));
    let reduce = (request(), target(), quantity()).prop_map(|(request, target, quantity)| {
        ClientMessage::Reduce(ReduceRequest {
            request,
            target,
            quantity,
        })
    });
    let changes = (
        option::of(price()),
        option::of(time_in_force()),
        any::<u64>(),
    );
    let names = (target(), client_order_id());
    let replace = (request(), names, price(), quantity(), changes).prop_map(
        |(request, names, price, quantity, changes)| {
            ClientMessage::Replace(ReplaceRequest {
                request,
                target: names.0,
                client_order_id: names.1,
                price,
                quantity,
                stop_price: changes.0,
                time_in_force: changes.1,
                expire_time_ns: changes.2,
            })
        },
    );
    let scope = select(vec![MassCancelScope::Session, MassCancelScope::Account]);
    let optional = (option::of(name()), option::of(symbol()), option::of(side()));
    let mass_cancel = (request(), scope, optional).prop_map(|(request, scope, optional)| {
        ClientMessage::MassCancel(MassCancelRequest {
            request,
            scope,
            account: optional.0,
            symbol: optional.1,
            side: optional.2,
        })
    });
    prop_oneof![
        logon,
        Just(ClientMessage::Heartbeat),
        Just(ClientMessage::Logout),
        new_order(),
        cancel,
        reduce,
        replace,
        mass_cancel,
    ]
    .boxed()
}

fn logon_answer() -> impl Strategy<Value = ServerMessage> {
    let small = (any::<u32>(), any::<u32>(), any::<u32>(), durability());
    let large = any::<[u64; 5]>();
    let bits = vec(any::<u64>(), 0..=DECIDED_BITMAP_BITS / 64);
    (small, large, bits).prop_map(|(small, large, bits)| {
        let mut decided_above = [0; DECIDED_BITMAP_BITS / 64];
        decided_above[..bits.len()].copy_from_slice(&bits);
        ServerMessage::LogonAnswer(LogonAnswer {
            epoch: small.0,
            replay_from: large[0],
            next_sequence: large[1],
            decided_through: RequestNumber(large[2]),
            request_highest: RequestNumber(large[3]),
            decided_above,
            durability: small.3,
            heartbeat_interval_ms: small.1,
            open_orders_max: small.2,
            lost_from: large[4],
        })
    })
}

fn event_id() -> impl Strategy<Value = EventId> {
    any::<(u32, u8, u64, u32)>().prop_map(|(epoch, shard, sequence, index)| EventId {
        epoch: Epoch(epoch),
        shard: ShardId(shard),
        sequence: SequenceNumber(sequence),
        index,
    })
}

fn kinds() -> impl Strategy<Value = (ExecType, OrderStatus, Liquidity)> {
    let exec_type = select(vec![
        ExecType::New,
        ExecType::Canceled,
        ExecType::Replaced,
        ExecType::Rejected,
        ExecType::Reduced,
        ExecType::Trade,
        ExecType::Expired,
        ExecType::Triggered,
        ExecType::Restated,
        ExecType::TradePrevented,
    ]);
    let order_status = select(vec![
        OrderStatus::New,
        OrderStatus::PartiallyFilled,
        OrderStatus::Filled,
        OrderStatus::Canceled,
        OrderStatus::Rejected,
        OrderStatus::Expired,
    ]);
    let liquidity = select(vec![Liquidity::None, Liquidity::Added, Liquidity::Removed]);
    (exec_type, order_status, liquidity)
}

fn cancel_reason() -> impl Strategy<Value = Option<CancelReason>> {
    option::of(select(vec![
        CancelReason::Requested,
        CancelReason::ImmediateRemainder,
        CancelReason::MarketRemainder,
        CancelReason::MassCancel,
        CancelReason::PriceProtection,
        CancelReason::SelfTradePrevention,
        CancelReason::Refused,
    ]))
}

fn restate_reason() -> impl Strategy<Value = Option<RestateReason>> {
    option::of(select(vec![
        RestateReason::DisplayRefreshed,
        RestateReason::PriceAssigned,
        RestateReason::TermsReplaced,
    ]))
}

fn execution_report() -> impl Strategy<Value = Report> {
    let why = (
        option::of(reason()),
        cancel_reason(),
        event_id(),
        restate_reason(),
    );
    let names = (client_order_id(), client_order_id(), name(), symbol());
    let terms = (side(), order_type(), time_in_force());
    let numbers = (any::<[u64; 11]>(), price(), price(), price());
    (kinds(), why, names, terms, numbers).prop_map(|(kinds, why, names, terms, numbers)| {
        let whole = numbers.0;
        Report::Execution(ExecutionReport {
            exec_type: kinds.0,
            order_status: kinds.1,
            reject_reason: why.0,
            cancel_reason: why.1,
            restate_reason: why.3,
            order_id: OrderId::from_wire(whole[0]),
            execution_id: why.2,
            request: RequestNumber(whole[1]),
            order_request: RequestNumber(whole[2]),
            client_order_id: names.0,
            original_client_order_id: names.1,
            account: names.2,
            symbol: names.3,
            side: terms.0,
            order_type: terms.1,
            time_in_force: terms.2,
            price: numbers.1,
            stop_price: numbers.3,
            display_quantity: Quantity::new(whole[8]),
            expire_time_ns: whole[9],
            displayed: Quantity::new(whole[10]),
            order_quantity: Quantity::new(whole[3]),
            cumulative: Quantity::new(whole[4]),
            leaves: Quantity::new(whole[5]),
            last_price: numbers.2,
            last_quantity: Quantity::new(whole[6]),
            liquidity: kinds.2,
            transact_time_ns: whole[7],
        })
    })
}

fn report() -> impl Strategy<Value = Report> {
    let cancel_reject = (
        request(),
        reason(),
        order_id(),
        client_order_id(),
        any::<u64>(),
    )
        .prop_map(
            |(request, reason, order_id, client_order_id, transact_time_ns)| {
                Report::CancelReject(CancelReject {
                    request,
                    reason,
                    order_id,
                    client_order_id,
                    transact_time_ns,
                })
            },
        );
    let business_reject = (request(), reason())
        .prop_map(|(request, reason)| Report::BusinessReject(BusinessReject { request, reason }));
    let mass_cancel =
        (request(), any::<u32>(), any::<u64>()).prop_map(|(request, count, transact_time_ns)| {
            Report::MassCancel(MassCancelReport {
                request,
                count,
                transact_time_ns,
            })
        });
    prop_oneof![4 => execution_report(), 1 => cancel_reject, 1 => business_reject, 1 => mass_cancel]
}

/// Any message of the venue.
pub(super) fn server_message() -> BoxedStrategy<ServerMessage> {
    let numbered =
        (any::<u64>(), any::<bool>(), report()).prop_map(|(sequence, resend, report)| {
            ServerMessage::Report {
                sequence,
                resend,
                report,
            }
        });
    prop_oneof![
        4 => numbered,
        2 => logon_answer(),
        1 => request().prop_map(|request| ServerMessage::RequestRepeated { request }),
        1 => any::<[u64; 2]>().prop_map(|both| ServerMessage::Heartbeat {
            next_sequence: both[0],
            durable_through: both[1],
        }),
        1 => reason().prop_map(|reason| ServerMessage::Logout { reason }),
    ]
    .boxed()
}
