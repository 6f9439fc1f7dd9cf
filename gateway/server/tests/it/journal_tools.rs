//! `matchgate journal` on the data directory of a real session: what `cat` and `stats` say, and what
//! holds for every verb.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::journal_session::{
    Session, busy_market, journal, said, sequence_of, tree, verified, without_place,
};
use crate::venue_process::binary;

/// Lines of `cat` but those of hash checks, which come when their time has come.
fn lines(data: &Path, further: &[&str]) -> Vec<String> {
    let said = said("cat", data, further);
    let lines = said.lines().map(without_place);
    lines
        .filter(|line| !line.starts_with("state hash check"))
        .collect()
}

#[test]
fn cat_tells_each_command_of_a_shard_and_behind_it_what_it_did() {
    let session = Session::run();
    let Session {
        bid,
        second,
        taker,
        iceberg,
        offer,
        ..
    } = session;
    let lines_of = |shard| lines(&session.data(), &["--shard", shard]);
    let (first, other) = (lines_of("0"), lines_of("1"));
    let own = "account F-1";
    let expected = [
        format!(
            "new order {bid} buy 5 A limit 10 day {own} session f request 1  =>  accepted {bid}"
        ),
        format!(
            "new order {second} buy 3 A limit 9.99 day {own} id second session f request 2  =>  \
             accepted {second}"
        ),
        format!(
            "new order {taker} sell 2 A limit 10 day account G-1 session g request 1  =>  \
             accepted {taker}; traded 2 A at 10 aggressor {taker} resting {bid}"
        ),
        format!(
            "replace order {second} price 9.98 quantity 4 session f request 3  =>  replaced order \
             {second} price 9.98 quantity 4 leaves 4"
        ),
        format!(
            "reduce order {bid} to 4 session f request 4  =>  reduced order {bid} to 4 leaves 2"
        ),
        format!(
            "new order {} sell 1 A limit 0.5 day account G-1 session g request 2  =>  rejected \
             301 price below the instrument's minimum",
            sequence_of(iceberg) - 2
        ),
        format!(
            "cancel order {second} session f request 5  =>  canceled order {second} of 4 requested"
        ),
        format!(
            "new order {iceberg} buy 10 A limit 9.5 display 2 day {own} session f request 6  =>  \
             accepted {iceberg}"
        ),
    ];
    // A hash check between would move the number of the refused order: it comes once a second.
    let orders: Vec<_> = first.iter().skip(10).map(String::as_str).collect();
    assert_eq!(orders.len(), expected.len(), "{orders:#?}");
    for (line, expected) in orders.iter().zip(&expected) {
        if !expected.contains("rejected") {
            assert_eq!(line, expected);
        }
    }
    let refused = orders[5];
    assert!(
        refused.ends_with("price below the instrument's minimum"),
        "{refused}"
    );
    assert_eq!(
        other[other.len() - 1],
        format!(
            "new order {offer} sell 1.5 B limit 20 day account G-1 session g request 4  =>  \
             accepted {offer}"
        )
    );
}

#[test]
fn cat_tells_what_control_commands_define() {
    let session = Session::run();
    let first = lines(&session.data(), &["--shard", "0"]);
    let definitions = [
        "lend slots from 0 count 1024 of shard 0 to gateway 0 control 1",
        "lend slots from 0 count 1024 of shard 1 to gateway 0 control 2",
        "define instrument A shard 0 tick 0.01 price 1 to 1000 lot 1 quantity 1 to 1099511627776 \
         control 3  =>  instrument changed A",
        "define instrument B shard 1 tick 0.05 price 1 to 100 lot 0.5 quantity 0.5 to \
         10995116277.76 control 4",
        "define firm F home gateway 0 control 5",
        "define firm G home gateway 0 control 6",
        "define account F-1 firm F open orders max 100000 control 7  =>  account changed F-1",
    ];
    assert_eq!(first[..7], definitions);
}

#[test]
fn json_of_cat_says_the_same_in_decimals_and_units() {
    let session = Session::run();
    for stream in [["--shard", "0"], ["--shard", "1"], ["--gateway", "0"]] {
        let text = said("cat", &session.data(), &stream);
        let json = said("cat", &session.data(), &[stream[0], stream[1], "--json"]);
        assert_eq!(text.lines().count(), json.lines().count());
        for (text, json) in text.lines().zip(json.lines()) {
            let parsed: Value = serde_json::from_str(json).unwrap();
            let kind = parsed["kind"].as_str().unwrap().replace('_', " ");
            let place = format!(
                "{} epoch {} {} {kind}",
                parsed["sequence"],
                parsed["epoch"],
                parsed["time"].as_str().unwrap()
            );
            assert!(text.starts_with(&place), "{text}\n{json}");
            // A key that stood twice would have been read once.
            assert_eq!(parsed.to_string().len(), json.len(), "{json}");
        }
    }
    let number = sequence_of(session.offer).to_string();
    let one = ["--shard", "1", "--from", &number, "--to", &number, "--json"];
    let mut offer: Value = serde_json::from_str(&said("cat", &session.data(), &one)).unwrap();
    let fields = offer.as_object_mut().unwrap();
    for place in ["time", "time_ns", "ring", "slot", "generation"] {
        assert!(fields.remove(place).is_some(), "{place}");
    }
    let sequence = sequence_of(session.offer);
    let expected = serde_json::json!({
        "stream": "shard-1", "sequence": sequence, "epoch": 1, "kind": "new_order",
        "order": session.offer, "side": "sell", "quantity": "1.5", "quantity_units": 150,
        "symbol": "B", "order_type": "limit", "price": "20", "price_units": 20_000_000_000_i64,
        "time_in_force": "day", "post_only": false, "account": "G-1", "session": "g",
        "request": 4, "durability": "written", "gateway": 0,
        "events": [{
            "id": format!("1.1.{sequence}.0"), "index": 0, "kind": "accepted",
            "order": session.offer,
        }],
    });
    assert_eq!(offer, expected);
}

#[test]
fn cat_tells_what_records_of_a_gateway_and_of_control_mean() {
    let session = Session::run();
    let gateway = lines(&session.data(), &["--gateway", "0"]);
    assert_eq!(
        gateway[0],
        "recovered by epoch 1 from shard 0 ring number 0, shard 1 ring number 0"
    );
    for expected in [
        "logon session f written asks from message 0",
        "routed session f request 1 to shard 0 ring number 1",
        "refused session g request 3 202 unknown order message 4 of cancel, reduce or replace",
        "routed session g request 4 to shard 1 ring number 1",
        "disconnected session f 115 logged out",
    ] {
        assert!(gateway.iter().any(|line| line == expected), "{gateway:#?}");
    }
    let control = lines(&session.data(), &["--control"]);
    assert_eq!(control.len(), 10, "{control:#?}");
    assert_eq!(
        control[8..],
        [
            "define session f firm F account F-1 resend messages max 65536 control 9",
            "define session g firm G account G-1 resend messages max 65536 control 10"
        ]
    );
}

#[test]
fn range_of_cat_is_shown_and_nothing_else() {
    let session = Session::run();
    let all = said("cat", &session.data(), &["--shard", "0"]);
    let all: Vec<_> = all.lines().collect();
    for (from, to) in [(1, 3), (4, 9), (9, 9), (all.len(), all.len())] {
        let range = [
            "--shard",
            "0",
            "--from",
            &from.to_string(),
            "--to",
            &to.to_string(),
        ];
        let some = said("cat", &session.data(), &range);
        let some: Vec<_> = some.lines().collect();
        assert_eq!(some, all[from - 1..to]);
    }
    assert_eq!(
        said("cat", &session.data(), &["--shard", "0", "--from", "1000"]),
        ""
    );
}

#[test]
fn cat_ends_well_when_nobody_reads_on() {
    let market = busy_market();
    // Far more than a pipe holds: it is still writing when the reader goes.
    assert!(said("cat", &market.data(), &[]).len() > 300_000);
    let mut child = binary()
        .args(["journal", "cat", "--data"])
        .arg(market.data())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    assert!(first.starts_with("1 epoch 1 "), "{first}");
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn whatever_happens_in_a_busy_market_is_told_in_words_and_json() {
    let market = busy_market();
    let json = said("cat", &market.data(), &["--json"]);
    let (mut commands, mut kinds) = (0, BTreeSet::new());
    for line in json.lines() {
        let parsed: Value = serde_json::from_str(line).unwrap();
        // A key that stood twice would have been read once.
        assert_eq!(parsed.to_string().len(), line.len(), "{line}");
        for event in parsed["events"].as_array().unwrap() {
            kinds.insert(event["kind"].as_str().unwrap().to_owned());
        }
        commands += 1;
    }
    let expected = [
        "accepted",
        "cancel_rejected",
        "canceled",
        "mass_canceled",
        "reduced",
        "rejected",
        "replaced",
        "restated",
        "self_trade_prevented",
        "traded",
        "triggered",
    ];
    for kind in expected {
        assert!(kinds.contains(kind), "no {kind} in {kinds:?}");
    }
    let (last, _) = verified(&market.data(), 0);
    assert_eq!(commands, last);
}

#[test]
fn stats_count_records_and_what_they_did() {
    let session = Session::run();
    let said_json = said("stats", &session.data(), &["--json"]);
    let streams: Value = serde_json::from_str(&said_json).unwrap();
    let names = streams.as_array().unwrap().iter();
    let names: Vec<_> = names.map(|one| one["stream"].as_str().unwrap()).collect();
    assert_eq!(names, ["control", "shard-0", "shard-1", "gateway-0"]);
    let shard = &streams[1];
    let (last, hash) = verified(&session.data(), 0);
    assert_eq!(shard["last_sequence"], last);
    assert_eq!(shard["records"], last);
    assert_eq!(
        (&shard["segments"], &shard["first_sequence"]),
        (&1.into(), &1.into())
    );
    assert_eq!(shard["gaps"], serde_json::json!([]));
    let epochs = shard["epochs"].as_array().unwrap();
    assert_eq!(
        (epochs.len(), &epochs[0]["last_sequence"]),
        (1, &last.into())
    );
    let kinds = [
        ("new_order", 5),
        ("cancel", 1),
        ("reduce", 1),
        ("replace", 1),
        ("define_instrument", 2),
        ("lend_slots", 2),
    ];
    for (kind, count) in kinds {
        assert_eq!(shard["kinds"][kind], count, "{kind}");
    }
    let did = &shard["shard"];
    let counts = [
        ("orders", 4),
        ("fills", 1),
        ("cancels", 1),
        ("live_orders", 2),
    ];
    for (what, count) in counts {
        assert_eq!(did[what], count, "{what}");
    }
    let reject = serde_json::json!({"301 price below the instrument's minimum": 1});
    assert_eq!(did["rejects"], reject);
    assert_eq!(
        (&did["state_hash"], &did["events"]["reduced"]),
        (&hash.into(), &1.into())
    );
    assert_eq!(streams[3]["kinds"]["refused"], 1);
    let text = said("stats", &session.data(), &[]);
    for part in [
        "\nshard-0: ",
        "  new order         5\n",
        " state hash               ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn no_verb_changes_anything_on_disk() {
    let session = Session::run();
    let copy = session.copy("copy");
    let none = session.folder().join("none.toml");
    std::fs::write(&none, "").unwrap();
    let before = tree(session.folder());
    let data = session.data();
    said("verify", &data, &[]);
    for stream in [&["--shard", "1"][..], &["--gateway", "0"], &["--control"]] {
        said("cat", &data, stream);
    }
    said("stats", &data, &[]);
    said("at", &data, &["12", "--shard", "0", "--symbol", "A"]);
    said("diff", &data, &["--data", copy.to_str().unwrap()]);
    said(
        "what-if",
        &data,
        &["--shard", "0", "--change", none.to_str().unwrap()],
    );
    assert!(tree(session.folder()) == before, "a file is another one");
}

#[test]
fn help_of_every_verb_has_an_example() {
    for verb in ["verify", "cat", "stats", "at", "diff", "what-if"] {
        let help = journal([verb, "--help"]);
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(
            help.contains("Example") && help.contains("matchgate journal"),
            "{help}"
        );
    }
}
