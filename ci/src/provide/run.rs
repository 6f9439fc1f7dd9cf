//! Runs the real servers in the foreground, for a developer who wants to look into them.

use std::fmt::Display;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use matchgate_xtask::services::{
    Missing, NatsServer, QuestDb, nats_server, questdb_jar, repository_root,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The pause between two looks for a signal and for a server that ended by itself.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Starts what there is, prints where it listens, and stops it on Ctrl-C; returns whether every
/// server could be had and none ended by itself.
///
/// # Errors
///
/// Returns an error when a server that is there cannot be started.
pub(super) fn run() -> Result<bool> {
    // Before the first server, so that none outlives a Ctrl-C that comes while it starts.
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("catching Ctrl-C")?;
    let folder = repository_root().join("target/services");
    let (nats_folder, questdb_folder) = (folder.join("nats-server"), folder.join("questdb"));
    let mut nats = available(nats_server())
        .map(|_| NatsServer::start(&nats_folder))
        .transpose()?;
    if let Some(nats) = &nats {
        let servers = format!("servers = [\"{}\"]", nats.address());
        // Less than the server keeps for all its streams.
        let keys = format!("{servers}\n    max_bytes = 268_435_456");
        print_started("nats-server", nats.url(), "nats", &keys, &nats_folder);
    }
    let mut questdb = available(questdb_jar())
        .map(|_| QuestDb::start(&questdb_folder))
        .transpose()?;
    if let Some(questdb) = &questdb {
        let address = format!("address = \"{}\"", questdb.address());
        print_started(
            "QuestDB",
            questdb.url(),
            "questdb",
            &address,
            &questdb_folder,
        );
    }
    let complete = nats.is_some() && questdb.is_some();
    if nats.is_none() && questdb.is_none() {
        return Ok(false);
    }
    println!("running until Ctrl-C");
    let mut all_run = true;
    while all_run && signals.pending().next().is_none() {
        thread::sleep(LOOK_INTERVAL);
        all_run = nats.as_mut().is_none_or(NatsServer::is_running)
            && questdb.as_mut().is_none_or(QuestDb::is_running);
    }
    // Ctrl-C reaches the servers too: one that ended at the same time did as it was told.
    let asked = all_run || signals.pending().next().is_some();
    if let Some(nats) = &mut nats {
        nats.stop();
    }
    if let Some(questdb) = &mut questdb {
        questdb.stop();
    }
    println!(
        "{}",
        if asked {
            "stopped"
        } else {
            "a server ended by itself; stopped"
        }
    );
    Ok(complete && asked)
}

fn available<T>(found: Result<T, Missing>) -> Option<T> {
    found.map_err(|missing| println!("{missing}")).ok()
}

fn print_started(name: &str, url: impl Display, kind: &str, place: &str, folder: &Path) {
    println!("{name} {url}, its files in {}", folder.display());
    println!("    [[sink]]\n    kind = \"{kind}\"\n    {place}\n    create = true");
}
