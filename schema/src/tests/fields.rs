//! Fields that cannot be taken: each has its reason and names its request.

use ::capnp::message::Builder;
use ::capnp::serialize;
use matchgate_core::domain::{RejectReason, RequestNumber};

use crate::capnp::{DecodeError, decode_client, matchgate_capnp as wire};

const REQUEST: u64 = 41;

type Change<'a> = &'a dyn Fn(&mut wire::new_order::Builder<'_>);

/// A frame with a new order that is good but for `change`.
fn new_order(change: Change<'_>) -> Vec<u8> {
    let mut builder = Builder::new_default();
    let root = builder.init_root::<wire::client_frame::Builder<'_>>();
    let mut part = root.init_new_order();
    part.set_request(REQUEST);
    part.set_price(1);
    part.set_quantity(1);
    part.set_side(wire::Side::Buy);
    part.set_order_type(wire::OrderType::Limit);
    part.set_time_in_force(wire::TimeInForce::Day);
    part.set_symbol("AAPL");
    change(&mut part);
    serialize::write_message_to_words(&builder)
}

fn mass_cancel(change: impl Fn(&mut wire::mass_cancel::Builder<'_>)) -> Vec<u8> {
    let mut builder = Builder::new_default();
    let root = builder.init_root::<wire::client_frame::Builder<'_>>();
    let mut part = root.init_mass_cancel();
    part.set_request(REQUEST);
    part.set_scope(wire::MassCancelScope::Session);
    change(&mut part);
    serialize::write_message_to_words(&builder)
}

fn logon(change: impl Fn(&mut wire::logon::Builder<'_>)) -> Vec<u8> {
    let mut builder = Builder::new_default();
    let root = builder.init_root::<wire::client_frame::Builder<'_>>();
    let mut part = root.init_logon();
    part.set_key("desk-1");
    change(&mut part);
    serialize::write_message_to_words(&builder)
}

fn refused(reason: RejectReason) -> Result<crate::message::ClientMessage, DecodeError> {
    Err(DecodeError {
        reason,
        request: Some(RequestNumber(REQUEST)),
    })
}

/// Writes `value` over the 16 bits of the frame that begin at byte `at`.
fn with_code(mut frame: Vec<u8>, at: usize, value: u16) -> Vec<u8> {
    frame[at..at + 2].copy_from_slice(&value.to_le_bytes());
    frame
}

#[test]
fn good_order_decodes() {
    assert!(decode_client(&new_order(&|_| {})).is_ok());
    assert!(decode_client(&mass_cancel(|_| {})).is_ok());
    assert!(decode_client(&logon(|_| {})).is_ok());
}

#[test]
fn each_field_of_an_order_has_its_reason() {
    let long = "x".repeat(40);
    let cases: [(RejectReason, Change<'_>); 11] = [
        (RejectReason::InvalidSide, &|part| {
            part.set_side(wire::Side::Unspecified);
        }),
        (RejectReason::InvalidOrderType, &|part| {
            part.set_order_type(wire::OrderType::Unspecified);
        }),
        (RejectReason::InvalidTimeInForce, &|part| {
            part.set_time_in_force(wire::TimeInForce::Unspecified);
        }),
        (RejectReason::InvalidSymbol, &|part| part.set_symbol("")),
        (RejectReason::InvalidSymbol, &|part| {
            part.set_symbol("SEVENTEEN-BYTES-X");
        }),
        (RejectReason::InvalidSymbol, &|part| part.set_symbol("A B")),
        (RejectReason::InvalidSymbol, &|part| part.set_symbol("Ä")),
        (RejectReason::InvalidClientOrderId, &|part| {
            part.set_client_order_id(&*long);
        }),
        (RejectReason::InvalidClientOrderId, &|part| {
            part.set_client_order_id("a\0b");
        }),
        (RejectReason::InvalidAccount, &|part| {
            part.set_account("twenty-five-bytes-exactly");
        }),
        (RejectReason::InvalidAccount, &|part| part.set_account("\n")),
    ];
    for (reason, change) in cases {
        assert_eq!(decode_client(&new_order(change)), refused(reason));
    }
}

#[test]
fn unknown_enumerants_are_refused_as_their_field() {
    // Table, root pointer, root (2 words), then the order: its terms are data word 3.
    let terms = 8 * (1 + 1 + 2 + 3);
    let order = new_order(&|_| {});
    let self_trade = terms + 8 * 5;
    for (at, first, reason) in [
        (terms, 3, RejectReason::InvalidSide),
        (terms + 2, 7, RejectReason::InvalidOrderType),
        (terms + 4, 6, RejectReason::InvalidTimeInForce),
        (self_trade, 5, RejectReason::InvalidChoice),
    ] {
        for code in [first, 255, u16::MAX] {
            let bytes = with_code(order.clone(), at, code);
            assert_eq!(decode_client(&bytes), refused(reason));
        }
    }
    let choices = 8 * (1 + 1 + 2 + 1);
    let bytes = with_code(mass_cancel(|_| {}), choices, 3);
    assert_eq!(decode_client(&bytes), refused(RejectReason::InvalidScope));
    let bytes = with_code(mass_cancel(|_| {}), choices + 2, 3);
    assert_eq!(decode_client(&bytes), refused(RejectReason::InvalidSide));
    let bytes = with_code(logon(|_| {}), 8 * (1 + 1 + 2) + 2, 2);
    let choice = DecodeError::of_frame(RejectReason::InvalidChoice);
    assert_eq!(decode_client(&bytes), Err(choice));
}

#[test]
fn each_field_of_a_mass_cancel_has_its_reason() {
    let bytes = mass_cancel(|part| part.set_scope(wire::MassCancelScope::Unspecified));
    assert_eq!(decode_client(&bytes), refused(RejectReason::InvalidScope));
    let bytes = mass_cancel(|part| part.set_account(" "));
    assert_eq!(decode_client(&bytes), refused(RejectReason::InvalidAccount));
    let bytes = mass_cancel(|part| part.set_symbol("SEVENTEEN-BYTES-X"));
    assert_eq!(decode_client(&bytes), refused(RejectReason::InvalidSymbol));
}

#[test]
fn key_that_is_none_refuses_the_logon() {
    for key in ["", "twenty-five-bytes-exactly", "a key"] {
        let bytes = logon(|part| part.set_key(key));
        let invalid = DecodeError::of_frame(RejectReason::InvalidKey);
        assert_eq!(decode_client(&bytes), Err(invalid));
    }
}

#[test]
fn order_named_by_nothing_is_an_invalid_target() {
    let cancel = |name: &dyn Fn(wire::cancel::target::Builder<'_>)| {
        let mut builder = Builder::new_default();
        let root = builder.init_root::<wire::client_frame::Builder<'_>>();
        let mut part = root.init_cancel();
        part.set_request(REQUEST);
        name(part.init_target());
        serialize::write_message_to_words(&builder)
    };
    let names: [&dyn Fn(wire::cancel::target::Builder<'_>); 4] = [
        &|mut target| target.set_unspecified(()),
        &|mut target| target.set_request(0),
        &|mut target| target.set_client_order_id(""),
        &|mut target| target.set_order_id(0),
    ];
    for name in names {
        let decoded = decode_client(&cancel(name));
        assert_eq!(decoded, refused(RejectReason::InvalidTarget));
    }
    let unknown = with_code(cancel(&|_| {}), 8 * (1 + 1 + 2 + 1), 4);
    let decoded = decode_client(&unknown);
    assert_eq!(decoded, refused(RejectReason::InvalidTarget));
}

#[test]
fn request_zero_is_no_request() {
    let bytes = new_order(&|part| {
        part.set_request(0);
        part.set_symbol("");
    });
    let expected = DecodeError::of_frame(RejectReason::InvalidSymbol);
    assert_eq!(decode_client(&bytes), Err(expected));
}
