//! A shard between two rings, and a client that sends by a plan and takes the events.
//!
//! Each command has a planned time, and its latency counts from there, whenever it was sent: until
//! the client has the first event of it. The client sends and takes on one thread, so on two cores
//! nothing else runs. The shard takes commands in batches and publishes their events at the end of
//! each.

use std::sync::mpsc;
use std::thread;

use matchgate_core::domain::{Command, Event, Sequenced};
use matchgate_ring::{Consumer, Producer, ring};

use super::push;
use crate::shard::{End, Resolved, ShardRun, fold};

/// Commands of a batch at the most.
const COMMANDS_PER_BATCH: usize = 32;
/// Events that the client takes between two looks at the clock, at the most.
const EVENTS_PER_LOOK: usize = 16;
/// From the start of the clock until the first command is due.
const LEAD_NS: u64 = 1_000_000;

/// When commands are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Commands a second, above 0.
    pub rate: u64,
    /// Slots of each ring.
    pub slots: usize,
}

impl Plan {
    /// Returns when a command is due after the first one, nanoseconds.
    fn due_ns(&self, number: usize) -> u64 {
        let ns = number as u128 * 1_000_000_000 / u128::from(self.rate.max(1));
        u64::try_from(ns).unwrap_or(u64::MAX)
    }
}

/// What an open loop has come to.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    /// From the planned time of each command until its first event was there, nanoseconds, in
    /// their order.
    pub latencies_ns: Vec<u64>,
    /// Commands that were sent a whole interval or more after they were due.
    pub late: u64,
    /// What the shard has come to; the sum is the client's.
    pub end: End,
}

/// Runs the timed commands through the shard at the rate of `plan`. `clock` counts nanoseconds;
/// the shard's thread calls `begin_shard` first, which pins it.
///
/// # Panics
///
/// Panics where `clock` or `begin_shard` does.
pub fn open_loop(
    resolved: &Resolved,
    plan: Plan,
    clock: impl Fn() -> u64,
    begin_shard: impl FnOnce() + Send,
) -> OpenLoop {
    let (commands, at_shard) = ring(plan.slots);
    let (events, at_client) = ring(plan.slots);
    let run = ShardRun::prepared(resolved);
    let mut client = Client {
        plan,
        events: at_client,
        // Not zero: memory that the system gives as zeros is touched first in the loop.
        latencies_ns: vec![u64::MAX; resolved.timed.len()],
        answered: 0,
        late: 0,
        checksum: 0,
    };
    let (tell, told) = mpsc::channel();
    let run = thread::scope(|scope| {
        let shard = scope.spawn(move || {
            begin_shard();
            tell.send(()).expect("the client waits for it");
            serve(run, at_shard, events)
        });
        // Asleep, not spinning: the shard's thread may have to leave this very cpu first.
        if told.recv().is_ok() {
            client.run(&resolved.timed, commands, clock);
        }
        let run = shard.join();
        run.unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    });
    client.latencies_ns.truncate(client.answered);
    OpenLoop {
        latencies_ns: client.latencies_ns,
        late: client.late,
        end: End {
            checksum: client.checksum,
            ..run.end()
        },
    }
}

/// Applies commands until nobody sends any.
fn serve(
    mut run: ShardRun,
    mut commands: Consumer<Sequenced<Command>>,
    mut events: Producer<Event>,
) -> ShardRun {
    loop {
        let taken = commands.for_each(COMMANDS_PER_BATCH, |command| {
            run.tell(command, |event| push(&mut events, *event));
        });
        if taken > 0 {
            events.publish();
        } else if commands.is_abandoned() && commands.is_empty() {
            return run;
        } else {
            std::hint::spin_loop();
        }
    }
}

struct Client {
    plan: Plan,
    events: Consumer<Event>,
    latencies_ns: Vec<u64>,
    /// Commands whose first event is there.
    answered: usize,
    late: u64,
    checksum: u64,
}

impl Client {
    fn run(
        &mut self,
        timed: &[Sequenced<Command>],
        mut commands: Producer<Sequenced<Command>>,
        clock: impl Fn() -> u64,
    ) {
        let start_ns = clock().saturating_add(LEAD_NS);
        let interval_ns = self.plan.due_ns(1);
        let mut due_ns = start_ns;
        let mut sent = 0;
        while let Some(command) = timed.get(sent) {
            let now_ns = clock();
            if now_ns >= due_ns {
                if commands.try_push(*command).is_ok() {
                    commands.publish();
                    self.late += u64::from(now_ns - due_ns >= interval_ns);
                    sent += 1;
                    due_ns = start_ns.saturating_add(self.plan.due_ns(sent));
                } else if commands.is_abandoned() {
                    break;
                }
            }
            self.take(start_ns, &clock);
        }
        drop(commands);
        while !(self.events.is_abandoned() && self.events.is_empty()) {
            self.take(start_ns, &clock);
        }
    }

    /// Takes some events, and stamps those that are the first of their command.
    #[inline]
    fn take(&mut self, start_ns: u64, clock: impl Fn() -> u64) {
        let before = self.answered;
        let (checksum, answered) = (&mut self.checksum, &mut self.answered);
        self.events.for_each(EVENTS_PER_LOOK, |event| {
            *checksum = fold(*checksum, event);
            *answered += usize::from(event.header.index == 0);
        });
        if self.answered == before {
            return;
        }
        let now_ns = clock();
        for number in before..self.answered {
            let due_ns = start_ns.saturating_add(self.plan.due_ns(number));
            if let Some(latency_ns) = self.latencies_ns.get_mut(number) {
                *latency_ns = now_ns.saturating_sub(due_ns);
            }
        }
    }
}
