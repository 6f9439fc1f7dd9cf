//! A process killed at any instant loses no acknowledged record.
//!
//! The child is this test program again, told to run [`child_appends_until_killed`] in a folder
//! where the file `child` tells it to; without the file that test does nothing.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use matchgate_journal::{Backend, DataDirectory, StartKind, StreamId, open_stream};

use crate::support::*;

const CHILD_FILE: &str = "child";
const KILLS: u64 = 20;

#[test]
fn a_killed_process_loses_no_acknowledged_record() {
    let home = Home::new();
    let folder = home.data().parent().expect("a parent").to_path_buf();
    let mut acked = 0;
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for kill in 0..KILLS {
        let backend = if kill % 2 == 0 { "plain" } else { "glommio" };
        let orders = format!("{backend}\n{}\n", home.staging_root().display());
        std::fs::write(folder.join(CHILD_FILE), orders).expect("written");
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let kill_after = acked + 1 + (random >> 33) % 4000;
        let last = run_and_kill(&folder, kill_after);
        assert!(last >= kill_after, "the child acknowledged {last}");
        acked = last;

        let directory = home.open();
        assert_eq!(directory.start_kind(), StartKind::SameBoot);
        let opened = stream(&directory);
        let found = opened.tail.last_sequence;
        assert!(
            found >= acked,
            "kill {kill}: acknowledged {acked}, found {found}"
        );
        assert_eq!(
            read_all(&shard_folder(&home)).expect("readable"),
            through(found)
        );
        acked = found;
    }
}

/// Starts the child, kills it once it has acknowledged `kill_after`, and returns the last
/// sequence it acknowledged.
fn run_and_kill(folder: &Path, kill_after: u64) -> u64 {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args(["--exact", "--nocapture", "kill::child_appends_until_killed"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut last = 0;
    let mut line = String::new();
    let mut killed = false;
    while output.read_line(&mut line).expect("readable") > 0 {
        // The line during which the child dies may be cut short.
        if let Some(acked) = line
            .strip_prefix("ack ")
            .and_then(|rest| rest.strip_suffix('\n'))
        {
            last = acked.parse().expect("a sequence");
        }
        if last >= kill_after && !killed {
            child.kill().expect("killed");
            killed = true;
        }
        line.clear();
    }
    child.wait().expect("ended");
    last
}

#[test]
fn child_appends_until_killed() {
    let Ok(orders) = std::fs::read_to_string(CHILD_FILE) else {
        return;
    };
    let mut orders = orders.lines();
    let backend = match orders.next() {
        Some("glommio") => Backend::Glommio,
        _ => Backend::Plain,
    };
    let root = PathBuf::from(orders.next().expect("the staging root"));
    let directory = DataDirectory::open_or_create_in(Path::new("data"), &layout(), &root)
        .expect("the directory opens");
    let mut opened = stream(&directory);
    let other = open_stream(&directory, StreamId::CONTROL, options()).expect("opens");
    let halves = vec![opened.writer_half, other.writer_half];
    let _writer = RunningWriter::start(halves, backend);
    let mut output = std::io::stdout();
    // The parent ends this.
    loop {
        let next = opened.appender.next_sequence();
        append_waiting(&mut opened.appender, next);
        writeln!(output, "ack {next}").expect("the parent reads");
    }
}
