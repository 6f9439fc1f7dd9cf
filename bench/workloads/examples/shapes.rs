//! Prints what each workload comes to, and how long it takes to make.

use std::io::{self, Write};
use std::time::Instant;

use matchgate_workloads::{Shape, cross, deep, ec_head, many, sweep};

fn main() -> io::Result<()> {
    for seed in [1, 3, 11, 14] {
        print(&format!("ec_head, seed {seed}"), || {
            ec_head::generate(seed, 1_000, 300_000).shape
        })?;
    }
    print("deep", || deep::generate(1, deep::RESTING, 1_000_000).shape)?;
    for tail in [many::Tail::Pareto, many::Tail::FourOrders] {
        let size = many::Size {
            symbols: many::SYMBOLS,
            resting: 300_000,
            timed: 1_000_000,
        };
        print(&format!("many, {tail:?}"), || {
            many::generate(1, size, tail).shape
        })?;
    }
    print("cross", || cross::generate(1, 1_000_000).shape)?;
    let book = sweep::Book {
        makers: 10_000,
        levels: 100,
    };
    for strike in [
        sweep::Strike::Sweep(100),
        sweep::Strike::Sweep(1_000),
        sweep::Strike::Sweep(10_000),
        sweep::Strike::CancelAll,
    ] {
        print(&format!("sweep, {strike:?}"), || {
            sweep::generate(1, book, strike, 20).shape
        })?;
    }
    Ok(())
}

fn print(name: &str, make: impl Fn() -> Shape) -> io::Result<()> {
    let begin = Instant::now();
    let shape = make();
    let elapsed = begin.elapsed();
    writeln!(io::stdout(), "{name} ({elapsed:.1?}): {shape}")
}
