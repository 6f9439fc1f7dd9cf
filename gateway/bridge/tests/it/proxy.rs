//! A proxy that cuts or holds a connection after so many bytes, as a failing network would.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What happens to one connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// Bytes that pass from the client to the server.
    pub(crate) up: Option<u64>,
    /// Bytes that pass from the server to the client.
    pub(crate) down: Option<u64>,
    /// Whether it then stays open with nothing passing; else it is cut.
    pub(crate) hold: bool,
}

#[derive(Default)]
struct Shared {
    /// For the next connections, in turn; those after them pass everything.
    plan: Mutex<VecDeque<Limits>>,
    sockets: Mutex<Vec<TcpStream>>,
    is_ended: AtomicBool,
}

/// Passes connections on to one server.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    pub(crate) fn new(server: SocketAddr, plan: impl IntoIterator<Item = Limits>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        shared.plan.lock().expect("no panic").extend(plan);
        let accepting = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || accept(&listener, server, &accepting));
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Returns how many connections are still to be disturbed.
    pub(crate) fn planned(&self) -> usize {
        self.shared.plan.lock().expect("no panic").len()
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        for socket in self.shared.sockets.lock().expect("no panic").drain(..) {
            close(&socket);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_ended.store(true, Ordering::Release);
        // Wakes the acceptor.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().expect("the acceptor ends");
        }
        self.cut();
    }
}

/// Closes a socket that the other side may have closed before.
fn close(socket: &TcpStream) {
    let _was_open = socket.shutdown(Shutdown::Both).is_ok();
}

fn accept(listener: &TcpListener, server: SocketAddr, shared: &Shared) {
    for client in listener.incoming() {
        if shared.is_ended.load(Ordering::Acquire) {
            return;
        }
        let Ok(client) = client else { continue };
        let Ok(server) = TcpStream::connect(server) else {
            close(&client);
            continue;
        };
        let plan = shared.plan.lock().expect("no panic").pop_front();
        let limits = plan.unwrap_or_default();
        let clone = |socket: &TcpStream| socket.try_clone().expect("a file descriptor");
        let mut sockets = shared.sockets.lock().expect("no panic");
        sockets.extend([clone(&client), clone(&server)]);
        drop(sockets);
        let ends = [(clone(&client), clone(&server)), (server, client)];
        for ((from, to), limit) in ends.into_iter().zip([limits.up, limits.down]) {
            std::thread::spawn(move || pass(from, to, limit, limits.hold));
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, limit: Option<u64>, hold: bool) {
    let mut left = limit.unwrap_or(u64::MAX);
    let mut bytes = [0; 4_096];
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        match from.read(&mut bytes[..wanted]) {
            Ok(read) if read > 0 && to.write_all(&bytes[..read]).is_ok() => {
                left -= u64::try_from(read).expect("a small number");
            }
            Ok(_) | Err(_) => break,
        }
    }
    if left > 0 || !hold {
        close(&from);
        close(&to);
    }
}
