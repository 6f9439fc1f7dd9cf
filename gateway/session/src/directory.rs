//! The directory: instruments, firms, accounts and sessions, as the control journal defines them.
//!
//! Looked up by number or, by binary search, by name. It must not know orders or connections.

use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, Firm, FirmId, Instrument, InstrumentId, Name,
    SessionDefinition, SessionId, Symbol,
};

use crate::bounds::index;

/// A control command cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// Numbers of firms, accounts, sessions and instruments are dense from 0.
    #[error("control record {control}: number {number} leaves out numbers")]
    NotDense {
        /// The record.
        control: ControlNumber,
        /// The number it defines.
        number: u32,
    },
    /// An account or session names a firm or account that is not defined.
    #[error("control record {control} names an unknown firm or account")]
    Undefined {
        /// The record.
        control: ControlNumber,
    },
    /// A name, key or symbol belongs to another number already, or a number gets another name.
    #[error("control record {control}: a name is in use, or a number has another name")]
    NameInUse {
        /// The record.
        control: ControlNumber,
    },
    /// The instrument or the slots belong to a shard that the venue does not have.
    #[error("control record {control} names shard {shard}, which there is not")]
    UnknownShard {
        /// The record.
        control: ControlNumber,
        /// The shard.
        shard: u8,
    },
    /// The command is not one of the control journal.
    #[error("the command is not one of the control journal")]
    NotControl,
}

/// Definitions by number, and an index from names to numbers, sorted.
struct Register<N, T> {
    by_number: Vec<T>,
    by_name: Vec<(N, u32)>,
}

impl<N: Ord + Copy, T> Register<N, T> {
    const fn new() -> Self {
        Self {
            by_number: Vec::new(),
            by_name: Vec::new(),
        }
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.by_number.get(index(number))
    }

    fn find(&self, name: &N) -> Option<&T> {
        let at = self
            .by_name
            .binary_search_by(|entry| entry.0.cmp(name))
            .ok()?;
        self.get(self.by_name.get(at)?.1)
    }

    /// Enters a definition, or one in place of the one before.
    fn define(
        &mut self,
        control: ControlNumber,
        number: u32,
        name: N,
        definition: T,
    ) -> Result<(), ControlError> {
        match self.by_name.binary_search_by(|entry| entry.0.cmp(&name)) {
            Ok(at) => {
                let owner = self.by_name.get(at).map(|entry| entry.1);
                match self.by_number.get_mut(index(number)) {
                    Some(held) if owner == Some(number) => *held = definition,
                    _ => return Err(ControlError::NameInUse { control }),
                }
            }
            Err(at) => {
                if index(number) < self.by_number.len() {
                    return Err(ControlError::NameInUse { control });
                }
                if index(number) > self.by_number.len() {
                    return Err(ControlError::NotDense { control, number });
                }
                self.by_number.push(definition);
                self.by_name.insert(at, (name, number));
            }
        }
        Ok(())
    }
}

/// Everything that is defined.
pub(crate) struct Directory {
    shard_count: u8,
    last_control: ControlNumber,
    instruments: Register<Symbol, Instrument>,
    firms: Register<Name, Firm>,
    accounts: Register<Name, Account>,
    sessions: Register<Name, SessionDefinition>,
}

impl Directory {
    /// Returns an empty directory of a venue with `shard_count` shards.
    pub(crate) const fn new(shard_count: u8) -> Self {
        Self {
            shard_count,
            last_control: ControlNumber(0),
            instruments: Register::new(),
            firms: Register::new(),
            accounts: Register::new(),
            sessions: Register::new(),
        }
    }

    /// Returns the number of the last control record applied.
    pub(crate) const fn last_control(&self) -> ControlNumber {
        self.last_control
    }

    /// Applies a control command. Returns false where it is a repeat, which changes nothing.
    pub(crate) fn apply(&mut self, command: &Command) -> Result<bool, ControlError> {
        let control = command.control().ok_or(ControlError::NotControl)?;
        if control <= self.last_control {
            return Ok(false);
        }
        match command {
            Command::DefineInstrument(define) => {
                let instrument = define.instrument;
                self.check_shard(control, instrument.shard.0)?;
                let id = instrument.id.0;
                self.instruments
                    .define(control, id, instrument.symbol, instrument)?;
            }
            Command::DefineFirm(define) => {
                let firm = define.firm;
                self.firms.define(control, firm.id.0, firm.name, firm)?;
            }
            Command::DefineAccount(define) => {
                let account = define.account;
                self.firm(account.firm)
                    .ok_or(ControlError::Undefined { control })?;
                self.accounts
                    .define(control, account.id.0, account.name, account)?;
            }
            Command::DefineSession(define) => {
                let session = define.session;
                self.firm(session.firm)
                    .ok_or(ControlError::Undefined { control })?;
                self.account(session.default_account)
                    .filter(|account| account.firm == session.firm)
                    .ok_or(ControlError::Undefined { control })?;
                self.sessions
                    .define(control, session.id.0, session.key, session)?;
            }
            Command::LendSlots(lend) => self.check_shard(control, lend.shard.0)?,
            Command::SetPhase(_) | Command::EndDay(_) => {}
            Command::New(..)
            | Command::Cancel(_)
            | Command::Reduce(_)
            | Command::Replace(..)
            | Command::MassCancel(_)
            | Command::Time(_)
            | Command::StateHash(_) => return Err(ControlError::NotControl),
        }
        self.last_control = control;
        Ok(true)
    }

    /// Returns an instrument by number.
    pub(crate) fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get(id.0)
    }

    /// Returns an instrument by symbol.
    pub(crate) fn instrument_of(&self, symbol: &Symbol) -> Option<&Instrument> {
        self.instruments.find(symbol)
    }

    /// Returns a firm by number.
    pub(crate) fn firm(&self, id: FirmId) -> Option<&Firm> {
        self.firms.get(id.0)
    }

    /// Returns an account by number.
    pub(crate) fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id.0)
    }

    /// Returns an account by name.
    pub(crate) fn account_of(&self, name: &Name) -> Option<&Account> {
        self.accounts.find(name)
    }

    /// Returns how many accounts there are.
    pub(crate) fn account_count(&self) -> usize {
        self.accounts.by_number.len()
    }

    /// Returns a session by number.
    pub(crate) fn session(&self, id: SessionId) -> Option<&SessionDefinition> {
        self.sessions.get(id.0)
    }

    /// Returns a session by key.
    pub(crate) fn session_of(&self, key: &Name) -> Option<&SessionDefinition> {
        self.sessions.find(key)
    }

    fn check_shard(&self, control: ControlNumber, shard: u8) -> Result<(), ControlError> {
        if shard < self.shard_count {
            Ok(())
        } else {
            Err(ControlError::UnknownShard { control, shard })
        }
    }
}
