//! `matchgate journal at`: the state of a shard right behind a command.
//!
//! The journal is applied from the beginning up to there; a book is then read from the shard, while
//! what happened to an order or to an account is gathered on the way.

use std::io::Write;

use matchgate_core::Shard;
use matchgate_core::domain::{Instrument, OrderId, ShardId, Side};
use serde::Serialize;

use super::at_account::{AccountAnswer, AccountWatch};
use super::at_book::{BookAnswer, price_text};
use super::at_order::{OrderAnswer, OrderWatch};
use super::names::Names;
use super::open::Opened;
use super::shard_run::ShardRun;
use super::utc::utc_text;
use super::value_names::phase_name;
use crate::admin::message::hash_text;
use crate::cli::JournalAt;
use crate::exit_code::{ExitCode, Fatal};

/// What is shown.
#[derive(Debug, Serialize)]
struct Answer {
    shard: u8,
    sequence: u64,
    epoch: u32,
    time: String,
    time_ns: u64,
    state_hash: String,
    live_orders: u32,
    instruments: Vec<InstrumentAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    book: Option<BookAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountAnswer>,
}

/// One instrument in short.
#[derive(Debug, Serialize)]
struct InstrumentAnswer {
    symbol: String,
    phase: &'static str,
    book_hash: String,
    best_bid: Option<String>,
    best_ask: Option<String>,
    last_trade: Option<String>,
}

/// What is gathered while the journal is applied.
#[derive(Debug)]
struct Watches {
    names: Names,
    order: Option<OrderWatch>,
    account: Option<AccountWatch>,
}

pub(super) fn run(options: &JournalAt, out: &mut dyn Write) -> Result<(), Fatal> {
    let opened = Opened::open(&options.data)?;
    opened.warn_if_unclean();
    // An order's id says of which shard it is.
    let of_order = options.order.map(|order| OrderId::from_wire(order).shard());
    let shard = opened.shard(options.shard.or(of_order.map(ShardId::get)))?;
    let order = options.order.map(|order| OrderWatch::new(order, shard));
    let mut watches = Watches {
        names: Names::of_control(&opened),
        order: order.transpose()?,
        account: options.account.as_deref().map(AccountWatch::new),
    };
    let mut run = ShardRun::open(&opened, shard)?;
    let epoch = move_to(&mut run, options.sequence, &mut watches)?;
    let slots = opened.capacity().orders;
    let answer = answer(&run, (epoch, slots), options.symbol.as_deref(), watches)?;
    if options.json {
        let text = serde_json::to_string_pretty(&answer).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
    } else {
        print(&answer, out)?;
    }
    Ok(())
}

/// Applies the journal through `sequence` and returns the epoch of that command.
fn move_to(run: &mut ShardRun, sequence: u64, watches: &mut Watches) -> Result<u32, Fatal> {
    loop {
        let last = run.last_sequence().get();
        let next = run.next()?;
        let fault = match &next {
            Some(next) if next.sequence.get() <= sequence => None,
            Some(next) if last == 0 => Some(format!("the first one is {}", next.sequence)),
            Some(next) => Some(format!(
                "the nearest ones are {last} and {}: those between were never given",
                next.sequence
            )),
            None if last == 0 => Some("the shard has none".to_owned()),
            None => Some(format!("the last one is {last}")),
        };
        let Some(command) = next.filter(|_| fault.is_none()) else {
            let message = format!(
                "there is no sequence {sequence}: {}",
                fault.unwrap_or_default()
            );
            return Err(Fatal::new(ExitCode::Usage, message));
        };
        let Watches {
            names,
            order,
            account,
        } = watches;
        names.learn(&command.body);
        if let Some(order) = order.as_mut() {
            order.note_command(&command, run.state(), names);
        }
        if let Some(account) = account.as_mut() {
            account.note_command(&command.body);
        }
        run.apply(&command, &mut |applied| {
            if let Some(order) = order.as_mut() {
                order.note_event(applied, names);
            }
            if let Some(account) = account.as_mut() {
                account.note_event(applied);
            }
        })?;
        if command.sequence.get() == sequence {
            return Ok(command.epoch.get());
        }
    }
}

fn answer(
    run: &ShardRun,
    (epoch, slots): (u32, u32),
    symbol: Option<&str>,
    watches: Watches,
) -> Result<Answer, Fatal> {
    let Watches {
        names,
        order,
        account,
    } = watches;
    let shard = run.shard();
    let instruments = shard.instruments().map(|(instrument, phase)| {
        let best = |side| shard.best(instrument.id, side).map(|(price, _)| price);
        InstrumentAnswer {
            symbol: instrument.symbol.to_string(),
            phase: phase_name(phase),
            book_hash: hash_text(shard.book_hash(instrument.id).unwrap_or_default()),
            best_bid: best(Side::Buy).map(price_text),
            best_ask: best(Side::Sell).map(price_text),
            last_trade: shard.last_trade(instrument.id).map(price_text),
        }
    });
    let book = symbol
        .map(|symbol| instrument(shard, symbol).map(|known| BookAnswer::of(shard, known, &names)));
    Ok(Answer {
        shard: shard.id().get(),
        sequence: shard.last_sequence().get(),
        epoch,
        time: utc_text(shard.last_time_ns()),
        time_ns: shard.last_time_ns(),
        state_hash: hash_text(shard.state_hash()),
        live_orders: shard.live_order_count(),
        instruments: instruments.collect(),
        book: book.transpose()?,
        order: order.map(|order| order.answer(run, &names)).transpose()?,
        account: account
            .map(|account| account.answer(shard, slots, &names))
            .transpose()?,
    })
}

fn instrument<'a>(shard: &'a Shard, symbol: &str) -> Result<&'a Instrument, Fatal> {
    let mut known = shard.instruments().map(|(instrument, _)| instrument);
    let found = known.find(|instrument| instrument.symbol.as_str() == symbol);
    found.ok_or_else(|| {
        let names = shard
            .instruments()
            .map(|(known, _)| known.symbol.to_string());
        Fatal::new(
            ExitCode::Usage,
            format!(
                "shard {} has no symbol {symbol:?} at {}; it has {}",
                shard.id(),
                shard.last_sequence(),
                some_of(names)
            ),
        )
    })
}

/// Returns the first names of a list that may be long.
pub(super) fn some_of(names: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 8;
    let mut names = names.peekable();
    if names.peek().is_none() {
        return "none".to_owned();
    }
    let mut shown: Vec<String> = names.by_ref().take(SHOWN).collect();
    let rest = names.count();
    if rest > 0 {
        shown.push(format!("{rest} more"));
    }
    shown.join(", ")
}

fn print(answer: &Answer, out: &mut dyn Write) -> Result<(), Fatal> {
    writeln!(
        out,
        "shard {} sequence {} epoch {} {}",
        answer.shard, answer.sequence, answer.epoch, answer.time
    )?;
    writeln!(
        out,
        "state hash {} live orders {}",
        answer.state_hash, answer.live_orders
    )?;
    writeln!(
        out,
        "\n{:<16} {:<12} {:>14} {:>14} {:>14}  book hash",
        "symbol", "phase", "bid", "ask", "last trade"
    )?;
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    for one in &answer.instruments {
        writeln!(
            out,
            "{:<16} {:<12} {:>14} {:>14} {:>14}  {}",
            one.symbol,
            one.phase,
            or_dash(&one.best_bid),
            or_dash(&one.best_ask),
            or_dash(&one.last_trade),
            one.book_hash
        )?;
    }
    if let Some(book) = &answer.book {
        book.print(out)?;
    }
    if let Some(order) = &answer.order {
        order.print(out)?;
    }
    if let Some(account) = &answer.account {
        account.print(out)?;
    }
    Ok(())
}
