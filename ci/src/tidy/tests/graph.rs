//! The crate graph runs one way.

use super::shown;
use crate::tidy::graph::{Graph, check_edges};

fn found(from: &str, to: &str, kind: Option<&str>) -> Vec<String> {
    let (from, to) = (format!("matchgate-{from}"), format!("matchgate-{to}"));
    shown(&check_edges(&Graph::of(&[(&from, &to, kind)])))
}

#[test]
fn edge_upwards_is_found() {
    let upwards = [
        ("core", "journal"),
        ("journal", "follower"),
        ("session", "net"),
    ];
    for (from, to) in upwards {
        let expected = format!("crate graph: {from} may not use {to} (ordinary dependency)");
        assert_eq!(found(from, to, None), [expected]);
    }
}

#[test]
fn edge_downwards_is_allowed() {
    for (from, to) in [
        ("server", "replay"),
        ("net", "session"),
        ("follower", "core"),
        ("twin", "core"),
        ("subjects", "ring"),
        ("bench", "workloads"),
    ] {
        assert_eq!(found(from, to, None), [""; 0]);
    }
}

#[test]
fn edge_that_skips_the_table_is_found_although_it_runs_downwards() {
    let expected = "crate graph: bridge may not use journal (ordinary dependency)";
    assert_eq!(found("bridge", "journal", None), [expected]);
}

#[test]
fn tests_may_use_anything_further_down() {
    for (from, to) in [
        ("bridge", "journal"),
        ("server", "schema"),
        ("net", "follower"),
        ("session", "runtime"),
        ("core", "scenario"),
        ("core", "twin"),
        ("twin", "scenario"),
        ("bench", "xtask"),
        ("bridge", "xtask"),
        ("server", "xtask"),
    ] {
        assert_eq!(found(from, to, Some("dev")), [""; 0]);
    }
}

#[test]
fn tests_may_not_use_what_is_further_up() {
    let expected = "crate graph: session may not use net (dev dependency)";
    assert_eq!(found("session", "net", Some("dev")), [expected]);
}

#[test]
fn some_edges_are_for_tests_only() {
    assert_eq!(found("net", "follower", None).len(), 1);
    assert_eq!(found("session", "runtime", None).len(), 1);
    assert_eq!(found("core", "scenario", None).len(), 1);
    assert_eq!(found("core", "twin", None).len(), 1);
    assert_eq!(found("scenario", "twin", Some("dev")).len(), 1);
    assert_eq!(found("bridge", "xtask", None).len(), 1);
}

#[test]
fn nothing_but_the_server_uses_replay_and_nothing_uses_bench() {
    for from in ["client", "net", "bridge", "bench", "xtask"] {
        assert_eq!(found(from, "replay", None).len(), 1);
        assert_eq!(found(from, "replay", Some("dev")).len(), 1);
    }
    for from in ["server", "replay", "xtask"] {
        assert_eq!(found(from, "bench", None).len(), 1);
    }
}

#[test]
fn unknown_crate_is_found() {
    let graph = Graph::of(&[
        ("matchgate-extra", "matchgate-core", None),
        ("other", "serde", None),
    ]);
    assert_eq!(
        shown(&check_edges(&graph)),
        [
            "crate graph: matchgate-extra is not in the table of crates",
            "crate graph: other is not in the table of crates",
        ]
    );
}
