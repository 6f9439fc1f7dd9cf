//! The servers downstream, real ones, and the journal's own account of what they must hold.

use std::path::Path;

use async_nats::jetstream::Context;
use matchgate_core::EventBuffer;
use matchgate_core::domain::{EventBody, Price, Quantity, ShardId, Symbol};
use matchgate_follower::{FollowedState, decode};
use matchgate_journal::{SegmentReader, StreamId};
use matchgate_server::config::VenueLimits;
use matchgate_server::venue::capacity;
use matchgate_xtask::services::{NatsServer, QuestDb, nats_server, or_skip, questdb_jar};
use tokio::runtime::Runtime;

/// Both servers, with all that they keep in a folder of their own.
pub(crate) struct Downstream {
    pub(crate) nats: NatsServer,
    pub(crate) questdb: QuestDb,
    _folder: tempfile::TempDir,
}

impl Downstream {
    /// Starts both; `None`, and says so, where one cannot be had.
    pub(crate) fn start() -> Option<Self> {
        or_skip(nats_server())?;
        or_skip(questdb_jar())?;
        let folder = tempfile::tempdir().unwrap();
        Some(Self {
            nats: NatsServer::start(&folder.path().join("nats")).unwrap(),
            questdb: QuestDb::start(&folder.path().join("questdb")).unwrap(),
            _folder: folder,
        })
    }

    /// Returns the sinks as a configuration names them.
    pub(crate) fn sinks(&self) -> String {
        let (nats, questdb) = (self.nats.address(), self.questdb.address());
        format!(
            "[[sink]]\nkind = \"nats\"\nservers = [\"{nats}\"]\ncreate = true\n\
             max_bytes = 268435456\n\
             [[sink]]\nkind = \"questdb\"\naddress = \"{questdb}\"\ncreate = true\n"
        )
    }

    /// Returns how many rows `trades` shows; none where there is no such table yet.
    pub(crate) fn trades(&self) -> u64 {
        let rows = self.questdb.query("SELECT count() FROM trades");
        rows.map_or(0, |rows| rows[0][0].as_u64().unwrap())
    }
}

/// What a consumer sees of the stream.
pub(crate) struct Stream {
    runtime: Runtime,
    context: Context,
}

/// One message of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) price_units: String,
    pub(crate) quantity_units: String,
}

impl Stream {
    pub(crate) fn connect(nats: &NatsServer) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let client = runtime.block_on(async_nats::connect(nats.url())).unwrap();
        let guard = runtime.enter();
        let context = async_nats::jetstream::new(client);
        drop(guard);
        Self { runtime, context }
    }

    /// Returns how many messages there are; none where there is no stream yet.
    pub(crate) fn messages(&self) -> u64 {
        self.runtime.block_on(async {
            let stream = self.context.get_stream("FILLS").await;
            stream.map_or(0, |stream| stream.cached_info().state.messages)
        })
    }

    /// Returns all messages, in their order.
    pub(crate) fn read(&self) -> Vec<Told> {
        self.runtime.block_on(async {
            let stream = self.context.get_stream("FILLS").await.unwrap();
            let state = &stream.cached_info().state;
            let mut told = Vec::new();
            for sequence in state.first_sequence..=state.last_sequence {
                let message = stream.get_raw_message(sequence).await.unwrap();
                let fill: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
                let text = |key: &str| fill[key].as_str().unwrap().to_owned();
                told.push(Told {
                    subject: message.subject.to_string(),
                    id: text("id"),
                    price_units: text("price_units"),
                    quantity_units: text("quantity_units"),
                });
            }
            told
        })
    }
}

/// A trade as the journal has it.
#[derive(Clone, Debug)]
pub(crate) struct Trade {
    pub(crate) shard: u8,
    pub(crate) epoch: u32,
    pub(crate) sequence: u64,
    pub(crate) index: u32,
    pub(crate) symbol: Symbol,
    pub(crate) price: Price,
    pub(crate) quantity: Quantity,
    pub(crate) price_ticks: i64,
    pub(crate) quantity_lots: u64,
}

impl Trade {
    /// Returns the message that tells of it.
    pub(crate) fn told(&self) -> Told {
        let Self {
            shard,
            epoch,
            sequence,
            index,
            ..
        } = self;
        Told {
            subject: format!("orders.fills.{}", self.symbol),
            id: format!("{epoch}.{shard}.{sequence}.{index}"),
            price_units: self.price.get().to_string(),
            quantity_units: self.quantity.get().to_string(),
        }
    }
}

/// Returns every trade that the journals of a data directory lead to, by shard and then in order.
/// It applies them itself: no follower that publishes is asked.
pub(crate) fn trades(data: &Path, limits: &VenueLimits) -> Vec<Trade> {
    let mut trades = Vec::new();
    for shard in 0..limits.shards {
        let mut state = FollowedState::new(ShardId(shard), capacity(limits));
        let folder = data.join(StreamId::shard(shard).to_string());
        let mut reader = SegmentReader::open(&folder, 1).unwrap();
        let mut events = EventBuffer::new();
        while let Some(record) = reader.next_record(u64::MAX).unwrap() {
            let command = decode(&record.header, record.body).unwrap();
            let applied = state.apply(&command, &mut events, &mut |applied| {
                trades.extend(trade_of(shard, applied));
            });
            applied.unwrap();
        }
    }
    trades
}

fn trade_of(shard: u8, applied: &matchgate_follower::Applied<'_>) -> Option<Trade> {
    let EventBody::Traded {
        aggressor,
        price,
        quantity,
        ..
    } = applied.event.body
    else {
        return None;
    };
    let order = applied.state.order(aggressor).unwrap();
    let (instrument, _) = applied.state.shard().instrument(order.instrument).unwrap();
    let (tick, lot) = (instrument.tick.get(), instrument.lot.get());
    assert_eq!((price.get() % tick, quantity.get() % lot), (0, 0));
    Some(Trade {
        shard,
        epoch: applied.id.epoch.get(),
        sequence: applied.id.sequence.get(),
        index: applied.id.index,
        symbol: instrument.symbol,
        price,
        quantity,
        price_ticks: price.get() / tick,
        quantity_lots: quantity.get() / lot,
    })
}
