//! Reads the command lines that orders have.

use matchgate_core::domain::{
    AccountId, Cancel, ClientOrderId, Command, InstrumentId, MassCancel, MassCancelScope, NewOrder,
    OrderHandle, OrderId, OrderTerms, OrderType, Origin, Price, Quantity, Reduce, Replace,
    ReplaceTerms, SelfTradePrevention, SessionId, Side, TimeInForce,
};

use crate::numbering::Numbering;
use crate::problem::Problem;
use crate::read::read_origin;
use crate::words::{Words, read_side};

/// Reads what follows a label.
pub(crate) fn read_order_command(
    slot: u32,
    words: &mut Words<'_>,
    numbering: &Numbering,
) -> Result<Command, Problem> {
    let verb = words.first("`buy`, `sell`, `cancel`, `reduce` or `replace`")?;
    let generation = words.number("generation")?;
    let session = words.number("session")?;
    let origin = read_origin(words, numbering, session)?;
    if let Some(side) = read_side(verb) {
        let generation = generation.unwrap_or_else(|| numbering.next_generation(slot));
        let handle = OrderHandle { slot, generation };
        return read_new(words, origin, handle, side);
    }
    let generation = generation.unwrap_or_else(|| numbering.last_generation(slot));
    let handle = OrderHandle { slot, generation };
    match verb {
        "cancel" => Ok(Command::Cancel(Cancel {
            origin,
            handle,
            order_id: words
                .number("order")?
                .map_or(OrderId::NONE, OrderId::from_wire),
        })),
        "reduce" => Ok(Command::Reduce(Reduce {
            origin,
            handle,
            quantity: Quantity::new(words.first_number("a total quantity")?),
        })),
        "replace" => read_replace(words, origin, handle),
        _ => {
            let expected = "`buy`, `sell`, `cancel`, `reduce` or `replace`";
            Err(Problem::unreadable(expected, Some(verb)))
        }
    }
}

fn read_new(
    words: &mut Words<'_>,
    origin: Origin,
    handle: OrderHandle,
    side: Side,
) -> Result<Command, Problem> {
    let quantity = Quantity::new(words.first_number("a quantity")?);
    let limit = words.limit()?;
    let stop = words.price("stop")?;
    let order_type = read_type(words, limit, stop)?;
    let time_in_force = read_time_in_force(words)?;
    let (terms_given, terms) = read_terms(words, stop, &time_in_force)?;
    let uncapped = match (order_type, side) {
        (OrderType::MidPeg, Side::Buy) => Price::MAX,
        (OrderType::MidPeg, Side::Sell) => Price::MIN,
        _ => Price::new(0),
    };
    let usual = match order_type {
        OrderType::Market => TimeInForce::Ioc,
        _ => TimeInForce::Day,
    };
    let order = NewOrder {
        origin,
        handle,
        price: limit.unwrap_or(uncapped),
        quantity,
        instrument: InstrumentId(words.number("instrument")?.unwrap_or(0)),
        account: AccountId(words.number("account")?.unwrap_or(0)),
        side,
        order_type,
        time_in_force: time_in_force.map_or(usual, |given| given.time_in_force),
        post_only: match words.number("post")? {
            Some(number) => number,
            None => u8::from(words.take("post")),
        },
        self_trade: words
            .value_as("stp", "a self-trade prevention", read_self_trade)?
            .unwrap_or(SelfTradePrevention::None),
        terms_given: u8::from(terms_given),
        reserved: [0; 2],
        terms,
    };
    Ok(Command::New(order, read_client_order_id(words)?))
}

fn read_type(
    words: &mut Words<'_>,
    limit: Option<Price>,
    stop: Option<Price>,
) -> Result<OrderType, Problem> {
    let named = words.value_as("type", "an order type", |value| match value {
        "market" => Some(OrderType::Market),
        "limit" => Some(OrderType::Limit),
        "stop" => Some(OrderType::Stop),
        "stop-limit" => Some(OrderType::StopLimit),
        "mtl" => Some(OrderType::MarketToLimit),
        "peg" => Some(OrderType::MidPeg),
        _ => None,
    })?;
    if let Some(named) = named {
        return Ok(named);
    }
    Ok(if words.take("market") {
        stop.map_or(OrderType::Market, |_| OrderType::Stop)
    } else if words.take("mtl") {
        OrderType::MarketToLimit
    } else if words.take("peg") {
        OrderType::MidPeg
    } else {
        match (stop, limit) {
            (Some(_), Some(_)) => OrderType::StopLimit,
            (Some(_), None) => OrderType::Stop,
            (None, Some(_)) => OrderType::Limit,
            (None, None) => {
                let expected = "`@` and a price, `market`, `mtl`, `stop=` or `peg`";
                return Err(Problem::unreadable(expected, None));
            }
        }
    })
}

/// How long an order lives, as a line says it.
struct GivenTimeInForce {
    time_in_force: TimeInForce,
    /// The value of `gtd=`.
    expire_time_ns: Option<u64>,
}

fn read_time_in_force(words: &mut Words<'_>) -> Result<Option<GivenTimeInForce>, Problem> {
    let expire_time_ns = words.number("gtd")?;
    let named = [
        ("day", TimeInForce::Day),
        ("gtc", TimeInForce::Gtc),
        ("ioc", TimeInForce::Ioc),
        ("fok", TimeInForce::Fok),
        ("gtd", TimeInForce::Gtd),
    ];
    let time_in_force = match expire_time_ns {
        Some(_) => Some(TimeInForce::Gtd),
        None => named
            .into_iter()
            .find_map(|(word, named)| words.take(word).then_some(named)),
    };
    Ok(time_in_force.map(|time_in_force| GivenTimeInForce {
        time_in_force,
        expire_time_ns,
    }))
}

/// Reads the further terms of a new order, and whether there are any.
fn read_terms(
    words: &mut Words<'_>,
    stop: Option<Price>,
    time_in_force: &Option<GivenTimeInForce>,
) -> Result<(bool, OrderTerms), Problem> {
    let good_till = time_in_force
        .as_ref()
        .and_then(|given| given.expire_time_ns);
    let display = words.number("display")?;
    let minimum = words.number("min")?;
    let expire = good_till.or(words.number("expire")?);
    let group = words.number("group")?;
    let given = words.take("terms")
        || stop.is_some()
        || display.is_some()
        || minimum.is_some()
        || expire.is_some()
        || group.is_some();
    let terms = OrderTerms {
        stop_price: stop.unwrap_or_default(),
        display_quantity: Quantity::new(display.unwrap_or(0)),
        minimum_quantity: Quantity::new(minimum.unwrap_or(0)),
        expire_time_ns: expire.unwrap_or(0),
        self_trade_group: group.unwrap_or(0),
        reserved: [0; 4],
    };
    Ok((given, terms))
}

fn read_replace(
    words: &mut Words<'_>,
    origin: Origin,
    handle: OrderHandle,
) -> Result<Command, Problem> {
    let quantity = Quantity::new(words.first_number("a total quantity")?);
    let price = words.limit()?.unwrap_or_default();
    let stop = words.price("stop")?;
    let time_in_force = read_time_in_force(words)?;
    let good_till = time_in_force
        .as_ref()
        .and_then(|given| given.expire_time_ns);
    let number = time_in_force.map(|given| given.time_in_force as u8);
    let replace = Replace {
        origin,
        handle,
        price,
        quantity,
        terms: ReplaceTerms {
            stop_price: stop.unwrap_or_default(),
            expire_time_ns: good_till.or(words.number("expire")?).unwrap_or(0),
            time_in_force: number.or(words.number("tif")?).unwrap_or(0),
            stop_price_given: u8::from(stop.is_some()),
            reserved: [0; 6],
        },
    };
    Ok(Command::Replace(replace, read_client_order_id(words)?))
}

/// Reads a mass cancel. `session` is that of its scope; where nothing else is said the scope is
/// the account where one is given, else the session where one is given, else the instrument.
pub(crate) fn read_mass_cancel(
    words: &mut Words<'_>,
    origin: Origin,
    session: Option<u32>,
) -> Result<Command, Problem> {
    let account = words.number("account")?;
    let instrument = words.number("instrument")?;
    let named = words.value_as("scope", "a scope", |value| match value {
        "session" => Some(MassCancelScope::Session),
        "account" => Some(MassCancelScope::Account),
        "instrument" => Some(MassCancelScope::Instrument),
        _ => None,
    })?;
    let scope = match (named, account, session, instrument) {
        (Some(named), ..) => named,
        (None, Some(_), ..) => MassCancelScope::Account,
        (None, None, Some(_), _) => MassCancelScope::Session,
        (None, None, None, Some(_)) => MassCancelScope::Instrument,
        (None, None, None, None) => {
            let expected = "`session=`, `account=` or `instrument=`";
            return Err(Problem::unreadable(expected, None));
        }
    };
    let side = words.value_as("side", "a side or its number", |value| {
        let side = read_side(value).map(|side| side as u8);
        side.or_else(|| value.parse().ok())
    })?;
    let given = words.number("given")?;
    Ok(Command::MassCancel(MassCancel {
        origin,
        session: SessionId(session.unwrap_or(0)),
        account: AccountId(account.unwrap_or(0)),
        instrument: InstrumentId(instrument.unwrap_or(0)),
        scope,
        instrument_given: given.unwrap_or(u8::from(instrument.is_some())),
        side: side.unwrap_or(0),
        reserved: 0,
    }))
}

fn read_client_order_id(words: &mut Words<'_>) -> Result<ClientOrderId, Problem> {
    let id = words.value_as("id", "1 to 36 printable bytes", |value| {
        ClientOrderId::new(value.as_bytes())
    })?;
    Ok(id.unwrap_or(ClientOrderId::NONE))
}

fn read_self_trade(word: &str) -> Option<SelfTradePrevention> {
    match word {
        "none" => Some(SelfTradePrevention::None),
        "newest" => Some(SelfTradePrevention::CancelNewest),
        "oldest" => Some(SelfTradePrevention::CancelOldest),
        "both" => Some(SelfTradePrevention::CancelBoth),
        "decrement" => Some(SelfTradePrevention::Decrement),
        _ => None,
    }
}
