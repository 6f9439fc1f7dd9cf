//! Reads the command lines of control: definitions, lent slots, phases, the day's end, hashes.

use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineFirm, DefineInstrument,
    DefineSession, EndDay, Firm, FirmId, Instrument, InstrumentId, LendSlots, Name, Phase, Price,
    Quantity, SessionDefinition, SessionId, SetPhase, ShardId, StateHashCheck, Symbol,
};
use matchgate_core::state_hash::{high_half, low_half};

use crate::problem::Problem;
use crate::read::read_gateway;
use crate::words::Words;

/// Reads what follows the word of a control command; `None` where `verb` is none.
pub(crate) fn read_control(
    verb: &str,
    words: &mut Words<'_>,
    control: ControlNumber,
) -> Result<Option<Command>, Problem> {
    Ok(Some(match verb {
        "halt" => read_phase(words, control, Phase::Halt)?,
        "resume" => read_phase(words, control, Phase::Continuous)?,
        "end-day" => Command::EndDay(EndDay {
            control,
            instrument: read_instrument_id(words)?,
            reserved: [0; 4],
        }),
        "instrument" => Command::DefineInstrument(DefineInstrument {
            control,
            instrument: read_instrument(words)?,
        }),
        "firm" => Command::DefineFirm(DefineFirm {
            control,
            firm: Firm {
                id: FirmId(words.first_number("the number of a firm")?),
                name: read_name(words, "name")?,
                gateway: read_gateway(words)?,
                reserved: [0; 3],
            },
        }),
        "account" => Command::DefineAccount(DefineAccount {
            control,
            account: Account {
                id: AccountId(words.first_number("the number of an account")?),
                firm: FirmId(words.number("firm")?.unwrap_or(0)),
                name: read_name(words, "name")?,
                open_orders_max: words.number("open")?.unwrap_or(u32::MAX),
            },
            reserved: [0; 4],
        }),
        "session" => Command::DefineSession(DefineSession {
            control,
            session: SessionDefinition {
                id: SessionId(words.first_number("the number of a session")?),
                firm: FirmId(words.number("firm")?.unwrap_or(0)),
                default_account: AccountId(words.number("account")?.unwrap_or(0)),
                key: read_name(words, "key")?,
                resend_messages_max: words.number("resend")?.unwrap_or(0),
            },
        }),
        "lend" => Command::LendSlots(LendSlots {
            control,
            slot_first: words.first_number("the first slot")?,
            slot_count: words.first_number("how many slots")?,
            shard: ShardId(words.number("shard")?.unwrap_or(0)),
            gateway: read_gateway(words)?,
            reserved: [0; 6],
        }),
        _ => return Ok(None),
    }))
}

/// Reads what follows `hash`: 32 hexadecimal digits.
pub(crate) fn read_hash(words: &mut Words<'_>) -> Result<Command, Problem> {
    let expected = "32 hexadecimal digits";
    let word = words.first(expected)?;
    let hash = u128::from_str_radix(word, 16);
    let hash = hash.map_err(|_| Problem::unreadable(expected, Some(word)))?;
    Ok(Command::StateHash(StateHashCheck {
        hash: [low_half(hash), high_half(hash)],
    }))
}

/// Returns an instrument with wide limits, which is what one is that says nothing: tick 0.01,
/// prices of -1000 to 1000, lot 1, quantities of 1 to 1 000 000, neither a bound of the notional
/// nor protection.
pub(crate) fn wide_instrument(id: InstrumentId) -> Instrument {
    Instrument {
        symbol: Symbol::new(format!("SYM{id}").as_bytes()).unwrap_or_default(),
        id,
        shard: ShardId(0),
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(Price::ONE / 100),
        price_min: Price::new(-1000 * Price::ONE),
        price_max: Price::new(1000 * Price::ONE),
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max: Quantity::new(1_000_000),
        notional_max: i128::MAX.into(),
        protection: Price::MAX,
    }
}

fn read_instrument(words: &mut Words<'_>) -> Result<Instrument, Problem> {
    let id = InstrumentId(words.first_number("the number of an instrument")?);
    let wide = wide_instrument(id);
    let symbol = words.value_as("symbol", "1 to 16 printable bytes, or none", |value| {
        if value.is_empty() {
            return Some(Symbol::default());
        }
        Symbol::new(value.as_bytes())
    })?;
    let quantity = |given: Option<u64>, usual| given.map_or(usual, Quantity::new);
    Ok(Instrument {
        symbol: symbol.unwrap_or(wide.symbol),
        id,
        shard: ShardId(words.number("shard")?.unwrap_or(0)),
        quantity_exponent: words.number("exponent")?.unwrap_or(0),
        reserved: [0; 2],
        tick: words.price("tick")?.unwrap_or(wide.tick),
        price_min: words.price("low")?.unwrap_or(wide.price_min),
        price_max: words.price("high")?.unwrap_or(wide.price_max),
        lot: quantity(words.number("lot")?, wide.lot),
        quantity_min: quantity(words.number("min")?, wide.quantity_min),
        quantity_max: quantity(words.number("max")?, wide.quantity_max),
        notional_max: words
            .number::<i128>("notional")?
            .map_or(wide.notional_max, Into::into),
        protection: words.price("protection")?.unwrap_or(wide.protection),
    })
}

fn read_phase(
    words: &mut Words<'_>,
    control: ControlNumber,
    phase: Phase,
) -> Result<Command, Problem> {
    Ok(Command::SetPhase(SetPhase {
        control,
        instrument: read_instrument_id(words)?,
        phase,
        reserved: [0; 3],
    }))
}

fn read_instrument_id(words: &mut Words<'_>) -> Result<InstrumentId, Problem> {
    Ok(InstrumentId(words.number("instrument")?.unwrap_or(0)))
}

fn read_name(words: &mut Words<'_>, key: &str) -> Result<Name, Problem> {
    let name = words.value_as(key, "1 to 24 printable bytes", |value| {
        Name::new(value.as_bytes())
    })?;
    Ok(name.unwrap_or_default())
}
