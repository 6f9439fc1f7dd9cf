//! The specification: its tables are generated, its frames are those that the codec makes.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use matchgate_core::domain::{
    ClientOrderId, Durability, Epoch, EventId, Name, OrderId, OrderType, Price, Quantity,
    RequestNumber, SequenceNumber, ShardId, Side, Symbol, TimeInForce,
};

use super::reference;
use crate::capnp::{Encoder, decode_client, decode_server, encode_client, encode_server, frame};
use crate::message::{
    CLIENT_FRAME_BYTES_MAX, ClientMessage, DECIDED_BITMAP_BITS, ExecType, ExecutionReport,
    Liquidity, Logon, NewOrderRequest, OrderStatus, PROTOCOL_VERSION, Report,
    SERVER_FRAME_BYTES_MAX, ServerMessage,
};

const HOW: &str = "cargo run -p matchgate-schema --example generate_capnp";

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    fs::read_to_string(folder().join("docs/capnp.md")).unwrap()
}

/// Returns the bytes of the block behind the marker `<!-- frame: name -->`. A line of it is
/// `offset: eight bytes | meaning`.
fn documented_frame(name: &str) -> Vec<u8> {
    let document = document();
    let marker = format!("<!-- frame: {name} -->\n```text\n");
    let (_, block) = document.split_once(&marker).expect("the marker");
    let (block, _) = block.split_once("```").expect("the end of the block");
    let mut bytes = Vec::new();
    for line in block.lines() {
        let (offset, rest) = line.split_once(':').expect("an offset");
        assert_eq!(usize::from_str_radix(offset, 16), Ok(bytes.len()), "{line}");
        let (word, _) = rest.split_once('|').expect("a meaning");
        for byte in word.split_whitespace() {
            bytes.push(u8::from_str_radix(byte, 16).expect("a byte"));
        }
    }
    bytes
}

fn hex_lines(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, word) in bytes.chunks(8).enumerate() {
        write!(text, "{:04x}:", index * 8).unwrap();
        for byte in word {
            write!(text, " {byte:02x}").unwrap();
        }
        text.push_str(" |\n");
    }
    text
}

fn check(name: &str, bytes: &[u8]) {
    assert!(
        documented_frame(name) == bytes,
        "{name}:\n{}",
        hex_lines(bytes)
    );
}

fn order() -> NewOrderRequest {
    NewOrderRequest {
        request: RequestNumber(1),
        client_order_id: ClientOrderId::new(b"A-1").unwrap(),
        ..NewOrderRequest::limit(
            Symbol::new(b"AAPL").unwrap(),
            Side::Buy,
            Price::new(101_250_000_000),
            Quantity::new(100),
        )
    }
}

#[test]
fn generated_parts_are_up_to_date() {
    let request = fs::read(folder().join("capnp/golden/matchgate.cgr")).unwrap();
    let document = document();
    assert!(
        document == reference::refreshed(&document, &request),
        "drifted: {HOW}"
    );
    assert!(!document.contains(reference::NAMELESS));
}

#[test]
fn documented_logon_is_what_the_codec_makes() {
    let logon = ClientMessage::Logon(Logon {
        protocol_version: PROTOCOL_VERSION,
        key: Name::new(b"desk-1").unwrap(),
        next_expected: 1,
        durability: Durability::Written,
    });
    check("logon", encode_client(&logon, &mut Encoder::new()));
    assert_eq!(decode_client(&documented_frame("logon")), Ok(logon));
}

#[test]
fn documented_order_is_what_the_codec_makes() {
    let order = ClientMessage::NewOrder(order());
    check("new order", encode_client(&order, &mut Encoder::new()));
    assert_eq!(decode_client(&documented_frame("new order")), Ok(order));
}

#[test]
fn documented_report_is_what_the_codec_makes() {
    let order = order();
    let report = ServerMessage::Report {
        sequence: 1,
        resend: false,
        report: Report::Execution(ExecutionReport {
            exec_type: ExecType::New,
            order_status: OrderStatus::New,
            reject_reason: None,
            cancel_reason: None,
            restate_reason: None,
            order_id: OrderId::of(ShardId(0), SequenceNumber(57)),
            execution_id: EventId {
                epoch: Epoch(3),
                shard: ShardId(0),
                sequence: SequenceNumber(57),
                index: 0,
            },
            request: order.request,
            order_request: order.request,
            client_order_id: order.client_order_id,
            original_client_order_id: ClientOrderId::NONE,
            account: Name::new(b"ALPHA").unwrap(),
            symbol: order.symbol,
            side: order.side,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::Day,
            price: order.price,
            stop_price: Price::new(0),
            display_quantity: Quantity::ZERO,
            expire_time_ns: 0,
            displayed: Quantity::ZERO,
            order_quantity: order.quantity,
            cumulative: Quantity::ZERO,
            leaves: order.quantity,
            last_price: Price::new(0),
            last_quantity: Quantity::ZERO,
            liquidity: Liquidity::None,
            transact_time_ns: 1_767_225_600_000_000_000,
        }),
    };
    check("report", encode_server(&report, &mut Encoder::new()));
    assert_eq!(decode_server(&documented_frame("report")), Ok(report));
}

#[test]
fn document_and_schema_name_the_bounds() {
    let schema = fs::read_to_string(folder().join("capnp/matchgate.capnp")).unwrap();
    assert_eq!(CLIENT_FRAME_BYTES_MAX, 1024);
    assert_eq!(SERVER_FRAME_BYTES_MAX, 1024);
    assert_eq!(frame::SEGMENTS_MAX, 4);
    assert_eq!(DECIDED_BITMAP_BITS, 32 * 64);
    for text in [&document(), &schema] {
        assert!(text.contains("1,024 bytes"));
        assert!(text.contains("4 segments"));
        assert!(text.contains("at most 32 words"));
    }
    let version = format!("const protocolVersion :UInt16 = {PROTOCOL_VERSION};");
    assert!(schema.contains(&version));
}
