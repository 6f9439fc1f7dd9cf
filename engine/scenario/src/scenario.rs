//! Runs a script against an engine and compares all that it tells.

use std::collections::{BTreeSet, VecDeque};

use matchgate_core::domain::{
    Command, Durability, Event, EventBody, InstrumentId, OrderHandle, Sequenced, Side,
};

use crate::audit::{audit_book, audit_events, audit_mirror, is_refusal};
use crate::decimal::price_text;
use crate::engine::{Engine, Level};
use crate::numbering::Numbering;
use crate::problem::{Problem, ScriptError};
use crate::read::read_command;
use crate::script::{CAPACITY, Line, VENUE, line_of};
use crate::tell::Teller;

/// The hashes of an engine after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashes {
    /// Of the whole state.
    pub state: u128,
    /// Of each book that was defined.
    pub books: Vec<(InstrumentId, Option<u128>)>,
}

/// An engine under test, and what the events have told of it.
///
/// After every command it checks: events carry the numbers of their command; a refusal is the only
/// event and has changed no book; the live orders are those that the events have told, in every
/// field; no displayed book is crossed, and each level is the sum of its orders. Of a
/// [large](Self::large) one the latter two are checked where a line asks for the book, and at the
/// end.
#[derive(Debug)]
pub struct Scenario<E> {
    engine: E,
    numbering: Numbering,
    teller: Teller,
    instruments: BTreeSet<InstrumentId>,
    events: Vec<Event>,
    hashes: Vec<Hashes>,
    every_command: bool,
}

impl<E: Engine> Scenario<E> {
    /// Returns a scenario on an engine of capacity [`CAPACITY`] that was told nothing yet, and
    /// tells it [`VENUE`].
    ///
    /// # Errors
    ///
    /// Returns a [`ScriptError`] where the engine does not answer as it should.
    pub fn new(engine: E) -> Result<Self, ScriptError> {
        let mut scenario = Self::bare(engine, CAPACITY.orders);
        scenario.run(VENUE)?;
        Ok(scenario)
    }

    /// Returns a scenario on an engine with `slots` order slots that was told nothing yet. Its
    /// script begins with the definition of what it uses.
    #[must_use]
    pub fn bare(engine: E, slots: u32) -> Self {
        let shard = engine.shard_id();
        Self {
            engine,
            numbering: Numbering::new(),
            teller: Teller::new(shard, slots),
            instruments: BTreeSet::new(),
            events: Vec::new(),
            hashes: Vec::new(),
            every_command: true,
        }
    }

    /// Returns a bare scenario for scripts of so many orders that all of them cannot be looked at
    /// after every command.
    #[must_use]
    pub fn large(engine: E, slots: u32) -> Self {
        Self {
            every_command: false,
            ..Self::bare(engine, slots)
        }
    }

    /// Runs a script, or more of it.
    ///
    /// # Errors
    ///
    /// Returns a [`ScriptError`] at the first line that is not of the language, that says
    /// something else than the engine, or after which the engine breaks what always holds.
    pub fn run(&mut self, script: &str) -> Result<(), ScriptError> {
        let mut told: Option<VecDeque<String>> = None;
        let mut last = (1, "");
        for (number, text) in (1..).zip(script.lines()) {
            let done = self.line(text, &mut told);
            done.map_err(|problem| error_at(number, text, problem))?;
            if !text.trim().is_empty() {
                last = (number, text);
            }
        }
        let ended = all_told(told).and_then(|()| self.late_audit());
        ended.map_err(|problem| error_at(last.0, last.1, problem))
    }

    fn line(&mut self, text: &str, told: &mut Option<VecDeque<String>>) -> Result<(), Problem> {
        match line_of(text)? {
            Line::Blank => Ok(()),
            Line::Event(expected) => {
                let told = told.as_mut().ok_or(Problem::NoCommand)?;
                let next = told.pop_front();
                if next.as_deref() == Some(spaced(expected).as_str()) {
                    return Ok(());
                }
                Err(Problem::Event { told: next })
            }
            Line::Command(rest) => {
                all_told(told.take())?;
                let command = read_command(rest, &mut self.numbering)?;
                *told = Some(self.apply(&command)?.into());
                Ok(())
            }
            Line::Placed(rest) => {
                all_told(told.take())?;
                let command = read_command(rest, &mut self.numbering)?;
                let expected = accepted_text(&command)?;
                let mut lines = VecDeque::from(self.apply(&command)?);
                if lines.pop_front_if(|line| *line == expected).is_none() {
                    return Err(Problem::Event {
                        told: lines.pop_front(),
                    });
                }
                all_told(Some(lines))
            }
            Line::Book(expected) => {
                all_told(told.take())?;
                self.late_audit()?;
                let held = self.answer(expected)?;
                if held == spaced(expected) {
                    return Ok(());
                }
                Err(Problem::Book { held })
            }
        }
    }

    /// Runs the commands of a script and returns it with what the engine answers: the events of
    /// each command, and what the books hold in place of what the script says of them.
    ///
    /// # Errors
    ///
    /// Returns a [`ScriptError`] as [`Self::run`] does, but none where the engine's answers are
    /// not those of the script.
    pub fn record(&mut self, script: &str) -> Result<String, ScriptError> {
        let mut record = String::new();
        for (number, text) in (1..).zip(script.lines()) {
            let lines = self.record_line(text);
            let lines = lines.map_err(|problem| error_at(number, text, problem))?;
            for line in lines {
                record.push_str(&line);
                record.push('\n');
            }
        }
        Ok(record)
    }

    fn record_line(&mut self, text: &str) -> Result<Vec<String>, Problem> {
        match line_of(text)? {
            Line::Blank => Ok(vec![text.trim().to_owned()]),
            Line::Event(_) => Ok(Vec::new()),
            Line::Command(rest) | Line::Placed(rest) => {
                let command = read_command(rest, &mut self.numbering)?;
                let mut lines = vec![format!("> {}", spaced(rest))];
                let told = self.apply(&command)?;
                lines.extend(told.iter().map(|event| format!("< {event}")));
                Ok(lines)
            }
            Line::Book(expected) => Ok(vec![format!("= {}", self.answer(expected)?)]),
        }
    }

    /// Applies one command; returns its events as lines without their `<`.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::Broken`] where the engine breaks what always holds.
    pub fn apply(&mut self, command: &Sequenced<Command>) -> Result<Vec<String>, Problem> {
        let books = self.books();
        self.events = self.engine.apply(command);
        self.numbering.note(command);
        audit_events(command, &self.events)?;
        let mut lines = Vec::new();
        for event in &self.events {
            if let EventBody::InstrumentChanged { instrument } = event.body {
                self.instruments.insert(instrument);
            }
            lines.push(self.teller.tell(command, event)?);
        }
        let refused = self.events.iter().any(|event| is_refusal(&event.body));
        if refused && books != self.books() {
            let text = format!("a refusal changed a book: {}", lines.join(", "));
            return Err(Problem::Broken(text));
        }
        if self.every_command {
            self.audit()?;
        }
        Ok(lines)
    }

    /// Does what was not done after every command.
    fn late_audit(&mut self) -> Result<(), Problem> {
        if self.every_command {
            return Ok(());
        }
        self.audit()
    }

    /// Checks what must hold between commands, and notes the hashes.
    fn audit(&mut self) -> Result<(), Problem> {
        audit_mirror(&self.engine, self.teller.mirror())?;
        for &instrument in &self.instruments {
            audit_book(&self.engine, instrument)?;
        }
        self.hashes.push(Hashes {
            state: self.engine.state_hash(),
            books: self.books(),
        });
        Ok(())
    }

    /// Reads a command line without its `>`, as the next one of the script.
    ///
    /// # Errors
    ///
    /// Returns a [`Problem`] where the line is not of the language.
    pub fn command(&self, line: &str) -> Result<Sequenced<Command>, Problem> {
        read_command(line, &mut self.numbering.clone())
    }

    /// Returns the engine.
    #[must_use]
    pub const fn engine(&self) -> &E {
        &self.engine
    }

    /// Returns what the events have told.
    #[must_use]
    pub const fn teller(&self) -> &Teller {
        &self.teller
    }

    /// Returns the events of the last command.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the engine's hashes at each audit.
    #[must_use]
    pub fn hashes(&self) -> &[Hashes] {
        &self.hashes
    }

    fn books(&self) -> Vec<(InstrumentId, Option<u128>)> {
        let hash = |&instrument| (instrument, self.engine.book_hash(instrument));
        self.instruments.iter().map(hash).collect()
    }

    /// Returns what a line about a book should say, in the form that it asks for.
    fn answer(&self, question: &str) -> Result<String, Problem> {
        let mut words = question.split_whitespace();
        let form = words.next();
        let suffix = words.find_map(|word| word.strip_prefix("instrument="));
        let number = suffix.map_or(Ok(0), str::parse);
        let number = number.map_err(|_| Problem::unreadable("an instrument's number", suffix))?;
        let instrument = InstrumentId(number);
        let sides = [Side::Buy, Side::Sell];
        let mut answer = match form {
            Some("bid") => {
                let [bid, ask] = sides.map(|side| self.levels_text(instrument, side, 1));
                format!("bid {bid} ask {ask}")
            }
            Some("depth") => {
                let [bid, ask] = sides.map(|side| self.levels_text(instrument, side, usize::MAX));
                format!("depth bid {bid} ask {ask}")
            }
            Some("bids") => {
                let [bids, asks] = sides.map(|side| labels(&self.displayed(instrument, side)));
                format!("bids{bids} asks{asks}")
            }
            Some("waiting") => {
                let displayed = sides.map(|side| self.displayed(instrument, side)).concat();
                let live = self.teller.mirror().live();
                let waiting = live
                    .filter(|record| record.instrument == instrument)
                    .map(|record| record.handle)
                    .filter(|handle| !displayed.contains(handle));
                format!("waiting{}", labels(&waiting.collect::<Vec<_>>()))
            }
            other => {
                let expected = "`bid`, `depth`, `bids` or `waiting`";
                return Err(Problem::unreadable(expected, other));
            }
        };
        if let Some(suffix) = suffix {
            answer.push_str(" instrument=");
            answer.push_str(suffix);
        }
        Ok(answer)
    }

    fn displayed(&self, instrument: InstrumentId, side: Side) -> Vec<OrderHandle> {
        let orders = self.engine.live_orders(instrument, side);
        orders.iter().map(|order| order.handle).collect()
    }

    fn levels_text(&self, instrument: InstrumentId, side: Side, count: usize) -> String {
        let text = |level: &Level| format!("{} @ {}", level.quantity, price_text(level.price));
        let levels = self.engine.depth(instrument, side);
        let texts: Vec<String> = levels.iter().take(count).map(text).collect();
        if texts.is_empty() {
            return "-".to_owned();
        }
        texts.join(", ")
    }
}

/// Returns the event that says that a new order was accepted.
fn accepted_text(command: &Sequenced<Command>) -> Result<String, Problem> {
    let Command::New(order, _) = &command.body else {
        return Err(Problem::unreadable("a new order after `+`", None));
    };
    let synced = match order.origin.durability {
        Durability::Synced => " synced",
        Durability::Written => "",
    };
    let (slot, quantity) = (order.handle.slot, order.quantity.get());
    Ok(format!("{slot} new leaves={quantity}{synced}"))
}

fn labels(handles: &[OrderHandle]) -> String {
    let label = |handle: &OrderHandle| format!(" {}", handle.slot);
    handles.iter().map(label).collect()
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn all_told(told: Option<VecDeque<String>>) -> Result<(), Problem> {
    match told {
        Some(told) if !told.is_empty() => Err(Problem::MoreEvents { told: told.into() }),
        Some(_) | None => Ok(()),
    }
}

fn error_at(line: usize, text: &str, problem: Problem) -> ScriptError {
    ScriptError {
        line,
        text: text.trim().to_owned(),
        problem,
    }
}
