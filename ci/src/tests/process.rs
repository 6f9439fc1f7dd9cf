//! What running another program must do with its lines, its result and its time.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{Ended, capture, stream};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn lines_arrive_in_order_and_without_their_ends() {
    let mut lines = Vec::new();
    let ended = stream(&mut shell("printf 'a\\nb\\r\\nc'"), None, &mut |line| {
        lines.push(line.to_owned());
    });
    assert_eq!(ended.unwrap(), Ended::Success);
    assert_eq!(lines, ["a", "b", "c"]);
}

#[test]
fn non_zero_exit_is_a_failure() {
    let ended = stream(&mut shell("exit 3"), None, &mut |_| {});
    assert_eq!(ended.unwrap(), Ended::Failure);
}

#[test]
fn deadline_ends_the_program_and_what_it_started() {
    let started = Instant::now();
    let deadline = started + Duration::from_millis(50);
    // The grandchild holds the same pipe: were it left alive, it would outlive the test.
    let ended = stream(
        &mut shell("sleep 600 & sleep 600"),
        Some(deadline),
        &mut |_| {},
    );
    assert_eq!(ended.unwrap(), Ended::Deadline);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn missing_program_is_an_error_that_names_it() {
    let error = stream(&mut Command::new("/no/such/program"), None, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("/no/such/program"));
}

#[test]
fn captured_lines_are_those_of_both_streams_in_order() {
    let deadline = Instant::now() + Duration::from_secs(600);
    let (ended, lines) = capture(shell("echo a; echo b >&2; echo c; exit 1"), deadline).unwrap();
    assert_eq!(
        (ended, lines),
        (Ended::Failure, ["a", "b", "c"].map(str::to_owned).to_vec())
    );
}

#[test]
fn deadline_ends_a_captured_program_and_what_it_started() {
    let deadline = Instant::now() + Duration::from_millis(50);
    let (ended, _) = capture(shell("sleep 600 & sleep 600"), deadline).unwrap();
    assert_eq!(ended, Ended::Deadline);
}
