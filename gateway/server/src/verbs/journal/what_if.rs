//! `matchgate journal what-if`: a shard's journal as it is and as a file changes it, side by side:
//! the first event that differs, and what both come to.

use std::collections::BTreeMap;
use std::io::Write;

use matchgate_core::domain::{
    Command, Event, EventBody, InstrumentId, OrderHandle, OrderId, Sequenced,
};
use matchgate_follower::{Applied, FollowedState, decimal_text};

use super::change_file::ChangeFile;
use super::changed_run::ChangedRun;
use super::command_words::Context;
use super::line::Line;
use super::names::Names;
use super::open::Opened;
use super::shard_run::ShardRun;
use super::utc::utc_text;
use crate::admin::message::hash_text;
use crate::cli::JournalWhatIf;
use crate::exit_code::Fatal;

/// What one of the two comes to.
#[derive(Debug, Default)]
struct Sums {
    commands: u64,
    orders: u64,
    refused: u64,
    fills: u64,
    canceled: u64,
    /// Quantity units by instrument.
    traded: BTreeMap<InstrumentId, u128>,
    /// Events of the command that was applied last.
    events: Vec<Event>,
}

impl Sums {
    fn note(&mut self, applied: &Applied<'_>) {
        self.events.push(*applied.event);
        match applied.event.body {
            EventBody::Accepted { .. } => self.orders += 1,
            EventBody::Rejected { .. } | EventBody::CancelRejected { .. } => self.refused += 1,
            EventBody::Canceled { .. } => self.canceled += 1,
            EventBody::Traded {
                aggressor,
                quantity,
                ..
            } => {
                self.fills += 1;
                if let Some(order) = applied.state.order(aggressor) {
                    let traded = self.traded.entry(order.instrument).or_default();
                    *traded = traded.saturating_add(u128::from(quantity.get()));
                }
            }
            EventBody::Reduced { .. }
            | EventBody::Replaced { .. }
            | EventBody::Expired { .. }
            | EventBody::Triggered { .. }
            | EventBody::Restated { .. }
            | EventBody::SelfTradePrevented { .. }
            | EventBody::TermsReplaced { .. }
            | EventBody::MassCanceled { .. }
            | EventBody::PhaseChanged { .. }
            | EventBody::InstrumentChanged { .. }
            | EventBody::AccountChanged { .. }
            | EventBody::HashRecord { .. } => {}
        }
    }
}

/// The journal as it is and as it is changed.
struct Both {
    names: Names,
    journal: ShardRun,
    changed: ChangedRun,
    /// Of the journal, and with the changes.
    sums: [Sums; 2],
    /// Lines that tell it, once it was met.
    first_difference: Option<Vec<String>>,
}

pub(super) fn run(options: &JournalWhatIf, out: &mut dyn Write) -> Result<(), Fatal> {
    let mut file = ChangeFile::read(&options.change)?;
    let opened = Opened::open(&options.data)?;
    opened.warn_if_unclean();
    let shard = opened.shard(options.shard)?;
    let mut both = Both {
        names: Names::of_control(&opened),
        journal: ShardRun::open(&opened, shard)?,
        changed: ChangedRun::new(shard, opened.capacity()),
        sums: [Sums::default(), Sums::default()],
        first_difference: None,
    };
    while let Some(command) = both.journal.next()? {
        let (sequence, state) = (command.sequence.get(), both.journal.shard());
        let changed = file.changed(sequence, &command.body, state)?;
        both.take(&command, changed)?;
    }
    file.check_all_met(both.journal.last_sequence().get())?;
    let count = file.count();
    let changes = if count == 1 { "change" } else { "changes" };
    writeln!(out, "shard {shard}, {count} {changes}")?;
    match &both.first_difference {
        None => writeln!(out, "no event differs")?,
        Some(lines) => {
            for line in lines {
                writeln!(out, "{line}")?;
            }
        }
    }
    both.print_sums(out)?;
    if let Some(sequence) = both.changed.overdue_from() {
        writeln!(
            out,
            "from {sequence} on an order lives past its expire time: the journal has no record of \
             that time, which would end it"
        )?;
    }
    Ok(())
}

impl Both {
    /// Applies a command to the one and what became of it to the other.
    fn take(
        &mut self,
        command: &Sequenced<Command>,
        changed: Option<Command>,
    ) -> Result<(), Fatal> {
        self.names.learn(&command.body);
        let [was, is] = &mut self.sums;
        was.events.clear();
        is.events.clear();
        was.commands += 1;
        self.journal
            .apply(command, &mut |applied| was.note(applied))?;
        match changed {
            Some(body) => {
                is.commands += 1;
                let changed = Sequenced { body, ..*command };
                self.changed
                    .apply(&changed, &mut |applied| is.note(applied))?;
            }
            None => self.changed.leave_out(&command.body),
        }
        // What a check of the hash says is no event of the market.
        let is_check = matches!(command.body, Command::StateHash(_));
        if self.first_difference.is_none() && !is_check {
            self.first_difference = self.difference(command, changed.as_ref());
        }
        Ok(())
    }

    /// Returns lines that tell the first event of this command that differs, if one does.
    fn difference(
        &self,
        command: &Sequenced<Command>,
        changed: Option<&Command>,
    ) -> Option<Vec<String>> {
        let states = [self.journal.state(), self.changed.state()];
        let [was, is] = [0, 1].map(|side: usize| {
            let events = self.sums[side].events.iter();
            let bodies = events.map(|event| by_order(event.body, states[side]));
            bodies.collect::<Vec<_>>()
        });
        let equal = was
            .iter()
            .zip(&is)
            .take_while(|(was, is)| was == is)
            .count();
        if equal == was.len() && equal == is.len() {
            return None;
        }
        let contexts = states.map(|state| Context {
            names: &self.names,
            state: Some(state),
        });
        let told = |side: usize, body: &Command| {
            Line::words(|line| contexts[side].tell(line, command.sequence, body))
        };
        let event = |side: usize| {
            let event = self.sums[side].events.get(equal);
            event.map_or_else(
                || "nothing".to_owned(),
                |event| Line::words(|line| contexts[side].tell_event(line, event)),
            )
        };
        let place = format!(
            "{} epoch {} {}",
            command.sequence,
            command.epoch,
            utc_text(command.time_ns)
        );
        let mut lines = vec![
            format!("first difference at {place}"),
            format!("  command    {}", told(0, &command.body)),
        ];
        match changed {
            Some(changed) if *changed != command.body => {
                lines.push(format!("  changed    {}", told(1, changed)));
            }
            Some(_) => {}
            None => lines.push("  changed    left out".to_owned()),
        }
        lines.push(format!("  event {equal:<4} {}", event(0)));
        lines.push(format!("  what if    {}", event(1)));
        Some(lines)
    }

    fn print_sums(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let [was, is] = &self.sums;
        let row = |out: &mut dyn Write, what: &str, [was, is]: [String; 2]| {
            writeln!(out, "{what:<20} {was:<32} {is}")
        };
        let counts = [
            ("commands", was.commands, is.commands),
            ("orders", was.orders, is.orders),
            ("refused", was.refused, is.refused),
            ("fills", was.fills, is.fills),
            ("canceled", was.canceled, is.canceled),
        ];
        writeln!(out)?;
        row(out, "", ["as it was", "what if"].map(str::to_owned))?;
        for (what, was, is) in counts {
            row(out, what, [was, is].map(|count| count.to_string()))?;
        }
        let mut instruments: Vec<_> = was.traded.keys().chain(is.traded.keys()).collect();
        instruments.sort_unstable();
        instruments.dedup();
        for instrument in instruments {
            let exponent = self.names.exponent(*instrument);
            let traded = [was, is].map(|sums| {
                let units = sums.traded.get(instrument).copied().unwrap_or_default();
                decimal_text(i128::try_from(units).unwrap_or(i128::MAX), exponent)
            });
            let what = format!("traded {}", self.names.symbol(*instrument));
            row(out, &what, traded)?;
        }
        let shards = [self.journal.shard(), self.changed.state().shard()];
        let live = shards.map(|shard| shard.live_order_count().to_string());
        row(out, "live orders", live)?;
        for (instrument, _) in shards[0].instruments() {
            let book = shards.map(|shard| shard.book_hash(instrument.id).unwrap_or_default());
            row(
                out,
                &format!("book {}", instrument.symbol),
                book.map(hash_text),
            )?;
        }
        let hashes = shards.map(|shard| hash_text(shard.state_hash()));
        row(out, "state hash", hashes)
    }
}

/// Returns what an event says with its orders named by their ids: the same order may have another
/// handle with changes. Who was refused is known by the command.
fn by_order(body: EventBody, state: &FollowedState) -> EventBody {
    let named = |handle: OrderHandle| {
        let order_id = state
            .order(handle)
            .map_or(OrderId::NONE, |order| order.order_id);
        let [low, high] = [order_id.get() & u64::from(u32::MAX), order_id.get() >> 32];
        OrderHandle {
            slot: u32::try_from(low).unwrap_or_default(),
            generation: u32::try_from(high).unwrap_or_default(),
        }
    };
    let mut body = body;
    match &mut body {
        EventBody::Accepted { handle, .. }
        | EventBody::Reduced { handle, .. }
        | EventBody::Replaced { handle, .. }
        | EventBody::Canceled { handle, .. }
        | EventBody::Expired { handle, .. }
        | EventBody::Triggered { handle, .. }
        | EventBody::Restated { handle, .. }
        | EventBody::TermsReplaced { handle, .. } => *handle = named(*handle),
        EventBody::Traded {
            aggressor, resting, ..
        }
        | EventBody::SelfTradePrevented {
            aggressor, resting, ..
        } => {
            *aggressor = named(*aggressor);
            *resting = named(*resting);
        }
        EventBody::Rejected { handle, .. } | EventBody::CancelRejected { handle, .. } => {
            *handle = OrderHandle::default();
        }
        EventBody::MassCanceled { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => {}
    }
    body
}
