//! Runs other programs: shows what is run, passes their output on as it comes.
//!
//! It knows nothing of stages; it only starts, reads, waits and, past a deadline, ends what it
//! started.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It returned zero.
    Success,
    /// It returned non-zero or a signal ended it.
    Failure,
    /// The deadline came first, and it was ended with all it had started.
    Deadline,
}

/// Returns a command that runs cargo in `root`: the same cargo that runs this program.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root).args(arguments);
    command
}

/// Runs `command` with its output going where ours goes; returns whether it succeeded.
///
/// # Errors
///
/// Returns an error when the program cannot be started.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    announce(command);
    let status = command.status().with_context(|| cannot_start(command))?;
    Ok(status.success())
}

/// Runs `command`, hands each line of its standard output to `on_line` after printing it, and
/// ends it when `deadline` comes.
///
/// # Errors
///
/// Returns an error when the program cannot be started or waited for.
pub(crate) fn stream(
    command: &mut Command,
    deadline: Option<Instant>,
    on_line: &mut dyn FnMut(&str),
) -> Result<Ended> {
    announce(command);
    command.stdout(Stdio::piped());
    if deadline.is_some() {
        // A group of its own, so that the deadline also ends the servers that a test has started.
        command.process_group(0);
    }
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    let stdout = child
        .stdout
        .take()
        .context("the child has no standard output")?;
    let lines = read_lines(stdout);
    let ended = pass_on(&lines, deadline, &mut |line| {
        println!("{line}");
        on_line(line);
    });
    if ended == Ended::Deadline {
        end_group(&mut child)?;
        return Ok(Ended::Deadline);
    }
    wait(&mut child)
}

/// Runs `command` with its output held back, and ends it when `deadline` comes; returns how it
/// ended and every line it printed, on either stream, in order.
///
/// # Errors
///
/// Returns an error when the program cannot be started or waited for.
pub(crate) fn capture(mut command: Command, deadline: Instant) -> Result<(Ended, Vec<String>)> {
    announce(&command);
    let (reader, writer) = io::pipe().context("making a pipe")?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("copying a pipe's end")?)
        .stderr(writer)
        .process_group(0);
    let mut child = command.spawn().with_context(|| cannot_start(&command))?;
    // It holds the writing end: the lines end when the child's own copies are closed.
    drop(command);
    let mut captured = Vec::new();
    let ended = pass_on(&read_lines(reader), Some(deadline), &mut |line| {
        captured.push(line.to_owned());
    });
    if ended == Ended::Deadline {
        end_group(&mut child)?;
        return Ok((ended, captured));
    }
    Ok((wait(&mut child)?, captured))
}

fn wait(child: &mut Child) -> Result<Ended> {
    let status = child.wait().context("waiting for the child")?;
    Ok(if status.success() {
        Ended::Success
    } else {
        Ended::Failure
    })
}

fn pass_on(
    lines: &Receiver<String>,
    deadline: Option<Instant>,
    on_line: &mut dyn FnMut(&str),
) -> Ended {
    loop {
        let line = match deadline {
            None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => {
                lines.recv_timeout(deadline.saturating_duration_since(Instant::now()))
            }
        };
        match line {
            Ok(line) => on_line(&line),
            Err(RecvTimeoutError::Disconnected) => return Ended::Success,
            Err(RecvTimeoutError::Timeout) => return Ended::Deadline,
        }
    }
}

/// Reads on a thread of its own, so that the caller can also wait for a deadline.
fn read_lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        // A read error ends the lines as the end of the stream does; the exit status tells which.
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
            let line = String::from_utf8_lossy(&bytes);
            if sender
                .send(line.trim_end_matches(['\n', '\r']).to_owned())
                .is_err()
            {
                break;
            }
            bytes.clear();
        }
    });
    receiver
}

fn end_group(child: &mut Child) -> Result<()> {
    let group = format!("-{}", child.id());
    Command::new("kill")
        .args(["-KILL", "--", &group])
        .status()
        .context("running kill")?;
    child.wait().context("waiting for the ended child")?;
    Ok(())
}

fn announce(command: &Command) {
    let arguments: Vec<_> = command
        .get_args()
        .map(|part| part.to_string_lossy())
        .collect();
    let variables: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_string_lossy(), value?.to_string_lossy())))
        .map(|(name, value)| format!("{name}={value:?} "))
        .collect();
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_else(|| command.get_program())
        .to_string_lossy();
    println!("$ {}{program} {}", variables.concat(), arguments.join(" "));
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start {}", command.get_program().to_string_lossy())
}

#[cfg(test)]
#[path = "tests/process.rs"]
mod tests;
