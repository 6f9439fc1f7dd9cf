//! The state that the control journal adds up to: instruments, firms, accounts, sessions, slots,
//! phases, by name and by number.
//!
//! It must not know files, rings or threads: it is a function of the control commands.

use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineFirm, DefineInstrument,
    DefineSession, EndDay, Firm, FirmId, GatewayId, Instrument, InstrumentId, LendSlots, Name,
    Phase, SessionDefinition, SessionId, SetPhase, ShardId, Symbol,
};

use crate::config::{AccountConfig, Config, FirmConfig, InstrumentConfig, SessionConfig};

/// A configuration asks for what the control journal does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// A known instrument cannot get another shard, tick or exponent: its book lives by them.
    #[error(
        "instrument {symbol}: {key} is {journal} in the control journal and {asked} in the \
             configuration; it cannot change while the data directory lives"
    )]
    InstrumentFixed {
        /// The instrument.
        symbol: Symbol,
        /// The key.
        key: &'static str,
        /// The value in the journal.
        journal: i64,
        /// The value asked for.
        asked: i64,
    },
    /// A firm, account or session cannot move.
    #[error("{kind} {name}: its {key} cannot change while the data directory lives")]
    MemberFixed {
        /// Firm, account or session.
        kind: &'static str,
        /// Which one.
        name: Name,
        /// The key.
        key: &'static str,
    },
    /// The journal would know more members than the data directory was made for. It only grows:
    /// what the configuration no longer names still counts.
    #[error(
        "{count} {table} in the control journal, but venue.{table}_max is {limit}; the \
             journal keeps those that the configuration no longer names"
    )]
    Capacity {
        /// Instruments, accounts or sessions.
        table: &'static str,
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: u32,
    },
    /// No instrument has this symbol.
    #[error("unknown symbol {0:?}")]
    UnknownSymbol(String),
}

/// What an operator does to an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Puts it into a phase.
    SetPhase(Phase),
    /// Ends its day: day orders expire.
    EndDay,
}

/// The sum of all control commands up to [`ControlState::last`].
#[derive(Clone, Debug, Default)]
pub struct ControlState {
    last: ControlNumber,
    instruments: Vec<(Instrument, Phase)>,
    firms: Vec<Firm>,
    accounts: Vec<Account>,
    sessions: Vec<SessionDefinition>,
    slots: Vec<LendSlots>,
}

impl ControlState {
    /// Returns the number of the last command that was taken.
    #[must_use]
    pub const fn last(&self) -> ControlNumber {
        self.last
    }

    /// Returns the instruments with their phases, by number.
    #[must_use]
    pub fn instruments(&self) -> &[(Instrument, Phase)] {
        &self.instruments
    }

    /// Returns the firms by number.
    #[must_use]
    pub fn firms(&self) -> &[Firm] {
        &self.firms
    }

    /// Returns the sessions by number.
    #[must_use]
    pub fn sessions(&self) -> &[SessionDefinition] {
        &self.sessions
    }

    /// Takes the next command of the control journal. Commands that are no control commands, and
    /// those taken before, change nothing.
    pub fn apply(&mut self, command: &Command) {
        let Some(number) = command.control().filter(|number| *number > self.last) else {
            return;
        };
        self.last = number;
        match command {
            Command::DefineInstrument(define) => self.put_instrument(define.instrument),
            Command::DefineFirm(define) => {
                put(&mut self.firms, define.firm, |firm| {
                    firm.id == define.firm.id
                });
            }
            Command::DefineAccount(define) => {
                put(&mut self.accounts, define.account, |known| {
                    known.id == define.account.id
                });
            }
            Command::DefineSession(define) => {
                put(&mut self.sessions, define.session, |known| {
                    known.id == define.session.id
                });
            }
            Command::LendSlots(lend) => self.slots.push(*lend),
            Command::SetPhase(set) => {
                let known = self
                    .instruments
                    .iter_mut()
                    .find(|(known, _)| known.id == set.instrument);
                if let Some((_, phase)) = known {
                    *phase = set.phase;
                }
            }
            // It changes orders alone.
            Command::EndDay(_)
            | Command::New(..)
            | Command::Cancel(_)
            | Command::Reduce(_)
            | Command::Replace(..)
            | Command::MassCancel(_)
            | Command::Time(_)
            | Command::StateHash(_) => {}
        }
    }

    fn put_instrument(&mut self, instrument: Instrument) {
        match self
            .instruments
            .iter_mut()
            .find(|(known, _)| known.id == instrument.id)
        {
            Some((known, _)) => *known = instrument,
            None => self.instruments.push((instrument, Phase::Continuous)),
        }
    }

    /// Returns the number of the gateway that owns a session.
    #[must_use]
    pub fn home(&self, session: &SessionDefinition) -> GatewayId {
        let firm = self.firms.iter().find(|firm| firm.id == session.firm);
        firm.map_or(GatewayId::NONE, |firm| firm.gateway)
    }

    /// Returns the command that is an operator's act on `symbol`, with the number that the journal
    /// will give it.
    ///
    /// # Errors
    ///
    /// Returns [`ControlError::UnknownSymbol`].
    pub fn act(
        &self,
        symbol: &str,
        act: Act,
        control: ControlNumber,
    ) -> Result<Command, ControlError> {
        let known = self
            .instruments
            .iter()
            .find(|(known, _)| known.symbol.as_str() == symbol);
        let (instrument, _) =
            known.ok_or_else(|| ControlError::UnknownSymbol(symbol.to_owned()))?;
        let instrument = instrument.id;
        Ok(match act {
            Act::SetPhase(phase) => Command::SetPhase(SetPhase {
                control,
                instrument,
                phase,
                reserved: [0; 3],
            }),
            Act::EndDay => Command::EndDay(EndDay {
                control,
                instrument,
                reserved: [0; 4],
            }),
        })
    }

    /// Returns the commands that make the venue what `config` says, numbered from `next`: the
    /// number that the journal will give the first. What the journal knows and the configuration
    /// does not name stays as it is.
    ///
    /// # Errors
    ///
    /// Returns a [`ControlError`] where the configuration would change what cannot change.
    pub fn changes_for(
        &self,
        config: &Config,
        next: ControlNumber,
    ) -> Result<Vec<Command>, ControlError> {
        let mut after = self.clone();
        after.last = ControlNumber(next.get().saturating_sub(1));
        let mut changes = Vec::new();
        after.lend_slots(config, &mut changes);
        for instrument in &config.instruments {
            after.define_instrument(instrument, &mut changes)?;
        }
        for firm in &config.firms {
            after.define_firm(firm, &mut changes)?;
        }
        for account in &config.accounts {
            after.define_account(account, &mut changes)?;
        }
        for session in &config.sessions {
            after.define_session(session, &mut changes)?;
        }
        after.check_capacity(config)?;
        Ok(changes)
    }

    fn check_capacity(&self, config: &Config) -> Result<(), ControlError> {
        let venue = &config.venue;
        let tables = [
            ("instruments", self.instruments.len(), venue.instruments_max),
            ("accounts", self.accounts.len(), venue.accounts_max),
            ("sessions", self.sessions.len(), venue.sessions_max),
        ];
        let over = tables
            .into_iter()
            .find(|(_, count, limit)| u32::try_from(*count).unwrap_or(u32::MAX) > *limit);
        match over {
            None => Ok(()),
            Some((table, count, limit)) => Err(ControlError::Capacity {
                table,
                count,
                limit,
            }),
        }
    }

    fn push(&mut self, changes: &mut Vec<Command>, command: impl FnOnce(ControlNumber) -> Command) {
        let command = command(ControlNumber(self.last.get() + 1));
        self.apply(&command);
        changes.push(command);
    }

    /// Lends every shard's slots in equal ranges to the gateways, once.
    fn lend_slots(&mut self, config: &Config, changes: &mut Vec<Command>) {
        if !self.slots.is_empty() {
            return;
        }
        let gateways = u32::from(config.venue.gateways);
        let share = config.venue.orders_per_shard_max / gateways;
        for shard in 0..config.venue.shards {
            for gateway in 0..config.venue.gateways {
                self.push(changes, |control| {
                    Command::LendSlots(LendSlots {
                        control,
                        slot_first: u32::from(gateway) * share,
                        slot_count: share,
                        shard: ShardId(shard),
                        gateway: GatewayId(gateway),
                        reserved: [0; 6],
                    })
                });
            }
        }
    }

    fn define_instrument(
        &mut self,
        config: &InstrumentConfig,
        changes: &mut Vec<Command>,
    ) -> Result<(), ControlError> {
        let known = self
            .instruments
            .iter()
            .find(|(known, _)| known.symbol == config.symbol());
        let id = match known {
            Some((known, _)) => {
                fixed_as_known(known, &config.instrument)?;
                known.id
            }
            None => InstrumentId(number(self.instruments.len())),
        };
        let instrument = Instrument {
            id,
            ..config.instrument
        };
        if known.is_none_or(|(known, _)| *known != instrument) {
            self.push(changes, |control| {
                Command::DefineInstrument(DefineInstrument {
                    control,
                    instrument,
                })
            });
        }
        Ok(())
    }

    fn define_firm(
        &mut self,
        config: &FirmConfig,
        changes: &mut Vec<Command>,
    ) -> Result<(), ControlError> {
        if let Some(known) = self.firms.iter().find(|firm| firm.name == config.name) {
            let same = known.gateway == config.gateway;
            return fixed("firm", config.name, "gateway", same);
        }
        let id = FirmId(number(self.firms.len()));
        let firm = Firm {
            id,
            name: config.name,
            gateway: config.gateway,
            reserved: [0; 3],
        };
        self.push(changes, |control| {
            Command::DefineFirm(DefineFirm { control, firm })
        });
        Ok(())
    }

    fn firm_of(&self, name: Name) -> FirmId {
        let firm = self.firms.iter().find(|firm| firm.name == name);
        firm.map_or(FirmId(u32::MAX), |firm| firm.id)
    }

    fn define_account(
        &mut self,
        config: &AccountConfig,
        changes: &mut Vec<Command>,
    ) -> Result<(), ControlError> {
        let firm = self.firm_of(config.firm);
        let known = self
            .accounts
            .iter()
            .find(|account| account.name == config.name);
        if let Some(known) = known {
            fixed("account", config.name, "firm", known.firm == firm)?;
        }
        let id = known.map_or(AccountId(number(self.accounts.len())), |known| known.id);
        let open_orders_max = config.open_orders_max;
        let account = Account {
            id,
            firm,
            name: config.name,
            open_orders_max,
        };
        if known != Some(&account) {
            self.push(changes, |control| {
                Command::DefineAccount(DefineAccount {
                    control,
                    account,
                    reserved: [0; 4],
                })
            });
        }
        Ok(())
    }

    fn define_session(
        &mut self,
        config: &SessionConfig,
        changes: &mut Vec<Command>,
    ) -> Result<(), ControlError> {
        let firm = self.firm_of(config.firm);
        let known = self
            .sessions
            .iter()
            .find(|session| session.key == config.key);
        if let Some(known) = known {
            fixed("session", config.key, "firm", known.firm == firm)?;
        }
        let account = self
            .accounts
            .iter()
            .find(|account| account.name == config.account);
        let session = SessionDefinition {
            id: known.map_or(SessionId(number(self.sessions.len())), |known| known.id),
            firm,
            default_account: account.map_or(AccountId(u32::MAX), |account| account.id),
            key: config.key,
            resend_messages_max: config.resend_messages_max,
        };
        if known != Some(&session) {
            self.push(changes, |control| {
                Command::DefineSession(DefineSession { control, session })
            });
        }
        Ok(())
    }
}

fn put<T>(all: &mut Vec<T>, value: T, same: impl Fn(&T) -> bool) {
    match all.iter_mut().find(|known| same(known)) {
        Some(known) => *known = value,
        None => all.push(value),
    }
}

/// Returns the next dense number; the configuration bounds every table far below `u32::MAX`.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn fixed(
    kind: &'static str,
    name: Name,
    key: &'static str,
    same: bool,
) -> Result<(), ControlError> {
    if same {
        Ok(())
    } else {
        Err(ControlError::MemberFixed { kind, name, key })
    }
}

fn fixed_as_known(known: &Instrument, asked: &Instrument) -> Result<(), ControlError> {
    let values = [
        (
            "shard",
            i64::from(known.shard.get()),
            i64::from(asked.shard.get()),
        ),
        ("tick", known.tick.get(), asked.tick.get()),
        (
            "quantity_exponent",
            i64::from(known.quantity_exponent),
            i64::from(asked.quantity_exponent),
        ),
    ];
    match values
        .into_iter()
        .find(|(_, journal, asked)| journal != asked)
    {
        None => Ok(()),
        Some((key, journal, asked)) => {
            let symbol = known.symbol;
            Err(ControlError::InstrumentFixed {
                symbol,
                key,
                journal,
                asked,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Act, ControlError, ControlState};
    use crate::config::Config;
    use matchgate_core::domain::{Command, ControlNumber, Phase};

    fn taken(config: &Config) -> ControlState {
        let mut state = ControlState::default();
        for command in state.changes_for(config, ControlNumber(1)).unwrap() {
            state.apply(&command);
        }
        state
    }

    #[test]
    fn same_configuration_again_changes_nothing() {
        let config = Config::built_in();
        assert_eq!(
            taken(&config)
                .changes_for(&config, ControlNumber(99))
                .unwrap(),
            []
        );
    }

    #[test]
    fn new_limit_is_one_command_and_keeps_the_number() {
        let mut config = Config::built_in();
        let state = taken(&config);
        config.accounts[0].open_orders_max += 1;
        let changes = state.changes_for(&config, ControlNumber(99)).unwrap();
        assert!(matches!(changes[..], [Command::DefineAccount(define)]
            if define.account.id == state.accounts[0].id && define.control.get() == 99));
    }

    #[test]
    fn tick_of_a_known_instrument_cannot_change() {
        let mut config = Config::built_in();
        let state = taken(&config);
        config.instruments[0].instrument.tick = matchgate_core::domain::Price::new(1);
        let error = state.changes_for(&config, ControlNumber(99)).unwrap_err();
        assert!(matches!(
            error,
            ControlError::InstrumentFixed { key: "tick", .. }
        ));
    }

    #[test]
    fn journal_never_knows_more_sessions_than_the_directory_was_made_for() {
        let mut config = Config::built_in();
        config.venue.sessions_max = 1;
        let state = taken(&config);
        config.sessions[0].key = matchgate_core::domain::Name::new(b"another").unwrap();
        let error = state.changes_for(&config, ControlNumber(99)).unwrap_err();
        let (table, count, limit) = ("sessions", 2, 1);
        assert_eq!(
            error,
            ControlError::Capacity {
                table,
                count,
                limit
            }
        );
    }

    #[test]
    fn phase_of_an_unknown_symbol_is_an_error() {
        let state = taken(&Config::built_in());
        assert!(
            state
                .act("DEMO", Act::SetPhase(Phase::Halt), ControlNumber(99))
                .is_ok()
        );
        let error = state
            .act("NONE", Act::EndDay, ControlNumber(99))
            .unwrap_err();
        assert_eq!(error.to_string(), "unknown symbol \"NONE\"");
    }
}
