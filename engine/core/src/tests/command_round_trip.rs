//! Commands read back from their bytes are the commands written; no bytes stop the reader.

use proptest::prelude::*;
use zerocopy::little_endian::I128;

use super::command_bytes::bytes_of;
use crate::domain::{
    Account, AccountId, Cancel, ClientOrderId, Command, CommandDecodeError, ControlNumber,
    DefineAccount, DefineFirm, DefineInstrument, DefineSession, Durability, EndDay, Firm, FirmId,
    GatewayId, Instrument, InstrumentId, LendSlots, MassCancel, MassCancelScope, Name, NewOrder,
    OrderHandle, OrderId, OrderTerms, OrderType, Origin, Phase, Price, Quantity, Reduce, Replace,
    ReplaceTerms, RequestNumber, RingNumber, SelfTradePrevention, SessionDefinition, SessionId,
    SetPhase, ShardId, Side, StateHashCheck, Symbol, TimeAdvance, TimeInForce,
};

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn durability() -> impl Strategy<Value = Durability> {
    prop_oneof![Just(Durability::Written), Just(Durability::Synced)]
}

fn handle() -> impl Strategy<Value = OrderHandle> {
    any::<(u32, u32)>().prop_map(|(slot, generation)| OrderHandle { slot, generation })
}

fn client_order_id() -> impl Strategy<Value = ClientOrderId> {
    proptest::collection::vec(0x21_u8..0x7f, 0..=36)
        .prop_map(|bytes| ClientOrderId::new(&bytes).expect("printable and short enough"))
}

fn origin() -> impl Strategy<Value = Origin> {
    (any::<(u64, u64, u32, u8)>(), durability()).prop_map(
        |((ring, request, session, gateway), durability)| Origin {
            ring: RingNumber(ring),
            request: RequestNumber(request),
            session: SessionId(session),
            gateway: GatewayId(gateway),
            durability,
            reserved: [0; 2],
        },
    )
}

fn new_order() -> impl Strategy<Value = NewOrder> {
    let order_type = proptest::sample::select(vec![
        OrderType::Market,
        OrderType::Limit,
        OrderType::Stop,
        OrderType::StopLimit,
        OrderType::MarketToLimit,
        OrderType::MidPeg,
    ]);
    let time_in_force = proptest::sample::select(vec![
        TimeInForce::Day,
        TimeInForce::Gtc,
        TimeInForce::Ioc,
        TimeInForce::Fok,
        TimeInForce::Gtd,
    ]);
    let self_trade = proptest::sample::select(vec![
        SelfTradePrevention::None,
        SelfTradePrevention::CancelNewest,
        SelfTradePrevention::CancelOldest,
        SelfTradePrevention::CancelBoth,
        SelfTradePrevention::Decrement,
    ]);
    (
        (origin(), handle(), side()),
        (order_type, time_in_force, self_trade),
        any::<(i64, u64, u32, u32, bool)>(),
        proptest::option::of(terms()),
    )
        .prop_map(|((origin, handle, side), kinds, plain, terms)| NewOrder {
            origin,
            handle,
            price: Price::new(plain.0),
            quantity: Quantity::new(plain.1),
            instrument: InstrumentId(plain.2),
            account: AccountId(plain.3),
            side,
            order_type: kinds.0,
            time_in_force: kinds.1,
            post_only: u8::from(plain.4),
            self_trade: kinds.2,
            terms_given: u8::from(terms.is_some()),
            reserved: [0; 2],
            terms: terms.unwrap_or_default(),
        })
}

fn terms() -> impl Strategy<Value = OrderTerms> {
    any::<(i64, u64, u64, u64, u32)>().prop_map(|plain| OrderTerms {
        stop_price: Price::new(plain.0),
        display_quantity: Quantity::new(plain.1),
        minimum_quantity: Quantity::new(plain.2),
        expire_time_ns: plain.3,
        self_trade_group: plain.4,
        reserved: [0; 4],
    })
}

fn replace_terms() -> impl Strategy<Value = ReplaceTerms> {
    any::<(i64, u64, u8)>().prop_map(|plain| ReplaceTerms {
        stop_price: Price::new(plain.0),
        expire_time_ns: plain.1,
        time_in_force: plain.2,
        stop_price_given: 1,
        reserved: [0; 6],
    })
}

fn client_command() -> impl Strategy<Value = Command> {
    let scope = prop_oneof![
        Just(MassCancelScope::Session),
        Just(MassCancelScope::Account),
        Just(MassCancelScope::Instrument)
    ];
    prop_oneof![
        (new_order(), client_order_id()).prop_map(|(order, id)| Command::New(order, id)),
        (origin(), handle(), any::<u64>()).prop_map(|(origin, handle, id)| {
            let order_id = OrderId::from_wire(id);
            Command::Cancel(Cancel {
                origin,
                handle,
                order_id,
            })
        }),
        (origin(), handle(), any::<u64>()).prop_map(|(origin, handle, units)| {
            let quantity = Quantity::new(units);
            Command::Reduce(Reduce {
                origin,
                handle,
                quantity,
            })
        }),
        (
            (origin(), handle()),
            any::<(i64, u64)>(),
            client_order_id(),
            proptest::option::of(replace_terms())
        )
            .prop_map(|((origin, handle), (price, quantity), id, terms)| {
                let replace = Replace {
                    origin,
                    handle,
                    price: Price::new(price),
                    quantity: Quantity::new(quantity),
                    terms: terms.unwrap_or_default(),
                };
                Command::Replace(replace, id)
            }),
        (origin(), scope, any::<(u32, u32, u32, bool)>(), 0..3_u8).prop_map(
            |(origin, scope, plain, side)| Command::MassCancel(MassCancel {
                origin,
                session: SessionId(plain.0),
                account: AccountId(plain.1),
                instrument: InstrumentId(plain.2),
                scope,
                instrument_given: u8::from(plain.3),
                side,
                reserved: 0,
            })
        ),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    proptest::collection::vec(0x21_u8..0x7f, 1..=24)
        .prop_map(|bytes| Name::new(&bytes).expect("printable and short enough"))
}

fn define_instrument() -> impl Strategy<Value = Command> {
    let ids = any::<(u64, u32, u8, i8)>();
    let numbers = any::<([i64; 3], [u64; 3], i128)>();
    (ids, numbers).prop_map(|(ids, (prices, quantities, notional))| {
        let instrument = Instrument {
            symbol: Symbol::new(b"ANY").expect("printable"),
            id: InstrumentId(ids.1),
            shard: ShardId(ids.2),
            quantity_exponent: ids.3,
            reserved: [0; 2],
            tick: Price::new(prices[0]),
            price_min: Price::new(prices[1]),
            price_max: Price::new(prices[2]),
            lot: Quantity::new(quantities[0]),
            quantity_min: Quantity::new(quantities[1]),
            quantity_max: Quantity::new(quantities[2]),
            notional_max: I128::new(notional),
            protection: Price::new(prices[0]),
        };
        Command::DefineInstrument(DefineInstrument {
            control: ControlNumber(ids.0),
            instrument,
        })
    })
}

fn define_owner() -> impl Strategy<Value = Command> {
    let numbers = any::<(u64, u32, u32, u32)>;
    prop_oneof![
        (numbers(), name()).prop_map(|(ids, name)| Command::DefineFirm(DefineFirm {
            control: ControlNumber(ids.0),
            firm: Firm {
                id: FirmId(ids.1),
                name,
                gateway: GatewayId(3),
                reserved: [0; 3],
            },
        })),
        (numbers(), name()).prop_map(|(ids, name)| Command::DefineAccount(DefineAccount {
            control: ControlNumber(ids.0),
            account: Account {
                id: AccountId(ids.1),
                firm: FirmId(ids.2),
                name,
                open_orders_max: ids.3,
            },
            reserved: [0; 4],
        })),
        (numbers(), name()).prop_map(|(ids, key)| Command::DefineSession(DefineSession {
            control: ControlNumber(ids.0),
            session: SessionDefinition {
                id: SessionId(ids.1),
                firm: FirmId(ids.2),
                default_account: AccountId(ids.3),
                key,
                resend_messages_max: 9,
            },
        })),
    ]
}

fn control_command() -> impl Strategy<Value = Command> {
    let phase = prop_oneof![Just(Phase::Continuous), Just(Phase::Halt)];
    let ids = any::<(u64, u32, u32, u8, u8)>();
    prop_oneof![
        define_instrument(),
        define_owner(),
        ids.prop_map(|ids| Command::LendSlots(LendSlots {
            control: ControlNumber(ids.0),
            slot_first: ids.1,
            slot_count: ids.2,
            shard: ShardId(ids.3),
            gateway: GatewayId(ids.4),
            reserved: [0; 6],
        })),
        (any::<(u64, u32)>(), phase).prop_map(|(ids, phase)| Command::SetPhase(SetPhase {
            control: ControlNumber(ids.0),
            instrument: InstrumentId(ids.1),
            phase,
            reserved: [0; 3],
        })),
        any::<(u64, u32)>().prop_map(|ids| Command::EndDay(EndDay {
            control: ControlNumber(ids.0),
            instrument: InstrumentId(ids.1),
            reserved: [0; 4],
        })),
        any::<u64>().prop_map(|time_ns| Command::Time(TimeAdvance { time_ns })),
        any::<[u64; 2]>().prop_map(|hash| Command::StateHash(StateHashCheck { hash })),
    ]
}

proptest! {
    #[test]
    fn command_read_back_is_the_command_written(
        command in prop_oneof![client_command(), control_command()],
    ) {
        let (kind, body) = bytes_of(&command);
        prop_assert!(body.len() <= crate::domain::bounds::COMMAND_BODY_MAX);
        prop_assert_eq!(Command::decode(kind, &body), Ok(command));
    }

    #[test]
    fn no_bytes_stop_the_reader(
        kind in any::<u8>(),
        body in proptest::collection::vec(any::<u8>(), 0..160),
    ) {
        if let Ok(command) = Command::decode(kind, &body) {
            prop_assert_eq!(bytes_of(&command), (kind, body));
        }
    }

    #[test]
    fn body_with_a_byte_too_few_is_refused(command in client_command()) {
        let (kind, body) = bytes_of(&command);
        let fixed = match command {
            Command::New(order, _) if order.terms_given == 0 => 64,
            Command::New(..) => 104,
            Command::Replace(replace, _) if replace.terms.are_given() => 72,
            Command::Replace(..) => 48,
            _ => body.len(),
        };
        let length = fixed - 1;
        let error = Command::decode(kind, &body[..length]).expect_err("it is too short");
        let CommandDecodeError::Body { length: told, .. } = error else {
            panic!("{error:?}");
        };
        prop_assert_eq!(told, length);
    }
}
