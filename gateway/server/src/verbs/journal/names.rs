//! Names for the numbers in journals: what control commands have defined. A number keeps its name
//! for good, so names learned further on fit what stands before. It must not know what is done
//! with them.

use std::collections::BTreeMap;
use std::io::{Write, stderr};

use matchgate_core::domain::{
    AccountId, Command, FirmId, Instrument, InstrumentId, Name, SessionId, Symbol,
};
use matchgate_journal::StreamId;

use super::open::Opened;

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    instruments: BTreeMap<InstrumentId, Instrument>,
    accounts: BTreeMap<AccountId, Name>,
    sessions: BTreeMap<SessionId, Name>,
    firms: BTreeMap<FirmId, Name>,
}

impl Names {
    /// Returns the names that the control journal gives. Where it is damaged, a line on standard
    /// error says so, and what stands behind has numbers for names: who wants to see another stream
    /// can.
    pub(super) fn of_control(opened: &Opened) -> Self {
        let mut names = Self::default();
        let read = opened.records(StreamId::CONTROL).and_then(|mut records| {
            while let Some(record) = records.next()? {
                if let Ok(command) = Command::decode(record.header.kind, record.body) {
                    names.learn(&command);
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            // Nothing is left to be done where even this cannot be said.
            drop(writeln!(stderr(), "matchgate: names are missing: {error}"));
        }
        names
    }

    /// Takes note of what a command defines.
    pub(super) fn learn(&mut self, command: &Command) {
        match command {
            Command::DefineInstrument(define) => {
                let instrument = define.instrument;
                self.instruments.insert(instrument.id, instrument);
            }
            Command::DefineFirm(define) => {
                self.firms.insert(define.firm.id, define.firm.name);
            }
            Command::DefineAccount(define) => {
                let account = define.account;
                self.accounts.insert(account.id, account.name);
            }
            Command::DefineSession(define) => {
                self.sessions.insert(define.session.id, define.session.key);
            }
            Command::New(..)
            | Command::Cancel(_)
            | Command::Reduce(_)
            | Command::Replace(..)
            | Command::MassCancel(_)
            | Command::LendSlots(_)
            | Command::SetPhase(_)
            | Command::EndDay(_)
            | Command::Time(_)
            | Command::StateHash(_) => {}
        }
    }

    /// Returns an instrument's symbol; `#` and its number where it was never defined.
    pub(super) fn symbol(&self, id: InstrumentId) -> String {
        self.instruments
            .get(&id)
            .map_or_else(|| format!("#{id}"), |known| known.symbol.to_string())
    }

    /// Returns the exponent of an instrument's quantities; 0 where it was never defined.
    pub(super) fn exponent(&self, id: InstrumentId) -> i8 {
        let known = self.instruments.get(&id);
        known.map_or(0, |known| known.quantity_exponent)
    }

    /// Returns the same by symbol.
    pub(super) fn exponent_of(&self, symbol: &Symbol) -> i8 {
        let mut known = self.instruments.values();
        let found = known.find(|known| known.symbol == *symbol);
        found.map_or(0, |known| known.quantity_exponent)
    }

    pub(super) fn account(&self, id: AccountId) -> String {
        or_number(self.accounts.get(&id), id.get())
    }

    pub(super) fn session(&self, id: SessionId) -> String {
        or_number(self.sessions.get(&id), id.get())
    }

    pub(super) fn firm(&self, id: FirmId) -> String {
        or_number(self.firms.get(&id), id.get())
    }
}

fn or_number(name: Option<&Name>, number: u32) -> String {
    name.map_or_else(|| format!("#{number}"), Name::to_string)
}
