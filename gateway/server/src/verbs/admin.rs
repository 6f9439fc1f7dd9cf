//! `matchgate admin`: ask a running venue, halt and resume trading, or end the day.

use std::io::Write;

use crate::admin::message::{BookView, Status};
use crate::admin::{AdminClient, AdminReply, AdminRequest};
use crate::cli::{Admin, AdminVerb};
use crate::exit_code::{ExitCode, Fatal};

/// Asks and prints the answer.
///
/// # Errors
///
/// Returns a [`Fatal`] where no venue answers or it refuses; after it has printed a status with an
/// alarm, one with [`ExitCode::Disagreement`].
pub fn admin(options: &Admin, out: &mut dyn Write) -> Result<(), Fatal> {
    let request = match &options.verb {
        AdminVerb::Status => AdminRequest::Status,
        AdminVerb::Halt { symbol } => AdminRequest::Halt {
            symbol: symbol.clone(),
        },
        AdminVerb::Resume { symbol } => AdminRequest::Resume {
            symbol: symbol.clone(),
        },
        AdminVerb::EndDay { symbol } => AdminRequest::EndDay {
            symbol: symbol.clone(),
        },
        AdminVerb::Book { symbol, levels } => AdminRequest::Book {
            symbol: symbol.clone(),
            levels: *levels,
        },
    };
    let reply = AdminClient::of(&options.data)
        .ask(&request)
        .map_err(|error| Fatal::new(ExitCode::Usage, format!("{error:#}")))?;
    if let AdminReply::Refused { reason } = reply {
        return Err(Fatal::new(ExitCode::Usage, reason));
    }
    if options.json {
        let text = serde_json::to_string_pretty(&reply).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
    } else {
        match &reply {
            AdminReply::Status(status) => print_status(status, out)?,
            AdminReply::Done { control } => writeln!(out, "in force, control record {control}")?,
            AdminReply::Book(book) => print_book(book, out)?,
            AdminReply::Refused { .. } => {}
        }
    }
    match reply {
        AdminReply::Status(status) => alarm(&status.alarms()),
        AdminReply::Done { .. } | AdminReply::Book(_) | AdminReply::Refused { .. } => Ok(()),
    }
}

fn alarm(alarms: &[String]) -> Result<(), Fatal> {
    if alarms.is_empty() {
        return Ok(());
    }
    let message = format!("alarm: {}", alarms.join("; "));
    Err(Fatal::new(ExitCode::Disagreement, message))
}

fn print_status(status: &Status, out: &mut dyn Write) -> std::io::Result<()> {
    for alarm in status.alarms() {
        writeln!(out, "ALARM  {alarm}")?;
    }
    writeln!(
        out,
        "epoch {}  control {}  journal {}",
        status.epoch, status.control, status.journal_backend
    )?;
    writeln!(
        out,
        "\n{:<16} {:>5}  {:<12} book hash",
        "instrument", "shard", "phase"
    )?;
    for one in &status.instruments {
        writeln!(
            out,
            "{:<16} {:>5}  {:<12} {}",
            one.symbol, one.shard, one.phase, one.book_hash
        )?;
    }
    writeln!(
        out,
        "\n{:<24} {:>7} {:>9} {:>12} {:>12} {:>8}",
        "session", "gateway", "connected", "next", "requests", "orders"
    )?;
    for one in &status.sessions {
        let connected = if one.connected { "yes" } else { "no" };
        writeln!(
            out,
            "{:<24} {:>7} {connected:>9} {:>12} {:>12} {:>8}",
            one.key, one.gateway, one.next_sequence, one.request_highest, one.open_orders
        )?;
    }
    writeln!(
        out,
        "\n{:<12} {:>14} {:>14} {:>14}",
        "stream", "written", "synced", "applied"
    )?;
    for one in &status.streams {
        // Only shards apply what they write.
        let is_shard = one.stream.starts_with("shard-");
        let applied = if is_shard {
            one.applied.to_string()
        } else {
            "-".to_owned()
        };
        writeln!(
            out,
            "{:<12} {:>14} {:>14} {applied:>14}",
            one.stream, one.written, one.synced
        )?;
    }
    writeln!(
        out,
        "\n{:<16} {:>5} {:>14}  {:<32}  health",
        "follower", "shard", "sequence", "state hash"
    )?;
    for one in &status.followers {
        writeln!(
            out,
            "{:<16} {:>5} {:>14}  {}  {}",
            one.sink, one.shard, one.sequence, one.state_hash, one.health
        )?;
    }
    writeln!(out)?;
    for (label, value) in &status.counters {
        writeln!(out, "{label:<40} {value:>14}")?;
    }
    Ok(())
}

fn print_book(book: &BookView, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{:>12} {:>16}   {:<16} {:<12}",
        "quantity", "bid", "ask", "quantity"
    )?;
    for row in 0..book.bids.len().max(book.asks.len()) {
        let cell = |side: &[(i64, u64)]| {
            side.get(row)
                .map_or_else(Default::default, |&(price, quantity)| {
                    (price_text(price), quantity.to_string())
                })
        };
        let ((bid, bid_quantity), (ask, ask_quantity)) = (cell(&book.bids), cell(&book.asks));
        writeln!(
            out,
            "{bid_quantity:>12} {bid:>16}   {ask:<16} {ask_quantity:<12}"
        )?;
    }
    Ok(())
}

/// Returns a price in 1e-9 units as a decimal.
fn price_text(units: i64) -> String {
    matchgate_follower::decimal_text(i128::from(units), -9)
}
