//! The `bars` program as it is run: what it prints, keeps and returns. No figure is looked at but
//! those that are counts.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails at once is a good test, and a skipped one says so"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const BARS: &str = env!("CARGO_BIN_EXE_bars");
/// Long enough to walk every step, too short to say anything.
const TINY: [&str; 6] = ["--seconds", "0.1", "--pairs", "15", "--commands", "5000"];

/// The bars, in the order in which they are measured.
const KNOWN: [&str; 22] = [
    "AA", "B15", "B13", "B14", "B11", "B25", "B8", "B1", "B6", "B1r", "B4", "B7", "B9", "B12",
    "B17", "B16", "W1", "W1h", "W5", "W7", "B20", "B21",
];

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
    folder: tempfile::TempDir,
}

impl Ran {
    /// Returns the JSON lines: of the run itself, and of each figure.
    fn json(&self) -> (Value, Vec<Value>) {
        let text = std::fs::read_to_string(self.folder.path().join("bars.jsonl")).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        (lines.next().unwrap(), lines.collect())
    }

    /// Returns whether this machine can run it; says so where it cannot.
    fn is_possible(&self) -> bool {
        let possible = !self.stdout.contains("two cpus are needed");
        if !possible {
            println!("skipped: two cpus are needed");
        }
        possible
    }
}

fn run(arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(BARS)
        .args(arguments)
        .arg("--out")
        .arg(folder.path())
        .output()
        .unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    Ran {
        code: status.code().unwrap(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
        folder,
    }
}

fn tiny(ids: &[&str]) -> Ran {
    run(&[ids, &TINY].concat())
}

/// The exit code that the verdicts ask for.
fn code_of(figures: &[Value]) -> i32 {
    let is_void = |figure: &Value| figure["verdict"].get("VOID").is_some();
    if figures.iter().any(|figure| figure["verdict"] == "SHORT") {
        1
    } else if figures.iter().any(is_void) {
        3
    } else {
        0
    }
}

#[test]
fn list_names_every_bar_and_measures_nothing() {
    let ran = run(&["--list"]);
    let ids: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(ids, KNOWN);
    assert_eq!(ran.code, 0);
    assert!(!ran.folder.path().join("bars.txt").exists());
}

#[test]
fn unknown_bar_is_refused_by_the_names_of_the_known_ones() {
    let ran = run(&["B15", "B99"]);
    assert_eq!(ran.code, 2);
    let known = KNOWN.join(", ");
    let expected = format!("bars: there is no bar \"B99\"; there are {known}\n");
    assert_eq!(ran.stderr, expected);
    assert_eq!(ran.stdout, "");
}

#[test]
fn hot_thread_allocates_nothing_and_too_few_commands_prove_nothing() {
    let ran = tiny(&["B11"]);
    if !ran.is_possible() {
        return;
    }
    let (_, figures) = ran.json();
    assert_eq!(figures.len(), 3, "{}", ran.stdout);
    assert_eq!(figures[0]["figure"], 0.0, "{}", ran.stdout);
    let expected = serde_json::json!({ "VOID": "5000 commands, 10000000 are needed" });
    assert_eq!(figures[0]["verdict"], expected, "{}", ran.stdout);
    assert_eq!(ran.code, code_of(&figures), "{}", ran.stdout);
}

#[test]
fn run_says_what_it_did_and_keeps_what_it_said() {
    let ran = tiny(&["W1"]);
    if !ran.is_possible() {
        return;
    }
    let kept = std::fs::read_to_string(ran.folder.path().join("bars.txt")).unwrap();
    assert_eq!(kept, ran.stdout);
    for said in [
        "command      ",
        "W1 --seconds 0.1",
        "seed         1",
        "kernel ",
    ] {
        assert!(ran.stdout.contains(said), "{said:?} in {}", ran.stdout);
    }
    let line = ran.stdout.lines().find(|line| line.starts_with("W1 "));
    let line = line.unwrap();
    assert!(line.contains("M/s") && line.ends_with("no gate                          TOLD"));
    let (head, figures) = ran.json();
    assert_eq!(head["seed"], 1);
    assert!(head["host"]["cpu"].is_string());
    assert_eq!(figures[0]["id"], "W1");
    assert_eq!(figures[0]["gate"], "open");
    assert_eq!(ran.code, 0);
}

#[test]
fn exit_code_is_that_of_the_verdicts_and_histograms_are_kept() {
    let ran = tiny(&["AA", "B15", "B20", "B21"]);
    if !ran.is_possible() {
        return;
    }
    let (_, figures) = ran.json();
    let ids: Vec<&str> = figures
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["AA", "AA", "B15", "B20", "B21"], "{}", ran.stdout);
    assert_eq!(ran.code, code_of(&figures), "{}", ran.stdout);
    let log = std::fs::read_to_string(ran.folder.path().join("B15.hlog")).unwrap();
    for tag in ["Tag=reactor,", "Tag=plain,", "Tag=hiccups,"] {
        assert!(log.contains(tag), "{tag} in {log}");
    }
}

#[test]
fn whole_gateway_is_measured_or_void_with_the_reason() {
    let ran = tiny(&["B13", "B14"]);
    if !ran.is_possible() {
        return;
    }
    let (_, figures) = ran.json();
    assert_eq!(ran.code, code_of(&figures), "{}", ran.stdout);
    let unmeasured = figures.iter().find(|one| one["what"] == "not measured");
    if !Path::new(BARS).with_file_name("matchgate").is_file() {
        let reason = unmeasured.unwrap()["verdict"]["VOID"].as_str().unwrap();
        assert!(reason.contains("matchgate-server"), "{reason}");
        println!("skipped: the server is not built");
    } else if let Some(unmeasured) = unmeasured {
        // A session ends where the machine gives its client no time for seconds.
        println!("skipped: {}", unmeasured["verdict"]["VOID"]);
    } else {
        assert_eq!(figures.len(), 9, "{}", ran.stdout);
    }
}
