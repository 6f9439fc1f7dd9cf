//! The serving side of the admin socket: one thread, one request at a time.
//!
//! It must not know what an act does; the venue answers through [`AdminSource`].

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::message::{AdminReply, AdminRequest};

/// Bytes in the longest request.
const REQUEST_BYTES_MAX: usize = 4096;
/// How long a peer may take to say its line, all of it: the next one waits meanwhile.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a peer may take to read its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// Who is spoken with, so that a stop waits for nobody.
    peer: Arc<Mutex<Option<UnixStream>>>,
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
        let peer = Arc::new(Mutex::new(None));
        let spoken_with = Arc::clone(&peer);
        let thread = std::thread::Builder::new()
            .name("admin".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    let Ok(stream) = stream else { continue };
                    set_peer(&spoken_with, stream.try_clone().ok());
                    // Looked at behind the line above: a stop either finds the peer or is seen.
                    if stopped.load(Ordering::SeqCst) {
                        break;
                    }
                    // A peer that goes away in the middle concerns only itself.
                    drop(converse(&stream, source.as_ref()));
                    set_peer(&spoken_with, None);
                }
            })?;
        Ok(Self {
            path: path.to_owned(),
            stop,
            peer,
            thread: Some(thread),
        })
    }
}

fn set_peer(place: &Mutex<Option<UnixStream>>, peer: Option<UnixStream>) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = peer;
}

impl Drop for AdminServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let peer = self.peer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peer.as_ref() {
            // One that is gone by itself is as good.
            drop(peer.shutdown(Shutdown::Both));
        }
        drop(peer);
        // The thread waits in accept; a connection wakes it.
        drop(UnixStream::connect(&self.path));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        drop(std::fs::remove_file(&self.path));
    }
}

fn converse(stream: &UnixStream, source: &dyn AdminSource) -> std::io::Result<()> {
    stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    let line = read_line(stream, Instant::now() + REQUEST_TIMEOUT)?;
    let reply = match serde_json::from_slice(&line) {
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

/// Returns the first line, or what there is of it where the peer says no more.
fn read_line(mut stream: &UnixStream, deadline: Instant) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut some = [0; 512];
    while !line.contains(&b'\n') && line.len() < REQUEST_BYTES_MAX {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let count = stream.read(&mut some)?;
        if count == 0 {
            break;
        }
        line.extend_from_slice(some.get(..count).unwrap_or_default());
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_that_is_not_said_in_time_is_given_up() {
        let (mut peer, stream) = UnixStream::pair().unwrap();
        peer.write_all(b"{\"half").unwrap();
        let error = read_line(&stream, Instant::now()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let error = read_line(&stream, Instant::now() + Duration::from_millis(5)).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::TimedOut | ErrorKind::WouldBlock
        ));
    }

    #[test]
    fn line_ends_with_its_feed_or_with_the_peer_or_with_its_longest() {
        let far = Instant::now() + Duration::from_secs(600);
        let (mut peer, stream) = UnixStream::pair().unwrap();
        peer.write_all(b"one\n").unwrap();
        assert_eq!(read_line(&stream, far).unwrap(), b"one\n");
        peer.write_all(&[b'x'; 2 * REQUEST_BYTES_MAX]).unwrap();
        assert_eq!(read_line(&stream, far).unwrap().len(), REQUEST_BYTES_MAX);
        drop(peer);
        assert_eq!(read_line(&stream, far).unwrap().len(), REQUEST_BYTES_MAX);
        assert!(read_line(&stream, far).unwrap().is_empty());
    }
}
