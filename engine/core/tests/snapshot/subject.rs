//! What the tests of snapshots have in common: a shard and its events, a small shard that has
//! something of everything, and a flow of commands.

use std::ops::Range;

use matchgate_core::domain::{
    AccountId, Command, Event, InstrumentId, MassCancel, MassCancelScope, Sequenced, SessionId,
    ShardId,
};
use matchgate_core::{EventBuffer, Progress, Shard, ShardCapacity};
use matchgate_scenario::read_commands;
use matchgate_twin::differential::SHARD;
use matchgate_twin::generator::{Flow, Generator};
use matchgate_twin::reference::Reference;

/// Capacity of the small shard.
pub(super) const SMALL: ShardCapacity = ShardCapacity {
    orders: 24,
    levels: 4,
    instruments: 3,
    accounts: 3,
    sessions: 2,
    gateways: 2,
};

/// Commands after which the small shard has an order of every kind that lives, in every place, and
/// slots that were used and are vacant.
const STORY: &str = "
> instrument 0 tick=0.01
> instrument 2 tick=0.01 lot=5
> account 0
> account 2
> lend 0 8 gateway=0
> lend 8 4 gateway=0
> lend 16 6 gateway=1
> 1 buy 100 @ 10.00 day id=A
> 2 buy 50 @ 10.00 gtc account=1 session=1 stp=decrement
> 3 sell 90 @ 10.10 day display=20
> 4 sell 30 @ 10.10 gtd=900000 synced id=123456789012345678901234567890123456
> 5 buy 40 peg @ 10.04
> 6 sell 40 peg @ 10.07 account=1
> 7 buy 10 stop=10.20
> 8 sell 10 stop=9.90 @ 9.80 group=7
> 16 buy 30 @ 10.10 ioc gateway=1 account=2
> 17 sell 30 @ 10.20 day gateway=1 account=2 session=1
> 18 buy 50 @ 5.00 day instrument=2 gateway=1 account=2 post
> 9 sell 60 mtl instrument=2
> 10 sell 25 @ 6.00 instrument=2 display=5
> 11 buy 20 mtl instrument=2 account=1
> 19 buy 10 @ 10.05 day gateway=1
> 19 cancel gateway=1
> 20 buy 5 stop=10.00 @ 9.70 gateway=1
> halt instrument=2
";

/// Returns the commands of the small shard.
pub(super) fn story() -> Vec<Sequenced<Command>> {
    read_commands(STORY).unwrap()
}

/// Returns a shard that was told the small one's story.
pub(super) fn small_shard() -> Shard {
    let mut subject = Subject::new(Shard::new(ShardId(0), SMALL));
    for command in story() {
        subject.apply(&command);
    }
    subject.shard
}

/// A shard, and where its events go.
pub(super) struct Subject {
    pub(super) shard: Shard,
    buffer: EventBuffer,
}

impl Subject {
    pub(super) fn new(shard: Shard) -> Self {
        Self {
            shard,
            buffer: EventBuffer::new(),
        }
    }

    /// Applies a command to its end; returns its events.
    pub(super) fn apply(&mut self, command: &Sequenced<Command>) -> Vec<Event> {
        let mut events = Vec::new();
        let mut progress = self.shard.apply(command, &mut self.buffer);
        loop {
            events.extend_from_slice(self.buffer.as_slice());
            self.buffer.clear();
            match progress {
                Progress::Done => return events,
                Progress::More => progress = self.shard.resume(&mut self.buffer),
            }
        }
    }
}

/// Returns the snapshot of a shard.
pub(super) fn saved(shard: &Shard) -> Vec<u8> {
    let mut bytes = Vec::new();
    shard.save(&mut bytes);
    bytes
}

/// Returns commands of a flow.
pub(super) fn commands(seed: u64, flow: Flow, count: usize) -> Vec<Sequenced<Command>> {
    changed_commands(seed, flow, count, |_| ())
}

/// Returns commands of a flow in which each session enters orders for one account alone, and of which
/// many cancel all that an owner has in one instrument: those go over a list in its own order.
pub(super) fn commands_of_single_lists(
    seed: u64,
    flow: Flow,
    count: usize,
) -> Vec<Sequenced<Command>> {
    let mut random = Random(seed);
    changed_commands(seed, flow, count, |command| {
        let owner = u32::try_from(random.below(4)).unwrap();
        let origin = match command {
            Command::New(order, _) => {
                order.account = AccountId(order.origin.session.get());
                return;
            }
            Command::Reduce(reduce) if random.below(4) == 0 => reduce.origin,
            _ => return,
        };
        let scopes = [MassCancelScope::Session, MassCancelScope::Account];
        *command = Command::MassCancel(MassCancel {
            origin,
            session: SessionId(owner),
            account: AccountId(owner),
            instrument: InstrumentId(u32::try_from(random.below(3)).unwrap()),
            scope: scopes[random.below(2)],
            instrument_given: 1,
            side: 0,
            reserved: 0,
        });
    })
}

fn changed_commands(
    seed: u64,
    flow: Flow,
    count: usize,
    mut change: impl FnMut(&mut Command),
) -> Vec<Sequenced<Command>> {
    let mut reference = Reference::new(SHARD, flow.capacity());
    let mut generator = Generator::new(seed, flow);
    let mut events = Vec::new();
    (0..count)
        .map(|_| {
            let mut command = generator.next(&reference);
            change(&mut command.body);
            events.clear();
            reference.apply(&command, &mut events);
            command
        })
        .collect()
}

/// Numbers of a seed, printed with it: the sequence of SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

/// Where the records of a snapshot stand.
pub(super) struct Sections {
    pub(super) rings: Range<usize>,
    pub(super) markets: Range<usize>,
    pub(super) accounts: Range<usize>,
    pub(super) ranges: Range<usize>,
    pub(super) pairs: Range<usize>,
    pub(super) vacant: Range<usize>,
    pub(super) orders: Range<usize>,
}

impl Sections {
    /// Returns those of a snapshot, by its head.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut end = 128;
        let mut next = |count: usize, size: usize| {
            let begin = end;
            end += count * size;
            begin..end
        };
        let count = |at| usize::try_from(number(bytes, at)).unwrap();
        Self {
            rings: next(usize::from(bytes[5]), 8),
            markets: next(count(28), 160),
            accounts: next(count(32), 36),
            ranges: next(count(36), 12),
            pairs: next(count(40), 8),
            vacant: next(count(44), 8),
            orders: next(count(48), 160),
        }
    }
}

/// Returns the 32-bit number at a place.
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*bytes[at..].first_chunk().unwrap())
}
