//! One message of each kind, with every field set and every text at its longest.

use matchgate_core::domain::{
    CancelReason, ClientOrderId, Durability, Epoch, EventId, MassCancelScope, Name, OrderId,
    OrderType, Price, Quantity, RejectReason, RequestNumber, SelfTradePrevention, SequenceNumber,
    ShardId, Side, Symbol, TimeInForce,
};

use crate::message::{
    BusinessReject, CancelReject, CancelRequest, ClientMessage, DECIDED_BITMAP_BITS, ExecType,
    ExecutionReport, Liquidity, Logon, LogonAnswer, MassCancelReport, MassCancelRequest,
    NewOrderRequest, OrderStatus, OrderTarget, PROTOCOL_VERSION, ReduceRequest, ReplaceRequest,
    Report, RestateReason, ServerMessage,
};

pub(super) fn client_order_id() -> ClientOrderId {
    ClientOrderId::new(b"abcdefghijklmnopqrstuvwxyz0123456789").unwrap()
}

fn name() -> Name {
    Name::new(b"account-of-twenty-four-b").unwrap()
}

fn symbol() -> Symbol {
    Symbol::new(b"SIXTEENBYTESLONG").unwrap()
}

/// Returns one message of a client of each kind, and each way of naming an order.
pub(super) fn client_messages() -> Vec<ClientMessage> {
    let request = RequestNumber(0x0102_0304_0506_0708);
    vec![
        ClientMessage::Logon(Logon {
            protocol_version: PROTOCOL_VERSION,
            key: name(),
            next_expected: 9,
            durability: Durability::Synced,
        }),
        ClientMessage::Heartbeat,
        ClientMessage::Logout,
        ClientMessage::NewOrder(NewOrderRequest {
            client_order_id: client_order_id(),
            account: Some(name()),
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Ioc,
            post_only: true,
            request,
            stop_price: Price::new(-2),
            display_quantity: Quantity::new(3),
            minimum_quantity: Quantity::new(4),
            expire_time_ns: 5,
            self_trade: SelfTradePrevention::Decrement,
            self_trade_group: 6,
            ..NewOrderRequest::limit(
                symbol(),
                Side::Sell,
                Price::new(-1_000_000_001),
                Quantity::new(u64::MAX),
            )
        }),
        ClientMessage::Cancel(CancelRequest {
            request,
            target: OrderTarget::OrderId(OrderId::from_wire(77)),
        }),
        ClientMessage::Reduce(ReduceRequest {
            request,
            target: OrderTarget::Request(RequestNumber(5)),
            quantity: Quantity::new(6),
        }),
        ClientMessage::Replace(ReplaceRequest {
            request,
            target: OrderTarget::ClientOrderId(client_order_id()),
            client_order_id: client_order_id(),
            price: Price::new(7),
            quantity: Quantity::new(8),
            stop_price: Some(Price::new(-9)),
            time_in_force: Some(TimeInForce::Gtd),
            expire_time_ns: 10,
        }),
        ClientMessage::MassCancel(MassCancelRequest {
            request,
            scope: MassCancelScope::Account,
            account: Some(name()),
            symbol: Some(symbol()),
            side: Some(Side::Buy),
        }),
    ]
}

fn execution_report() -> ExecutionReport {
    ExecutionReport {
        exec_type: ExecType::Trade,
        order_status: OrderStatus::PartiallyFilled,
        reject_reason: Some(RejectReason::Internal),
        cancel_reason: Some(CancelReason::MassCancel),
        restate_reason: Some(RestateReason::TermsReplaced),
        order_id: OrderId::of(ShardId(3), SequenceNumber(4)),
        execution_id: EventId {
            epoch: Epoch(5),
            shard: ShardId(3),
            sequence: SequenceNumber(6),
            index: 7,
        },
        request: RequestNumber(8),
        order_request: RequestNumber(9),
        client_order_id: client_order_id(),
        original_client_order_id: client_order_id(),
        account: name(),
        symbol: symbol(),
        side: Side::Sell,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Ioc,
        price: Price::new(-10),
        stop_price: Price::new(-17),
        display_quantity: Quantity::new(18),
        expire_time_ns: 19,
        displayed: Quantity::new(20),
        order_quantity: Quantity::new(11),
        cumulative: Quantity::new(12),
        leaves: Quantity::new(13),
        last_price: Price::new(14),
        last_quantity: Quantity::new(15),
        liquidity: Liquidity::Removed,
        transact_time_ns: 16,
    }
}

/// Returns one message of the venue of each kind.
pub(super) fn server_messages() -> Vec<ServerMessage> {
    let numbered = |report| ServerMessage::Report {
        sequence: 17,
        resend: true,
        report,
    };
    vec![
        ServerMessage::LogonAnswer(LogonAnswer {
            epoch: 1,
            replay_from: 2,
            next_sequence: 3,
            decided_through: RequestNumber(4),
            request_highest: RequestNumber(5),
            decided_above: [u64::MAX; DECIDED_BITMAP_BITS / 64],
            durability: Durability::Synced,
            heartbeat_interval_ms: 6,
            open_orders_max: 7,
            lost_from: 8,
        }),
        numbered(Report::Execution(execution_report())),
        numbered(Report::CancelReject(CancelReject {
            request: RequestNumber(18),
            reason: RejectReason::OrderNotLive,
            order_id: OrderId::from_wire(19),
            client_order_id: client_order_id(),
            transact_time_ns: 20,
        })),
        numbered(Report::BusinessReject(BusinessReject {
            request: RequestNumber(21),
            reason: RejectReason::Busy,
        })),
        numbered(Report::MassCancel(MassCancelReport {
            request: RequestNumber(22),
            count: 23,
            transact_time_ns: 24,
        })),
        ServerMessage::RequestRepeated {
            request: RequestNumber(25),
        },
        ServerMessage::Heartbeat {
            next_sequence: 26,
            durable_through: 27,
        },
        ServerMessage::Logout {
            reason: RejectReason::ShuttingDown,
        },
    ]
}
