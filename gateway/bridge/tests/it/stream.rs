//! The stream as a consumer sees it, past every proxy.

use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::{Config, State};
use tokio::runtime::Runtime;

use crate::journal::Journal;

/// Name of the stream in these tests.
pub(crate) const STREAM: &str = "FILLS";

/// A message of the stream.
pub(crate) struct Stored {
    pub(crate) subject: String,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: serde_json::Value,
}

impl Stored {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.as_str())
    }
}

/// A connection of its own to the server.
pub(crate) struct Consumer {
    runtime: Runtime,
    context: Context,
}

impl Consumer {
    pub(crate) fn connect(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let client = runtime
            .block_on(async_nats::connect(url))
            .expect("the server listens");
        let context = {
            let _inside = runtime.enter();
            async_nats::jetstream::new(client)
        };
        Self { runtime, context }
    }

    pub(crate) fn make(&self, config: Config) {
        let making = self.context.create_stream(config);
        self.runtime.block_on(making).expect("the stream is made");
    }

    pub(crate) fn remove(&self) {
        let removing = self.context.delete_stream(STREAM);
        self.runtime.block_on(removing).expect("it is removed");
    }

    pub(crate) fn purge(&self) {
        self.runtime.block_on(async {
            let stream = self.context.get_stream(STREAM).await.expect("the stream");
            stream.purge().await.expect("it is purged");
        });
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Config)) {
        self.runtime.block_on(async {
            let stream = self.context.get_stream(STREAM).await.expect("the stream");
            let mut config = stream.cached_info().config.clone();
            change(&mut config);
            self.context
                .update_stream(config)
                .await
                .expect("it is changed");
        });
    }

    /// Publishes as somebody else would.
    pub(crate) fn publish(&self, subject: &'static str, payload: &'static str) {
        self.runtime.block_on(async {
            let publish = self.context.publish(subject, payload.into());
            let ack = publish.await.expect("it is sent");
            ack.await.expect("it is stored");
        });
    }

    pub(crate) fn config(&self) -> Config {
        self.runtime.block_on(async {
            let stream = self.context.get_stream(STREAM).await.expect("the stream");
            stream.cached_info().config.clone()
        })
    }

    /// Returns how many messages are there; 0 where there is no stream.
    pub(crate) fn messages(&self) -> u64 {
        self.runtime.block_on(async {
            match self.context.get_stream(STREAM).await {
                Ok(stream) => stream.cached_info().state.messages,
                Err(_) => 0,
            }
        })
    }

    /// Returns the number of the last message, gone or not; 0 where there is no stream.
    pub(crate) fn last_sequence(&self) -> u64 {
        self.runtime.block_on(async {
            match self.context.get_stream(STREAM).await {
                Ok(stream) => stream.cached_info().state.last_sequence,
                Err(_) => 0,
            }
        })
    }

    pub(crate) fn state(&self) -> State {
        self.runtime.block_on(async {
            let stream = self.context.get_stream(STREAM).await.expect("the stream");
            stream.cached_info().state.clone()
        })
    }

    /// Returns everything in the stream.
    pub(crate) fn read(&self) -> Vec<Stored> {
        self.runtime.block_on(async {
            let stream = self.context.get_stream(STREAM).await.expect("the stream");
            let state = &stream.cached_info().state;
            let mut stored = Vec::new();
            for sequence in state.first_sequence..=state.last_sequence {
                let message = stream.get_raw_message(sequence).await.expect("a message");
                stored.push(Stored {
                    subject: message.subject.to_string(),
                    headers: message.headers,
                    payload: serde_json::from_slice(&message.payload).expect("JSON"),
                });
            }
            stored
        })
    }
}

/// Checks that the stream holds each fill of the journal once and in its shard's order, and that
/// each message says how far every shard is.
pub(crate) fn assert_each_fill_once(journal: &Journal, consumer: &Consumer) {
    let stored = consumer.read();
    let expected = journal.fills();
    let mut found = vec![Vec::new(); expected.len()];
    let mut position = vec![String::new(); expected.len()];
    for message in &stored {
        let id = message.payload["id"].as_str().expect("an id");
        // Left out where the server would take it for one from before a purge.
        assert!([id, ""].contains(&message.header("Nats-Msg-Id")));
        assert_eq!(message.payload["subject"], message.subject.as_str());
        assert_eq!(message.header("Matchgate-Directory"), journal.uuid());
        let mut parts = id.splitn(3, '.');
        let mut part = || parts.next().expect("four numbers");
        let (epoch, shard, rest) = (part(), part(), part());
        let shard_number: usize = shard.parse().expect("a number");
        found[shard_number].push(id.to_owned());
        position[shard_number] = format!("{shard}={epoch}.{rest}");
        let present: Vec<_> = position
            .iter()
            .filter(|one| !one.is_empty())
            .cloned()
            .collect();
        assert_eq!(message.header("Matchgate-Cursor"), present.join(","));
    }
    assert_eq!(found, expected);
}
