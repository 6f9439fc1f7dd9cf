//! A chunk is sized by the pace so far, and a run says how far it came.

use std::time::{Duration, Instant};

use super::{ChunkedTest, Counts, has_time, next_chunk, said};

const TEST: ChunkedTest = ChunkedTest {
    stage: "crash",
    unit: "kills",
    test: &["-p", "matchgate-server", "--", "crash"],
    count_variable: "COUNT",
    seed_variable: "SEED",
    said: "killed ",
    first_chunk: 20,
    chunk_max: 500,
    total: 100,
};

fn counts(chunks: u64, done: u64, elapsed_ms: u64) -> Counts {
    Counts {
        chunks,
        asked: done,
        done,
        elapsed_ms,
        ..Counts::new("code".to_owned())
    }
}

#[test]
fn first_chunk_has_the_size_it_was_given() {
    assert_eq!(next_chunk(&counts(0, 0, 0), 20), 20);
}

#[test]
fn next_chunk_takes_two_minutes_at_the_pace_so_far() {
    assert_eq!(next_chunk(&counts(1, 100, 60_000), 20), 200);
    assert_eq!(next_chunk(&counts(2, 100, 600_000), 20), 20);
}

#[test]
fn next_chunk_grows_fourfold_at_most_and_never_to_nothing() {
    assert_eq!(next_chunk(&counts(1, 20, 1), 20), 80);
    assert_eq!(next_chunk(&counts(1, 1, 900_000), 20), 1);
}

#[test]
fn chunk_that_would_not_end_in_time_is_not_begun() {
    let far = Instant::now() + Duration::from_secs(60);
    assert!(has_time(&counts(2, 40, 20_000), far));
    assert!(!has_time(&counts(2, 40, 200_000), far));
    assert!(!has_time(&counts(0, 0, 0), Instant::now()));
}

#[test]
fn summary_counts_what_all_runs_have_done() {
    let summary = TEST.summary(&counts(2, 40, 61_500), 100);
    assert_eq!(
        summary,
        "crash: 40 of 100 kills in 2 chunks, 0 failed, 61 s"
    );
}

#[test]
fn failed_chunk_can_be_repeated_from_one_line() {
    let line = TEST.repeat_line(80, 7);
    assert_eq!(
        line,
        "COUNT=80 SEED=7 cargo test --release -p matchgate-server -- crash"
    );
}

#[test]
fn only_a_line_of_the_agreed_form_says_what_was_done() {
    assert_eq!(said("killed 25 times, 24 under load", "killed "), Some(25));
    assert_eq!(said("killed 7", "killed "), Some(7));
    assert_eq!(said("killed by hand", "killed "), None);
    assert_eq!(said("it was killed 3 times", "killed "), None);
}
