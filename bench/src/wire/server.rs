//! The whole gateway: the `matchgate` program as a child, with a configuration of its own.
//!
//! It is frozen by a signal while its base is measured, so that both have the same cores to
//! themselves in turn.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::journaled::Journaled;
use crate::machine::Cpus;

/// Name of the data directory in the venue's folder.
const DATA: &str = "data";
/// Looks at a process that is being frozen before it is given up.
const LOOKS_MAX: u32 = 100_000;

/// A running venue. It is stopped and its data directory removed in the end.
#[derive(Debug)]
pub struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
    placement: String,
    folder: TempDir,
}

impl Server {
    /// Returns where the program is: beside the one that runs.
    ///
    /// # Errors
    ///
    /// Returns an error where it is not there.
    pub fn binary() -> Result<PathBuf> {
        let this = std::env::current_exe()?;
        let path = this.with_file_name("matchgate");
        if !path.is_file() {
            bail!(
                "{} is not there: cargo build --release -p matchgate-server",
                path.display()
            );
        }
        Ok(path)
    }

    /// Starts a venue of the built-in instrument and session under `folder`: gateway and shard
    /// inline on the hot cpu, spinning; everything else parked on the cold one. Call it from a
    /// thread that is not pinned.
    ///
    /// # Errors
    ///
    /// Returns an error where it does not come up.
    pub fn start(binary: &Path, folder: &Path, cpus: Cpus) -> Result<Self> {
        let folder = tempfile::tempdir_in(folder)?;
        let config = folder.path().join("matchgate.toml");
        fs::write(&config, configuration(&folder.path().join(DATA), cpus))?;
        let mut child = Command::new(binary)
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let output = child.stdout.take().context("the child's output")?;
        let mut output = BufReader::new(output);
        let address = match listening(&mut output) {
            Ok(address) => address,
            Err(error) => {
                drop(child.kill());
                drop(child.wait());
                return Err(error);
            }
        };
        let (hot, client, cold) = (cpus.hot, cpus.client, cpus.cold);
        Ok(Self {
            child,
            output,
            address,
            placement: format!(
                "gateway and shard inline on cpu {hot}, spinning; journal writer, acceptor, \
                 control, clock, follower and local sink on cpu {cold}, parked; client on cpu \
                 {client}, spinning"
            ),
            folder,
        })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns which thread is where.
    #[must_use]
    pub fn placement(&self) -> &str {
        &self.placement
    }

    /// Stops all its threads where they are; returns once they are.
    ///
    /// # Errors
    ///
    /// Returns an error where it has ended.
    pub fn freeze(&self) -> Result<()> {
        self.signal("STOP")?;
        for _ in 0..LOOKS_MAX {
            if self.is_frozen()? {
                return Ok(());
            }
            std::thread::yield_now();
        }
        bail!("the server does not stop");
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// Returns an error where it has ended.
    pub fn go_on(&self) -> Result<()> {
        self.signal("CONT")
    }

    /// Stops it in good order and returns what it said last, and what then stands in its journal.
    ///
    /// # Errors
    ///
    /// Returns an error where it ended with a failure, or its journal cannot be read.
    pub fn stop(mut self) -> Result<(String, Journaled)> {
        self.go_on()?;
        self.signal("TERM")?;
        let mut last = String::new();
        for line in (&mut self.output).lines() {
            last = line?;
        }
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}: {last}");
        }
        let journaled = Journaled::read(&self.folder.path().join(DATA))?;
        Ok((last, journaled))
    }

    fn signal(&self, signal: &str) -> Result<()> {
        // The standard library has no signals, and this crate no unsafe code.
        let id = self.child.id();
        let status = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("kill -{signal} {id}"))
            .status()
            .context("starting /bin/sh")?;
        if !status.success() {
            bail!("the server has ended");
        }
        Ok(())
    }

    fn is_frozen(&self) -> Result<bool> {
        let tasks = format!("/proc/{}/task", self.child.id());
        for task in fs::read_dir(tasks)? {
            let stat = fs::read_to_string(task?.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit_once(')').map_or("", |(_, rest)| rest).trim();
            if !state.is_empty() && !state.starts_with('T') {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // In good order, so that it removes its staging logs; whatever fails, it is gone after.
        let asked = self.go_on().and_then(|()| self.signal("TERM"));
        if asked.is_err() {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

fn listening(output: &mut impl BufRead) -> Result<SocketAddr> {
    for line in output.lines() {
        if let Some(address) = line?.strip_prefix("listening protocol=capnp address=") {
            return address.parse().context("the address");
        }
    }
    bail!("the server ended before it listened");
}

fn configuration(data: &Path, cpus: Cpus) -> String {
    let data = data.display().to_string();
    let (hot, cold) = (cpus.hot, cpus.cold);
    format!(
        r#"data_directory = {data:?}
[listen]
capnp = "127.0.0.1:0"
[journal]
cpu = {cold}
[[core]]
cpu = {hot}
agents = ["gateway:0", "shard:0"]
idle = "spin"
[[core]]
cpu = {cold}
agents = ["acceptor", "control", "clock", "follower", "sink:local"]
idle = "park"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_read_from_what_the_server_says() {
        let mut said: &[u8] =
            b"epoch 1, new data directory\nlistening protocol=capnp address=127.0.0.1:4711\n";
        assert_eq!(listening(&mut said).unwrap().to_string(), "127.0.0.1:4711");
        let mut silent: &[u8] = b"epoch 1\n";
        assert!(listening(&mut silent).is_err());
    }
}
