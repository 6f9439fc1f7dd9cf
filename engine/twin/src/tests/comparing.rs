//! The comparison itself: equal engines are equal, planted bugs are caught, differences become
//! small, flows meet everything.

use std::fmt::Write;

use crate::coverage::Coverage;
use crate::differential::{Engine, SHARD, compare, compare_list, shrink};
use crate::generator::{Flow, Generator};
use crate::planted::Bug;
use crate::reference::Reference;

/// Commands within which a planted bug is to be caught.
const CAUGHT_WITHIN: usize = 200_000;

fn reference(flow: Flow) -> Reference {
    Reference::new(SHARD, flow.capacity())
}

#[test]
fn equal_engines_do_not_differ() {
    for flow in [Flow::Mixed, Flow::Deep, Flow::Pegs, Flow::Wide] {
        compare(1, flow, 5_000, reference(flow), None).unwrap();
    }
}

#[test]
fn a_flow_is_a_function_of_its_seed() {
    let said = |seed| {
        let mut generator = Generator::new(seed, Flow::Mixed);
        let mut twin = reference(Flow::Mixed);
        let mut said = Vec::new();
        for _ in 0..5_000 {
            let command = generator.next(&twin);
            twin.apply(&command, &mut said);
        }
        (twin.state_hash(), said)
    };
    assert_eq!(said(1), said(1));
    assert_ne!(said(1), said(2));
}

#[test]
fn every_planted_bug_is_caught_and_its_flow_made_small() {
    let mut table = String::new();
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let flow = Flow::Mixed;
        let capacity = flow.capacity();
        let engine = || Reference::new(SHARD, capacity).with_bug(bug);
        let mut told = 0;
        let found = (1..).take_while(|seed| *seed <= 10).find_map(|seed| {
            let found = compare(seed, flow, CAUGHT_WITHIN / 10, engine(), None).err();
            told += found
                .as_ref()
                .map_or(CAUGHT_WITHIN / 10, |found| found.commands.len());
            found.map(|found| (seed, found))
        });
        let Some((seed, found)) = found else {
            missed.push(bug);
            continue;
        };
        let small = shrink(*found, capacity, engine);
        compare_list(&small.commands, capacity, engine()).unwrap_err();
        let mut executed = engine();
        for command in &small.commands {
            Engine::apply(&mut executed, command, &mut Vec::new());
        }
        let length = small.commands.len();
        let count = executed.bug_executed();
        writeln!(
            table,
            "{bug:?}: seed {seed}, caught after {told} commands; {length} make it, in which \
             the bug was met {count} times; {:?}",
            small.what
        )
        .unwrap();
        assert!(length <= 40, "{bug:?} needs {length} commands");
        assert!(count > 0, "{bug:?} was not met");
    }
    println!("{table}");
    assert!(missed.is_empty(), "not caught: {missed:?}\n{table}");
}

#[test]
fn the_flows_meet_everything() {
    let mut coverage = Coverage::default();
    for seed in 1..=24 {
        let mut of_seed = Coverage::default();
        let flow = Flow::Mixed;
        compare(seed, flow, 25_000, reference(flow), Some(&mut of_seed)).unwrap();
        coverage.add(&of_seed);
    }
    let missed = coverage.missed(10);
    assert!(missed.is_empty(), "{missed:#?}\n{:#?}", coverage.counts());
}
