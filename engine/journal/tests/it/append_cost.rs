//! What an append costs. Told, never asserted: other programs share the machine.

use std::time::Instant;

use matchgate_journal::{STAGING_ROOT, StagingOptions, open_stream};

use crate::support::*;

const APPENDS: u64 = 1 << 20;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the cost of an append is what is measured"
)]
fn append_cost_is_told() {
    let home = Home::new();
    let directory = home.open();
    assert!(home.staging_root().starts_with(STAGING_ROOT));
    let large = StagingOptions {
        capacity_bytes: APPENDS * 256,
    };
    let mut opened = open_stream(&directory, STREAM, large).expect("opens");
    for (fixed, name) in [(8_usize, 6_usize), (88, 12)] {
        let (fixed_part, name_part) = (vec![7_u8; fixed], vec![8_u8; name]);
        let turns = APPENDS / 2;
        let started = Instant::now();
        for turn in 0..turns {
            opened
                .appender
                .append(1, turn, &[&fixed_part, &name_part])
                .expect("room");
        }
        let elapsed_ns = started.elapsed().as_nanos();
        println!(
            "append of {} bytes: {} ps",
            fixed + name,
            elapsed_ns * 1000 / u128::from(turns)
        );
    }
}
