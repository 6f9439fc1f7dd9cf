//! Every list of commands is written as a script that is read as the same list.

use proptest::prelude::*;

use matchgate_core::domain::{
    Account, AccountId, Cancel, ClientOrderId, Command, ControlNumber, DefineAccount, DefineFirm,
    DefineInstrument, DefineSession, Durability, EndDay, Epoch, Firm, FirmId, GatewayId,
    Instrument, InstrumentId, LendSlots, MassCancel, MassCancelScope, Name, NewOrder, OrderHandle,
    OrderId, OrderTerms, OrderType, Origin, Phase, Price, Quantity, Reduce, Replace, ReplaceTerms,
    RequestNumber, RingNumber, SelfTradePrevention, SequenceNumber, Sequenced, SessionDefinition,
    SessionId, SetPhase, ShardId, Side, StateHashCheck, Symbol, TimeAdvance, TimeInForce,
};

use crate::{read_commands, write_commands};

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![
        Just(0),
        Just(i64::MIN),
        Just(i64::MAX),
        -20_000_000_000..20_000_000_000_i64,
        any::<i64>(),
    ]
    .prop_map(Price::new)
}

/// Numbers of which many are what the reader takes for granted.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0..3_u64, 1 => Just(u64::MAX), 1 => any::<u64>()]
}

fn small() -> impl Strategy<Value = u32> {
    prop_oneof![3 => 0..3_u32, 1 => any::<u32>()]
}

fn quantity() -> impl Strategy<Value = Quantity> {
    number().prop_map(Quantity::new)
}

fn one_of<T: Clone + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(values)
}

fn gateway() -> impl Strategy<Value = GatewayId> {
    prop_oneof![3 => Just(0), 1 => any::<u8>()].prop_map(GatewayId)
}

fn origin() -> impl Strategy<Value = Origin> {
    let classes = &[Durability::Written, Durability::Synced];
    (number(), number(), small(), gateway(), one_of(classes)).prop_map(
        |(ring, request, session, gateway, durability)| Origin {
            ring: RingNumber(ring),
            request: RequestNumber(request),
            session: SessionId(session),
            gateway,
            durability,
            reserved: [0; 2],
        },
    )
}

fn handle() -> impl Strategy<Value = OrderHandle> {
    (small(), small()).prop_map(|(slot, generation)| OrderHandle { slot, generation })
}

fn client_order_id() -> impl Strategy<Value = ClientOrderId> {
    "[!-~]{0,36}".prop_map(|text| ClientOrderId::new(text.as_bytes()).unwrap())
}

fn name() -> impl Strategy<Value = Name> {
    "[!-~]{0,24}".prop_map(|text| Name::new(text.as_bytes()).unwrap_or_default())
}

fn time_in_force() -> impl Strategy<Value = TimeInForce> {
    use TimeInForce::{Day, Fok, Gtc, Gtd, Ioc};
    one_of(&[Day, Gtc, Ioc, Fok, Gtd])
}

fn terms() -> impl Strategy<Value = OrderTerms> {
    (price(), quantity(), quantity(), number(), small()).prop_map(
        |(stop_price, display_quantity, minimum_quantity, expire_time_ns, self_trade_group)| {
            OrderTerms {
                stop_price,
                display_quantity,
                minimum_quantity,
                expire_time_ns,
                self_trade_group,
                reserved: [0; 4],
            }
        },
    )
}

fn new_order() -> BoxedStrategy<Command> {
    use OrderType::{Limit, Market, MarketToLimit, MidPeg, Stop, StopLimit};
    use SelfTradePrevention::{CancelBoth, CancelNewest, CancelOldest, Decrement, None};
    let kinds = (
        one_of(&[Side::Buy, Side::Sell]),
        one_of(&[Market, Limit, Stop, StopLimit, MarketToLimit, MidPeg]),
        time_in_force(),
        one_of(&[None, CancelNewest, CancelOldest, CancelBoth, Decrement]),
        prop_oneof![3 => 0..2_u8, 1 => any::<u8>()],
    );
    let numbers = (price(), quantity(), small(), small());
    (
        origin(),
        handle(),
        kinds,
        numbers,
        any::<Option<()>>(),
        prop_oneof![Just(OrderTerms::NONE), terms()],
        client_order_id(),
    )
        .prop_map(|(origin, handle, kinds, numbers, given, terms, id)| {
            let (side, order_type, time_in_force, self_trade, post_only) = kinds;
            let (price, quantity, instrument, account) = numbers;
            let order = NewOrder {
                origin,
                handle,
                price,
                quantity,
                instrument: InstrumentId(instrument),
                account: AccountId(account),
                side,
                order_type,
                time_in_force,
                post_only,
                self_trade,
                terms_given: u8::from(given.is_some()),
                reserved: [0; 2],
                terms: given.map_or(OrderTerms::NONE, |()| terms),
            };
            Command::New(order, id)
        })
        .boxed()
}

fn replace() -> BoxedStrategy<Command> {
    let terms = (
        any::<Option<()>>(),
        price(),
        number(),
        prop_oneof![0..8_u8, any::<u8>()],
    );
    (
        origin(),
        handle(),
        price(),
        quantity(),
        terms,
        client_order_id(),
    )
        .prop_map(|(origin, handle, price, quantity, terms, id)| {
            let (stop_given, stop_price, expire_time_ns, time_in_force) = terms;
            let replace = Replace {
                origin,
                handle,
                price,
                quantity,
                terms: ReplaceTerms {
                    stop_price: stop_given.map_or(Price::new(0), |()| stop_price),
                    expire_time_ns,
                    time_in_force,
                    stop_price_given: u8::from(stop_given.is_some()),
                    reserved: [0; 6],
                },
            };
            Command::Replace(replace, id)
        })
        .boxed()
}

fn mass_cancel() -> BoxedStrategy<Command> {
    use MassCancelScope::{Account, Instrument, Session};
    let scope = one_of(&[Session, Account, Instrument]);
    let owners = (small(), small(), small());
    (origin(), owners, scope, 0..3_u8, any::<u8>())
        .prop_map(
            |(origin, (session, account, instrument), scope, instrument_given, side)| {
                Command::MassCancel(MassCancel {
                    origin,
                    session: SessionId(session),
                    account: AccountId(account),
                    instrument: InstrumentId(instrument),
                    scope,
                    instrument_given,
                    side,
                    reserved: 0,
                })
            },
        )
        .boxed()
}

fn about_orders() -> BoxedStrategy<Command> {
    prop_oneof![
        4 => new_order(),
        1 => (origin(), handle(), number()).prop_map(|(origin, handle, id)| {
            let order_id = OrderId::from_wire(id);
            Command::Cancel(Cancel { origin, handle, order_id })
        }),
        1 => (origin(), handle(), quantity()).prop_map(|(origin, handle, quantity)| {
            Command::Reduce(Reduce { origin, handle, quantity })
        }),
        2 => replace(),
        2 => mass_cancel(),
    ]
    .boxed()
}

fn instrument() -> BoxedStrategy<Instrument> {
    let prices = [price(), price(), price(), price()];
    let quantities = [quantity(), quantity(), quantity()];
    (
        small(),
        "[!-~]{0,16}",
        any::<(u8, i8)>(),
        prices,
        quantities,
        any::<i128>(),
    )
        .prop_map(
            |(id, symbol, (shard, quantity_exponent), prices, quantities, notional_max)| {
                let [tick, price_min, price_max, protection] = prices;
                let [lot, quantity_min, quantity_max] = quantities;
                Instrument {
                    symbol: Symbol::new(symbol.as_bytes()).unwrap_or_default(),
                    id: InstrumentId(id),
                    shard: ShardId(shard),
                    quantity_exponent,
                    reserved: [0; 2],
                    tick,
                    price_min,
                    price_max,
                    lot,
                    quantity_min,
                    quantity_max,
                    notional_max: notional_max.into(),
                    protection,
                }
            },
        )
        .boxed()
}

fn definition() -> BoxedStrategy<Command> {
    let control = || number().prop_map(ControlNumber);
    let account = (small(), small(), name(), small()).prop_map(|(id, firm, name, open)| Account {
        id: AccountId(id),
        firm: FirmId(firm),
        name,
        open_orders_max: open,
    });
    let firm = (small(), name(), gateway()).prop_map(|(id, name, gateway)| Firm {
        id: FirmId(id),
        name,
        gateway,
        reserved: [0; 3],
    });
    let session = (small(), small(), small(), name(), small());
    let session = session.prop_map(|(id, firm, account, key, resend)| SessionDefinition {
        id: SessionId(id),
        firm: FirmId(firm),
        default_account: AccountId(account),
        key,
        resend_messages_max: resend,
    });
    prop_oneof![
        (control(), instrument()).prop_map(|(control, instrument)| {
            Command::DefineInstrument(DefineInstrument {
                control,
                instrument,
            })
        }),
        (control(), firm)
            .prop_map(|(control, firm)| { Command::DefineFirm(DefineFirm { control, firm }) }),
        (control(), account).prop_map(|(control, account)| {
            let reserved = [0; 4];
            Command::DefineAccount(DefineAccount {
                control,
                account,
                reserved,
            })
        }),
        (control(), session).prop_map(|(control, session)| {
            Command::DefineSession(DefineSession { control, session })
        }),
    ]
    .boxed()
}

fn other() -> BoxedStrategy<Command> {
    let control = || number().prop_map(ControlNumber);
    let phases = &[Phase::Continuous, Phase::Halt];
    prop_oneof![
        (control(), small(), small(), any::<u8>(), gateway()).prop_map(
            |(control, slot_first, slot_count, shard, gateway)| Command::LendSlots(LendSlots {
                control,
                slot_first,
                slot_count,
                shard: ShardId(shard),
                gateway,
                reserved: [0; 6],
            })
        ),
        (control(), small(), one_of(phases)).prop_map(|(control, instrument, phase)| {
            let instrument = InstrumentId(instrument);
            let reserved = [0; 3];
            Command::SetPhase(SetPhase {
                control,
                instrument,
                phase,
                reserved,
            })
        }),
        (control(), small()).prop_map(|(control, instrument)| {
            let instrument = InstrumentId(instrument);
            let reserved = [0; 4];
            Command::EndDay(EndDay {
                control,
                instrument,
                reserved,
            })
        }),
        number().prop_map(|time_ns| Command::Time(TimeAdvance { time_ns })),
        any::<[u64; 2]>().prop_map(|hash| Command::StateHash(StateHashCheck { hash })),
    ]
    .boxed()
}

fn commands() -> impl Strategy<Value = Vec<Sequenced<Command>>> {
    let body = prop_oneof![6 => about_orders(), 1 => definition(), 1 => other()];
    let command =
        (number(), small(), number(), body).prop_map(|(sequence, epoch, time_ns, body)| {
            Sequenced {
                sequence: SequenceNumber(sequence),
                epoch: Epoch(epoch),
                time_ns,
                body,
            }
        });
    proptest::collection::vec(command, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn script_of_commands_is_read_as_those_commands(commands in commands()) {
        let script = write_commands(&commands);
        prop_assert_eq!(read_commands(&script), Ok(commands), "{}", script);
    }
}
