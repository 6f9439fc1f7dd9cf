//! Slots that are used again and again: no operation of an old use may reach a new one.

use std::collections::HashSet;

use super::peer::{Bench, SMALL, pattern};
use crate::{ConnectionId, ReactorOptions};

/// The ways in which a connection can end.
#[derive(Clone, Copy)]
enum End {
    PeerCloses,
    PeerResets,
    WeClose,
    WeAbort,
}

const ENDS: [End; 4] = [End::PeerCloses, End::PeerResets, End::WeClose, End::WeAbort];

#[test]
fn thousand_connections_on_eight_slots_never_meet() {
    let mut bench = Bench::new(&SMALL);
    let mut ids = HashSet::new();
    for round in 0..250 {
        let mut pairs: Vec<_> = (0..4).map(|_| bench.connect()).collect();
        for (index, (peer, id)) in pairs.iter_mut().enumerate() {
            assert!(ids.insert(*id), "an id names one connection for good");
            peer.write_all(&pattern(round + index, 100));
            assert!(bench.reactor.send(*id, &pattern(round * index, 300)));
        }
        for (index, (mut peer, id)) in pairs.into_iter().enumerate() {
            bench.until("bytes both ways", |bench| {
                peer.read();
                peer.received.len() == 300 && bench.received(id).len() == 100
            });
            assert!(peer.received == pattern(round * index, 300));
            assert!(bench.received(id) == pattern(round + index, 100));
            // Something is in flight at the end.
            assert!(bench.reactor.send(id, b"last words"));
            match ENDS[(round + index) % ENDS.len()] {
                End::PeerCloses => drop(peer),
                End::PeerResets => peer.reset(),
                End::WeClose => {
                    bench.reactor.close_after_flush(id);
                    bench.turn();
                    drop(peer);
                }
                End::WeAbort => bench.reactor.abort(id),
            }
        }
        bench.until("every slot is free", |bench| {
            bench.reactor.connections() == 0
        });
    }
    assert_eq!(bench.closed.len(), 1_000);
    assert_eq!(bench.reactor.counts().connections_closed, 1_000);
}

#[test]
fn id_of_an_ended_connection_does_not_reach_the_next_in_its_slot() {
    let mut bench = Bench::new(&ReactorOptions {
        connections: 1,
        ..SMALL
    });
    let (peer, old) = bench.connect();
    drop(peer);
    bench.until("free", |bench| bench.reactor.connections() == 0);
    let (mut peer, new) = bench.connect();
    assert_eq!(
        old,
        ConnectionId {
            generation: new.generation - 1,
            ..new
        }
    );
    assert!(!bench.reactor.send(old, b"not for you"));
    assert_eq!(bench.reactor.output_space(old), 0);
    assert!(bench.reactor.output_room(old).is_empty());
    bench.reactor.output_commit(old, 5);
    bench.reactor.close_after_flush(old);
    bench.reactor.abort(old);
    assert!(bench.reactor.send(new, b"for you"));
    bench.until("delivered", |_| {
        peer.read();
        peer.received == b"for you"
    });
    assert!(bench.reactor.is_open(new));
}

#[test]
fn slot_is_not_free_before_its_end_was_taken() {
    let mut bench = Bench::new(&ReactorOptions {
        connections: 1,
        ..SMALL
    });
    let (peer, id) = bench.connect();
    drop(peer);
    for _ in 0..1_000 {
        bench.reactor.poll();
        bench.reactor.submit().unwrap();
    }
    assert!(!bench.reactor.is_open(id));
    assert_eq!(bench.reactor.connections(), 1);
    bench.turn();
    assert_eq!(bench.reactor.connections(), 0);
}
