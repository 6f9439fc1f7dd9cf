//! Encoding and decoding allocate nothing, for good frames and bad ones alike.
//!
//! A program of its own, since it counts what every allocation of the thread costs.
#![expect(
    unsafe_code,
    reason = "an allocator that counts can only be made this way"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use matchgate_core::domain::{
    CancelReason, ClientOrderId, Durability, Epoch, EventId, MassCancelScope, Name, OrderId,
    OrderType, Price, Quantity, RejectReason, RequestNumber, SequenceNumber, ShardId, Side, Symbol,
    TimeInForce,
};
use matchgate_schema::capnp::{
    Encoder, decode_client, decode_server, encode_client, encode_server, frame,
};
use matchgate_schema::message::{
    CancelReject, CancelRequest, ClientMessage, DECIDED_BITMAP_BITS, ExecType, ExecutionReport,
    Liquidity, LogonAnswer, MassCancelRequest, NewOrderRequest, OrderStatus, OrderTarget,
    ReduceRequest, ReplaceRequest, Report, RestateReason, ServerMessage,
};

const MESSAGES: u64 = 10_000;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct CountingAllocator;

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, so from the system, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Returns how often this thread allocated while `section` ran.
fn allocations_in(section: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    section();
    ALLOCATIONS.get() - before
}

/// An id of 1 to 36 bytes.
fn client_order_id(number: u64) -> ClientOrderId {
    let length = usize::try_from(number % 36).expect("below 36") + 1;
    ClientOrderId::new(&b"abcdefghijklmnopqrstuvwxyz0123456789"[..length]).expect("printable")
}

fn client_message(number: u64) -> ClientMessage {
    let request = RequestNumber(number);
    let id = client_order_id(number);
    let symbol = Symbol::new(b"AAPL").expect("printable");
    let quantity = Quantity::new(number);
    match number % 6 {
        0 => ClientMessage::Cancel(CancelRequest {
            request,
            target: OrderTarget::ClientOrderId(id),
        }),
        1 => ClientMessage::Reduce(ReduceRequest {
            request,
            target: OrderTarget::Request(RequestNumber(number)),
            quantity,
        }),
        2 => ClientMessage::Replace(ReplaceRequest {
            request,
            ..ReplaceRequest::new(
                OrderTarget::OrderId(OrderId::from_wire(number)),
                Price::new(1),
                quantity,
            )
            .with_id(id)
            .with_stop(Price::new(2))
            .until(number)
        }),
        3 => ClientMessage::MassCancel(MassCancelRequest {
            request,
            scope: MassCancelScope::Account,
            account: Name::new(b"account"),
            symbol: Some(symbol),
            side: Some(Side::Sell),
        }),
        4 => ClientMessage::Heartbeat,
        _ => ClientMessage::NewOrder(NewOrderRequest {
            request,
            client_order_id: id,
            account: Name::new(b"account"),
            ..NewOrderRequest::limit(symbol, Side::Buy, Price::new(-5), quantity)
        }),
    }
}

fn execution_report(number: u64) -> ExecutionReport {
    ExecutionReport {
        exec_type: ExecType::Trade,
        order_status: OrderStatus::Filled,
        reject_reason: Some(RejectReason::Busy),
        cancel_reason: Some(CancelReason::Requested),
        restate_reason: Some(RestateReason::PriceAssigned),
        order_id: OrderId::from_wire(number),
        execution_id: EventId {
            epoch: Epoch(1),
            shard: ShardId(2),
            sequence: SequenceNumber(number),
            index: 3,
        },
        request: RequestNumber(number),
        order_request: RequestNumber(number),
        client_order_id: client_order_id(number),
        original_client_order_id: client_order_id(number + 7),
        account: Name::new(b"account").expect("printable"),
        symbol: Symbol::new(b"AAPL").expect("printable"),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        price: Price::new(1),
        stop_price: Price::new(2),
        display_quantity: Quantity::new(3),
        expire_time_ns: number,
        displayed: Quantity::new(4),
        order_quantity: Quantity::new(number),
        cumulative: Quantity::new(number),
        leaves: Quantity::ZERO,
        last_price: Price::new(1),
        last_quantity: Quantity::new(1),
        liquidity: Liquidity::Added,
        transact_time_ns: number,
    }
}

fn server_message(number: u64) -> ServerMessage {
    let numbered = |report| ServerMessage::Report {
        sequence: number,
        resend: false,
        report,
    };
    match number % 5 {
        0 => numbered(Report::CancelReject(CancelReject {
            request: RequestNumber(number),
            reason: RejectReason::UnknownOrder,
            order_id: OrderId::NONE,
            client_order_id: client_order_id(number),
            transact_time_ns: 0,
        })),
        1 => ServerMessage::Heartbeat {
            next_sequence: number,
            durable_through: number,
        },
        2 => ServerMessage::LogonAnswer(LogonAnswer {
            epoch: 1,
            replay_from: 1,
            next_sequence: number,
            decided_through: RequestNumber(number),
            request_highest: RequestNumber(number),
            decided_above: [number; DECIDED_BITMAP_BITS / 64],
            durability: Durability::Written,
            heartbeat_interval_ms: 1000,
            open_orders_max: 100,
            lost_from: 0,
        }),
        _ => numbered(Report::Execution(execution_report(number))),
    }
}

#[test]
fn requests_are_encoded_split_and_decoded_without_allocation() {
    let mut encoder = Encoder::new();
    let allocations = allocations_in(|| {
        for number in 1..=MESSAGES {
            let message = client_message(number);
            let bytes = encode_client(&message, &mut encoder);
            assert_eq!(frame::next(bytes), Ok(Some(bytes)));
            assert_eq!(decode_client(bytes), Ok(message));
        }
    });
    assert_eq!(allocations, 0);
}

#[test]
fn answers_are_encoded_split_and_decoded_without_allocation() {
    let mut encoder = Encoder::new();
    let allocations = allocations_in(|| {
        for number in 1..=MESSAGES {
            let message = server_message(number);
            let bytes = encode_server(&message, &mut encoder);
            assert_eq!(frame::next_from_server(bytes), Ok(Some(bytes)));
            assert_eq!(decode_server(bytes), Ok(message));
        }
    });
    assert_eq!(allocations, 0);
}

#[test]
fn broken_frames_are_refused_without_allocation() {
    let mut encoder = Encoder::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut refused = 0_u64;
    let allocations = allocations_in(|| {
        let mut broken = [0; 1024];
        for number in 1..=MESSAGES {
            let bytes = encode_client(&client_message(number), &mut encoder);
            let copy = &mut broken[..bytes.len()];
            copy.copy_from_slice(bytes);
            for _ in 0..4 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let [at, value, ..] = random.to_le_bytes();
                copy[usize::from(at) % bytes.len()] = value;
            }
            refused += u64::from(decode_client(copy).is_err());
            refused += u64::from(decode_server(copy).is_err());
        }
    });
    assert!(refused > MESSAGES, "most frames must be broken: {refused}");
    assert_eq!(allocations, 0);
}

#[test]
fn counter_counts() {
    let allocations = allocations_in(|| {
        std::hint::black_box(Vec::<u64>::with_capacity(std::hint::black_box(8)));
    });
    assert_eq!(allocations, 1);
}
