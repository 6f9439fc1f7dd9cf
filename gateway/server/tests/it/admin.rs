//! What an operator asks of the real binary over its admin socket.

use std::path::Path;

use matchgate_core::domain::{Epoch, RejectReason, SequenceNumber, ShardId, Side};
use matchgate_follower::{Cursor, CursorFile, ShardCursor};
use matchgate_schema::message::{ClientMessage, ExecType, OrderTarget};
use matchgate_server::venue::ports;
use serde_json::{Value, json};

use crate::data_folder::DataFolder;
use crate::metrics::get;
use crate::trader::{Trader, order, refusal};
use crate::venue_process::{VenueProcess, binary, write_config};

/// Two symbols, one session, any free port.
const CONFIG: &str = "[listen]\ncapnp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n\
     [journal]\nsegment_bytes = 8388608\nstaging_bytes = 4194304\n\
     [[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[instrument]]\nsymbol = \"B\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n";

/// Asks, and returns the answer, or exit code and standard error of a refusal.
fn ask(data: &Path, arguments: &[&str]) -> Result<Value, (Option<i32>, String)> {
    let mut command = binary();
    command.arg("admin").args(arguments);
    let output = command
        .args(["--json", "--data"])
        .arg(data)
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err((output.status.code(), errors))
}

fn status(data: &Path) -> Value {
    ask(data, &["status"]).unwrap()["status"].clone()
}

/// Returns the entry of a list in which `key` is `value`.
fn entry<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    let mut entries = list.as_array().unwrap().iter();
    let found = entries.find(|entry| entry[key] == value);
    found.unwrap_or_else(|| panic!("no {key} {value} in {list}"))
}

/// Returns the status once the follower has all that the shard has applied.
fn settled_status(data: &Path) -> Value {
    loop {
        let status = status(data);
        let applied = &entry(&status["streams"], "stream", "shard-0")["applied"];
        if entry(&status["followers"], "sink", "follower")["sequence"] == *applied {
            return status;
        }
    }
}

#[test]
fn status_and_book_tell_what_members_did() {
    let folder = DataFolder::new();
    let data = folder.data();
    let venue = VenueProcess::start(&write_config(folder.path(), CONFIG), &data).unwrap();
    let before = settled_status(&data);
    assert_eq!(before["epoch"], 1);
    let session = entry(&before["sessions"], "key", "f");
    assert_eq!(session["connected"], false);
    let mut trader = Trader::connect(venue.address, "f");
    for (side, price, quantity) in [
        (Side::Buy, 1000, 5),
        (Side::Buy, 1000, 6),
        (Side::Buy, 990, 7),
        (Side::Sell, 1010, 8),
    ] {
        trader.enter(order("A", side, price, quantity));
    }
    let status = settled_status(&data);
    let hash =
        |status: &Value, of: &str| entry(&status["instruments"], "symbol", of)["book_hash"].clone();
    assert_ne!(hash(&status, "A"), hash(&before, "A"));
    assert_eq!(hash(&status, "B"), hash(&before, "B"));
    assert_eq!(
        entry(&status["instruments"], "symbol", "A")["phase"],
        "Continuous"
    );
    let book = ask(&data, &["book", "A"]).unwrap()["book"].clone();
    let bids = json!([[10_000_000_000_i64, 11], [9_900_000_000_i64, 7]]);
    assert_eq!(book["symbol"], "A");
    assert_eq!(
        (&book["bids"], &book["asks"]),
        (&bids, &json!([[10_100_000_000_i64, 8]]))
    );
    let book = ask(&data, &["book", "A", "--levels", "1"]).unwrap()["book"].clone();
    assert_eq!(book["bids"], json!([[10_000_000_000_i64, 11]]));
    let book = ask(&data, &["book", "B"]).unwrap()["book"].clone();
    assert_eq!((&book["bids"], &book["asks"]), (&json!([]), &json!([])));
    trader.log_out();
    assert!(venue.stop().success());
}

#[test]
fn status_names_the_session_and_what_it_sent() {
    let folder = DataFolder::new();
    let data = folder.data();
    let venue = VenueProcess::start(&write_config(folder.path(), CONFIG), &data).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    trader.enter(order("A", Side::Buy, 1000, 5));
    trader.enter(order("A", Side::Buy, 1000, 5));
    // The gateway tells operators at its next tick.
    let session = loop {
        let status = status(&data);
        let session = entry(&status["sessions"], "key", "f").clone();
        if session["next_sequence"] == 3 {
            break session;
        }
    };
    assert_eq!(session["connected"], true);
    assert_eq!(session["request_highest"], 2);
    assert_eq!(session["open_orders"], 2);
    trader.log_out();
    assert!(venue.stop().success());
}

#[test]
fn halt_survives_a_kill_and_ends_with_resume() {
    let folder = DataFolder::new();
    let data = folder.data();
    let config = write_config(folder.path(), CONFIG);
    let venue = VenueProcess::start(&config, &data).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    let in_a = || order("A", Side::Buy, 1000, 5);
    let refused = |trader: &mut Trader| refusal(&trader.ask(ClientMessage::NewOrder(in_a())));
    let resting = [trader.enter(in_a()), trader.enter(in_a())];
    let before = status(&data)["control"].as_u64().unwrap();
    let done = ask(&data, &["halt", "A"]).unwrap();
    assert_eq!(done["done"]["control"], before + 1);
    assert_eq!(refused(&mut trader), Some(RejectReason::Halted));
    trader.enter(order("B", Side::Buy, 1000, 5));
    trader.cancel(OrderTarget::OrderId(resting[0].order_id));
    venue.kill();

    let venue = VenueProcess::start(&config, &data).unwrap();
    let now = settled_status(&data);
    assert_eq!(
        (&now["epoch"], &now["control"]),
        (&json!(2), &json!(before + 1))
    );
    assert_eq!(entry(&now["instruments"], "symbol", "A")["phase"], "Halt");
    assert_eq!(
        entry(&now["instruments"], "symbol", "B")["phase"],
        "Continuous"
    );
    let mut trader = Trader::connect(venue.address, "f");
    assert_eq!(refused(&mut trader), Some(RejectReason::Halted));
    trader.cancel(OrderTarget::OrderId(resting[1].order_id));
    trader.enter(order("B", Side::Buy, 1000, 5));
    ask(&data, &["resume", "A"]).unwrap();
    trader.enter(in_a());
    trader.log_out();
    assert!(venue.stop().success());
}

#[test]
fn end_of_the_day_is_an_act_with_a_place_in_the_control_journal() {
    let folder = DataFolder::new();
    let data = folder.data();
    let config = write_config(folder.path(), CONFIG);
    let venue = VenueProcess::start(&config, &data).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    let day = trader.enter(order("A", Side::Buy, 1000, 5));
    trader.enter(order("B", Side::Buy, 1000, 5));
    let before = status(&data)["control"].as_u64().unwrap();
    let done = ask(&data, &["end-day", "A"]).unwrap();
    assert_eq!(done["done"]["control"], before + 1);
    let expired = trader.execution();
    assert_eq!(expired.exec_type, ExecType::Expired);
    assert_eq!(expired.order_id, day.order_id);
    // It is over once: the next start does not repeat it.
    drop(trader);
    venue.kill();
    let venue = VenueProcess::start(&config, &data).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    trader.enter(order("A", Side::Buy, 1000, 5));
    assert_eq!(settled_status(&data)["control"], before + 1);
    let book = ask(&data, &["book", "A"]).unwrap()["book"].clone();
    assert_eq!(book["bids"].as_array().unwrap().len(), 1);
    trader.log_out();
    assert!(venue.stop().success());
}

#[test]
fn unknown_symbol_and_absent_venue_exit_with_2() {
    let folder = DataFolder::new();
    let data = folder.data();
    let venue = VenueProcess::start(&write_config(folder.path(), CONFIG), &data).unwrap();
    let before = status(&data)["control"].clone();
    for act in ["halt", "resume", "end-day", "book"] {
        let (code, errors) = ask(&data, &[act, "NONE"]).unwrap_err();
        assert_eq!(code, Some(2), "{act}");
        assert!(
            errors.contains("unknown symbol \"NONE\""),
            "{act}: {errors}"
        );
    }
    assert_eq!(status(&data)["control"], before);
    assert!(venue.stop().success());
    let (code, errors) = ask(&data, &["status"]).unwrap_err();
    assert_eq!(code, Some(2));
    assert!(errors.contains("no venue answers at"), "{errors}");
}

#[test]
fn status_with_a_sink_that_has_stopped_says_so_and_exits_with_1() {
    let folder = DataFolder::new();
    let data = folder.data();
    let config = write_config(folder.path(), CONFIG);
    let run = |arguments: &[&str]| {
        let mut command = binary();
        command.args(["admin", "status", "--data"]).arg(&data);
        let output = command.args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code();
        (code, text(&output.stdout), text(&output.stderr))
    };
    let venue = VenueProcess::start(&config, &data).unwrap();
    let (code, said, errors) = run(&[]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(!said.contains("ALARM"), "{said}");
    assert!(venue.stop().success());
    // The sink says that it has what this journal never said.
    let mut cursor = Cursor::start();
    cursor.advance(ShardCursor {
        shard: ShardId(0),
        epoch: Epoch(1),
        sequence: SequenceNumber(1_000_000),
        index: 0,
    });
    let file = CursorFile::new(&data.join("cursors"), "local");
    file.save(&cursor).unwrap();
    let venue = VenueProcess::start(&config, &data).unwrap();
    let reason = "sink:local: stopped: cursor of shard 0 is at 1000000, its journal ends at ";
    // It stops when it is first asked to take something.
    let (code, said, errors) = loop {
        let answer = run(&[]);
        if answer.1.contains(reason) {
            break answer;
        }
    };
    assert_eq!(code, Some(1), "{errors}");
    assert!(said.starts_with(&format!("ALARM  {reason}")), "{said}");
    let expected = format!("matchgate: alarm: {reason}");
    assert!(errors.starts_with(&expected), "{errors}");
    // To a probe as well.
    let admin = ports::read(&data, "admin").unwrap();
    let (line, _, body) = get(admin, "/health");
    assert_eq!(line, "HTTP/1.1 503 Service Unavailable");
    assert!(
        body.starts_with("stopped: sink:local: cursor of shard 0"),
        "{body}"
    );
    // As JSON too, whole; and the venue trades on.
    let (code, said, errors) = run(&["--json"]);
    assert_eq!(code, Some(1));
    assert!(errors.starts_with(&expected), "{errors}");
    let status: Value = serde_json::from_str(&said).unwrap();
    let followers = &status["status"]["followers"];
    assert_eq!(entry(followers, "sink", "sink:local")["is_stopped"], true);
    assert_eq!(entry(followers, "sink", "follower")["is_stopped"], false);
    let mut trader = Trader::connect(venue.address, "f");
    trader.enter(order("A", Side::Buy, 1000, 5));
    trader.log_out();
    assert!(venue.stop().success());
}
