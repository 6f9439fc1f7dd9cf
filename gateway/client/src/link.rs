//! The link: one non-blocking TCP stream and the bytes on their way in and out.
//!
//! It splits frames and knows no message.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use matchgate_core::domain::RejectReason;
use matchgate_schema::capnp::frame;
use matchgate_schema::message::SERVER_FRAME_BYTES_MAX;

/// Bytes that one read may bring.
const INPUT_BYTES: usize = 64 * 1024;
const _: () = assert!(INPUT_BYTES > SERVER_FRAME_BYTES_MAX);
/// The shortest wait: a socket takes no shorter one.
const WAIT_MIN: Duration = Duration::from_millis(1);
/// The longest wait while output is stuck: how soon it is tried again.
const WAIT_WITH_OUTPUT: Duration = Duration::from_millis(1);

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// New bytes.
    Bytes,
    /// None are there.
    Nothing,
    /// The peer closed.
    Closed,
}

/// One connection's bytes. Made down; [`Link::open`] brings it up, any number of times.
#[derive(Debug)]
pub(crate) struct Link {
    stream: Option<TcpStream>,
    input: Box<[u8]>,
    input_start: usize,
    input_end: usize,
    output: Vec<u8>,
    output_start: usize,
}

impl Link {
    /// Returns a link that is down; its buffers are allocated here.
    pub(crate) fn new(output_bytes: usize) -> Self {
        Self {
            stream: None,
            input: vec![0; INPUT_BYTES].into_boxed_slice(),
            input_start: 0,
            input_end: 0,
            output: Vec::with_capacity(output_bytes),
            output_start: 0,
        }
    }

    /// Connects; what was buffered for an earlier connection is gone.
    pub(crate) fn open(&mut self, address: SocketAddr, timeout: Duration) -> io::Result<()> {
        self.close();
        let stream = TcpStream::connect_timeout(&address, timeout)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Takes the connection down and forgets what was buffered.
    pub(crate) fn close(&mut self) {
        if let Some(stream) = self.stream.take() {
            // The peer may have closed before; either way it is over.
            stream.shutdown(Shutdown::Both).ok();
        }
        self.input_start = 0;
        self.input_end = 0;
        self.output.clear();
        self.output_start = 0;
    }

    pub(crate) const fn stream(&self) -> Option<&TcpStream> {
        self.stream.as_ref()
    }

    /// Returns how many bytes wait to be written.
    pub(crate) fn output_bytes(&self) -> usize {
        self.output.len() - self.output_start
    }

    /// Buffers one frame. The caller bounds the number of bytes.
    pub(crate) fn queue(&mut self, frame: &[u8]) {
        let needs_room = self.output.len() + frame.len() > self.output.capacity();
        if needs_room && self.output_start > 0 {
            self.output.drain(..self.output_start);
            self.output_start = 0;
        }
        self.output.extend_from_slice(frame);
    }

    /// Writes as much of the output as the socket takes; returns whether it wrote anything.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
        let mut wrote = false;
        while let Some(rest) = self.output.get(self.output_start..)
            && !rest.is_empty()
        {
            match stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.output_start += count;
                    wrote = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(wrote),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.output_start = 0;
        Ok(wrote)
    }

    /// Reads what the socket has, without waiting.
    pub(crate) fn fill(&mut self) -> io::Result<Fill> {
        self.input.copy_within(self.input_start..self.input_end, 0);
        self.input_end -= self.input_start;
        self.input_start = 0;
        let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
        let room = self.input.get_mut(self.input_end..).unwrap_or(&mut []);
        loop {
            match stream.read(room) {
                Ok(0) => return Ok(Fill::Closed),
                Ok(count) => {
                    self.input_end += count;
                    return Ok(Fill::Bytes);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Fill::Nothing),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Hands the next whole frame to `read` and drops it; `None` where there is no whole one.
    pub(crate) fn take_frame<T>(
        &mut self,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, RejectReason> {
        let bytes = self
            .input
            .get(self.input_start..self.input_end)
            .unwrap_or(&[]);
        let Some(frame) = frame::next_from_server(bytes)? else {
            return Ok(None);
        };
        let result = read(frame);
        self.input_start += frame.len();
        Ok(Some(result))
    }

    /// Waits until there is something to read, or `timeout` has passed, or sooner.
    pub(crate) fn wait_readable(&self, timeout: Duration) -> io::Result<()> {
        let stream = self.stream.as_ref().ok_or(ErrorKind::NotConnected)?;
        let timeout = match self.output_bytes() {
            0 => timeout.max(WAIT_MIN),
            _ => WAIT_WITH_OUTPUT,
        };
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(timeout))?;
        let peeked = stream.peek(&mut [0]);
        stream.set_nonblocking(true)?;
        match peeked {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(()),
                _ => Err(error),
            },
        }
    }
}
