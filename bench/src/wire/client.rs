//! A client that never waits in the kernel: it writes, then looks until the answer is there.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, bail};
use matchgate_runtime::Clock;
use matchgate_schema::capnp::frame;

const INPUT_BYTES: usize = 64 * 1_024;
/// Looks between two glances at the time.
const LOOKS_PER_GLANCE: u32 = 1 << 14;
/// An answer that takes longer is an error.
const ANSWER_NS_MAX: u64 = 60_000_000_000;

/// One connection.
#[derive(Debug)]
pub struct SpinClient {
    socket: TcpStream,
    clock: Clock,
    input: Box<[u8]>,
    start: usize,
    end: usize,
}

impl SpinClient {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error.
    pub fn connect(address: SocketAddr, clock: &Clock) -> Result<Self> {
        let socket = TcpStream::connect(address).context("connecting")?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            clock: clock.clone(),
            input: vec![0; INPUT_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
        })
    }

    /// Returns the clock by which it measures.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Writes all of `bytes`, in one system call where the socket takes them.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error.
    #[inline]
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.socket.write(rest) {
                Ok(0) => bail!("the server takes nothing more"),
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("writing"),
            }
        }
        Ok(())
    }

    /// Looks until a whole frame is there; returns the counter at that moment and what `read`
    /// makes of the frame.
    ///
    /// # Errors
    ///
    /// Returns an error where the server closes, sends no frame, or takes longer than a minute.
    #[inline]
    pub fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> Result<(u64, T)> {
        let began_ns = self.clock.now_ns();
        let mut looks = 0_u32;
        loop {
            if self.has_frame()? {
                break;
            }
            self.look()?;
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(LOOKS_PER_GLANCE) {
                self.check_patience(began_ns)?;
            }
        }
        let ticks = self.clock.ticks();
        let received = self.take_frame(read)?;
        Ok((ticks, received.context("the frame is there")?))
    }

    /// Gives up an answer that has been waited for since `began_ns`.
    ///
    /// # Errors
    ///
    /// Returns an error where that is longer than a minute.
    #[inline]
    pub fn check_patience(&self, began_ns: u64) -> Result<()> {
        if self.clock.now_ns().saturating_sub(began_ns) > ANSWER_NS_MAX {
            bail!("no answer for a minute");
        }
        Ok(())
    }

    /// Takes what has come, without waiting.
    ///
    /// # Errors
    ///
    /// Returns an error where the server has closed.
    #[inline]
    pub fn look(&mut self) -> Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.input.len() {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        match self.socket.read(&mut self.input[self.end..]) {
            Ok(0) => bail!("the server has closed the connection"),
            Ok(count) => self.end += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("reading"),
        }
        Ok(())
    }

    /// Hands the next whole frame that has come to `read`, if there is one.
    ///
    /// # Errors
    ///
    /// Returns an error where the bytes are no frame.
    #[inline]
    pub fn take_frame<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>> {
        let split = frame::next_from_server(&self.input[self.start..self.end]);
        let Some(frame) = split.map_err(|reason| anyhow::anyhow!("no frame: {reason:?}"))? else {
            return Ok(None);
        };
        let value = read(frame);
        self.start += frame.len();
        Ok(Some(value))
    }

    #[inline]
    fn has_frame(&self) -> Result<bool> {
        let split = frame::next_from_server(&self.input[self.start..self.end]);
        match split {
            Ok(frame) => Ok(frame.is_some()),
            Err(reason) => bail!("no frame: {reason:?}"),
        }
    }
}
