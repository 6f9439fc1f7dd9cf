//! Books of other people, which run in a process of their own: builds it, starts it, talks to it.
//!
//! It is a program of a workspace of its own, `bench/peers`, so that nothing of theirs is in our
//! lock file. Every line to it gets one line back; between its passes it waits and does nothing.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use matchgate_workloads::meb::Scenario;

/// One timed pass of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerPass {
    /// Nanoseconds.
    pub ns: u64,
    /// Messages.
    pub messages: u64,
    /// Sum over its reports, to be compared before the time is.
    pub checksum: u64,
    /// Orders that rest at the end.
    pub live_orders: u64,
    /// Prices with orders at the end.
    pub levels: u64,
}

/// A book that the process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name there.
    pub book: &'static str,
    /// Whether its history is cleared now and then, as it asks of whoever runs for long.
    pub clears: bool,
}

impl Peer {
    /// The registry's honest baseline: right on the public benchmark.
    pub const NANOBOOK: Self = Self {
        book: "nanobook",
        clears: true,
    };
    /// The same, right on everything it does not refuse.
    pub const NANOBOOK_REPAIRED: Self = Self {
        book: "nanobook-repaired",
        clears: true,
    };
    /// Right on everything it does not refuse.
    pub const RUST_OB: Self = Self {
        book: "rust_ob",
        clears: false,
    };

    fn words(self) -> String {
        let clear = if self.clears { " clear" } else { "" };
        format!("{}{clear}", self.book)
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It could not be built.
    #[error("cargo could not build {manifest}: {message}")]
    Build {
        /// What was to be built.
        manifest: String,
        /// The end of what cargo said.
        message: String,
    },
    /// It could not be started, or has ended.
    #[error("cannot talk to the process of the peers")]
    Io(#[from] io::Error),
    /// It has no answer, and says why.
    #[error("the peers answer {request:?} with {reason:?}")]
    Refused {
        /// What was asked.
        request: String,
        /// Why not.
        reason: String,
    },
    /// It has an answer that is not understood.
    #[error("the peers answer {request:?} with {answer:?}, which is not understood")]
    Unknown {
        /// What was asked.
        request: String,
        /// The answer.
        answer: String,
    },
}

/// Builds the program under `root`, the repository, where it is not up to date; returns its path.
///
/// # Errors
///
/// Returns an error when cargo is not there or does not build it, as without its dependencies.
pub fn build(root: &Path) -> Result<PathBuf, PeerError> {
    let manifest = root.join("bench/peers/Cargo.toml");
    let target = root.join("target/peers");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--locked"])
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        // Where cargo looks for its configuration, so that it is compiled for the same processor.
        .current_dir(root)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().collect();
        return Err(PeerError::Build {
            manifest: manifest.display().to_string(),
            message: lines[lines.len().saturating_sub(5)..].join("; "),
        });
    }
    Ok(target.join("release/peers"))
}

/// The process; it ends with this.
#[derive(Debug)]
pub struct Peers {
    child: Child,
    /// `None` once it is to end.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peers {
    /// Starts `program`, which [`build`] returns, on a processor where one is given.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be started.
    pub fn start(program: &Path, cpu: Option<usize>) -> Result<Self, PeerError> {
        let mut command = Command::new(program);
        if let Some(cpu) = cpu {
            command.args(["--cpu", &cpu.to_string()]);
        }
        let mut child = command
            // Our tables ask for huge pages, so theirs get them too.
            .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let missing = || io::Error::other("the process has no pipes");
        let requests = child.stdin.take().ok_or_else(missing)?;
        let answers = child.stdout.take().ok_or_else(missing)?;
        Ok(Self {
            child,
            requests: Some(requests),
            answers: BufReader::new(answers),
        })
    }

    /// Lets it make a scenario of the public benchmark; returns how many messages that is.
    ///
    /// # Errors
    ///
    /// Returns an error where the process does, or has ended.
    pub fn load_meb(
        &mut self,
        scenario: Scenario,
        seed: u32,
        orders: u32,
    ) -> Result<u64, PeerError> {
        self.load(&format!("load meb {} {seed} {orders}", scenario.name()))
    }

    /// Lets it read a file of operations; returns how many of them are timed.
    ///
    /// # Errors
    ///
    /// Returns an error where the process does, or has ended.
    pub fn load_file(&mut self, path: &Path) -> Result<u64, PeerError> {
        self.load(&format!("load file {}", path.display()))
    }

    /// Lets a book do a timed pass over what was loaded.
    ///
    /// # Errors
    ///
    /// Returns an error where the process does, as for an operation that the book lacks, or has
    /// ended.
    pub fn run(&mut self, peer: Peer) -> Result<PeerPass, PeerError> {
        let request = format!("run {}", peer.words());
        let answer = self.ask(&request)?;
        parse_pass(&answer).ok_or(PeerError::Unknown { request, answer })
    }

    /// Returns the SHA-256 of all reports of a book to what was loaded.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn sha256(&mut self, peer: Peer) -> Result<String, PeerError> {
        self.ask(&format!("sha {}", peer.words()))
    }

    fn load(&mut self, request: &str) -> Result<u64, PeerError> {
        let answer = self.ask(request)?;
        let count = answer.strip_prefix("loaded ");
        let unknown = || PeerError::Unknown {
            request: request.to_owned(),
            answer: answer.clone(),
        };
        count
            .and_then(|count| count.parse().ok())
            .ok_or_else(unknown)
    }

    fn ask(&mut self, request: &str) -> Result<String, PeerError> {
        let ended = || io::Error::from(io::ErrorKind::BrokenPipe);
        let requests = self.requests.as_mut().ok_or_else(ended)?;
        writeln!(requests, "{request}")?;
        requests.flush()?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err(ended().into());
        }
        let answer = answer.trim_end();
        match answer.strip_prefix("error: ") {
            Some(reason) => Err(PeerError::Refused {
                request: request.to_owned(),
                reason: reason.to_owned(),
            }),
            None => Ok(answer.to_owned()),
        }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // It ends with its input; where it hangs it ends by itself within minutes, or here.
        self.requests = None;
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

fn parse_pass(answer: &str) -> Option<PeerPass> {
    let mut pass = PeerPass::default();
    let mut found = 0;
    for word in answer.split_whitespace() {
        let (key, value) = word.split_once('=')?;
        let field = match key {
            "ns" => &mut pass.ns,
            "messages" => &mut pass.messages,
            "checksum" => &mut pass.checksum,
            "live" => &mut pass.live_orders,
            "levels" => &mut pass.levels,
            _ => continue,
        };
        let radix = if key == "checksum" { 16 } else { 10 };
        *field = u64::from_str_radix(value, radix).ok()?;
        found += 1;
    }
    (found == 5).then_some(pass)
}
