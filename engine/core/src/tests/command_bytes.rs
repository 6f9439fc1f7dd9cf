//! Commands as they stand in the journal, byte by byte, and bytes that are none.

use zerocopy::little_endian::I128;

use crate::domain::{
    Account, AccountId, Cancel, ClientOrderId, Command, CommandDecodeError, CommandKind,
    ControlNumber, DefineAccount, DefineFirm, DefineInstrument, DefineSession, Durability, EndDay,
    Firm, FirmId, GatewayId, Instrument, InstrumentId, LendSlots, MassCancel, MassCancelScope,
    Name, NewOrder, OrderHandle, OrderId, OrderTerms, OrderType, Origin, Phase, Price, Quantity,
    Reduce, Replace, ReplaceTerms, RequestNumber, RingNumber, SelfTradePrevention,
    SessionDefinition, SessionId, SetPhase, ShardId, Side, StateHashCheck, Symbol, TimeAdvance,
    TimeInForce,
};

/// Returns the type byte and the body.
pub(super) fn bytes_of(command: &Command) -> (u8, Vec<u8>) {
    let (kind, parts) = command.parts();
    (kind as u8, parts.concat())
}

#[test]
fn unknown_type_byte_is_refused() {
    for kind in [0, 8, 15, 23, 31, 34, 255] {
        let error = Command::decode(kind, &[]);
        assert_eq!(error, Err(CommandDecodeError::UnknownKind(kind)));
    }
}

#[test]
fn value_outside_its_range_is_refused() {
    let (kind, body) = bytes_of(&Command::New(order(), client()));
    for (offset, value) in [
        (21, 0),
        (21, 3),
        (56, 0),
        (56, 3),
        (57, 9),
        (58, 3),
        (58, 0),
        (60, 5),
        (61, 1),
    ] {
        let mut body = body.clone();
        body[offset] = value;
        let error = Err(CommandDecodeError::Body {
            kind: CommandKind::New,
            length: body.len(),
        });
        assert_eq!(Command::decode(kind, &body), error, "{offset}");
    }
    let mut blank = body.clone();
    blank[64] = b' ';
    assert!(
        Command::decode(kind, &blank).is_err(),
        "a blank in a client id"
    );
}

#[test]
fn refused_body_leaves_the_command_that_was_read_before() {
    let (kind, body) = bytes_of(&Command::New(order(), client()));
    let before = Command::Time(TimeAdvance { time_ns: 7 });
    let mut command = before;
    // Self-trade prevention, post-only, whether terms are given, a blank in the client's id.
    for (offset, value) in [(60, 5), (59, 2), (61, 1), (65, b' ')] {
        let mut body = body.clone();
        body[offset] = value;
        assert!(command.read(kind, &body).is_err(), "{offset}");
        assert_eq!(command, before, "{offset}");
    }
    for kind in [4, 2, 6, 7, 8] {
        assert!(command.read(kind, &body[..39]).is_err(), "kind {kind}");
        assert_eq!(command, before, "kind {kind}");
    }
}

const CONTROL: ControlNumber = ControlNumber(0x0102_0304_0506_0708);
const HANDLE: OrderHandle = OrderHandle {
    slot: 0x4142_4344,
    generation: 0x5152_5354,
};
const ORIGIN: Origin = Origin {
    ring: RingNumber(0x0102_0304_0506_0708),
    request: RequestNumber(0x1112_1314_1516_1718),
    session: SessionId(0x2122_2324),
    gateway: GatewayId(0x31),
    durability: Durability::Synced,
    reserved: [0; 2],
};
/// The bytes of [`ORIGIN`], then those of [`HANDLE`].
const ORIGIN_AND_HANDLE: &str =
    "0807060504030201 1817161514131211 24232221 31 02 0000 44434241 54535251";

fn client() -> ClientOrderId {
    ClientOrderId::new(b"Az-9").unwrap()
}

fn name() -> Name {
    Name::new(b"AB").unwrap()
}

fn order() -> NewOrder {
    NewOrder {
        origin: ORIGIN,
        handle: HANDLE,
        price: Price::new(-2),
        quantity: Quantity::new(0x6162_6364_6566_6768),
        instrument: InstrumentId(0x7172_7374),
        account: AccountId(0x8182_8384),
        side: Side::Sell,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Ioc,
        post_only: 1,
        self_trade: SelfTradePrevention::Decrement,
        terms_given: 0,
        reserved: [0; 2],
        terms: OrderTerms::NONE,
    }
}

/// Asserts type byte and body of a command; blanks part the fields.
#[track_caller]
fn pin(command: &Command, expected: &str) {
    let (kind, body) = bytes_of(command);
    let actual: String = std::iter::once(kind)
        .chain(body)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(actual, expected.replace(' ', ""), "{command:?}");
}

#[test]
fn bytes_of_new_and_replace_are_pinned() {
    pin(
        &Command::New(order(), client()),
        &format!(
            "01 {ORIGIN_AND_HANDLE} feffffffffffffff 6867666564636261 74737271 84838281 \
             02 02 04 01 04 000000 417a2d39"
        ),
    );
    let replace = Replace {
        origin: ORIGIN,
        handle: HANDLE,
        price: Price::new(-3),
        quantity: Quantity::new(11),
        terms: ReplaceTerms::NONE,
    };
    let fields = "fdffffffffffffff 0b00000000000000";
    pin(
        &Command::Replace(replace, client()),
        &format!("04 {ORIGIN_AND_HANDLE} {fields} 417a2d39"),
    );
    pin(
        &Command::Replace(replace, ClientOrderId::NONE),
        &format!("04 {ORIGIN_AND_HANDLE} {fields}"),
    );
}

#[test]
fn bytes_of_further_terms_are_pinned() {
    let terms = OrderTerms {
        stop_price: Price::new(-2),
        display_quantity: Quantity::new(3),
        minimum_quantity: Quantity::new(4),
        expire_time_ns: 5,
        self_trade_group: 6,
        reserved: [0; 4],
    };
    let order = NewOrder {
        terms_given: 1,
        terms,
        ..order()
    };
    pin(
        &Command::New(order, client()),
        &format!(
            "06 {ORIGIN_AND_HANDLE} feffffffffffffff 6867666564636261 74737271 84838281 \
             02 02 04 01 04 010000 feffffffffffffff 0300000000000000 0400000000000000 \
             0500000000000000 06000000 00000000 417a2d39"
        ),
    );
    let replace = Replace {
        origin: ORIGIN,
        handle: HANDLE,
        price: Price::new(-3),
        quantity: Quantity::new(11),
        terms: ReplaceTerms {
            stop_price: Price::new(7),
            expire_time_ns: 8,
            time_in_force: 7,
            stop_price_given: 1,
            reserved: [0; 6],
        },
    };
    pin(
        &Command::Replace(replace, client()),
        &format!(
            "07 {ORIGIN_AND_HANDLE} fdffffffffffffff 0b00000000000000 \
             0700000000000000 0800000000000000 07 01 000000000000 417a2d39"
        ),
    );
    let end = EndDay {
        control: CONTROL,
        instrument: InstrumentId(1),
        reserved: [0; 4],
    };
    pin(
        &Command::EndDay(end),
        "16 0807060504030201 01000000 00000000",
    );
}

#[test]
fn bytes_of_cancel_reduce_and_mass_cancel_are_pinned() {
    let cancel = Cancel {
        origin: ORIGIN,
        handle: HANDLE,
        order_id: OrderId::from_wire(9),
    };
    pin(
        &Command::Cancel(cancel),
        &format!("02 {ORIGIN_AND_HANDLE} 0900000000000000"),
    );
    let reduce = Reduce {
        origin: ORIGIN,
        handle: HANDLE,
        quantity: Quantity::new(10),
    };
    pin(
        &Command::Reduce(reduce),
        &format!("03 {ORIGIN_AND_HANDLE} 0a00000000000000"),
    );
    let mass_cancel = MassCancel {
        origin: ORIGIN,
        session: SessionId(1),
        account: AccountId(2),
        instrument: InstrumentId(3),
        scope: MassCancelScope::Account,
        instrument_given: 1,
        side: 2,
        reserved: 0,
    };
    pin(
        &Command::MassCancel(mass_cancel),
        "05 0807060504030201 1817161514131211 24232221 31 02 0000 \
         01000000 02000000 03000000 02 01 02 00",
    );
}

#[test]
fn bytes_of_an_instrument_are_pinned() {
    let instrument = Instrument {
        symbol: Symbol::new(b"BTCUSD").unwrap(),
        id: InstrumentId(0x1112_1314),
        shard: ShardId(5),
        quantity_exponent: -8,
        reserved: [0; 2],
        tick: Price::new(1),
        price_min: Price::new(-1),
        price_max: Price::MAX,
        lot: Quantity::new(2),
        quantity_min: Quantity::new(3),
        quantity_max: Quantity::MAX,
        notional_max: I128::new(4),
        protection: Price::new(5),
    };
    pin(
        &Command::DefineInstrument(DefineInstrument {
            control: CONTROL,
            instrument,
        }),
        "10 0807060504030201 42544355534400000000000000000000 14131211 05 f8 0000 \
         0100000000000000 ffffffffffffffff ffffffffffffff7f 0200000000000000 \
         0300000000000000 ffffffffffffffff 04000000000000000000000000000000 \
         0500000000000000",
    );
}

#[test]
fn bytes_of_firm_account_and_session_are_pinned() {
    let firm = Firm {
        id: FirmId(1),
        name: name(),
        gateway: GatewayId(2),
        reserved: [0; 3],
    };
    pin(
        &Command::DefineFirm(DefineFirm {
            control: CONTROL,
            firm,
        }),
        "11 0807060504030201 01000000 414200000000000000000000000000000000000000000000 \
         02 000000",
    );
    let account = Account {
        id: AccountId(1),
        firm: FirmId(2),
        name: name(),
        open_orders_max: 3,
    };
    pin(
        &Command::DefineAccount(DefineAccount {
            control: CONTROL,
            account,
            reserved: [0; 4],
        }),
        "12 0807060504030201 01000000 02000000 \
         414200000000000000000000000000000000000000000000 03000000 00000000",
    );
    let session = SessionDefinition {
        id: SessionId(1),
        firm: FirmId(2),
        default_account: AccountId(3),
        key: name(),
        resend_messages_max: 4,
    };
    pin(
        &Command::DefineSession(DefineSession {
            control: CONTROL,
            session,
        }),
        "13 0807060504030201 01000000 02000000 03000000 \
         414200000000000000000000000000000000000000000000 04000000",
    );
}

#[test]
fn bytes_of_slots_phase_time_and_hash_are_pinned() {
    let lend = LendSlots {
        control: CONTROL,
        slot_first: 1,
        slot_count: 2,
        shard: ShardId(3),
        gateway: GatewayId(4),
        reserved: [0; 6],
    };
    pin(
        &Command::LendSlots(lend),
        "14 0807060504030201 01000000 02000000 03 04 000000000000",
    );
    let set = SetPhase {
        control: CONTROL,
        instrument: InstrumentId(1),
        phase: Phase::Halt,
        reserved: [0; 3],
    };
    pin(
        &Command::SetPhase(set),
        "15 0807060504030201 01000000 02 000000",
    );
    let time = TimeAdvance {
        time_ns: 0x0102_0304_0506_0708,
    };
    pin(&Command::Time(time), "20 0807060504030201");
    pin(
        &Command::StateHash(StateHashCheck { hash: [1, 2] }),
        "21 0100000000000000 0200000000000000",
    );
}
