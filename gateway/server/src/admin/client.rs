//! The asking side of the admin socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::message::{AdminReply, AdminRequest};

/// How often a venue is asked whether it is settled.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// Name of the socket in the data directory.
pub const SOCKET_NAME: &str = "admin.sock";

/// Asks one venue.
#[derive(Clone, Debug)]
pub struct AdminClient {
    path: PathBuf,
}

impl AdminClient {
    /// Returns the client of the venue whose journals live in `data_directory`.
    #[must_use]
    pub fn of(data_directory: &Path) -> Self {
        Self {
            path: data_directory.join(SOCKET_NAME),
        }
    }

    /// Asks once the venue's own follower has everything that its shards have applied, so that
    /// the answer holds all that was acknowledged before.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`].
    pub fn ask_settled(&self, request: &AdminRequest) -> Result<AdminReply> {
        loop {
            let AdminReply::Status(status) = self.ask(&AdminRequest::Status)? else {
                bail!("the venue gave no status");
            };
            if status.is_settled() {
                return self.ask(request);
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    ///
    /// Returns an error where no venue listens or its answer cannot be read.
    pub fn ask(&self, request: &AdminRequest) -> Result<AdminReply> {
        let mut stream = UnixStream::connect(&self.path)
            .with_context(|| format!("no venue answers at {}", self.path.display()))?;
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        stream.write_all(&line)?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        serde_json::from_str(&answer).context("the venue's answer cannot be read")
    }
}
