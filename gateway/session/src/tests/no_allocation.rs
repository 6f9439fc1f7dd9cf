//! Nothing on the way of a message asks for memory.

use std::collections::VecDeque;

use matchgate_core::domain::{
    Command, Durability, Epoch, MassCancelScope, SequenceNumber, Sequenced, SessionId, ShardId,
    Side,
};
use matchgate_core::{EventBuffer, Progress};
use matchgate_runtime::alloc_guard::count_allocations;
use matchgate_schema::message::ClientMessage;

use super::venue::{Venue, by_request, cancel, mass_cancel, named, order, reduce, replace};
use crate::gateway_core::Intake;
use crate::gateway_log::GatewayRecord;
use crate::outlet::{LogFailed, Outlet, Priority};

/// Rings that are set aside, and a log that forgets.
struct Light {
    log_next: u64,
    rings: [VecDeque<Command>; 2],
}

impl Outlet for Light {
    fn log(&mut self, _: &GatewayRecord) -> u64 {
        self.log_next += 1;
        self.log_next - 1
    }

    fn wait_for_room(&mut self) -> Result<(), LogFailed> {
        Ok(())
    }

    fn has_room(&self, shard: ShardId, _: Priority) -> bool {
        self.rings[usize::from(shard.0)].len() < 64
    }

    fn route(&mut self, shard: ShardId, command: &Command, _: Priority) {
        self.rings[usize::from(shard.0)].push_back(*command);
    }
}

/// Seven requests of one session that leave nothing behind.
fn round(first: u64) -> [ClientMessage; 7] {
    [
        named("a", order(first, Side::Sell, 100, 10)),
        ClientMessage::NewOrder(order(first + 1, Side::Buy, 100, 3)),
        reduce(first + 2, by_request(first), 9),
        replace(first + 3, by_request(first), "b", 101, 9),
        cancel(first + 4, by_request(first)),
        cancel(first + 5, by_request(first + 1)),
        mass_cancel(first + 6, MassCancelScope::Account),
    ]
}

fn run(venue: &mut Venue, light: &mut Light, buffer: &mut EventBuffer, round: &[ClientMessage]) {
    let session = SessionId(0);
    for message in round {
        let taken = venue.core.on_message(session, message, 0, light);
        assert_eq!(taken, Ok(Intake::Taken));
    }
    for (number, shard) in (0..).zip(&mut venue.shards) {
        while let Some(body) = light.rings[number].pop_front() {
            let command = Sequenced {
                sequence: SequenceNumber(shard.last_sequence().0 + 1),
                epoch: Epoch(1),
                time_ns: shard.last_time_ns(),
                body,
            };
            let progress = shard.apply(&command, buffer);
            assert_eq!(progress, Progress::Done);
            for event in buffer.as_slice() {
                let of = ShardId(u8::try_from(number).unwrap());
                venue.core.on_event(of, event, light).unwrap();
            }
            buffer.clear();
        }
        let of = ShardId(u8::try_from(number).unwrap());
        venue
            .core
            .on_synced(of, shard.last_sequence(), light)
            .unwrap();
    }
    venue.core.on_log_synced(light.log_next - 1);
    venue.core.on_tick(0);
    venue.core.end_run(light);
    while let Some(session) = venue.core.pop_ready() {
        while venue.core.next_outbound(session, 0).is_some() {}
    }
}

#[test]
fn request_to_report_allocates_nothing_after_the_store_is_full() {
    let (_, counted) = count_allocations(|| Box::new(1));
    assert_eq!(counted, 1, "the guard counts");
    for class in [Durability::Written, Durability::Synced] {
        let mut venue = Venue::new(&[class]);
        let mut light = Light {
            log_next: venue.streams.disk.log_next,
            rings: [VecDeque::with_capacity(64), VecDeque::with_capacity(64)],
        };
        let mut buffer = EventBuffer::new();
        let rounds: Vec<_> = (0..1_000).map(|number| round(1 + 7 * number)).collect();
        let (warm_up, measured) = rounds.split_at(600);
        for round in warm_up {
            run(&mut venue, &mut light, &mut buffer, round);
        }
        let ((), counted) = count_allocations(|| {
            for round in measured {
                run(&mut venue, &mut light, &mut buffer, round);
            }
        });
        assert_eq!(counted, 0);
        assert!(venue.core.session(SessionId(0)).unwrap().next_sequence > 8_000);
    }
}
