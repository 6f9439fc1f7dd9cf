//! The QuestDB sink behind a real journal and before a real server: each fill and each top of book
//! one row, whatever is killed, cut or hung.

use std::path::Path;

use matchgate_bridge::{QuestDbOptions, QuestDbSink};
use matchgate_core::domain::ShardId;
use matchgate_follower::follower_agent::CURSOR_INTERVAL_NS;
use matchgate_follower::{FollowerAgent, SinkHealth};
use matchgate_runtime::{Agent, ManualTime};
use matchgate_xtask::services::{QuestDb, or_skip, questdb_jar};

use crate::journal::{Journal, complaint};
use crate::proxy::{Limits, Proxy};
use crate::random::Random;
use crate::tables::{assert_each_event_once, count};

const A: ShardId = ShardId(0);
const B: ShardId = ShardId(1);

/// Starts a server; `None` where this machine has none, which is said.
pub(crate) fn server(folder: &Path) -> Option<QuestDb> {
    or_skip(questdb_jar())?;
    Some(QuestDb::start(folder).expect("the server starts"))
}

pub(crate) fn start(
    journal: &Journal,
    address: std::net::SocketAddr,
) -> (FollowerAgent, ManualTime) {
    journal.agent(Box::new(QuestDbSink::new(QuestDbOptions {
        address: address.to_string(),
        create: true,
        ..QuestDbOptions::default()
    })))
}

pub(crate) fn finish(journal: &Journal, agent: &mut FollowerAgent, time: &ManualTime) {
    journal.finish(agent, time, QuestDbSink::NAME);
}

#[test]
fn each_event_is_one_row_whatever_is_restarted() {
    let mut journal = Journal::new(2);
    let Some(mut server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    let mut random = Random(0x51ed_270b);
    let mut fills = 0;
    for round in 0..12 {
        let pairs = 20 + random.below(200);
        journal.enter(A, 2 * usize::try_from(pairs).unwrap());
        journal.enter(B, 40);
        journal.sweep(B, 35);
        fills += pairs + 20 + 35;
        // Dropped as it is: rows that no cursor knows of are written again.
        let (mut agent, time) = start(&journal, server.address());
        for _ in 0..random.below(6) {
            agent.poll();
            if random.below(3) == 0 {
                time.advance_ns(CURSOR_INTERVAL_NS);
            }
        }
        if round % 4 == 3 {
            server.kill();
            agent.poll();
            server.restart().expect("the server starts again");
        }
    }
    let (mut agent, time) = start(&journal, server.address());
    finish(&journal, &mut agent, &time);
    assert_eq!(count(&server, "trades"), fills);
    assert_each_event_once(&journal, &server);
    assert!(agent.health().take_notices().is_empty());
}

#[test]
fn command_of_35_fills_whose_server_is_killed_inside_it_ends_as_35_rows() {
    let mut journal = Journal::new(1);
    let Some(mut server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    let (mut agent, time) = start(&journal, server.address());
    finish(&journal, &mut agent, &time);
    drop(agent);
    // Bytes of the client until the connection is cut: in the look at the tables, inside the
    // request with the fills, inside the one with the ticks, and of the answer to the fills.
    let up = |bytes| Limits {
        up: Some(bytes),
        ..Limits::default()
    };
    let answer = Limits {
        down: Some(100),
        ..Limits::default()
    };
    let plans = [
        vec![up(100)],
        vec![Limits::default(), up(1_000)],
        vec![Limits::default(), up(4_000)],
        vec![Limits::default(), up(9_000)],
        vec![Limits::default(), Limits::default(), answer],
    ];
    for (round, plan) in (1..).zip(plans) {
        journal.sweep(A, 35);
        let proxy = Proxy::new(server.address(), plan);
        let (mut agent, time) = start(&journal, proxy.address());
        let health = complaint_or_end(&journal, &mut agent, &time);
        server.kill();
        proxy.cut();
        server.restart().expect("the server starts again");
        finish(&journal, &mut agent, &time);
        assert_eq!(count(&server, "trades"), 35 * round, "{health:?}");
        assert_each_event_once(&journal, &server);
    }
}

/// Lets the agent work until it complains; the cut may also lie behind all that it says.
fn complaint_or_end(journal: &Journal, agent: &mut FollowerAgent, time: &ManualTime) -> SinkHealth {
    let end = journal.publications()[0].last().expect("one").id.sequence;
    loop {
        agent.poll();
        let health = agent.health().get();
        if health != SinkHealth::Healthy
            || agent
                .view()
                .position(A)
                .is_some_and(|at| at.sequence >= end)
        {
            return health;
        }
        time.advance_ns(CURSOR_INTERVAL_NS);
    }
}

#[test]
fn connections_that_are_cut_anywhere_leave_each_event_once() {
    let mut journal = Journal::new(2);
    let Some(server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    for seed in 1..=4 {
        let mut random = Random(seed * 0x9e37_79b9);
        let plan: Vec<_> = (0..10)
            .map(|_| {
                let is_up = random.below(2) == 0;
                let bytes = Some(random.below(if is_up { 40_000 } else { 3_000 }));
                Limits {
                    up: bytes.filter(|_| is_up),
                    down: bytes.filter(|_| !is_up),
                    hold: false,
                }
            })
            .collect();
        let proxy = Proxy::new(server.address(), plan);
        let (mut agent, time) = start(&journal, proxy.address());
        let begin = std::time::Instant::now();
        while proxy.planned() > 0 && begin.elapsed().as_secs() < 60 {
            journal.enter(A, 60);
            journal.enter(B, 40);
            journal.sweep(A, 35);
            agent.poll();
            time.advance_ns(CURSOR_INTERVAL_NS * 20);
        }
        finish(&journal, &mut agent, &time);
        assert_eq!(proxy.planned(), 0, "seed {seed}");
        assert_each_event_once(&journal, &server);
        drop(agent);
    }
}

#[test]
fn server_that_hangs_is_waited_for_and_goes_on() {
    let mut journal = Journal::new(1);
    let Some(mut server) = server(&journal.folder().join("questdb")) else {
        return;
    };
    let (mut agent, time) = start(&journal, server.address());
    journal.enter(A, 100);
    agent.poll();
    server.pause();
    journal.enter(A, 100);
    let health = complaint(&mut agent, &time);
    assert!(matches!(health, SinkHealth::Waiting(_)), "{health:?}");
    server.resume();
    finish(&journal, &mut agent, &time);
    assert_each_event_once(&journal, &server);
}
