//! The workload is what its page says it is, and every pass comes to the same.

use super::*;

fn end_of(workload: &Resolved, timed: usize) -> End {
    let mut run = BookRun::new();
    for command in &workload.before {
        run.apply(command);
    }
    run.reset_checksum();
    for command in &workload.timed[..timed] {
        run.apply(command);
    }
    run.end()
}

#[test]
fn every_pass_over_a_workload_comes_to_what_the_generator_says() {
    let workload = Resolved::ec_mix(1, 5_000, 20_000);
    assert_eq!(end_of(&workload, 20_000), workload.end);
    assert_eq!(end_of(&workload, 20_000), workload.end);
    let short_of_one = end_of(&workload, 19_999);
    assert_ne!(short_of_one.state_hash, workload.end.state_hash);
    assert_ne!(short_of_one.checksum, workload.end.checksum);
}

#[test]
fn same_seed_gives_the_same_commands() {
    let bodies = |seed| {
        let workload = Resolved::ec_mix(seed, 0, 2_000);
        workload
            .timed
            .iter()
            .map(|one| one.body)
            .collect::<Vec<_>>()
    };
    assert_eq!(bodies(1), bodies(1));
    assert_ne!(bodies(1), bodies(2));
}

#[test]
fn mix_has_its_shares_and_keeps_its_orders_and_levels() {
    for seed in [1, 2, 3] {
        let shape = Resolved::ec_mix(seed, 100_000, 200_000).shape;
        let line = shape.line();
        let near = |part: u64, percent: u64| part.abs_diff(2_000 * percent) < 400;
        assert!(near(shape.news, 9), "{line}");
        assert!(near(shape.takes, 3), "{line}");
        assert!(near(shape.cancels, 6), "{line}");
        assert!(near(shape.moves, 82), "{line}");
        assert!((900..=1_100).contains(&shape.live_orders), "{line}");
        assert!((600..=900).contains(&shape.levels), "{line}");
        assert!((8_000..=16_000).contains(&shape.trading), "{line}");
    }
}

#[test]
fn no_command_of_the_mix_is_refused() {
    let mut mix = EcMix::new(5);
    drop(mix.prefill());
    for _ in 0..20_000 {
        mix.next_step();
        for event in mix.events() {
            let refused = matches!(
                event.body,
                matchgate_core::domain::EventBody::Rejected { .. }
                    | matchgate_core::domain::EventBody::CancelRejected { .. }
            );
            assert!(!refused, "{event:?}");
        }
    }
}
