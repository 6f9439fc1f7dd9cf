//! Sockets: the io_uring reactor, the acceptor, the gateway agent.
