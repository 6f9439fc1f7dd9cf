//! Sockets on their way from one agent to another, each with a record of what is known of it.

use std::net::TcpStream;
use std::os::fd::{FromRawFd, IntoRawFd, RawFd};

use matchgate_runtime::{Consumer, Full, Producer, ring};

/// An open socket that nobody holds while it is in the ring.
#[derive(Clone, Copy, Debug)]
struct Passed<T> {
    descriptor: RawFd,
    record: T,
}

/// Returns the two ends of a ring of `capacity` sockets. All allocation happens here.
#[must_use]
pub(crate) fn socket_ring<T: Copy + Send>(
    capacity: usize,
) -> (SocketProducer<T>, SocketConsumer<T>) {
    let (producer, consumer) = ring(capacity);
    (
        SocketProducer { ring: producer },
        SocketConsumer { ring: consumer },
    )
}

/// The end that sockets go in.
#[derive(Debug)]
pub struct SocketProducer<T> {
    ring: Producer<Passed<T>>,
}

impl<T: Copy + Send> SocketProducer<T> {
    /// Pushes a socket.
    ///
    /// # Errors
    ///
    /// Returns it where the ring is full or the other end is gone.
    pub fn try_push(&mut self, socket: TcpStream, record: T) -> Result<(), Full<(TcpStream, T)>> {
        if !self.ring.has_room(1) || self.ring.is_abandoned() {
            return Err(Full((socket, record)));
        }
        let descriptor = socket.into_raw_fd();
        let pushed = self.ring.try_push(Passed { descriptor, record });
        pushed.map_err(|Full(passed)| Full(claim(passed)))
    }
}

/// The end that sockets come out of. Those that are still in it when it is dropped are closed.
#[derive(Debug)]
pub struct SocketConsumer<T: Copy + Send> {
    ring: Consumer<Passed<T>>,
}

impl<T: Copy + Send> SocketConsumer<T> {
    /// Takes the oldest socket, if there is one.
    pub fn pop(&mut self) -> Option<(TcpStream, T)> {
        self.ring.pop().map(claim)
    }
}

impl<T: Copy + Send> Drop for SocketConsumer<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

/// Takes a socket over. Private to this file: called for what came back from a push, or out of a
/// pop, and so once for each socket.
fn claim<T>(passed: Passed<T>) -> (TcpStream, T) {
    // SAFETY: the descriptor was let go of at the push, so it is open, a stream socket, and
    // nobody's.
    let socket = unsafe { TcpStream::from_raw_fd(passed.descriptor) };
    (socket, passed.record)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    #[test]
    fn full_ring_gives_the_socket_back() {
        let (mut producer, mut consumer) = socket_ring::<u8>(1);
        let (first, mut first_far) = pair();
        let (second, _far) = pair();
        let second_address = second.local_addr().unwrap();
        assert!(producer.try_push(first, 1).is_ok());
        let Err(Full((second, record))) = producer.try_push(second, 2) else {
            panic!("there was no room");
        };
        assert_eq!((second.local_addr().unwrap(), record), (second_address, 2));
        let (first, record) = consumer.pop().unwrap();
        assert_eq!(record, 1);
        drop(first);
        assert_eq!(first_far.read(&mut [0]).unwrap(), 0, "closed once");
        assert!(consumer.pop().is_none());
    }

    #[test]
    fn sockets_left_in_the_ring_are_closed_with_it() {
        let (mut producer, consumer) = socket_ring::<u8>(4);
        let (near, mut far) = pair();
        assert!(producer.try_push(near, 1).is_ok());
        drop(consumer);
        assert_eq!(far.read(&mut [0]).unwrap(), 0);
        let (near, _far) = pair();
        assert!(producer.try_push(near, 2).is_err(), "nobody would take it");
    }
}
