//! The process of the peers is understood, and so are its refusals and its end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use matchgate_workloads::meb::Scenario;

use crate::peers::{Peer, PeerError, Peers};

/// Starts a program that answers each line with the next of `answers`, and then ends.
fn start(answers: &[&str]) -> (tempfile::TempDir, Peers) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peers");
    let answer = |text: &&str| format!("read line; echo '{text}'\n");
    let lines: String = answers.iter().map(answer).collect();
    fs::write(&path, format!("#!/bin/sh\n{lines}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    let peers = Peers::start(&path, Some(1)).unwrap();
    (folder, peers)
}

#[test]
fn pass_is_read_from_its_line() {
    let (_folder, mut peers) = start(&[
        "loaded 1996097",
        "ns=5 messages=4 checksum=00000000000000ff live=2 levels=1",
    ]);
    let loaded = peers.load_meb(Scenario::Normal, 23, 1_000_000).unwrap();
    assert_eq!(loaded, 1_996_097);
    let pass = peers.run(Peer::NANOBOOK).unwrap();
    assert_eq!((pass.ns, pass.messages, pass.checksum), (5, 4, 255));
    assert_eq!((pass.live_orders, pass.levels), (2, 1));
}

#[test]
fn refusal_says_what_was_asked_and_why_not() {
    let (_folder, mut peers) = start(&["error: the book has no fok"]);
    let error = peers.run(Peer::RUST_OB).unwrap_err().to_string();
    assert!(
        error.contains("run rust_ob") && error.contains("no fok"),
        "{error}"
    );
}

#[test]
fn answer_of_another_form_is_told_and_so_is_an_end() {
    let (_folder, mut peers) = start(&["ns=5 messages=4"]);
    let request = peers.run(Peer::NANOBOOK).unwrap_err();
    assert!(matches!(request, PeerError::Unknown { .. }), "{request}");
    let end = peers.run(Peer::NANOBOOK).unwrap_err();
    assert!(matches!(end, PeerError::Io(_)), "{end}");
}
