//! Recovery after the process died, at every point of its logs.

use matchgate_core::domain::{Durability, MassCancelScope, SessionId, Side};
use matchgate_schema::message::{ClientMessage, NewOrderRequest, Report};

use super::audit::exactly_once;
use super::disk::{Disk, SHARDS, symbol};
use super::venue::{
    Venue, buy, by_id, by_request, cancel, mass_cancel, named, no_clients, order, reduce, replace,
    sell,
};
use crate::recovery::RecoveryError;

const WRITTEN: Durability = Durability::Written;
const SYNCED: Durability = Durability::Synced;
const CLASSES: [Durability; 3] = [WRITTEN, SYNCED, WRITTEN];

/// What a client was sent, and when: the logs had grown that long.
struct Delivery {
    growth: usize,
    session: usize,
    sequence: u64,
    report: Report,
}

/// A run of a venue with everything that was said in it.
struct Recorded {
    venue: Venue,
    base: Disk,
    sent: Vec<(u32, ClientMessage)>,
    deliveries: Vec<Delivery>,
}

impl Recorded {
    fn new() -> Self {
        let venue = Venue::start(Disk::new(), no_clients()).unwrap();
        let mut base = venue.streams.disk.clone();
        base.log.clear();
        base.growth.clear();
        let mut recorded = Self {
            venue,
            base,
            sent: Vec::new(),
            deliveries: Vec::new(),
        };
        for (session, class) in (0..).zip(CLASSES) {
            recorded.venue.log_on(session, 1, class).unwrap();
        }
        recorded.venue.sync();
        recorded.poll(usize::MAX);
        recorded
    }

    fn tell(&mut self, session: u32, message: ClientMessage) {
        self.venue.tell(session, message);
        self.sent.push((session, message));
    }

    fn poll(&mut self, events: usize) {
        self.venue.poll_events(events);
        let growth = self.venue.streams.disk.growth.len();
        self.venue.deliver();
        for session in 0..3 {
            for (sequence, _, report) in std::mem::take(&mut self.venue.clients[session].live) {
                self.deliveries.push(Delivery {
                    growth,
                    session,
                    sequence,
                    report,
                });
            }
        }
    }

    fn step(&mut self, shards: &[usize], polled_events: usize) {
        for shard in shards {
            self.venue.step_shard(*shard);
        }
        self.poll(polled_events);
    }
}

fn on_second_shard(mut order: NewOrderRequest) -> ClientMessage {
    order.symbol = symbol(1);
    ClientMessage::NewOrder(order)
}

/// Both classes, both shards, trades between them, refusals of every kind, things in flight.
fn script() -> Recorded {
    let mut run = Recorded::new();
    run.tell(0, named("a", order(1, Side::Sell, 100, 10)));
    run.tell(1, named("b", order(1, Side::Sell, 100, 10)));
    run.tell(2, on_second_shard(order(1, Side::Buy, 50, 8)));
    run.step(&[0, 1], 1);
    run.tell(0, named("b", order(2, Side::Sell, 100, 10)));
    run.step(&[0], usize::MAX);
    run.tell(2, buy(2, 100, 14));
    run.tell(1, reduce(2, by_id("b"), 8));
    run.tell(1, on_second_shard(order(3, Side::Sell, 50, 3)));
    run.step(&[0, 0, 1], 1);
    run.venue.synced[0] = run.venue.shards[0].last_sequence().0 - 1;
    run.step(&[], 2);
    run.tell(0, cancel(3, by_id("a")));
    run.tell(2, cancel(3, by_id("nobody")));
    run.tell(0, replace(4, by_id("b"), "c", 101, 12));
    run.step(&[0, 0], usize::MAX);
    run.venue.foreign(0, Side::Buy, 101, 1);
    run.venue.foreign(1, Side::Sell, 50, 2);
    run.step(&[], 1);
    run.tell(1, mass_cancel(4, MassCancelScope::Session));
    run.tell(0, named("d", order(5, Side::Buy, 90, 5)));
    run.step(&[0], usize::MAX);
    run.venue.sync();
    run.step(&[1], usize::MAX);
    run.tell(2, mass_cancel(4, MassCancelScope::Account));
    run.tell(2, sell(5, 90, 7));
    run.tell(0, cancel(6, by_request(5)));
    run.step(&[0, 1], 3);
    run.venue.sync();
    run.step(&[0], 1);
    run.step(&[0, 0, 1], usize::MAX);
    run.tell(1, buy(5, 90, 1));
    run.step(&[], usize::MAX);
    run
}

/// Sends a client's whole history again where the venue does not say that it is decided.
fn resend(venue: &mut Venue, sent: &[(u32, ClientMessage)], classes: &[Durability]) {
    for (session, class) in (0..).zip(classes) {
        let next = venue.clients[session as usize].next_expected();
        venue.log_on(session, next, *class).unwrap();
    }
    venue.settle();
    for (session, message) in sent {
        venue.tell(*session, *message);
        venue.settle();
    }
}

#[test]
fn every_cut_recovers_every_numbered_message_and_executes_what_is_undecided() {
    let run = script();
    let whole = &run.venue.streams.disk;
    let requests = [6, 5, 5];
    for count in run.base.growth.len()..=whole.growth.len() {
        let cut = whole.cut(&run.base, count);
        let last_record = cut.log.last().map_or(0, |(sequence, _)| *sequence);
        let mut clients = no_clients();
        for delivery in run
            .deliveries
            .iter()
            .filter(|delivery| delivery.growth <= count)
        {
            let seen = &mut clients[delivery.session].seen;
            seen.insert(delivery.sequence, delivery.report);
        }
        let mut venue = Venue::start(cut, clients).unwrap();
        for (session, client) in (0..3).map(SessionId).zip(&venue.clients) {
            let before = &run.venue.core.session(session).unwrap().store;
            let after = &venue.core.session(session).unwrap().store;
            let mut position = 0;
            while let Some(stored) = before.get(position) {
                if stored.log_sequence <= last_record {
                    assert_eq!(after.get(position), Some(stored), "cut at {count}");
                } else {
                    let seen = client.seen.contains_key(&stored.sequence);
                    assert!(!seen, "cut at {count}: seen before it was in the log");
                }
                position += 1;
            }
        }
        resend(&mut venue, &run.sent, &CLASSES);
        exactly_once(&venue, &requests);
    }
}

#[test]
fn recovery_that_dies_at_any_record_is_taken_up_by_the_next() {
    let run = script();
    let requests = [6, 5, 5];
    // Cut where much is unreleased and undecided, then cut the recovery itself.
    let whole = &run.venue.streams.disk;
    for count in (run.base.growth.len()..whole.growth.len()).step_by(3) {
        let cut = whole.cut(&run.base, count);
        let first = Venue::start(cut.clone(), no_clients()).unwrap();
        let recovered = first.streams.disk.clone();
        for died_at in cut.growth.len()..=recovered.growth.len() {
            let left = recovered.cut(&cut, died_at);
            let mut venue = Venue::start(left, no_clients()).unwrap();
            resend(&mut venue, &run.sent, &CLASSES);
            exactly_once(&venue, &requests);
        }
    }
}

#[test]
fn books_after_a_crash_and_a_resend_are_those_of_the_undisturbed_run() {
    let mut run = Recorded::new();
    let target = |request: u64| by_request(1 + request % 4);
    for (request, offset) in (1..=40).zip([0, 1, 2].into_iter().cycle()) {
        let message = match request {
            1 | 3 => sell(request, 100, 10),
            2 | 4 => on_second_shard(order(request, Side::Buy, 50, 10)),
            _ if request % 5 == 0 => buy(request, 100, 1),
            _ if request % 3 == 0 => replace(request, target(request), "", 60 + 40, 10),
            _ => on_second_shard(order(request, Side::Sell, 49 + offset, 1)),
        };
        run.tell(0, message);
        if request % 4 == 0 {
            run.step(&[0, 1, 0], 2);
        }
    }
    let base = run.base;
    let crashed = run.venue.streams.disk.clone();
    run.venue.settle();
    let books = |venue: &Venue| -> Vec<Option<u128>> {
        let instruments = (0..u32::from(SHARDS)).map(matchgate_core::domain::InstrumentId);
        let shards = venue.shards.iter().zip(instruments);
        shards.map(|(shard, of)| shard.book_hash(of)).collect()
    };
    let expected = books(&run.venue);
    for count in base.growth.len()..=crashed.growth.len() {
        let mut venue = Venue::start(crashed.cut(&base, count), no_clients()).unwrap();
        resend(&mut venue, &run.sent, &[WRITTEN]);
        assert_eq!(books(&venue), expected, "cut at {count}");
    }
}

#[test]
fn slots_and_names_are_free_or_taken_as_before() {
    let mut venue = Venue::new(&[WRITTEN]);
    for request in 1..=24 {
        venue.tell(
            0,
            named(&format!("id-{request}"), order(request, Side::Buy, 10, 5)),
        );
    }
    venue.tell(0, cancel(25, by_id("id-7")));
    venue.settle();
    let mut venue = venue.crash();
    venue
        .log_on(0, venue.clients[0].next_expected(), WRITTEN)
        .unwrap();
    venue.tell(0, named("id-8", order(26, Side::Buy, 10, 5)));
    venue.tell(0, named("id-7", order(27, Side::Buy, 10, 5)));
    venue.tell(0, named("id-25", order(28, Side::Buy, 10, 5)));
    venue.tell(0, cancel(29, by_request(8)));
    venue.settle();
    assert_eq!(
        venue.lines(0),
        [
            "26 Rejected Rejected order=26 cumulative=0 leaves=0 DuplicateClientOrderId",
            "28 Rejected Rejected order=28 cumulative=0 leaves=0 OpenOrdersLimit",
            "27 New New order=27 cumulative=0 leaves=5",
            "29 Canceled Canceled order=8 cumulative=0 leaves=0 Requested",
        ]
    );
}

#[test]
fn log_that_says_more_than_the_journal_is_refused() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, buy(1, 10, 5));
    venue.settle();
    let mut disk = venue.streams.disk;
    disk.journals[0].pop();
    let refused = Venue::start(disk, no_clients()).err();
    assert!(
        matches!(
            refused,
            Some(RecoveryError::Run {
                recorded: 1,
                counted: 0,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn log_whose_refusal_has_another_number_is_refused() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, buy(1, 10, 5));
    venue.settle();
    venue.tell(0, cancel(2, by_id("nobody")));
    let mut disk = venue.streams.disk;
    disk.log
        .retain(|(_, record)| !matches!(record, crate::GatewayRecord::Released(_)));
    let refused = Venue::start(disk, no_clients()).err();
    assert!(
        matches!(
            refused,
            Some(RecoveryError::Number {
                recorded: 2,
                expected: 1,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn ring_number_of_a_command_that_was_lost_is_not_given_again() {
    let mut venue = Venue::new(&[WRITTEN]);
    venue.tell(0, buy(1, 10, 5));
    venue.tell(0, buy(2, 10, 5));
    let mut venue = venue.crash();
    venue.log_on(0, 1, WRITTEN).unwrap();
    venue.tell(0, buy(1, 10, 5));
    let rings = venue
        .streams
        .disk
        .log
        .iter()
        .filter_map(|(_, record)| match record {
            crate::GatewayRecord::Routed(routed) => Some(routed.ring.0),
            _ => None,
        });
    assert_eq!(rings.collect::<Vec<_>>(), [1, 2, 3]);
}
