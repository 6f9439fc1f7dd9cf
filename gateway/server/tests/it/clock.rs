//! A wall clock that stands before what the journal says.

use std::sync::atomic::AtomicBool;
use std::time::{SystemTime, UNIX_EPOCH};

use matchgate_core::domain::{Command, SequenceNumber, ShardId, Side, StateHashCheck};
use matchgate_follower::recover_shard;
use matchgate_journal::{
    Backend, DataDirectory, Layout, SEGMENT_BYTES_MIN, StagingOptions, StreamId, Writer,
    open_stream,
};
use matchgate_server::config::Config;
use matchgate_server::venue::{Venue, capacity};

use crate::data_folder::DataFolder;
use crate::local_venue::SMALL;
use crate::trader::{Trader, order};
use crate::venue_process::{VenueProcess, binary, write_config};

const CONFIG: &str = "[[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\n\
     price_max = \"1000\"\n[[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n";
const DAY_NS: u64 = 86_400_000_000_000;

/// Makes the journal of shard 0, which stopped cleanly, end with a record of `time_ns`.
fn end_at(folder: &DataFolder, config: &Config, time_ns: u64) {
    let meta = DataDirectory::read_meta(&folder.data()).unwrap().unwrap();
    let layout = Layout {
        shards: meta.shards,
        gateways: meta.gateways,
        fixed: meta.fixed,
        configuration_hash: [0; 16],
        schemas: matchgate_journal::Schemas::default(),
        segment_bytes: SEGMENT_BYTES_MIN,
    };
    let directory = DataDirectory::open_or_create(&folder.data(), &layout).unwrap();
    let options = StagingOptions {
        capacity_bytes: config.journal.staging_bytes,
    };
    let mut stream = open_stream(&directory, StreamId::shard(0), options).unwrap();
    let shard = recover_shard(
        &directory.segments_path(StreamId::shard(0)),
        ShardId(0),
        capacity(&config.venue),
        SequenceNumber(stream.tail.last_sequence),
    )
    .unwrap();
    let hash = shard.state_hash();
    let command = Command::StateHash(StateHashCheck {
        hash: [hash as u64, (hash >> 64) as u64],
    });
    let (kind, parts) = command.parts();
    stream
        .appender
        .append(kind as u8, time_ns, &parts)
        .expect("an empty log has room");
    let halves = vec![stream.writer_half];
    let writer = Writer::new(halves, Backend::Plain, SEGMENT_BYTES_MIN).unwrap();
    writer.run(&AtomicBool::new(true)).unwrap();
    directory.finish_clean().unwrap();
}

#[test]
fn clock_behind_the_journal_is_said_at_the_start_and_by_status() {
    let folder = DataFolder::new();
    let text = format!("{SMALL}{CONFIG}");
    let file = write_config(folder.path(), &text);
    let mut config = Config::load(&file).unwrap();
    config.data_directory = folder.data();
    Venue::start(&config).unwrap().stop().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let last_ns = now.as_nanos() as u64 + DAY_NS;
    end_at(&folder, &config, last_ns);

    let venue = VenueProcess::start(&file, &folder.data()).unwrap();
    assert_eq!(venue.said[0], "epoch 3, after a clean stop");
    let behind = venue.said[1]
        .strip_prefix("shard-0: the clock is ")
        .and_then(|line| {
            line.strip_suffix(
                " ns) behind the journal's last record: event time goes on from the journal's",
            )
        })
        .unwrap_or_else(|| panic!("{:?}", venue.said));
    let (milliseconds, behind_ns) = behind.split_once(" ms (").unwrap();
    let behind_ns: u64 = behind_ns.parse().unwrap();
    assert!((1..=DAY_NS).contains(&behind_ns), "{behind_ns}");
    let whole = milliseconds.split('.').next().unwrap();
    assert_eq!(whole.parse(), Ok(behind_ns / 1_000_000));
    // What is stamped now comes right behind the journal's last record.
    let mut trader = Trader::connect(venue.address, "f");
    let report = trader.enter(order("A", Side::Buy, 1000, 5));
    assert_eq!(report.transact_time_ns, last_ns + 1);
    let output = binary()
        .args(["admin", "status", "--json", "--data"])
        .arg(folder.data())
        .output()
        .unwrap();
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let counted = &status["status"]["counters"]["shard_0_clock_behind_ns"];
    assert!((1..=behind_ns).contains(&counted.as_u64().unwrap()));
    trader.log_out();
    assert!(venue.stop().success());
}
