//! `ports.json`: the addresses that were really taken, for whoever started the venue with port 0.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

/// Name of the file in the data directory.
pub const PORTS_NAME: &str = "ports.json";

/// Writes the addresses by protocol, whole or not at all: a reader never sees half of it.
///
/// # Errors
///
/// Returns the operating system's error.
pub fn write(directory: &Path, addresses: &[(&str, SocketAddr)]) -> io::Result<()> {
    let map: serde_json::Map<String, serde_json::Value> = addresses
        .iter()
        .map(|(protocol, address)| ((*protocol).to_owned(), address.to_string().into()))
        .collect();
    let temporary = directory.join("ports.json.new");
    let mut file = File::create(&temporary)?;
    file.write_all(&serde_json::to_vec_pretty(&map)?)?;
    file.sync_all()?;
    fs::rename(&temporary, directory.join(PORTS_NAME))
}

/// Reads the address of `protocol`, where a venue has written it.
#[must_use]
pub fn read(directory: &Path, protocol: &str) -> Option<SocketAddr> {
    let text = fs::read(directory.join(PORTS_NAME)).ok()?;
    let map: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&text).ok()?;
    map.get(protocol)?.as_str()?.parse().ok()
}
