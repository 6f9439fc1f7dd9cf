//! The serving side of the admin socket: one thread, one request at a time.
//!
//! It must not know what an act does; the venue answers through [`AdminSource`].

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::message::{AdminReply, AdminRequest};

/// Bytes in the longest request.
const REQUEST_BYTES_MAX: u64 = 4096;
/// How long a peer may take to say its line or to read its answer.
const PEER_TIMEOUT: Duration = Duration::from_secs(5);

/// Who answers.
pub trait AdminSource: Send + Sync {
    /// Returns the answer; may wait for the control journal.
    fn answer(&self, request: &AdminRequest) -> AdminReply;
}

/// The listening thread; it ends, and the socket goes, when this is dropped.
#[derive(Debug)]
pub struct AdminServer {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl AdminServer {
    /// Listens at `path`; a socket that a killed process left there is replaced. The caller holds
    /// the data directory's lock.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error.
    pub fn start(path: &Path, source: Arc<dyn AdminSource>) -> std::io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(path)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("admin".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    if stopped.load(Ordering::Acquire) {
                        break;
                    }
                    if let Ok(stream) = stream {
                        // A peer that goes away in the middle concerns only itself.
                        drop(converse(&stream, source.as_ref()));
                    }
                }
            })?;
        Ok(Self {
            path: path.to_owned(),
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for AdminServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // The thread waits in accept; a connection wakes it.
        drop(UnixStream::connect(&self.path));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        drop(std::fs::remove_file(&self.path));
    }
}

fn converse(stream: &UnixStream, source: &dyn AdminSource) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PEER_TIMEOUT))?;
    stream.set_write_timeout(Some(PEER_TIMEOUT))?;
    let mut line = String::new();
    BufReader::new(stream.take(REQUEST_BYTES_MAX)).read_line(&mut line)?;
    let reply = match serde_json::from_str(&line) {
        Ok(request) => source.answer(&request),
        Err(error) => AdminReply::Refused {
            reason: format!("malformed request: {error}"),
        },
    };
    let mut text = serde_json::to_vec(&reply)?;
    text.push(b'\n');
    let mut stream = stream;
    stream.write_all(&text)
}
