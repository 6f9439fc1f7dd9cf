//! Echoes: servers that answer each request with bytes made before, and nothing else.
//!
//! What any server over the same sockets has to pay. One spins on the product's own reactor, one
//! on plain non-blocking receive and send; the first may also append to a journal what a gateway
//! would. An echo that is not measured is parked, so that its core is free.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow, bail};
use matchgate_journal::Appender;
use matchgate_net::{ConnectionId, Reactor, ReactorEvent, ReactorOptions};
use matchgate_runtime::pin_current_thread;

const RUN: u8 = 0;
const PAUSE: u8 = 1;
const PAUSED: u8 = 2;
const STOP: u8 = 3;
const INPUT_BYTES: usize = 4_096;

/// What is answered to what, in turn, over and over.
#[derive(Clone, Debug)]
pub struct Script {
    /// Bytes of each request and what is answered.
    pub steps: Vec<(usize, Vec<u8>)>,
}

/// How the sockets are served.
#[derive(Debug)]
pub enum Backend {
    /// By the reactor of the product.
    Reactor,
    /// By the reactor, and each request is journaled before its answer.
    ReactorAndJournal(EchoJournal),
    /// By plain non-blocking receive and send.
    Plain,
}

/// What is journaled, in sizes: for each step of the script, bodies of the shard's log and of the
/// gateway's.
#[derive(Debug)]
pub struct EchoJournal {
    /// Logs of shard and gateway.
    pub logs: [Appender; 2],
    /// Body sizes by step: in the shard's log, then in the gateway's.
    pub bodies: Vec<[usize; 2]>,
    /// Body size of what says, in the gateway's log, that all answers of a turn leave.
    pub released: usize,
}

/// Bytes of the longest body that an echo journals.
const BODY_BYTES_MAX: usize = 256;
static BODY: [u8; BODY_BYTES_MAX] = [0x5a; BODY_BYTES_MAX];

impl EchoJournal {
    /// Appends what belongs to `step`, once there is room.
    fn append(&mut self, step: usize, time_ns: u64) {
        let Some(bodies) = self.bodies.get(step) else {
            return;
        };
        for (log, &bytes) in self.logs.iter_mut().zip(bodies) {
            append(log, bytes, time_ns);
        }
    }

    /// Appends that the answers of a turn leave: one record for however many, as a gateway does.
    fn release(&mut self, time_ns: u64) {
        append(&mut self.logs[1], self.released, time_ns);
    }
}

/// Appends a body of `bytes`, once there is room.
fn append(log: &mut Appender, bytes: usize, time_ns: u64) {
    let body = &BODY[..bytes.min(BODY_BYTES_MAX)];
    while log.append(1, time_ns, &[body]).is_err() {
        std::hint::spin_loop();
    }
}

/// A running echo.
#[derive(Debug)]
pub struct Echo {
    address: SocketAddr,
    state: Arc<AtomicU8>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Echo {
    /// Starts an echo on `cpu` that takes one connection.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error.
    pub fn start(backend: Backend, script: Script, cpu: usize) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(AtomicU8::new(RUN));
        let seen = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("echo".to_owned())
            .spawn(move || {
                pin_current_thread(cpu)?;
                match backend {
                    Backend::Plain => plain(&listener, &script, &seen),
                    Backend::Reactor => on_reactor(&listener, &script, None, &seen),
                    Backend::ReactorAndJournal(journal) => {
                        on_reactor(&listener, &script, Some(journal), &seen)
                    }
                }
            })?;
        Ok(Self {
            address,
            state,
            thread: Some(thread),
        })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Parks it; returns once it is.
    ///
    /// # Errors
    ///
    /// Returns an error where it has ended.
    pub fn pause(&self) -> Result<()> {
        self.state.store(PAUSE, Ordering::Release);
        while self.state.load(Ordering::Acquire) != PAUSED {
            if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                bail!("the echo has ended");
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.state.store(RUN, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Ends it.
    ///
    /// # Errors
    ///
    /// Returns what went wrong in it.
    pub fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        self.state.store(STOP, Ordering::Release);
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        thread.thread().unpark();
        thread.join().map_err(|_| anyhow!("the echo panicked"))?
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // Whoever drops it without asking has an error of his own to tell.
        drop(self.end());
    }
}

/// Returns whether to go on, after parking as long as is asked for.
#[inline]
fn goes_on(state: &AtomicU8) -> bool {
    match state.load(Ordering::Relaxed) {
        RUN => true,
        STOP => false,
        _ => wait(state),
    }
}

#[cold]
fn wait(state: &AtomicU8) -> bool {
    loop {
        // Only a pause becomes paused: a stop or a start that came meanwhile stays.
        let _became = state.compare_exchange(PAUSE, PAUSED, Ordering::AcqRel, Ordering::Acquire);
        match state.load(Ordering::Acquire) {
            RUN => return true,
            STOP => return false,
            _ => std::thread::park(),
        }
    }
}

/// Where the script stands on a connection.
struct Progress<'a> {
    script: &'a Script,
    step: usize,
    received: usize,
}

impl<'a> Progress<'a> {
    const fn new(script: &'a Script) -> Self {
        Self {
            script,
            step: 0,
            received: 0,
        }
    }

    /// Notes bytes that came.
    const fn note(&mut self, bytes: usize) {
        self.received += bytes;
    }

    /// Returns the next step whose request is whole, and its answer.
    fn next_answer(&mut self) -> Option<(usize, &'a [u8])> {
        let (request_bytes, answer) = self.script.steps.get(self.step)?;
        if self.received < *request_bytes {
            return None;
        }
        self.received -= request_bytes;
        let step = self.step;
        self.step = (self.step + 1) % self.script.steps.len();
        Some((step, answer))
    }
}

fn on_reactor(
    listener: &TcpListener,
    script: &Script,
    mut journal: Option<EchoJournal>,
    state: &AtomicU8,
) -> Result<()> {
    listener.set_nonblocking(true)?;
    let mut reactor = Reactor::new(&ReactorOptions::default())?;
    let mut connection: Option<(ConnectionId, Progress<'_>)> = None;
    let mut messages = 0;
    let answers = script.steps.iter().map(|step| step.1.len());
    let answer_bytes_max = answers.max().unwrap_or(0);
    while goes_on(state) {
        let Some((id, progress)) = &mut connection else {
            if let Some(socket) = accepted(listener)? {
                connection = Some((reactor.adopt(socket)?, Progress::new(script)));
            }
            continue;
        };
        let mut over = false;
        reactor.poll();
        while let Some(event) = reactor.next_event() {
            match event {
                ReactorEvent::Received(_, bytes) => progress.note(bytes.len()),
                ReactorEvent::Closed(..) => over = true,
            }
        }
        let answered_before = messages;
        // Where the output has no room, requests wait for a later turn.
        while reactor.output_space(*id) >= answer_bytes_max
            && let Some((step, answer)) = progress.next_answer()
        {
            messages += 1;
            if let Some(journal) = &mut journal {
                journal.append(step, messages);
            }
            if !reactor.send(*id, answer) {
                bail!("the output had room just before");
            }
        }
        if messages > answered_before
            && let Some(journal) = &mut journal
        {
            journal.release(messages);
        }
        reactor.submit()?;
        if over {
            connection = None;
        }
    }
    Ok(())
}

/// Returns the next connection, if one waits.
fn accepted(listener: &TcpListener) -> Result<Option<TcpStream>> {
    match listener.accept() {
        Ok((socket, _)) => Ok(Some(socket)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error).context("accepting"),
    }
}

fn plain(listener: &TcpListener, script: &Script, state: &AtomicU8) -> Result<()> {
    listener.set_nonblocking(true)?;
    let mut input = [0; INPUT_BYTES];
    let mut connection: Option<(TcpStream, Progress<'_>)> = None;
    while goes_on(state) {
        let Some((socket, progress)) = &mut connection else {
            if let Some(socket) = accepted(listener)? {
                socket.set_nodelay(true)?;
                socket.set_nonblocking(true)?;
                connection = Some((socket, Progress::new(script)));
            }
            continue;
        };
        match socket.read(&mut input) {
            Ok(0) => {
                connection = None;
                continue;
            }
            Ok(count) => progress.note(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error).context("reading"),
        }
        while let Some((_, answer)) = progress.next_answer() {
            // With one request in flight an answer always finds an empty socket buffer.
            socket.write_all(answer).context("writing")?;
        }
    }
    Ok(())
}
