//! A real nats-server with JetStream, in a folder of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{Process, folder_error, make_folder, write};
use super::server::{Kind, Server};
use super::{ServiceError, http, nats_server};

const SERVER: &str = "nats-server";
/// How long one question may take while the server starts.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// What a test may want of a nats-server beyond the ordinary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NatsSettings {
    /// Whether a message is on the disk before it is acknowledged; else every two minutes.
    pub sync_always: bool,
    /// More lines of the server's configuration file, for example an `authorization` block.
    pub extra: String,
}

/// A nats-server with JetStream: ready when JetStream serves.
pub type NatsServer = Server<Nats>;

/// The kind of a [`NatsServer`].
#[derive(Debug)]
pub struct Nats;

/// The addresses that a running server listens on.
struct Ports {
    clients: SocketAddr,
    monitoring: SocketAddr,
}

impl Kind for Nats {
    type Settings = NatsSettings;

    const SCHEME: &'static str = "nats";
    const LOG: &'static str = "nats-server.log";

    fn program() -> Result<PathBuf, ServiceError> {
        Ok(nats_server()?)
    }

    fn launch(
        program: &Path,
        folder: &Path,
        settings: &NatsSettings,
        known: Option<SocketAddr>,
    ) -> Result<(Process, SocketAddr), ServiceError> {
        let configuration = folder.join("nats-server.conf");
        write(&configuration, &configuration_text(folder, settings, known))?;
        let ports_folder = make_folder(&ports_folder(folder))?;
        let mut command = Command::new(program);
        command.arg("--config").arg(&configuration);
        let mut process = Process::spawn(SERVER, &mut command, folder.join(Self::LOG))?;
        // A server that was killed leaves its file behind, so the file's name has the process id.
        let ports_file = ports_folder.join(format!("nats-server_{}.ports", process.id()));
        let ready = process.wait_until_ready(|_| {
            let Some(ports) = read_ports(&ports_file)? else {
                return Ok(None);
            };
            let health = format!("http://{}/healthz?js-enabled-only=true", ports.monitoring);
            let answer = http::get(&health, &[], PROBE_TIMEOUT);
            Ok(matches!(answer, Ok((200, _))).then_some(ports.clients))
        })?;
        Ok((process, ready))
    }
}

fn ports_folder(folder: &Path) -> PathBuf {
    folder.join("ports")
}

fn configuration_text(
    folder: &Path,
    settings: &NatsSettings,
    address: Option<SocketAddr>,
) -> String {
    let listen = address.map_or_else(|| "127.0.0.1:-1".to_owned(), |known| known.to_string());
    let sync_interval = if settings.sync_always {
        "always"
    } else {
        "\"2m\""
    };
    format!(
        "listen: \"{listen}\"\n\
         http: \"127.0.0.1:-1\"\n\
         ports_file_dir: {ports:?}\n\
         jetstream {{\n  \
           store_dir: {store:?}\n  \
           max_file_store: 1GB\n  \
           max_mem: 64MB\n  \
           sync_interval: {sync_interval}\n\
         }}\n\
         {extra}\n",
        ports = ports_folder(folder),
        store = folder.join("store"),
        extra = settings.extra,
    )
}

/// Returns what the ports file says, or `None` while it is not there in full.
fn read_ports(path: &Path) -> Result<Option<Ports>, ServiceError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(folder_error(path, error)),
    };
    let Ok(ports) = serde_json::from_str::<serde_json::Value>(&text) else {
        return Ok(None);
    };
    let first = |kind: &str| -> Option<SocketAddr> {
        let url = ports.get(kind)?.get(0)?.as_str()?;
        url.rsplit_once("//")?.1.parse().ok()
    };
    let both = first("nats").zip(first("monitoring"));
    Ok(both.map(|(clients, monitoring)| Ports {
        clients,
        monitoring,
    }))
}
