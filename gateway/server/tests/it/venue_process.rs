//! The real binary as a child process: started, listened to, killed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

/// A running `matchgate serve`.
#[derive(Debug)]
pub(crate) struct VenueProcess {
    child: Child,
    /// Hears what it says on standard error, to the end.
    errors: Option<JoinHandle<String>>,
    /// Where it takes orders.
    pub(crate) address: SocketAddr,
    /// What it said before it listened.
    pub(crate) said: Vec<String>,
}

/// Returns the binary under test.
pub(crate) fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_matchgate"))
}

/// Writes a configuration beside the data directory and returns its path.
pub(crate) fn write_config(directory: &Path, text: &str) -> PathBuf {
    let path = directory.join("matchgate.toml");
    std::fs::write(&path, text).expect("the temporary directory can be written");
    path
}

impl VenueProcess {
    /// Starts the venue and waits until it listens.
    ///
    /// # Errors
    ///
    /// Returns exit status and standard error where it ended instead.
    pub(crate) fn start(config: &Path, data: &Path) -> Result<Self, (ExitStatus, String)> {
        Self::start_by(binary(), config, data)
    }

    /// As [`Self::start`], by a command that runs the binary with the arguments that it is given.
    pub(crate) fn start_by(
        mut command: Command,
        config: &Path,
        data: &Path,
    ) -> Result<Self, (ExitStatus, String)> {
        let mut child = command
            .args(["serve", "--config"])
            .arg(config)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built by the test run");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let mut said = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            let address = line
                .strip_prefix("listening protocol=capnp address=")
                .map(|address| address.parse().expect("the venue prints a whole address"));
            said.push(line);
            if let Some(address) = address {
                // The pipe is drained to the end so that the venue never blocks on it.
                std::thread::spawn(move || lines.for_each(drop));
                let errors = child.stderr.take().expect("stderr is piped");
                let errors = std::thread::spawn(move || {
                    let lines = BufReader::new(errors).lines().map_while(Result::ok);
                    lines.fold(String::new(), |said, line| {
                        eprintln!("venue: {line}");
                        said + &line + "\n"
                    })
                });
                return Ok(Self {
                    child,
                    errors: Some(errors),
                    address,
                    said,
                });
            }
        }
        let output = child
            .wait_with_output()
            .expect("the child can be waited for");
        Err((
            output.status,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the child is ours");
        self.child.wait().expect("the child can be waited for");
    }

    /// Returns the operating system's number of it.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself; returns how, and what it said on standard error.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("the child can be waited for");
        let errors = self.errors.take().expect("it is heard once");
        (status, errors.join().expect("the hearer does not panic"))
    }

    /// Asks it to stop, and returns how it ended.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let stopped = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(stopped.expect("kill runs").success());
        self.child.wait().expect("the child can be waited for")
    }
}

impl Drop for VenueProcess {
    fn drop(&mut self) {
        // A test that failed leaves no process behind; one that ended well has none any more.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
