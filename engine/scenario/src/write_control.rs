//! Writes the command lines of control, of time and of hashes.

use std::fmt::Display;

use matchgate_core::domain::{Account, Command, Instrument, LendSlots, Phase, SessionDefinition};

use crate::decimal::price_text;
use crate::read_control::wide_instrument;
use crate::write::{Line, write_gateway};

/// Writes a command that is not about orders.
pub(crate) fn write_control(line: &mut Line, command: &Command) {
    match command {
        Command::DefineInstrument(define) => write_instrument(line, &define.instrument),
        Command::DefineAccount(define) => write_account(line, &define.account),
        Command::DefineSession(define) => write_session(line, &define.session),
        Command::LendSlots(lend) => write_lend(line, lend),
        Command::DefineFirm(define) => {
            define_word(line, "firm", define.firm.id);
            line.unless("name", define.firm.name.as_str(), "");
            write_gateway(line, define.firm.gateway);
        }
        Command::SetPhase(set) => {
            line.word(match set.phase {
                Phase::Halt => "halt",
                Phase::Continuous => "resume",
            });
            line.unless("instrument", set.instrument.get(), 0);
        }
        Command::EndDay(end) => {
            line.word("end-day");
            line.unless("instrument", end.instrument.get(), 0);
        }
        Command::Time(time) => define_word(line, "time", time.time_ns),
        Command::StateHash(check) => {
            let [low, high] = check.hash;
            define_word(line, "hash", format_args!("{high:016x}{low:016x}"));
        }
        Command::New(..)
        | Command::Cancel(_)
        | Command::Reduce(_)
        | Command::Replace(..)
        | Command::MassCancel(_) => {}
    }
}

fn define_word(line: &mut Line, word: &str, what: impl Display) {
    line.word(word);
    line.word(what);
}

fn write_instrument(line: &mut Line, instrument: &Instrument) {
    let wide = wide_instrument(instrument.id);
    define_word(line, "instrument", instrument.id);
    line.unless("symbol", instrument.symbol.as_str(), wide.symbol.as_str());
    line.unless("shard", instrument.shard, wide.shard);
    line.unless("exponent", instrument.quantity_exponent, 0);
    for (key, price, usual) in [
        ("tick", instrument.tick, wide.tick),
        ("low", instrument.price_min, wide.price_min),
        ("high", instrument.price_max, wide.price_max),
        ("protection", instrument.protection, wide.protection),
    ] {
        line.value_if(price != usual, key, price_text(price));
    }
    for (key, quantity, usual) in [
        ("lot", instrument.lot, wide.lot),
        ("min", instrument.quantity_min, wide.quantity_min),
        ("max", instrument.quantity_max, wide.quantity_max),
    ] {
        line.unless(key, quantity.get(), usual.get());
    }
    let notional_max = instrument.notional_max.get();
    line.unless("notional", notional_max, wide.notional_max.get());
}

fn write_account(line: &mut Line, account: &Account) {
    define_word(line, "account", account.id);
    line.unless("firm", account.firm.get(), 0);
    line.unless("name", account.name.as_str(), "");
    line.unless("open", account.open_orders_max, u32::MAX);
}

fn write_session(line: &mut Line, session: &SessionDefinition) {
    define_word(line, "session", session.id);
    line.unless("firm", session.firm.get(), 0);
    line.unless("account", session.default_account.get(), 0);
    line.unless("key", session.key.as_str(), "");
    line.unless("resend", session.resend_messages_max, 0);
}

fn write_lend(line: &mut Line, lend: &LendSlots) {
    line.word("lend");
    line.word(lend.slot_first);
    line.word(lend.slot_count);
    line.unless("shard", lend.shard.get(), 0);
    write_gateway(line, lend.gateway);
}
