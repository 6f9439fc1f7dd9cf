//! Every state in which the NATS sink cannot go on, told apart, and how it goes on afterwards.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy};
use matchgate_bridge::{NatsOptions, NatsSink};
use matchgate_core::domain::ShardId;
use matchgate_follower::follower_agent::RETRY_MAX_NS;
use matchgate_follower::{FollowerAgent, SinkHealth};
use matchgate_runtime::{Agent, ManualTime};
use matchgate_xtask::services::{NatsServer, NatsSettings, nats_server, or_skip};

use crate::health::{assert_says, stopped, waiting};
use crate::journal::{Journal, complaint, poll_until};
use crate::nats::{options, server, start};
use crate::stream::{Consumer, STREAM, assert_each_fill_once};

const A: ShardId = ShardId(0);

fn finish(journal: &Journal, agent: &mut FollowerAgent, time: &ManualTime) {
    journal.finish(agent, time, NatsSink::NAME);
}

fn start_with(journal: &Journal, options: NatsOptions) -> (FollowerAgent, ManualTime) {
    journal.agent(Box::new(NatsSink::new(options)))
}

/// Publishes ten fills and stops cleanly.
fn fill(journal: &mut Journal, server: &NatsServer) -> Consumer {
    journal.enter(A, 20);
    let (mut agent, time) = start(journal, &server.url());
    finish(journal, &mut agent, &time);
    Consumer::connect(&server.url())
}

#[test]
fn absent_server_is_waited_for() {
    let mut journal = Journal::new(1);
    let Some(mut server) = server(&journal.folder().join("nats")) else {
        return;
    };
    journal.enter(A, 20);
    server.kill();
    let (mut agent, time) = start(&journal, &server.url());
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(&reason, &[&server.url(), "no connection"]);
    server.restart().expect("the server starts again");
    finish(&journal, &mut agent, &time);
    assert_each_fill_once(&journal, &Consumer::connect(&server.url()));
}

#[test]
fn missing_stream_is_named_with_the_command_that_makes_it() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    journal.enter(A, 20);
    let mut without = options(&journal, &server.url());
    without.create = false;
    let (mut agent, time) = start_with(&journal, without);
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(
        &reason,
        &[
            "stream FILLS does not exist",
            "nats stream add FILLS",
            "create = true",
        ],
    );
    let consumer = Consumer::connect(&server.url());
    let (mut other, other_time) = start(&journal, &server.url());
    other.poll();
    drop((other, other_time));
    finish(&journal, &mut agent, &time);
    assert_each_fill_once(&journal, &consumer);
}

#[test]
fn stream_of_another_shape_is_named_by_each_difference_until_it_is_mended() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    journal.enter(A, 20);
    let consumer = Consumer::connect(&server.url());
    consumer.make(Config {
        name: STREAM.to_owned(),
        subjects: vec!["orders.fills.*".to_owned()],
        discard: DiscardPolicy::Old,
        ..Config::default()
    });
    let (mut agent, time) = start(&journal, &server.url());
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(
        &reason,
        &[
            "subjects is orders.fills.*, wanted is orders.fills.>",
            "discard is old, wanted is new",
        ],
    );
    consumer.update(|config| {
        config.subjects = vec!["orders.fills.>".to_owned()];
        config.discard = DiscardPolicy::New;
    });
    finish(&journal, &mut agent, &time);
    assert_each_fill_once(&journal, &consumer);
}

#[test]
fn stream_that_is_made_here_has_the_documented_settings() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    let config = consumer.config();
    assert_eq!(config.subjects, ["orders.fills.>"]);
    assert_eq!(config.discard, DiscardPolicy::New);
    assert_eq!(config.duplicate_window, Duration::from_secs(600));
    assert_eq!(config.max_message_size, 4_096);
    assert!(config.deny_delete && config.allow_direct && !config.deny_purge);
}

/// Starts a server that lets user `bridge` do only what `permissions` says.
fn guarded(journal: &Journal, permissions: &str) -> Option<NatsServer> {
    or_skip(nats_server())?;
    let extra = format!(
        "authorization {{ users: [\n\
           {{ user: admin, password: admin }}\n\
           {{ user: bridge, password: secret, permissions: {{ {permissions} }} }}\n\
         ] }}"
    );
    let settings = NatsSettings {
        extra,
        ..NatsSettings::default()
    };
    let folder = journal.folder().join("nats");
    Some(NatsServer::start_with(&folder, settings).expect("the server starts"))
}

fn as_bridge(journal: &Journal, server: &NatsServer, password: &str) -> NatsOptions {
    NatsOptions {
        user: Some("bridge".to_owned()),
        password: Some(password.to_owned()),
        ..options(journal, &server.url())
    }
}

#[test]
fn wrong_password_is_named() {
    let mut journal = Journal::new(1);
    let Some(server) = guarded(&journal, "publish: \">\"") else {
        return;
    };
    journal.enter(A, 2);
    let (mut agent, time) = start_with(&journal, as_bridge(&journal, &server, "wrong"));
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(&reason, &["refuses the credentials"]);
    assert!(!reason.contains("wrong"), "{reason}");
}

#[test]
fn denied_publish_and_denied_stream_info_are_named_by_the_servers_words() {
    let cases = [
        ("orders.fills.>", "orders.fills.BRK=2EB"),
        ("$JS.API.STREAM.INFO.FILLS", "$JS.API.STREAM.INFO.FILLS"),
    ];
    for (denied, named) in cases {
        let mut journal = Journal::new(1);
        let permissions = format!("publish: {{ deny: \"{denied}\" }}");
        let Some(server) = guarded(&journal, &permissions) else {
            return;
        };
        journal.enter(A, 2);
        let (mut agent, time) = start_with(&journal, as_bridge(&journal, &server, "secret"));
        let reason = waiting(complaint(&mut agent, &time));
        assert_says(&reason, &["Permissions Violation", named]);
        for _ in 0..5 {
            time.advance_ns(RETRY_MAX_NS);
            agent.poll();
        }
        let health = agent.health().get();
        assert!(
            matches!(health, SinkHealth::Waiting(_)),
            "it stays: {health:?}"
        );
    }
}

#[test]
fn stream_of_another_data_directory_stops_the_sink() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    let mut other = Journal::new(1);
    other.enter(A, 20);
    let (mut agent, time) = start(&other, &server.url());
    let reason = stopped(complaint(&mut agent, &time));
    assert_says(&reason, &["data directory", &journal.uuid(), &other.uuid()]);
    assert_each_fill_once(&journal, &consumer);
}

#[test]
fn stream_that_somebody_else_writes_to_stops_the_sink() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    consumer.publish("orders.fills.ABC", "\"no fill\"");
    let (mut agent, time) = start(&journal, &server.url());
    let reason = stopped(complaint(&mut agent, &time));
    assert_says(&reason, &["not written by a Matchgate", "orders.fills.ABC"]);
}

#[test]
fn writer_that_comes_between_stops_the_running_sink() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    journal.enter(A, 20);
    let (mut agent, time) = start(&journal, &server.url());
    agent.poll();
    agent.poll();
    let consumer = Consumer::connect(&server.url());
    poll_until(&mut agent, &time, "all are stored", |_| {
        consumer.messages() == 10
    });
    consumer.publish("orders.fills.ABC", "\"no fill\"");
    journal.enter(A, 2);
    // The sequence refuses it first; then it sees by whom.
    let mut health = complaint(&mut agent, &time);
    if let SinkHealth::Waiting(reason) = health {
        assert_says(&reason, &["wrong last sequence"]);
        health = complaint(&mut agent, &time);
    }
    let reason = stopped(health);
    assert_says(&reason, &["not written by a Matchgate"]);
}

#[test]
fn stream_ahead_of_the_journal_stops_the_sink() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    // A journal that was put back from a backup: the same directory, fewer commands.
    let mut older = Journal::new(1);
    older.enter(A, 10);
    let mut as_before = options(&journal, &server.url());
    as_before.directory = journal.uuid();
    let (mut agent, time) = start_with(&older, as_before);
    let reason = stopped(complaint(&mut agent, &time));
    assert_says(&reason, &["cursor of shard 0", "its journal ends"]);
    assert_eq!(consumer.messages(), 10);
}

#[test]
fn stream_of_another_history_stops_the_sink_though_the_journal_has_grown_past_it() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    // A journal that was put back from a backup and went on otherwise.
    let mut other = Journal::new(1);
    other.enter(A, 10);
    other.sweep(A, 4);
    other.enter(A, 100);
    let mut as_before = options(&journal, &server.url());
    as_before.directory = journal.uuid();
    let (mut agent, time) = start_with(&other, as_before);
    let reason = stopped(complaint(&mut agent, &time));
    assert_says(
        &reason,
        &["which this journal does not have", "another history"],
    );
    assert_eq!(consumer.messages(), 10);
}

#[test]
fn stream_that_was_removed_is_filled_again_and_it_is_said() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    consumer.remove();
    journal.enter(A, 6);
    let (mut agent, time) = start(&journal, &server.url());
    finish(&journal, &mut agent, &time);
    assert_says(&agent.health().take_notices().join(" "), &["filled again"]);
    assert_each_fill_once(&journal, &consumer);
    assert_eq!(consumer.messages(), 13);
}

#[test]
fn stream_that_was_purged_is_filled_again_and_it_is_said() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    consumer.purge();
    journal.enter(A, 6);
    let (mut agent, time) = start(&journal, &server.url());
    finish(&journal, &mut agent, &time);
    assert_says(
        &agent.health().take_notices().join(" "),
        &["purged", "filled again"],
    );
    assert_each_fill_once(&journal, &consumer);
    assert_eq!(consumer.state().first_sequence, 11);
}

#[test]
fn stream_that_is_removed_under_a_running_sink_is_filled_again() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    journal.enter(A, 20);
    let (mut agent, time) = start(&journal, &server.url());
    finish(&journal, &mut agent, &time);
    let consumer = Consumer::connect(&server.url());
    consumer.remove();
    journal.enter(A, 6);
    poll_until(&mut agent, &time, "all are stored", |_| {
        consumer.messages() == 13
    });
    finish(&journal, &mut agent, &time);
    assert_says(&agent.health().take_notices().join(" "), &["filled again"]);
    assert_each_fill_once(&journal, &consumer);
}

#[test]
fn stream_that_is_purged_under_a_running_sink_goes_on_behind() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    journal.enter(A, 20);
    let (mut agent, time) = start(&journal, &server.url());
    finish(&journal, &mut agent, &time);
    let consumer = Consumer::connect(&server.url());
    consumer.purge();
    journal.enter(A, 6);
    finish(&journal, &mut agent, &time);
    assert_eq!((consumer.messages(), consumer.last_sequence()), (3, 13));
}

#[test]
fn stream_whose_messages_aged_out_goes_on_from_the_cursor_file_alone() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let short_lived = |journal: &Journal| {
        let options = options(journal, &server.url());
        start_with(
            journal,
            NatsOptions {
                max_age: Duration::from_millis(100),
                ..options
            },
        )
    };
    journal.enter(A, 20);
    let (mut agent, time) = short_lived(&journal);
    finish(&journal, &mut agent, &time);
    drop(agent);
    let consumer = Consumer::connect(&server.url());
    let wait_until_empty = || while consumer.messages() > 0 {};
    wait_until_empty();
    journal.enter(A, 6);
    let (mut agent, time) = short_lived(&journal);
    finish(&journal, &mut agent, &time);
    assert!(agent.health().take_notices().is_empty());
    assert_eq!(consumer.state().last_sequence, 13, "only the new ones");
    drop(agent);
    wait_until_empty();
    std::fs::remove_file(journal.cursors().join("nats.json")).unwrap();
    let (mut agent, time) = short_lived(&journal);
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(
        &reason,
        &[
            "aged out",
            "cursors/nats.json: missing",
            "nats stream rm FILLS",
        ],
    );
    // What it says to do: filled again from the start.
    consumer.remove();
    poll_until(&mut agent, &time, "filled again", |_| {
        consumer.last_sequence() == 13
    });
}

#[test]
fn full_stream_is_waited_for_and_nothing_is_lost() {
    let mut journal = Journal::new(1);
    let Some(server) = server(&journal.folder().join("nats")) else {
        return;
    };
    let consumer = fill(&mut journal, &server);
    consumer.update(|config| config.max_messages = 12);
    journal.enter(A, 20);
    let (mut agent, time) = start(&journal, &server.url());
    let reason = waiting(complaint(&mut agent, &time));
    assert_says(&reason, &["was not stored", "maximum messages exceeded"]);
    assert_eq!(consumer.messages(), 12);
    consumer.update(|config| config.max_messages = -1);
    finish(&journal, &mut agent, &time);
    assert_each_fill_once(&journal, &consumer);
}
