//! Tests over real loopback sockets, every agent polled on the test's own thread.

mod acceptor;
mod churn;
mod gateway;
mod many_sessions;
mod member;
mod peer;
mod reactor;
mod recovery;
mod slow_disk;
mod venue;

use matchgate_runtime::alloc_guard::CountingAllocator;

/// Counts allocations by thread, so that a test can show that a section makes none.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;
