//! Runs a script of the scenario language against a shard, and prints it with what the shard
//! answers: the events of each command, and what the book holds where the script asks for it.
//!
//! ```sh
//! cargo run -p matchgate-core --example script -- engine/core/examples/first.scn
//! ```
//!
//! Without a file it reads standard input. `orders=64 levels=4` and the like give the shard another
//! capacity. A script defines what it uses, as `first.scn` does; the language is described where it
//! is made, in `matchgate-scenario`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{Read, Write};
use std::process::ExitCode;

use matchgate_core::ShardCapacity;
use matchgate_core::domain::{Command, ShardId};
use matchgate_scenario::{Scenario, ShardEngine, read_commands};

fn main() -> ExitCode {
    let (code, written) = match run() {
        Ok(record) => (
            ExitCode::SUCCESS,
            std::io::stdout().write_all(record.as_bytes()),
        ),
        Err(error) => (ExitCode::FAILURE, writeln!(std::io::stderr(), "{error}")),
    };
    if written.is_ok() {
        code
    } else {
        ExitCode::FAILURE
    }
}

fn run() -> Result<String, Box<dyn Error>> {
    let mut capacity = ShardCapacity {
        orders: 4096,
        levels: 1024,
        instruments: 16,
        accounts: 64,
        sessions: 64,
        gateways: 4,
    };
    let mut path = None;
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some((name, number)) => set(&mut capacity, name, number)?,
            None => path = Some(argument),
        }
    }
    let mut script = String::new();
    match path {
        Some(path) => script = std::fs::read_to_string(path)?,
        None => {
            std::io::stdin().read_to_string(&mut script)?;
        }
    }
    if !capacity.is_valid() {
        return Err("the capacity is out of bounds".into());
    }
    let engine = ShardEngine::of(shard_of(&script)?, capacity);
    Ok(Scenario::bare(engine, capacity.orders).record(&script)?)
}

fn set(capacity: &mut ShardCapacity, name: &str, number: &str) -> Result<(), Box<dyn Error>> {
    match name {
        "orders" => capacity.orders = number.parse()?,
        "levels" => capacity.levels = number.parse()?,
        "instruments" => capacity.instruments = number.parse()?,
        "accounts" => capacity.accounts = number.parse()?,
        "sessions" => capacity.sessions = number.parse()?,
        "gateways" => capacity.gateways = number.parse()?,
        _ => return Err(format!("no capacity is named {name}").into()),
    }
    Ok(())
}

/// Returns the shard of the first instrument that a script defines.
fn shard_of(script: &str) -> Result<ShardId, Box<dyn Error>> {
    let commands = read_commands(script)?;
    let defined = commands.iter().find_map(|command| match command.body {
        Command::DefineInstrument(define) => Some(define.instrument.shard),
        _ => None,
    });
    Ok(defined.unwrap_or(ShardId(0)))
}
