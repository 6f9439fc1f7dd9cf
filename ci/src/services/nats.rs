//! A real nats-server with JetStream, in a folder of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{Process, folder_error, make_folder, write};
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

/// A nats-server with JetStream on free ports of 127.0.0.1; it ends when the value is dropped.
#[derive(Debug)]
pub struct NatsServer {
    process: Process,
    program: PathBuf,
    folder: PathBuf,
    settings: NatsSettings,
    address: SocketAddr,
}

/// The addresses that a running server listens on.
struct Ports {
    clients: SocketAddr,
    monitoring: SocketAddr,
}

impl NatsServer {
    /// Starts a server whose configuration, log and store are in `folder`, and returns when
    /// JetStream serves. What an earlier server has stored there, it serves again.
    ///
    /// # Errors
    ///
    /// Returns why there is no server, or why it did not become ready, with the end of its log.
    pub fn start(folder: &Path) -> Result<Self, ServiceError> {
        Self::start_with(folder, NatsSettings::default())
    }

    /// As [`NatsServer::start`], with settings of the caller's.
    ///
    /// # Errors
    ///
    /// As [`NatsServer::start`].
    pub fn start_with(folder: &Path, settings: NatsSettings) -> Result<Self, ServiceError> {
        let program = nats_server()?;
        let folder = make_folder(folder)?;
        write(&log_path(&folder), "")?;
        let (process, address) = launch(&program, &folder, &settings, None)?;
        Ok(Self {
            process,
            program,
            folder,
            settings,
            address,
        })
    }

    /// Returns where clients connect; the same for the life of the value.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as clients take it, `nats://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Returns the id of the process; after it ended, the id it had.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Returns whether the process runs; a paused one does.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us ask.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        self.process.ended().is_none()
    }

    /// Ends the server with SIGKILL and waits until it is gone.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Ends the server with SIGTERM and waits until it is gone, paused or not; one that is not
    /// gone after 20 s is killed.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Hangs the server with SIGSTOP: connections stay, nothing answers. Returns when it hangs.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn pause(&mut self) {
        self.process.pause();
    }

    /// Lets a hung server go on.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn resume(&mut self) {
        self.process.resume();
    }

    /// Starts the server again, at the same address with the same store, and returns when it is
    /// ready. One that still runs is stopped first.
    ///
    /// # Errors
    ///
    /// Returns why it did not become ready, with the end of its log.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us end the one that still runs.
    pub fn restart(&mut self) -> Result<(), ServiceError> {
        self.process.stop();
        let (process, _) = launch(
            &self.program,
            &self.folder,
            &self.settings,
            Some(self.address),
        )?;
        self.process = process;
        Ok(())
    }
}

fn launch(
    program: &Path,
    folder: &Path,
    settings: &NatsSettings,
    address: Option<SocketAddr>,
) -> Result<(Process, SocketAddr), ServiceError> {
    let configuration = folder.join("nats-server.conf");
    write(
        &configuration,
        &configuration_text(folder, settings, address),
    )?;
    let ports_folder = make_folder(&ports_folder(folder))?;
    let mut command = Command::new(program);
    command.arg("--config").arg(&configuration);
    let mut process = Process::spawn(SERVER, &mut command, log_path(folder))?;
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

fn log_path(folder: &Path) -> PathBuf {
    folder.join("nats-server.log")
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
