//! That the shard agent asks for no memory once it runs.

use matchgate_runtime::Agent;
use matchgate_runtime::alloc_guard::{CountingAllocator, count_allocations};

use crate::gateway::Gateway;
use crate::venue::{Ground, Venue};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn shard_agent_asks_for_no_memory_after_start() {
    let ground = Ground::new();
    let mut venue = Venue::new(&ground, 8_192);
    let mut gateway = Gateway::new(0, 0, 256, 77);
    let (memory, counted) = count_allocations(|| vec![1_u8]);
    assert_eq!((memory.len(), counted), (1, 1));
    for round in 0..20 {
        for _ in 0..256 {
            let command = gateway.any();
            venue.commands[0].try_push(command).unwrap();
        }
        venue.time.advance_ns(400_000_000);
        let ((), allocations) = count_allocations(|| while venue.agent.poll() > 0 {});
        assert_eq!(allocations, 0, "round {round}");
        venue.journal.wait_until_synced();
        let told = venue.run();
        gateway.learn(&told[0]);
    }
    assert!(venue.agent.shard().last_sequence().0 > 5_000);
}
