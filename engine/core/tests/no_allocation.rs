//! Nothing allocates after a shard is made: a counting allocator watches commands of every kind,
//! in small books and deep ones.
#![allow(clippy::panic, reason = "a test fails on whatever it does not expect")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use matchgate_core::domain::{Command, Event, EventBody, Sequenced};
use matchgate_core::{EventBuffer, OrderMirror, Progress, Shard};
use matchgate_twin::differential::SHARD;
use matchgate_twin::generator::{Flow, Generator};
use matchgate_twin::reference::Reference;

/// Counts the allocations of each thread, so that the test harness's own are not counted.
struct CountingAllocator;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
// SAFETY: every call goes to the system allocator with the caller's own arguments, so its
// guarantees are the system allocator's; counting touches a thread local without a destructor
// and does not allocate.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller promises a layout of non-zero size.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller promises a layout of non-zero size.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller promises that `block` came from this allocator, that is from the
        // system's, with `layout`, and that `new_size` is not zero.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller promises that `block` came from this allocator with `layout`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const COMMANDS: usize = 50_000;

/// Returns commands of a flow, made before anything is counted.
fn commands(flow: Flow) -> Vec<Sequenced<Command>> {
    let mut reference = Reference::new(SHARD, flow.capacity());
    let mut generator = Generator::new(7, flow);
    let mut events = Vec::new();
    (0..COMMANDS)
        .map(|_| {
            let command = generator.next(&reference);
            events.clear();
            reference.apply(&command, &mut events);
            command
        })
        .collect()
}

/// What the commands came to, so that the test knows that it has watched something.
#[derive(Debug, Default)]
struct Met {
    accepted: u64,
    trades: u64,
    triggered: u64,
    expired: u64,
    prevented: u64,
    restated: u64,
    mass_cancels: u64,
    refusals: u64,
    more_steps: u64,
    hash_records: u64,
}

impl Met {
    fn note(&mut self, events: &[Event]) {
        for event in events {
            match event.body {
                EventBody::Accepted { .. } => self.accepted += 1,
                EventBody::Traded { .. } => self.trades += 1,
                EventBody::Triggered { .. } => self.triggered += 1,
                EventBody::Expired { .. } => self.expired += 1,
                EventBody::SelfTradePrevented { .. } => self.prevented += 1,
                EventBody::Restated { .. } => self.restated += 1,
                EventBody::MassCanceled { .. } => self.mass_cancels += 1,
                EventBody::Rejected { .. } | EventBody::CancelRejected { .. } => {
                    self.refusals += 1;
                }
                EventBody::HashRecord { .. } => self.hash_records += 1,
                _ => {}
            }
        }
    }

    fn assert_everything_was_met(&self) {
        let counts = [
            self.accepted,
            self.trades,
            self.triggered,
            self.expired,
            self.prevented,
            self.restated,
            self.mass_cancels,
            self.refusals,
            self.more_steps,
            self.hash_records,
        ];
        assert!(counts.iter().all(|&count| count > 100), "{self:?}");
    }
}

/// Applies a command to its end.
fn apply(shard: &mut Shard, command: &Sequenced<Command>, events: &mut EventBuffer, met: &mut Met) {
    let mut progress = shard.apply(command, events);
    loop {
        met.note(events.as_slice());
        events.clear();
        if progress == Progress::Done {
            return;
        }
        met.more_steps += 1;
        progress = shard.resume(events);
    }
}

#[test]
fn no_command_allocates_after_the_shard_is_made() {
    let mut met = Met::default();
    for flow in [Flow::Mixed, Flow::Deep, Flow::Pegs, Flow::Wide] {
        let commands = commands(flow);
        let mut shard = Shard::new(SHARD, flow.capacity());
        let mut mirror = OrderMirror::new(0, flow.capacity().orders);
        let mut events = EventBuffer::new();
        let before = ALLOCATIONS.get();
        for command in &commands {
            apply(&mut shard, command, &mut events, &mut met);
            if let Command::New(order, id) = &command.body {
                mirror.open(order, *id);
            }
            let hash = shard.state_hash();
            assert_ne!(hash, 0);
        }
        let allocations = ALLOCATIONS.get() - before;
        assert_eq!(allocations, 0, "{flow:?}: {met:?}");
    }
    met.assert_everything_was_met();
}

#[test]
fn counting_allocator_counts() {
    let before = ALLOCATIONS.get();
    let boxed = std::hint::black_box(Box::new(1));
    assert_eq!(*boxed, 1);
    assert!(ALLOCATIONS.get() > before);
}
