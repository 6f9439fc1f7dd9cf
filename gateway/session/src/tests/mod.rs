//! Tests: each is a rule of the session, named as the rule.

mod audit;
mod checks;
mod disk;
mod gateway_log;
mod mass_cancel;
mod no_allocation;
mod order_types;
mod power_loss;
mod random;
mod recovery;
mod release;
mod session;
mod table;
mod venue;

#[global_allocator]
static ALLOCATOR: matchgate_runtime::alloc_guard::CountingAllocator =
    matchgate_runtime::alloc_guard::CountingAllocator;
