//! A small scripted session of a real venue, and what the tests of `matchgate journal` do with its
//! data directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use matchgate_core::domain::{Durability, OrderId, Quantity, RequestNumber, Side};
use matchgate_schema::message::{
    ClientMessage, ExecType, NewOrderRequest, OrderTarget, ReduceRequest, ReplaceRequest,
};
use serde_json::Value;

use crate::data_folder::DataFolder;
use crate::local_venue::SMALL;
use crate::member::{Habits, Member};
use crate::trader::{Trader, cancel, cents, client_id, order, refusal};
use crate::venue_process::{VenueProcess, binary, write_config};

/// Two shards; a quantity of B is in hundredths.
const MARKET: &str = "[venue]\nshards = 2\norders_per_shard_max = 1024\n\
     [[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[instrument]]\nsymbol = \"B\"\nshard = 1\ntick = \"0.05\"\nprice_min = \"1\"\n\
     price_max = \"100\"\nquantity_exponent = -2\nlot = \"0.5\"\n\
     [[firm]]\nname = \"F\"\n[[firm]]\nname = \"G\"\n\
     [[account]]\nname = \"F-1\"\nfirm = \"F\"\n[[account]]\nname = \"G-1\"\nfirm = \"G\"\n\
     [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"g\"\nfirm = \"G\"\naccount = \"G-1\"\n";
/// Where the records of a segment begin.
const RECORDS_AT: usize = 4096;
/// Where a record's checksum is.
const CHECKSUM_AT: usize = 20;

/// The data directory of a session that is over, and the ids of its orders.
#[derive(Debug)]
pub(crate) struct Session {
    folder: DataFolder,
    /// In A: bought 5 at 10.00, of which 2 traded, reduced to 4.
    pub(crate) bid: u64,
    /// In A: bought 3 at 9.99, replaced to 4 at 9.98, canceled.
    pub(crate) second: u64,
    /// In A: sold 2 at 10.00, which traded.
    pub(crate) taker: u64,
    /// In A: bought 10 at 9.50, 2 displayed; it takes the slot of the second.
    pub(crate) iceberg: u64,
    /// In B: sold 1.50 at 20.00.
    pub(crate) offer: u64,
}

/// Writes the configuration of the sessions here.
pub(crate) fn configure(folder: &DataFolder) -> PathBuf {
    write_config(folder.path(), &format!("{SMALL}{MARKET}"))
}

impl Session {
    /// Runs it against the real binary and stops that in good order.
    pub(crate) fn run() -> Self {
        let folder = DataFolder::new();
        let venue = VenueProcess::start(&configure(&folder), &folder.data()).unwrap();
        let [mut f, mut g] = ["f", "g"].map(|key| Trader::connect(venue.address, key));
        let bid = f.enter(order("A", Side::Buy, 1000, 5)).order_id;
        let second = NewOrderRequest {
            client_order_id: client_id("second"),
            ..order("A", Side::Buy, 999, 3)
        };
        let second = f.enter(second).order_id;
        let taker = g.enter(order("A", Side::Sell, 1000, 2)).order_id;
        for trader in [&mut f, &mut g] {
            assert_eq!(trader.execution().exec_type, ExecType::Trade);
        }
        let target = OrderTarget::OrderId(second);
        let replace = ReplaceRequest::new(target, cents(998), Quantity::new(4));
        assert_eq!(refusal(&f.ask(ClientMessage::Replace(replace))), None);
        let reduce = ReduceRequest {
            request: RequestNumber(0),
            target: OrderTarget::OrderId(bid),
            quantity: Quantity::new(4),
        };
        assert_eq!(refusal(&f.ask(ClientMessage::Reduce(reduce))), None);
        let low = ClientMessage::NewOrder(order("A", Side::Sell, 50, 1));
        assert!(refusal(&g.ask(low)).is_some());
        let nobody = cancel(OrderTarget::Request(RequestNumber(99)));
        assert!(refusal(&g.ask(nobody)).is_some());
        f.cancel(target);
        let iceberg = order("A", Side::Buy, 950, 10).displaying(Quantity::new(2));
        let iceberg = f.enter(iceberg).order_id;
        let offer = g.enter(order("B", Side::Sell, 2000, 150)).order_id;
        f.log_out();
        g.log_out();
        assert!(venue.stop().success());
        Self {
            folder,
            bid: bid.get(),
            second: second.get(),
            taker: taker.get(),
            iceberg: iceberg.get(),
            offer: offer.get(),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.data()
    }

    /// Returns the configuration of its venue.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("matchgate.toml")
    }

    /// Returns the folder in which the data directory is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a copy of its data directory, beside it.
    pub(crate) fn copy(&self, name: &str) -> PathBuf {
        let copy = self.folder.path().join(name);
        copy_tree(&self.data(), &copy);
        copy
    }
}

/// Returns the folder of a data directory in which orders of all types have met, refusals and mass
/// cancels included.
pub(crate) fn busy_market() -> DataFolder {
    const ROUNDS: usize = 12;
    let folder = DataFolder::new();
    let market = "[[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\n\
         price_max = \"1000\"\n[[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
         [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n";
    let config = write_config(folder.path(), &format!("{SMALL}{market}"));
    let venue = VenueProcess::start(&config, &folder.data()).unwrap();
    let habits = Habits {
        duplicates: 1,
        off_limits: 2,
        mass_cancels: 2,
    };
    let mut member = Member::new("f", Durability::Written, &["A"], 3).with_habits(habits);
    member.connect(venue.address);
    for _ in 0..ROUNDS {
        member.send(400);
        member.settle();
    }
    assert!(venue.stop().success());
    folder
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_tree(&path, &copy);
        } else if path.is_file() {
            fs::copy(&path, &copy).unwrap();
        }
    }
}

/// Returns every file below `folder` with what is in it, and every folder.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(tree(&path));
            all.insert(path, None);
        } else if path.is_file() {
            let content = fs::read(&path).unwrap();
            all.insert(path, Some(content));
        }
    }
    all
}

/// Runs `matchgate journal` with these arguments.
pub(crate) fn journal<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Output {
    let mut command = binary();
    command.arg("journal").args(arguments).output().unwrap()
}

/// Runs it on a data directory and returns what it says: it must be well.
pub(crate) fn said(verb: &str, data: &Path, further: &[&str]) -> String {
    let output = run(verb, data, further);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{verb} {further:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs it on a data directory and returns exit code, standard output and standard error.
pub(crate) fn ended(verb: &str, data: &Path, further: &[&str]) -> (i32, String, String) {
    let output = run(verb, data, further);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().expect("no signal ended it");
    (code, text(output.stdout), text(output.stderr))
}

fn run(verb: &str, data: &Path, further: &[&str]) -> Output {
    let data = data.to_str().unwrap();
    let own: &[&str] = match verb {
        "verify" => &["verify", data],
        _ => &[verb, "--data", data],
    };
    journal(own.iter().chain(further).copied())
}

/// Returns a line without its sequence and its time, which are others in each run.
pub(crate) fn without_place(line: &str) -> String {
    let mut words = line.splitn(5, ' ');
    let (_, epoch, number) = (words.next(), words.next(), words.next());
    assert_eq!((epoch, number), (Some("epoch"), Some("1")), "{line}");
    let time = words.next().unwrap();
    assert!(time.len() == 30 && time.ends_with('Z'), "{line}");
    words.next().unwrap().to_owned()
}

/// Returns the segment of a stream that the first epoch has written.
pub(crate) fn segment(data: &Path, stream: &str) -> PathBuf {
    data.join(stream).join("00000000000000000001.mgj")
}

/// Returns where record `sequence` begins in the bytes of a segment, if it is in there.
pub(crate) fn place_of(segment: &[u8], sequence: u64) -> Option<usize> {
    let mut at = RECORDS_AT;
    loop {
        let length = u32::from_le_bytes(segment.get(at..at + 4)?.try_into().unwrap());
        let found = u64::from_le_bytes(segment.get(at + 8..at + 16)?.try_into().unwrap());
        // Kind 241 is the journal's own and takes no sequence.
        if length == 0 || (found == sequence && segment[at + 4] < 240) {
            return (length > 0).then_some(at);
        }
        at += (length as usize).next_multiple_of(8);
    }
}

/// Changes record `sequence` of a stream, of which the body begins at 32, and gives it the checksum
/// that belongs to it: as if it had been written so.
pub(crate) fn plant(data: &Path, stream: &str, sequence: u64, change: impl FnOnce(&mut [u8])) {
    let entries = fs::read_dir(data.join(stream)).unwrap();
    let mut segments = entries.map(|entry| entry.unwrap().path());
    let found = segments.find_map(|path| {
        let bytes = fs::read(&path).unwrap();
        let place = place_of(&bytes, sequence)?;
        Some((path, bytes, place))
    });
    let (path, mut bytes, at) = found.unwrap();
    let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let record = &mut bytes[at..at + length];
    change(record);
    record[CHECKSUM_AT..CHECKSUM_AT + 4].fill(0);
    let checksum = crc32c(record);
    record[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&checksum.to_le_bytes());
    fs::write(&path, bytes).unwrap();
}

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0x82f6_3b78 * (sum & 1))
        })
    })
}

/// Returns the place of the command that made an order.
pub(crate) fn sequence_of(order: u64) -> u64 {
    OrderId::from_wire(order).sequence().get()
}

/// Returns the last sequence of a shard and its state hash there, as `verify` says.
pub(crate) fn verified(data: &Path, shard: usize) -> (u64, String) {
    let shards: Value = serde_json::from_str(&said("verify", data, &["--json"])).unwrap();
    let shard = &shards[shard];
    (
        shard["sequence"].as_u64().unwrap(),
        shard["state_hash"].as_str().unwrap().to_owned(),
    )
}
