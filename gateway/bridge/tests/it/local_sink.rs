//! The local sink behind a real journal: each event once in the file, whatever is restarted.

use std::collections::BTreeSet;
use std::path::PathBuf;

use matchgate_bridge::{Hub, LocalSink};
use matchgate_core::domain::ShardId;
use matchgate_follower::follower_agent::CURSOR_INTERVAL_NS;
use matchgate_follower::{FollowerAgent, SinkHealth};
use matchgate_runtime::{Agent, ManualTime};

use crate::journal::Journal;

fn file(journal: &Journal) -> PathBuf {
    journal.folder().join("out").join("events.jsonl")
}

fn publish_to(journal: &Journal, hub: &Hub, with_file: bool) -> (FollowerAgent, ManualTime) {
    let path = with_file.then(|| file(journal));
    journal.agent(Box::new(LocalSink::new(hub.clone(), path)))
}

/// Returns the id, type and order of each line of the file.
fn lines(journal: &Journal) -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(file(journal)).expect("the file");
    let lines = text.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let field = |name: &str| line[name].as_str().unwrap_or("").to_owned();
        (field("id"), field("type"), field("order_id"))
    });
    lines.collect()
}

fn run(agent: &mut FollowerAgent) {
    // The first turn may only make the sink ready.
    agent.poll();
    while agent.poll() > 0 {}
}

/// Publications of `orders` orders: two accepted, a fill and two executions a pair.
const fn publications(orders: usize) -> usize {
    orders / 2 * 5
}

#[test]
fn each_event_stands_once_in_the_file_over_clean_and_unclean_restarts() {
    let mut journal = Journal::new(1);
    let hub = Hub::new();
    journal.enter(ShardId(0), 20);
    let (mut agent, _) = publish_to(&journal, &hub, true);
    run(&mut agent);
    agent.close();
    drop(agent);
    journal.enter(ShardId(0), 20);
    // Saves its cursor once, then is killed with lines in the file that no cursor covers.
    let (mut agent, time) = publish_to(&journal, &hub, true);
    time.advance_ns(CURSOR_INTERVAL_NS);
    run(&mut agent);
    journal.enter(ShardId(0), 20);
    run(&mut agent);
    assert_eq!(lines(&journal).len(), publications(60));
    drop(agent);
    journal.enter(ShardId(0), 20);
    let (mut agent, _) = publish_to(&journal, &hub, true);
    run(&mut agent);
    let lines = lines(&journal);
    assert_eq!(lines.len(), publications(80));
    let distinct: BTreeSet<_> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len());
    let fills = lines.iter().filter(|(_, kind, _)| kind == "fill").count();
    assert_eq!(fills, 40);
}

#[test]
fn subscribers_meet_the_publications_of_their_subject() {
    let mut journal = Journal::new(1);
    let hub = Hub::new();
    let fills = hub.subscribe("orders.fills.BRK=2EB", 64).unwrap();
    let executions = hub.subscribe("orders.exec.*", 64).unwrap();
    let (mut agent, _) = publish_to(&journal, &hub, false);
    journal.enter(ShardId(0), 4);
    run(&mut agent);
    let subjects = |subscription: &matchgate_bridge::Subscription| {
        std::iter::from_fn(|| subscription.try_next())
            .map(|delivery| delivery.subject.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(subjects(&fills), ["orders.fills.BRK=2EB"; 2]);
    assert_eq!(subjects(&executions), ["orders.exec.alpha"; 8]);
    assert!(!file(&journal).exists());
}

#[test]
fn file_that_was_cut_behind_its_cursor_stops_the_sink() {
    let mut journal = Journal::new(1);
    let hub = Hub::new();
    journal.enter(ShardId(0), 20);
    let (mut agent, _) = publish_to(&journal, &hub, true);
    run(&mut agent);
    agent.close();
    drop(agent);
    std::fs::write(file(&journal), b"").unwrap();
    let (mut agent, _) = publish_to(&journal, &hub, true);
    run(&mut agent);
    assert!(matches!(agent.health().get(), SinkHealth::Stopped(_)));
}
