//! One child process with its log: started, watched until it is ready, signalled, ended.
//!
//! It knows nothing of what the child serves.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::ServiceError;

/// How long a start may take: a server that reads a large store on a busy machine still comes.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How long a server may take to end by itself before it is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(20);
/// The pause between two looks.
pub(super) const POLL_STEP: Duration = Duration::from_millis(2);
/// How much of the log an error shows, in lines.
const LOG_TAIL_LINES: usize = 30;

/// A child process. It is killed, and waited for, when the value is dropped.
#[derive(Debug)]
pub struct Process {
    server: &'static str,
    child: Child,
    log: PathBuf,
    /// Where in the log this start begins, in bytes.
    log_start: usize,
}

impl Process {
    /// Starts `command` with its output going to the end of `log`.
    pub(super) fn spawn(
        server: &'static str,
        command: &mut Command,
        log: PathBuf,
    ) -> Result<Self, ServiceError> {
        let failed = |source| folder_error(&log, source);
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(failed)?;
        let log_start = usize::try_from(output.metadata().map_err(failed)?.len())
            .expect("a log fits the address space");
        let errors: File = output.try_clone().map_err(failed)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|source| ServiceError::Spawn { server, source })?;
        Ok(Self {
            server,
            child,
            log,
            log_start,
        })
    }

    /// Returns what `probe` finds as soon as it finds something.
    ///
    /// Fails with the end of the log when the child ends first, or the deadline comes.
    pub(super) fn wait_until_ready<T>(
        &mut self,
        mut probe: impl FnMut(&Self) -> Result<Option<T>, ServiceError>,
    ) -> Result<T, ServiceError> {
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            if let Some(status) = self.ended() {
                return Err(self.start_error(format!("ended ({status})")));
            }
            if let Some(found) = probe(self)? {
                return Ok(found);
            }
            if Instant::now() >= deadline {
                let seconds = START_DEADLINE.as_secs();
                return Err(self.start_error(format!("was not ready within {seconds} s")));
            }
            thread::sleep(POLL_STEP);
        }
    }

    /// Returns what the child printed since this start; nothing when the log cannot be read.
    pub(super) fn log(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let ours = bytes.get(self.log_start..).unwrap_or_default();
        String::from_utf8_lossy(ours).into_owned()
    }

    /// Returns an error that shows the end of the log.
    pub(super) fn start_error(&self, reason: String) -> ServiceError {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        ServiceError::Start {
            server: self.server,
            reason,
            log: lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n"),
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns how the child ended, or `None` while it runs.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child can be asked")
    }

    /// Ends the child with SIGKILL and waits for it.
    pub(super) fn kill(&mut self) {
        self.child.kill().expect("our own child can be killed");
        self.child.wait().expect("our own child can be waited for");
    }

    /// Asks the child to end, waits, and kills it when it does not.
    pub(super) fn stop(&mut self) {
        self.signal("TERM");
        // A hung child takes the first signal only once it runs again.
        self.signal("CONT");
        let deadline = Instant::now() + STOP_DEADLINE;
        while self.ended().is_none() {
            if Instant::now() >= deadline {
                return self.kill();
            }
            thread::sleep(POLL_STEP);
        }
    }

    /// Stops every thread of the child where it is, and returns when none runs.
    pub(super) fn pause(&mut self) {
        self.signal("STOP");
        while self.ended().is_none() && !self.all_threads_stopped() {
            thread::sleep(POLL_STEP);
        }
    }

    /// Lets a paused child go on.
    pub(super) fn resume(&mut self) {
        self.signal("CONT");
    }

    /// Sends a signal by the shell: the standard library knows SIGKILL alone.
    fn signal(&mut self, name: &str) {
        // The id of a child that was waited for may belong to another process by now.
        if self.ended().is_some() {
            return;
        }
        let script = format!("kill -s {name} {}", self.id());
        let status = Command::new("sh").args(["-c", &script]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "our own child can be sent SIG{name}"
        );
    }

    fn all_threads_stopped(&self) -> bool {
        let Ok(threads) = fs::read_dir(format!("/proc/{}/task", self.id())) else {
            return true;
        };
        threads.flatten().all(|thread| {
            let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // The state follows the name, which is in brackets and may hold anything.
            let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
            state.is_none_or(|state| !state.starts_with(['R', 'S', 'D']))
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left to tell; a child that is gone already needs neither.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Makes `folder` and everything above it; returns its absolute path.
pub(super) fn make_folder(folder: &Path) -> Result<PathBuf, ServiceError> {
    let failed = |source| folder_error(folder, source);
    fs::create_dir_all(folder).map_err(failed)?;
    folder.canonicalize().map_err(failed)
}

/// Writes a file of the server's folder anew.
pub(super) fn write(path: &Path, text: &str) -> Result<(), ServiceError> {
    fs::write(path, text).map_err(|source| folder_error(path, source))
}

/// Returns the error of an operation on a file or folder of the server.
pub(super) fn folder_error(path: &Path, source: std::io::Error) -> ServiceError {
    ServiceError::Folder {
        path: path.to_owned(),
        source,
    }
}
