//! Books of other people, driven line by line over standard input and output.
//!
//! A program that measures starts it once, so that its passes can alternate with passes of its
//! own. Every line in gets one line out; what begins with `error:` says why there is no other
//! answer. It ends with its input.
//!
//! | line | answer |
//! |---|---|
//! | `load meb SCENARIO SEED ORDERS` | `loaded MESSAGES` |
//! | `load file PATH` | `loaded OPERATIONS`: the timed ones |
//! | `run BOOK [clear]` | `ns=N messages=N checksum=HEX live=N levels=N`: one timed pass |
//! | `sha BOOK [clear]` | SHA-256 of all answers, those before the clock included; untimed |
//!
//! | book | is right on |
//! |---|---|
//! | `nanobook` | the public benchmark; other flows it answers wrongly, or hangs in |
//! | `nanobook-repaired` | everything it does not refuse: cancels go another way into it |
//! | `rust_ob` | everything it does not refuse |
//!
//! So compare checksums before speeds. With `clear` a book's history is cleared every 65,536
//! messages, as nanobook asks of whoever runs for long; rust_ob keeps none. Every pass is in a new
//! book. The checksum is that of `matchgate_workloads::report::fold`, over the answers of the timed
//! operations, made by the thread and inside the time of the pass. `--cpu N` pins to a processor.
//!
//! A book that lacks an operation of the load refuses the pass: none here has a cancel-all or a
//! second symbol, only `nanobook-repaired` has a reduce, and rust_ob has no all-or-nothing order. A
//! pass that does not end within two minutes ends the process.
#![forbid(unsafe_code)]

mod engines;
mod load;
mod pass;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use core_affinity::CoreId;
use engines::{Nanobook, RustOb};
use load::Load;

/// A pass takes seconds; a book that is still at it after this long never ends.
const PATIENCE: Duration = Duration::from_mins(2);

fn main() -> Result<ExitCode> {
    pin(std::env::args().skip(1))?;
    let mut load = Arc::new(Load::default());
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        match answer(&mut load, &line?) {
            Ok(text) => writeln!(output, "{text}")?,
            Err(error) => {
                writeln!(output, "error: {error:#}")?;
                // What hangs cannot be stopped but with the process.
                if error.is::<Hangs>() {
                    output.flush()?;
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        output.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A pass that does not come to its end.
#[derive(Clone, Copy, Debug)]
struct Hangs;

impl Display for Hangs {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the book hangs or is dead: no end after {PATIENCE:?}"
        )
    }
}

impl Error for Hangs {}

/// What runs a load in a new book and says what it came to.
type Pass = fn(&Load, bool) -> Result<String>;

/// Runs a pass on a thread of its own, which is on the same processor, and waits for it.
fn wait_for(load: &Arc<Load>, pass: Pass, clear: bool) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    let load = Arc::clone(load);
    std::thread::spawn(move || sender.send(pass(&load, clear)));
    receiver.recv_timeout(PATIENCE).map_err(|_| Hangs)?
}

fn pin(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    while let Some(argument) = arguments.next() {
        if argument != "--cpu" {
            bail!("there is no option {argument}");
        }
        let id = arguments
            .next()
            .context("--cpu needs a number")?
            .parse()
            .context("--cpu needs a number")?;
        if !core_affinity::set_for_current(CoreId { id }) {
            bail!("cannot pin to cpu {id}");
        }
    }
    Ok(())
}

fn answer(load: &mut Arc<Load>, line: &str) -> Result<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["load", "meb", scenario, seed, orders] => {
            *load = Arc::new(Load::meb(scenario, seed.parse()?, orders.parse()?)?);
            Ok(format!("loaded {}", load.timed.len()))
        }
        // A path may have spaces in it.
        ["load", "file", ..] => {
            let path = line.trim_start().splitn(3, ' ').nth(2).unwrap_or_default();
            *load = Arc::new(Load::file(path.trim())?);
            Ok(format!("loaded {}", load.timed.len()))
        }
        ["run", book, ref clear @ ..] => {
            let clear = asks_to_clear(clear)?;
            let pass: Pass = match book {
                "nanobook" => |load, clear| pass::run(Nanobook::<false>::new, load, clear),
                "nanobook-repaired" => |load, clear| pass::run(Nanobook::<true>::new, load, clear),
                "rust_ob" => |load, clear| pass::run(RustOb::new, load, clear),
                _ => bail!("there is no book {book}"),
            };
            wait_for(load, pass, clear)
        }
        ["sha", book, ref clear @ ..] => {
            let clear = asks_to_clear(clear)?;
            let pass: Pass = match book {
                "nanobook" => |load, clear| pass::sha256(Nanobook::<false>::new, load, clear),
                "nanobook-repaired" => {
                    |load, clear| pass::sha256(Nanobook::<true>::new, load, clear)
                }
                "rust_ob" => |load, clear| pass::sha256(RustOb::new, load, clear),
                _ => bail!("there is no book {book}"),
            };
            wait_for(load, pass, clear)
        }
        _ => bail!("not understood: {line}"),
    }
}

fn asks_to_clear(words: &[&str]) -> Result<bool> {
    match words {
        [] => Ok(false),
        ["clear"] => Ok(true),
        _ => bail!("after the book comes clear or nothing"),
    }
}
