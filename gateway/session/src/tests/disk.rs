//! What outlives a process: the logs, and the order in which they grew.

use matchgate_core::domain::{
    Account, AccountId, ClientOrderId, Command, ControlNumber, DefineAccount, DefineFirm,
    DefineInstrument, DefineSession, Epoch, Event, Firm, FirmId, GatewayId, Instrument,
    InstrumentId, LendSlots, Name, Price, Quantity, Sequenced, SessionDefinition, SessionId,
    ShardId, Symbol,
};
use matchgate_core::{EventBuffer, Progress, Shard, ShardCapacity};

use crate::gateway_log::GatewayRecord;
use crate::recovery::{ShardHistory, SourceError};

pub(super) const SHARDS: u8 = 2;
/// The gateway under test.
pub(super) const HOME: GatewayId = GatewayId(0);
/// Another one, whose orders trade with ours.
pub(super) const FOREIGN: GatewayId = GatewayId(1);
pub(super) const SLOTS: u32 = 64;
pub(super) const CAPACITY: ShardCapacity = ShardCapacity {
    orders: 2 * SLOTS,
    levels: 64,
    instruments: 4,
    accounts: 4,
    sessions: 4,
    gateways: 2,
};

/// The logs, as a crash leaves them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Disk {
    pub(super) controls: Vec<Command>,
    pub(super) journals: Vec<Vec<Sequenced<Command>>>,
    pub(super) log: Vec<(u64, GatewayRecord)>,
    /// Sequence of the next record of the log.
    pub(super) log_next: u64,
    /// Sequence of the next command of each shard.
    pub(super) shard_next: Vec<u64>,
    pub(super) epoch: u32,
    pub(super) time_ns: u64,
    /// Which stream grew, in order: the shard, or `None` for the gateway log.
    pub(super) growth: Vec<Option<usize>>,
}

impl Disk {
    /// A venue of two firms, two shards, and one instrument a shard; the home firm has two
    /// accounts and three sessions.
    pub(super) fn new() -> Self {
        let controls = controls();
        let mut disk = Self {
            controls,
            journals: vec![Vec::new(); usize::from(SHARDS)],
            log: Vec::new(),
            log_next: 1,
            shard_next: vec![1; usize::from(SHARDS)],
            epoch: 0,
            time_ns: 1_000,
            growth: Vec::new(),
        };
        for shard in 0..usize::from(SHARDS) {
            for control in disk.controls.clone() {
                let foreign = matches!(
                    control,
                    Command::LendSlots(LendSlots { shard: of, .. }) if usize::from(of.0) != shard
                );
                if !foreign {
                    disk.append(shard, control);
                }
            }
        }
        disk.growth.clear();
        disk
    }

    /// Journals a command.
    pub(super) fn append(&mut self, shard: usize, body: Command) -> Sequenced<Command> {
        self.time_ns += 1;
        let command = Sequenced {
            sequence: matchgate_core::domain::SequenceNumber(self.shard_next[shard]),
            epoch: Epoch(self.epoch),
            time_ns: self.time_ns,
            body,
        };
        self.shard_next[shard] += 1;
        self.journals[shard].push(command);
        self.growth.push(Some(shard));
        command
    }

    /// Returns what a process that died after `count` records and commands would have left.
    /// `base` is what was there before.
    pub(super) fn cut(&self, base: &Self, count: usize) -> Self {
        let mut cut = self.clone();
        cut.log = base.log.clone();
        cut.journals = base.journals.clone();
        cut.growth.truncate(count);
        for stream in &self.growth[base.growth.len()..count] {
            match *stream {
                None => cut.log.push(self.log[cut.log.len()]),
                Some(shard) => {
                    let next = self.journals[shard][cut.journals[shard].len()];
                    cut.journals[shard].push(next);
                }
            }
        }
        cut.log_next = cut.log.last().map_or(1, |(sequence, _)| sequence + 1);
        for shard in 0..cut.journals.len() {
            let last = cut.journals[shard].last().map_or(0, |last| last.sequence.0);
            cut.shard_next[shard] = last + 1;
        }
        cut
    }

    /// Takes the end of each stream, as a loss of power does; numbers never come again.
    pub(super) fn lose(&mut self, log_kept: usize, journals_kept: &[usize]) {
        const SKIP: u64 = 1_000;
        self.log.truncate(log_kept);
        self.log_next += SKIP;
        for (shard, kept) in journals_kept.iter().enumerate() {
            self.journals[shard].truncate(*kept);
            self.shard_next[shard] += SKIP;
        }
        self.growth.clear();
    }

    /// Returns the shard that its journal makes.
    pub(super) fn shard(&self, shard: usize) -> Shard {
        let mut history = self.history(shard);
        let mut events = Vec::new();
        while history.next(&mut events).unwrap().is_some() {}
        history.shard
    }

    /// Returns what the shard did.
    pub(super) fn history(&self, shard: usize) -> History<'_> {
        History {
            shard: Shard::new(ShardId(u8::try_from(shard).unwrap()), CAPACITY),
            commands: self.journals[shard].iter(),
        }
    }
}

/// A journal, applied command by command.
pub(super) struct History<'a> {
    pub(super) shard: Shard,
    commands: std::slice::Iter<'a, Sequenced<Command>>,
}

impl ShardHistory for History<'_> {
    fn next(&mut self, events: &mut Vec<Event>) -> Result<Option<Sequenced<Command>>, SourceError> {
        events.clear();
        let Some(command) = self.commands.next() else {
            return Ok(None);
        };
        apply(&mut self.shard, command, events);
        Ok(Some(*command))
    }
}

/// Applies a command to its end.
pub(super) fn apply(shard: &mut Shard, command: &Sequenced<Command>, events: &mut Vec<Event>) {
    let mut step = EventBuffer::new();
    let mut progress = shard.apply(command, &mut step);
    loop {
        events.extend_from_slice(step.as_slice());
        step.clear();
        match progress {
            Progress::Done => return,
            Progress::More => progress = shard.resume(&mut step),
        }
    }
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).unwrap()
}

pub(super) fn key(session: u32) -> Name {
    name(&format!("key-{session}"))
}

pub(super) fn symbol(shard: u8) -> Symbol {
    Symbol::new(format!("SYM{shard}").as_bytes()).unwrap()
}

pub(super) fn client_id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text.as_bytes()).unwrap()
}

fn controls() -> Vec<Command> {
    let mut controls = Vec::new();
    for (id, home) in [(0, HOME), (1, FOREIGN)] {
        controls.push(Command::DefineFirm(DefineFirm {
            control: ControlNumber(controls.len() as u64 + 1),
            firm: Firm {
                id: FirmId(id),
                name: name(&format!("firm-{id}")),
                gateway: home,
                reserved: [0; 3],
            },
        }));
    }
    for (id, firm, open_orders_max) in [(0, 0, 24), (1, 0, 40), (2, 1, 1000)] {
        controls.push(Command::DefineAccount(DefineAccount {
            control: ControlNumber(controls.len() as u64 + 1),
            account: Account {
                id: AccountId(id),
                firm: FirmId(firm),
                name: name(&format!("account-{id}")),
                open_orders_max,
            },
            reserved: [0; 4],
        }));
    }
    for (id, firm, account) in [(0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 1, 2)] {
        controls.push(Command::DefineSession(DefineSession {
            control: ControlNumber(controls.len() as u64 + 1),
            session: SessionDefinition {
                id: SessionId(id),
                firm: FirmId(firm),
                default_account: AccountId(account),
                key: key(id),
                resend_messages_max: 4096,
            },
        }));
    }
    for shard in 0..SHARDS {
        controls.push(Command::DefineInstrument(DefineInstrument {
            control: ControlNumber(controls.len() as u64 + 1),
            instrument: instrument(shard),
        }));
        for (gateway, slot_first) in [(HOME, 0), (FOREIGN, SLOTS)] {
            controls.push(Command::LendSlots(LendSlots {
                control: ControlNumber(controls.len() as u64 + 1),
                slot_first,
                slot_count: SLOTS,
                shard: ShardId(shard),
                gateway,
                reserved: [0; 6],
            }));
        }
    }
    controls
}

fn instrument(shard: u8) -> Instrument {
    Instrument {
        symbol: symbol(shard),
        id: InstrumentId(u32::from(shard)),
        shard: ShardId(shard),
        quantity_exponent: 0,
        reserved: [0; 2],
        tick: Price::new(1),
        price_min: Price::new(1),
        price_max: Price::new(1_000_000),
        lot: Quantity::new(1),
        quantity_min: Quantity::new(1),
        quantity_max: Quantity::new(1_000_000),
        notional_max: i128::MAX.into(),
        protection: Price::MAX,
    }
}
