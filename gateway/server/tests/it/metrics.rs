//! What monitoring reads over HTTP from a running venue.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use matchgate_core::domain::Side;
use matchgate_server::metrics::family_of;

use crate::local_venue::{LocalVenue, SMALL};
use crate::trader::{Trader, order};

/// Returns status line, head and body of the answer to one request.
fn request(address: SocketAddr, text: &str) -> (String, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let (status, head) = head.split_once("\r\n").unwrap();
    (status.to_owned(), head.to_lowercase(), body.to_owned())
}

pub(crate) fn get(address: SocketAddr, path: &str) -> (String, String, String) {
    let text = format!("GET {path} HTTP/1.1\r\nHost: venue\r\nConnection: close\r\n\r\n");
    request(address, &text)
}

/// Returns every sample by its name and labels.
fn samples(body: &str) -> BTreeMap<String, u64> {
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[test]
fn metrics_tell_what_members_did() {
    let venue = LocalVenue::start(SMALL);
    let mut trader = Trader::connect(venue.address(), "demo-1");
    for price in [1000, 1001, 1002] {
        trader.enter(order("DEMO", Side::Buy, price, 5));
    }
    venue.venue().wait_for_followers().unwrap();
    // A gateway tells about its sessions now and then.
    while venue.venue().sampler().get("session_0_open_orders") != Some(3) {
        std::thread::yield_now();
    }
    let (status, head, body) = get(venue.venue().admin_address(), "/metrics");
    assert_eq!(status, "HTTP/1.1 200 OK");
    let kind = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head.contains(kind), "{head}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    let samples = samples(&body);
    let value = |name: &str| {
        *samples
            .get(name)
            .unwrap_or_else(|| panic!("{name}: {body}"))
    };
    assert_eq!(value("matchgate_epoch"), 1);
    assert_eq!(value("matchgate_session_connected{session=\"0\"}"), 1);
    assert_eq!(value("matchgate_shard_live_orders{shard=\"0\"}"), 3);
    assert_eq!(value("matchgate_instrument_halted{symbol=\"DEMO\"}"), 0);
    assert_eq!(
        value("matchgate_follower_healthy{follower=\"sink:local\"}"),
        1
    );
    let commands = venue.venue().sampler().get("shard_0_commands").unwrap();
    assert_eq!(
        value("matchgate_shard_commands_total{shard=\"0\"}"),
        commands
    );
    let position = "matchgate_follower_sequence{follower=\"follower\",shard=\"0\"}";
    let applied = "matchgate_journal_applied_sequence{stream=\"shard-0\"}";
    assert_eq!(value(position), value(applied));
    // Not a key that opens a session.
    assert!(!body.contains("demo-1"), "{body}");
}

#[test]
fn every_counter_is_a_metric_with_a_help_text_or_a_hash() {
    let venue = LocalVenue::start(SMALL);
    let followers = ["follower", "sink:local"].map(str::to_owned);
    let mut seen = 0;
    for sample in venue.venue().sampler().sample() {
        let is_hash = sample.label.contains("_state_hash_");
        let family = family_of(&sample.label, &followers);
        assert!(is_hash != family.is_some(), "{}", sample.label);
        seen += 1;
    }
    assert!(seen > 30, "{seen} counters");
    let body = get(venue.venue().admin_address(), "/metrics").2;
    let mut described = body.lines().filter(|line| line.starts_with("# HELP "));
    assert!(described.all(|line| line.split(' ').count() > 4), "{body}");
}

#[test]
fn health_is_good_while_no_follower_has_stopped() {
    let venue = LocalVenue::start(SMALL);
    venue.venue().wait_for_followers().unwrap();
    let (status, _, body) = get(venue.venue().admin_address(), "/health");
    assert_eq!(
        (status.as_str(), body.as_str()),
        ("HTTP/1.1 200 OK", "healthy\n")
    );
}

#[test]
fn admin_port_takes_no_other_request() {
    let venue = LocalVenue::start(SMALL);
    let address = venue.venue().admin_address();
    assert_eq!(get(address, "/").0, "HTTP/1.1 404 Not Found");
    let post =
        "POST /metrics HTTP/1.1\r\nHost: v\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(request(address, post).0, "HTTP/1.1 405 Method Not Allowed");
    let (status, _, _) = request(address, "no request at all\r\n\r\n");
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    // The venue has not noticed.
    assert_eq!(get(address, "/health").0, "HTTP/1.1 200 OK");
}
