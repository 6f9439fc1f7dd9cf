//! The example's script runs.

use matchgate_core::ShardCapacity;
use matchgate_scenario::{CAPACITY, Scenario, ShardEngine};

#[test]
fn first_script_is_of_the_language_and_its_commands_are_answered() {
    const SCRIPT: &str = include_str!("../../examples/first.scn");
    let capacity = ShardCapacity {
        levels: 16,
        ..CAPACITY
    };
    let mut scenario = Scenario::bare(ShardEngine::new(capacity), capacity.orders);
    let record = scenario.record(SCRIPT).unwrap();
    for told in [
        "triggered",
        "restated",
        "refused OrderNotLive",
        "mass canceled 2",
    ] {
        assert!(record.contains(told), "{record}");
    }
    let mut again = Scenario::bare(ShardEngine::new(capacity), capacity.orders);
    assert_eq!(again.run(&record), Ok(()), "a record is a script that runs");
}
