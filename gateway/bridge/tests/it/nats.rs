//! The NATS sink behind a real journal and before a real server: each fill once, in order,
//! whatever is killed, cut or hung.

use std::path::Path;

use matchgate_bridge::{NatsOptions, NatsSink};
use matchgate_core::domain::ShardId;
use matchgate_follower::follower_agent::CURSOR_INTERVAL_NS;
use matchgate_follower::{CursorFile, FollowerAgent, SinkHealth};
use matchgate_runtime::{Agent, ManualTime};
use matchgate_xtask::services::{NatsServer, nats_server, or_skip};

use crate::journal::{Journal, complaint, poll_until};
use crate::proxy::{Limits, Proxy};
use crate::random::Random;
use crate::stream::{Consumer, assert_each_fill_once};

const A: ShardId = ShardId(0);
const B: ShardId = ShardId(1);

/// Starts a server; `None` where this machine has none, which is said.
pub(crate) fn server(folder: &Path) -> Option<NatsServer> {
    or_skip(nats_server())?;
    Some(NatsServer::start(folder).expect("the server starts"))
}

pub(crate) fn options(journal: &Journal, url: &str) -> NatsOptions {
    NatsOptions {
        servers: vec![url.to_owned()],
        create: true,
        directory: journal.uuid(),
        max_bytes: 256 << 20,
        ..NatsOptions::default()
    }
}

pub(crate) fn start(journal: &Journal, url: &str) -> (FollowerAgent, ManualTime) {
    journal.agent(Box::new(NatsSink::new(options(journal, url))))
}

fn finish(journal: &Journal, agent: &mut FollowerAgent, time: &ManualTime) {
    journal.finish(agent, time, NatsSink::NAME);
}

#[test]
fn two_shards_publish_into_one_stream() {
    let mut journal = Journal::new(2);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    for _ in 0..5 {
        journal.enter(A, 40);
        journal.enter(B, 30);
    }
    let (mut agent, time) = start(&journal, &server.url());
    finish(&journal, &mut agent, &time);
    let consumer = Consumer::connect(&server.url());
    assert_each_fill_once(&journal, &consumer);
    assert_eq!(consumer.messages(), 5 * (20 + 15));
    let message = consumer.read().swap_remove(0);
    assert_eq!(message.subject, "orders.fills.BRK=2EB");
    assert_eq!(message.header("Content-Type"), "application/json");
    assert_eq!(message.header("Schema"), "fills/1");
    assert_eq!(message.payload["type"], "fill");
    let saved = CursorFile::new(&journal.cursors(), "nats").load().unwrap();
    assert_eq!(saved.unwrap().mark, consumer.state().last_sequence);
}

#[test]
fn command_of_35_fills_whose_server_is_killed_inside_it_ends_as_35_messages() {
    // Bytes of the client until the connection hangs: within the first, a middle and the last.
    for bytes in [2_500, 12_000, 22_000] {
        let mut journal = Journal::new(1);
        let Some(mut server) = server(&journal.folder().join("nats")) else {
            return;
        };
        journal.enter(A, 2);
        let (mut agent, time) = start(&journal, &server.url());
        finish(&journal, &mut agent, &time);
        drop(agent);
        journal.sweep(A, 35);
        let hold = Limits {
            up: Some(bytes),
            hold: true,
            ..Limits::default()
        };
        let proxy = Proxy::new(server.address(), [hold]);
        let (mut agent, time) = start(&journal, &proxy.url());
        let consumer = Consumer::connect(&server.url());
        let mut stored = 0;
        poll_until(
            &mut agent,
            &time_standing_still(&time),
            "some are stored",
            |_| {
                let before = std::mem::replace(&mut stored, consumer.messages());
                stored > 1 && stored == before
            },
        );
        assert!((2..36).contains(&stored), "{bytes} bytes: {stored}");
        server.kill();
        proxy.cut();
        let health = complaint(&mut agent, &time);
        assert!(matches!(health, SinkHealth::Waiting(_)), "{health:?}");
        server.restart().expect("the server starts again");
        finish(&journal, &mut agent, &time);
        let consumer = Consumer::connect(&server.url());
        assert_each_fill_once(&journal, &consumer);
        assert_eq!(consumer.messages(), 1 + 35);
    }
}

/// Returns a clock of no agent: one that is polled with it saves no cursor and so waits for none.
fn time_standing_still(_: &ManualTime) -> ManualTime {
    matchgate_runtime::Clock::manual().1
}

#[test]
fn server_that_is_killed_over_and_over_holds_each_fill_once() {
    let mut journal = Journal::new(2);
    let Some(mut server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let (mut agent, time) = start(&journal, &server.url());
    for round in 0..4 {
        journal.enter(A, 1_000);
        journal.enter(B, 400);
        journal.sweep(A, 35);
        for _ in 0..=round {
            agent.poll();
        }
        server.kill();
        agent.poll();
        server.restart().expect("the server starts again");
    }
    finish(&journal, &mut agent, &time);
    let consumer = Consumer::connect(&server.url());
    assert_each_fill_once(&journal, &consumer);
    assert_eq!(consumer.messages(), 4 * (500 + 200 + 35));
}

#[test]
fn sink_that_dies_at_any_point_is_followed_by_one_that_goes_on() {
    let mut journal = Journal::new(2);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = Consumer::connect(&server.url());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..60 {
        journal.enter(A, 2 * usize::try_from(random.below(20)).unwrap());
        journal.enter(B, 2 * usize::try_from(random.below(20)).unwrap());
        journal.sweep(B, 1 + u32::try_from(random.below(35)).unwrap());
        let (mut agent, time) = start(&journal, &server.url());
        for _ in 0..random.below(5) {
            agent.poll();
            if random.below(3) == 0 {
                time.advance_ns(CURSOR_INTERVAL_NS);
            }
        }
        // Dropped as it is: what was sent may arrive or not, what was not saved is unknown.
    }
    let (mut agent, time) = start(&journal, &server.url());
    finish(&journal, &mut agent, &time);
    assert_each_fill_once(&journal, &consumer);
}

#[test]
fn connections_that_are_cut_anywhere_leave_each_fill_once() {
    for seed in 1..=6 {
        let mut journal = Journal::new(2);
        let Some(server) = server(&journal.folder().join("nats")) else {
            return;
        };
        let mut random = Random(seed * 0x9e37_79b9);
        let plan: Vec<_> = (0..12)
            .map(|_| {
                let is_up = random.below(2) == 0;
                let bytes = if is_up { 300_000 } else { 60_000 };
                let bytes = Some(random.below(bytes));
                Limits {
                    up: bytes.filter(|_| is_up),
                    down: bytes.filter(|_| !is_up),
                    hold: false,
                }
            })
            .collect();
        let proxy = Proxy::new(server.address(), plan);
        let (mut agent, time) = start(&journal, &proxy.url());
        let begin = std::time::Instant::now();
        while proxy.planned() > 0 && begin.elapsed().as_secs() < 60 {
            journal.enter(A, 60);
            journal.enter(B, 40);
            journal.sweep(A, 35);
            agent.poll();
            time.advance_ns(CURSOR_INTERVAL_NS * 20);
        }
        finish(&journal, &mut agent, &time);
        let consumer = Consumer::connect(&server.url());
        assert_eq!(proxy.planned(), 0, "seed {seed}");
        assert_each_fill_once(&journal, &consumer);
    }
}

#[test]
fn server_that_hangs_is_waited_for_and_goes_on() {
    let mut journal = Journal::new(1);
    let Some(mut server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let (mut agent, time) = start(&journal, &server.url());
    journal.enter(A, 100);
    agent.poll();
    server.pause();
    journal.enter(A, 100);
    let health = complaint(&mut agent, &time);
    assert!(matches!(health, SinkHealth::Waiting(_)), "{health:?}");
    server.resume();
    finish(&journal, &mut agent, &time);
    assert_each_fill_once(&journal, &Consumer::connect(&server.url()));
}
