//! `matchgate journal diff`: two data directories, their shards command by command. The first
//! difference is told in words.

use std::io::Write;
use std::path::Path;

use matchgate_core::domain::{Command, Event, Sequenced, ShardId};
use serde_json::{Map, Value};

use super::command_words::Context;
use super::line::Line;
use super::names::Names;
use super::open::Opened;
use super::shard_run::ShardRun;
use super::utc::utc_text;
use crate::admin::message::hash_text;
use crate::cli::JournalDiff;
use crate::exit_code::{ExitCode, Fatal};

/// One of the two directories, being read.
struct Side {
    label: String,
    names: Names,
    run: ShardRun,
    /// Of the command that was applied last.
    events: Vec<Event>,
}

/// A field in which two commands differ.
struct Difference {
    key: String,
    /// What either side says.
    values: [String; 2],
}

/// What one side has at a place: nothing, behind its end.
type Place = Option<Sequenced<Command>>;

pub(super) fn run(options: &JournalDiff, out: &mut dyn Write) -> Result<(), Fatal> {
    let [first, second] = options.data.as_slice() else {
        let message = format!(
            "--data is to be given twice, not {} times",
            options.data.len()
        );
        return Err(Fatal::new(ExitCode::Usage, message));
    };
    let opened = [Opened::open(first)?, Opened::open(second)?];
    opened.iter().for_each(Opened::warn_if_unclean);
    let shards = match options.shard {
        Some(_) => {
            opened[1].shard(options.shard)?;
            vec![opened[0].shard(options.shard)?]
        }
        None => shards_of_both(&opened)?,
    };
    for shard in shards {
        diff_shard(&opened, shard, out)?;
    }
    Ok(())
}

fn shards_of_both(opened: &[Opened; 2]) -> Result<Vec<ShardId>, Fatal> {
    let [first, second] = opened.each_ref().map(|one| one.shards().count());
    if first == second {
        return Ok(opened[0].shards().collect());
    }
    let message = format!(
        "{} has {first} shards, {} has {second}: name one with --shard",
        opened[0].path().display(),
        opened[1].path().display()
    );
    Err(Fatal::new(ExitCode::Disagreement, message))
}

fn diff_shard(opened: &[Opened; 2], shard: ShardId, out: &mut dyn Write) -> Result<(), Fatal> {
    let [first, second] = opened;
    let mut sides = [Side::open(first, shard)?, Side::open(second, shard)?];
    let mut equal = 0_u64;
    loop {
        let places = [sides[0].run.next()?, sides[1].run.next()?];
        if places == [None, None] {
            break;
        }
        if places[0] != places[1] {
            let fields = fields_that_differ(&sides, &places);
            return Err(tell_commands(
                shard,
                equal,
                (&sides, &places, &fields),
                out,
            )?);
        }
        for side in &mut sides {
            side.apply(places[0].as_ref())?;
        }
        if sides[0].events != sides[1].events {
            return Err(tell_events(shard, equal, (&sides, &places[0]), out)?);
        }
        equal += 1;
    }
    let hashes = sides.each_ref().map(|side| side.run.shard().state_hash());
    if hashes[0] != hashes[1] {
        for (side, hash) in sides.iter().zip(hashes) {
            writeln!(out, "{}: state hash {}", side.label, hash_text(hash))?;
        }
        let message = format!("shard {shard}: {equal} equal commands lead to two states");
        return Err(Fatal::new(ExitCode::Disagreement, message));
    }
    writeln!(
        out,
        "shard {shard}: {equal} commands and their events are equal, state hash {} in both",
        hash_text(hashes[0])
    )?;
    Ok(())
}

impl Side {
    fn open(opened: &Opened, shard: ShardId) -> Result<Self, Fatal> {
        Ok(Self {
            label: label(opened.path()),
            names: Names::of_control(opened),
            run: ShardRun::open(opened, shard)?,
            events: Vec::new(),
        })
    }

    fn apply(&mut self, command: Option<&Sequenced<Command>>) -> Result<(), Fatal> {
        self.events.clear();
        let Some(command) = command else {
            return Ok(());
        };
        self.names.learn(&command.body);
        let events = &mut self.events;
        self.run
            .apply(command, &mut |applied| events.push(*applied.event))
    }

    fn context(&self) -> Context<'_> {
        Context {
            names: &self.names,
            state: Some(self.run.state()),
        }
    }

    /// Returns a command in words.
    fn told(&self, command: Option<&Sequenced<Command>>) -> String {
        let Some(command) = command else {
            return "nothing: it ends before".to_owned();
        };
        Line::words(|line| {
            line.number("sequence", "", command.sequence);
            line.number("epoch", "epoch", command.epoch);
            line.word("time", &utc_text(command.time_ns));
            self.context().tell(line, command.sequence, &command.body);
        })
    }

    /// Returns the fields of a command.
    fn fields(&self, command: &Sequenced<Command>) -> Map<String, Value> {
        let json = Line::json(|line| {
            line.detail("sequence", command.sequence);
            line.detail("epoch", command.epoch);
            line.detail("time_ns", command.time_ns);
            self.context().tell(line, command.sequence, &command.body);
        });
        // What was just written can be read.
        serde_json::from_str(&json).unwrap_or_default()
    }

    fn told_events(&self) -> String {
        let context = self.context();
        let words = self.events.iter();
        let words = words.map(|event| Line::words(|line| context.tell_event(line, event)));
        let words: Vec<String> = words.collect();
        if words.is_empty() {
            "nothing".to_owned()
        } else {
            words.join("; ")
        }
    }
}

fn label(path: &Path) -> String {
    path.display().to_string()
}

/// Returns the fields in which two commands differ.
fn fields_that_differ(sides: &[Side; 2], places: &[Place; 2]) -> Vec<Difference> {
    let [Some(first), Some(second)] = places else {
        return Vec::new();
    };
    let (first, second) = (sides[0].fields(first), sides[1].fields(second));
    let text = |value: Option<&Value>| match value {
        None => "absent".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let keys = first
        .keys()
        .chain(second.keys().filter(|key| !first.contains_key(*key)));
    let differing = keys.filter(|key| first.get(*key) != second.get(*key));
    // An amount is told once, as a decimal.
    let told = differing.filter(|key| !key.ends_with("_units"));
    told.map(|key| {
        let values = [text(first.get(key)), text(second.get(key))];
        let key = key.clone();
        Difference { key, values }
    })
    .collect()
}

fn tell_commands(
    shard: ShardId,
    equal: u64,
    (sides, places, fields): (&[Side; 2], &[Place; 2], &[Difference]),
    out: &mut dyn Write,
) -> Result<Fatal, Fatal> {
    writeln!(
        out,
        "shard {shard}: {equal} commands are equal, the next one is not"
    )?;
    for (side, place) in sides.iter().zip(places) {
        writeln!(out, "  {}: {}", side.label, side.told(place.as_ref()))?;
    }
    for field in fields {
        let (key, [first, second]) = (&field.key, &field.values);
        writeln!(out, "  {key}: {first} and {second}")?;
    }
    let sequence = places.iter().flatten().map(|place| place.sequence).min();
    let sequence = sequence.unwrap_or_default();
    let names: Vec<_> = fields.iter().map(|field| field.key.as_str()).collect();
    let what = match (places, names.is_empty()) {
        ([Some(_), Some(_)], false) => names.join(", "),
        ([Some(_), Some(_)], true) => "reserved bytes".to_owned(),
        _ => "one of them ends before".to_owned(),
    };
    let message = format!("the journals differ: shard {shard} sequence {sequence}: {what}");
    Ok(Fatal::new(ExitCode::Disagreement, message))
}

fn tell_events(
    shard: ShardId,
    equal: u64,
    (sides, command): (&[Side; 2], &Place),
    out: &mut dyn Write,
) -> Result<Fatal, Fatal> {
    writeln!(
        out,
        "shard {shard}: {equal} commands are equal, the next one did something else"
    )?;
    for side in sides {
        let (command, events) = (side.told(command.as_ref()), side.told_events());
        writeln!(out, "  {}: {command}  =>  {events}", side.label)?;
    }
    let sequence = sides[0].run.last_sequence();
    let message = format!("the journals differ: shard {shard} sequence {sequence}: events");
    Ok(Fatal::new(ExitCode::Disagreement, message))
}
