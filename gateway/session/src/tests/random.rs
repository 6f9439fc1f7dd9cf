//! Random clients, random crashes: every report once, every request once, whatever happens.

use std::collections::BTreeMap;

use matchgate_core::domain::{
    Durability, EventId, MassCancelScope, Price, Quantity, RequestNumber, SelfTradePrevention,
    SessionId, Side, TimeInForce,
};
use matchgate_schema::capnp::{Encoder, encode_server};
use matchgate_schema::message::{
    ClientMessage, MassCancelRequest, NewOrderRequest, OrderTarget, ReplaceRequest, Report,
};
use proptest::prelude::*;

use super::audit::{exactly_once, owed, paid};
use super::disk::{Disk, SHARDS, client_id, symbol};
use super::venue::{Client, Venue, by_request, cancel, named, no_clients, order, reduce, replace};
use crate::gateway_core::Intake;
use crate::hash_seed::HashSeed;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Happening {
    /// A client sends a request: which kind, and numbers to make it of.
    Request(u32, u8, u16),
    Foreign(u8, bool, u8),
    /// An operator ends the day of an instrument.
    EndDay(u8),
    /// Time passes in a shard, so that orders expire.
    PassTime(u8, u8),
    StepShard(u8),
    Poll(u8),
    SyncShard(u8, u8),
    SyncLog(u8),
    Reconnect(u32, bool),
    Crash,
    /// Takes the unsynced end of each stream, in parts of it.
    PowerLoss(u8, u8),
}

fn happening(power: bool) -> impl Strategy<Value = Happening> {
    prop_oneof![
        24 => (0..3_u32, 0..18_u8, any::<u16>())
            .prop_map(|(session, kind, numbers)| Happening::Request(session, kind, numbers)),
        3 => (0..SHARDS, any::<bool>(), 0..4_u8)
            .prop_map(|(shard, buys, price)| Happening::Foreign(shard, buys, price)),
        1 => (0..SHARDS).prop_map(Happening::EndDay),
        1 => (0..SHARDS, any::<u8>())
            .prop_map(|(shard, by)| Happening::PassTime(shard, by)),
        14 => (0..SHARDS).prop_map(Happening::StepShard),
        10 => (1..5_u8).prop_map(Happening::Poll),
        4 => (0..SHARDS, 0..3_u8).prop_map(|(shard, lag)| Happening::SyncShard(shard, lag)),
        3 => (0..3_u8).prop_map(Happening::SyncLog),
        2 => (0..3_u32, any::<bool>())
            .prop_map(|(session, synced)| Happening::Reconnect(session, synced)),
        2 => any::<(u8, u8)>().prop_map(move |(log, journals)| if power {
            Happening::PowerLoss(log, journals)
        } else {
            Happening::Crash
        }),
    ]
}

/// A venue and what its clients remember having asked for.
struct World {
    venue: Venue,
    sent: Vec<Vec<ClientMessage>>,
    classes: Vec<Durability>,
    /// Whether the venue said to each client that messages were lost.
    losses_announced: Vec<bool>,
}

impl World {
    fn new() -> Self {
        Self::with_seed(HashSeed::fixed(0))
    }

    fn with_seed(hash_seed: HashSeed) -> Self {
        let mut world = Self {
            venue: Venue::start_with_seed(Disk::new(), no_clients(), hash_seed).unwrap(),
            sent: vec![Vec::new(); 3],
            classes: vec![Durability::Written, Durability::Synced, Durability::Written],
            losses_announced: vec![false; 3],
        };
        world.log_on_all();
        world.venue.settle();
        world
    }

    fn log_on_all(&mut self) {
        for session in 0..3 {
            self.log_on(session);
        }
    }

    /// Logs on, and sends what the venue does not say is decided once more.
    fn log_on(&mut self, session: u32) {
        let at = session as usize;
        let next = self.venue.clients[at].next_expected();
        let class = self.classes[at];
        self.venue.log_on(session, next, class).unwrap();
        self.venue.deliver();
        let answer = self.venue.clients[at].answer.unwrap();
        self.losses_announced[at] |= answer.lost_from != 0;
        for message in self.sent[at].clone() {
            if !answer.is_decided(number_of(&message)) {
                self.venue.tell(session, message);
            }
        }
    }

    fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Request(session, kind, numbers) => self.request(session, kind, numbers),
            Happening::Foreign(shard, buys, price) => {
                let side = if buys { Side::Buy } else { Side::Sell };
                let (shard, price) = (usize::from(shard), 98 + i64::from(price));
                self.venue.foreign(shard, side, price, 3);
            }
            Happening::EndDay(shard) => self.venue.end_day(usize::from(shard)),
            Happening::PassTime(shard, by) => {
                self.venue.pass_time(usize::from(shard), u64::from(by) + 1);
            }
            Happening::StepShard(shard) => {
                self.venue.step_shard(usize::from(shard));
            }
            Happening::Poll(events) => {
                self.venue.poll_events(usize::from(events));
                self.venue.deliver();
            }
            Happening::SyncShard(shard, lag) => {
                let shard = usize::from(shard);
                let last = self.venue.shards[shard].last_sequence().0;
                let synced = last.saturating_sub(u64::from(lag));
                self.venue.synced[shard] = synced.max(self.venue.synced[shard]);
            }
            Happening::SyncLog(lag) => {
                let synced = (self.venue.streams.disk.log_next - 1).saturating_sub(u64::from(lag));
                self.venue.log_synced = synced.max(self.venue.log_synced);
            }
            Happening::Reconnect(session, synced) => {
                self.venue.disconnect(session);
                self.classes[session as usize] = if synced {
                    Durability::Synced
                } else {
                    Durability::Written
                };
                self.log_on(session);
            }
            Happening::Crash => {
                let dead = std::mem::replace(&mut self.venue, hollow());
                self.venue = dead.crash();
                self.log_on_all();
            }
            Happening::PowerLoss(log, journals) => {
                self.lose_power(log, journals);
                self.log_on_all();
            }
        }
    }

    fn lose_power(&mut self, log: u8, journals: u8) {
        let mut dead = std::mem::replace(&mut self.venue, hollow());
        let kept = |synced: usize, len: usize, share: u8| {
            synced + (len - synced) * usize::from(share % 4) / 3
        };
        let disk = &dead.streams.disk;
        let log_synced = disk
            .log
            .partition_point(|(sequence, _)| *sequence <= dead.log_synced);
        let log_kept = kept(log_synced, disk.log.len(), log);
        let journals_kept: Vec<usize> = (0..usize::from(SHARDS))
            .map(|shard| {
                let journal = &disk.journals[shard];
                let on_disk = |command: &matchgate_core::domain::Sequenced<_>| {
                    command.sequence.0 <= dead.synced[shard]
                };
                let synced = journal.partition_point(on_disk);
                kept(synced, journal.len(), journals >> (2 * shard))
            })
            .collect();
        dead.streams.disk.lose(log_kept, &journals_kept);
        self.venue = dead.crash();
    }

    fn request(&mut self, session: u32, kind: u8, numbers: u16) {
        let sent = &mut self.sent[session as usize];
        let request = sent.len() as u64 + 1;
        let message = make(session, request, kind, numbers);
        match self.venue.send(session, message) {
            Ok(Intake::Taken) => sent.push(message),
            Ok(Intake::Later) => {}
            Err(end) => panic!("request {request} of session {session}: {end}"),
        }
    }

    /// Brings everything to rest, once more from the start of each stream that is kept.
    fn settle(&mut self) {
        for session in 0..3 {
            self.venue.disconnect(session);
        }
        self.log_on_all();
        self.venue.settle();
    }

    /// Returns the bytes of the log and of every message of the venue, each as it was written.
    fn bytes(&self) -> (Vec<Vec<u8>>, Vec<Vec<Vec<u8>>>) {
        let log = self.venue.streams.disk.log.iter();
        let log = log.map(|(_, record)| record.with_parts(|parts| parts.concat()));
        let mut encoder = Encoder::new();
        let mut frames = |client: &Client| {
            let heard = client.heard.iter();
            heard
                .map(|message| encode_server(message, &mut encoder).to_vec())
                .collect()
        };
        let wire = self.venue.clients.iter().map(&mut frames).collect();
        (log.collect(), wire)
    }

    fn requests(&self) -> Vec<u64> {
        self.sent.iter().map(|sent| sent.len() as u64).collect()
    }
}

/// Stands where a venue is taken out.
fn hollow() -> Venue {
    Venue::start(Disk::new(), no_clients()).unwrap()
}

fn number_of(message: &ClientMessage) -> RequestNumber {
    match message {
        ClientMessage::NewOrder(request) => request.request,
        ClientMessage::Cancel(request) => request.request,
        ClientMessage::Reduce(request) => request.request,
        ClientMessage::Replace(request) => request.request,
        ClientMessage::MassCancel(request) => request.request,
        _ => RequestNumber(0),
    }
}

fn make(session: u32, request: u64, kind: u8, numbers: u16) -> ClientMessage {
    let price = 98 + i64::from(numbers % 4);
    let quantity = 1 + u64::from(numbers / 4 % 7);
    let older = 1 + u64::from(numbers / 28) % request;
    let id = format!("{session}-{}", numbers % 9);
    let target = if numbers.is_multiple_of(3) {
        OrderTarget::ClientOrderId(client_id(&id))
    } else {
        by_request(older)
    };
    let side = if numbers & 0x400 == 0 {
        Side::Buy
    } else {
        Side::Sell
    };
    let mut new = order(request, side, price, quantity);
    new.symbol = symbol(u8::from(numbers & 0x800 != 0));
    match kind {
        0..=3 => ClientMessage::NewOrder(new),
        4 | 5 => named(&id, new),
        6 => {
            new.time_in_force = TimeInForce::Ioc;
            ClientMessage::NewOrder(new)
        }
        7 | 8 => cancel(request, target),
        9 => reduce(request, target, quantity),
        10 => replace(
            request,
            target,
            if numbers & 1 == 0 { "" } else { &id },
            price,
            quantity,
        ),
        12..=16 => ClientMessage::NewOrder(of_other_type(new, kind, numbers)),
        17 => {
            let replace = ReplaceRequest::new(target, new.price, new.quantity);
            let replace = match numbers & 3 {
                0 => replace.with_stop(Price::new(price + 1)),
                1 => replace.with_time_in_force(TimeInForce::Gtc),
                _ => replace.until(1_000 + u64::from(numbers)),
            };
            ClientMessage::Replace(replace).with_request(new.request)
        }
        _ => ClientMessage::MassCancel(MassCancelRequest {
            request: RequestNumber(request),
            scope: if numbers & 1 == 0 {
                MassCancelScope::Session
            } else {
                MassCancelScope::Account
            },
            account: None,
            symbol: (numbers & 2 != 0).then_some(new.symbol),
            side: (numbers & 4 != 0).then_some(side),
        }),
    }
}

fn of_other_type(new: NewOrderRequest, kind: u8, numbers: u16) -> NewOrderRequest {
    let (side, price, quantity) = (new.side, new.price, new.quantity);
    let choice = match numbers / 64 % 5 {
        0 => SelfTradePrevention::CancelNewest,
        1 => SelfTradePrevention::CancelOldest,
        2 => SelfTradePrevention::CancelBoth,
        3 => SelfTradePrevention::Decrement,
        _ => SelfTradePrevention::None,
    };
    let other = match (kind, numbers & 1) {
        (12, 0) => NewOrderRequest::stop(new.symbol, side, price, quantity),
        (12, _) => new.with_stop(Price::new(price.get() + 1)),
        (13, 0) => NewOrderRequest::mid_peg(new.symbol, side, quantity),
        (13, _) => NewOrderRequest::market_to_limit(new.symbol, side, quantity),
        (14, 0) => new.displaying(Quantity::new(1 + quantity.get() / 3)),
        (14, _) => new.at_least(Quantity::new(1 + quantity.get() / 2)),
        (15, 0) => new.with_time_in_force(TimeInForce::Fok),
        (15, _) => NewOrderRequest::market(new.symbol, side, quantity),
        (_, 0) => new.until(1_000 + u64::from(numbers)),
        (_, _) => new.in_self_trade_group(1 + numbers / 8 % 2),
    };
    NewOrderRequest {
        request: new.request,
        ..other.with_self_trade(choice)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn nothing_is_lost_and_nothing_doubled_over_random_crashes(
        happenings in prop::collection::vec(happening(false), 1..260)
    ) {
        let mut world = World::new();
        for happening in &happenings {
            world.happen(happening);
        }
        world.settle();
        exactly_once(&world.venue, &world.requests());
        prop_assert_eq!(&world.losses_announced, &[false; 3]);
        // The next process knows all of it.
        for client in &mut world.venue.clients {
            client.seen.clear();
        }
        world.happen(&Happening::Crash);
        world.venue.settle();
        exactly_once(&world.venue, &world.requests());
    }

    #[test]
    fn cores_with_different_hash_seeds_give_the_same_bytes(
        happenings in prop::collection::vec(happening(false), 1..260)
    ) {
        let mut one = World::with_seed(HashSeed::fixed(1));
        let mut other = World::with_seed(HashSeed::fixed(2));
        for happening in &happenings {
            one.happen(happening);
            other.happen(happening);
        }
        one.settle();
        other.settle();
        prop_assert_eq!(one.bytes(), other.bytes());
        // The commands of the shards too, and the order in which all of it came.
        prop_assert_eq!(&one.venue.streams.disk, &other.venue.streams.disk);
    }

    #[test]
    fn power_loss_takes_only_what_it_may_and_says_so(
        happenings in prop::collection::vec(happening(true), 1..260)
    ) {
        let mut world = World::new();
        for happening in &happenings {
            world.happen(happening);
        }
        world.settle();
        let owed = owed(&world.venue.streams.disk);
        for (session, client) in (0..).map(SessionId).zip(&world.venue.clients) {
            let at = session.0 as usize;
            let state = world.venue.core.session(session).unwrap();
            let announced = |sequence: u64| {
                let mut holes = state.lost.iter();
                world.losses_announced[at]
                    && holes.any(|hole| (hole.from..hole.resumed_at).contains(&sequence))
            };
            let mut paid_counts: BTreeMap<_, usize> = BTreeMap::new();
            for (sequence, report) in &client.seen {
                let Some(paid) = paid(report) else { continue };
                if !announced(*sequence) {
                    let known = owed.contains_key(&(session, paid));
                    prop_assert!(known, "{sequence} was lost and not announced: {report:?}");
                    *paid_counts.entry(paid).or_insert(0) += 1;
                }
            }
            for ((_, report), count) in owed.iter().filter(|((of, _), _)| *of == session) {
                // A mass cancel whose own record was lost has no answer.
                let paid = paid_counts.get(report).copied().unwrap_or(0);
                let mass_cancel = matches!(report, super::audit::Owed::MassCancel(_));
                prop_assert!(
                    paid == *count || (mass_cancel && paid < *count),
                    "session {session} was told {paid} times of {report:?}"
                );
            }
        }
    }

    #[test]
    fn power_loss_takes_no_order_whose_acknowledgement_was_synced(
        happenings in prop::collection::vec(happening(true), 1..260)
    ) {
        let mut world = World::new();
        world.classes = vec![Durability::Synced; 3];
        for session in 0..3 {
            world.venue.disconnect(session);
        }
        world.log_on_all();
        let mut seen: Vec<(EventId, u32)> = Vec::new();
        for happening in &happenings {
            if !matches!(happening, Happening::Reconnect(..)) {
                world.happen(happening);
            }
        }
        world.settle();
        for (session, client) in (0..).zip(&world.venue.clients) {
            for report in client.seen.values() {
                if let Report::Execution(report) = report
                    && report.execution_id != EventId::default()
                {
                    seen.push((report.execution_id, session));
                }
            }
        }
        let owed = owed(&world.venue.streams.disk);
        let known: std::collections::BTreeSet<EventId> = owed
            .keys()
            .filter_map(|(_, owed)| match owed {
                super::audit::Owed::Execution(id, ..) => Some(*id),
                _ => None,
            })
            .collect();
        for (id, session) in seen {
            prop_assert!(known.contains(&id), "session {session} lost {id}");
        }
    }
}
