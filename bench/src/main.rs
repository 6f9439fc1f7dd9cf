//! The `bars` program: measures the bars that are named and says which hold.
//!
//! It only reads the command line, prints and keeps results; what is measured stands in the
//! library.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user by printing"
)]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use matchgate_bench::bar::{Bar, Outcome};
use matchgate_bench::bars::{CHOICES, Plan, Run, choose};
use matchgate_bench::machine::Facts;
use matchgate_runtime::alloc_guard::CountingAllocator;
use serde::Serialize;

/// Counts what each thread asks for, so that the bar on allocations can tell; one addition to a
/// word of the thread's own, and none on a path that does not allocate.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Commands of one pass where nobody asks for others.
const COMMANDS: usize = 1_000_000;
/// Commands over which what must not happen is counted, likewise.
const COUNTED_COMMANDS: usize = 10_000_000;
/// Exit code of a command line that cannot be followed.
const EXIT_USAGE: u8 = 2;

/// Measures what the gateway costs. Exits 0 where every gate is met, 1 where one is missed, 3
/// where none is missed but a figure is void, 2 where it was asked for what there is not.
#[derive(Debug, Parser)]
#[command(name = "bars")]
struct Arguments {
    /// The bars to measure; all of them where none is named.
    ids: Vec<String>,
    /// Says which bars there are, and measures nothing.
    #[arg(long)]
    list: bool,
    /// Pairs of a comparison, and passes of a figure without one; below 15 a comparison is void.
    #[arg(long, default_value_t = 21)]
    pairs: usize,
    /// Seconds that the windows of one bar last in all.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Commands of one pass over a workload; default: 1,000,000, and for B11, which has one pass,
    /// 10,000,000.
    #[arg(long)]
    commands: Option<usize>,
    /// Seed of workloads, orders of pairs and intervals.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where results go; default: `bars` beside the folder of this program.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The `matchgate` program to measure; default: the one beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        for choice in CHOICES {
            println!("{:<6}{}", choice.id, choice.what);
        }
        return ExitCode::SUCCESS;
    }
    match measure(arguments) {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            eprintln!("bars: {error:#}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn measure(arguments: Arguments) -> Result<Outcome> {
    let choices = choose(&arguments.ids)?;
    ensure!(arguments.pairs > 0, "--pairs has to be above 0");
    ensure!(
        arguments.commands != Some(0),
        "--commands has to be above 0"
    );
    let is_time = arguments.seconds.is_finite() && arguments.seconds > 0.0;
    ensure!(is_time, "--seconds has to be above 0");
    let folder = match arguments.out {
        Some(folder) => folder,
        None => default_folder()?,
    };
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let mut results = Results::create(&folder)?;
    results.head(arguments.seed)?;
    let mut run = Run::new(Plan {
        pairs: arguments.pairs,
        seconds: arguments.seconds,
        commands: arguments.commands.unwrap_or(COMMANDS),
        counted_commands: arguments.commands.unwrap_or(COUNTED_COMMANDS),
        seed: arguments.seed,
        folder,
        server: arguments.server,
    });
    let mut bars = Vec::new();
    for choice in choices {
        for bar in run.measure(&choice) {
            results.bar(&bar)?;
            bars.push(bar);
        }
    }
    let outcome = Outcome::of(&bars);
    results.say(&format!("{outcome:?}"))?;
    Ok(outcome)
}

/// Returns `bars` beside the folder in which this program lies: `target/bars`.
fn default_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent);
    Ok(target.context("a folder of this program")?.join("bars"))
}

/// What is printed, kept as text and as one JSON object a line.
struct Results {
    text: File,
    json: File,
}

/// The first JSON line of a run.
#[derive(Serialize)]
struct Head<'a> {
    command: String,
    seed: u64,
    profile: &'a str,
    host: Facts,
}

impl Results {
    fn create(folder: &Path) -> Result<Self> {
        let create = |name: &str| {
            let path = folder.join(name);
            File::create(&path).with_context(|| format!("making {}", path.display()))
        };
        Ok(Self {
            text: create("bars.txt")?,
            json: create("bars.jsonl")?,
        })
    }

    /// Says what was asked for, by which program, on which machine.
    fn head(&mut self, seed: u64) -> Result<()> {
        let words: Vec<String> = std::env::args().collect();
        let head = Head {
            command: words.join(" "),
            seed,
            profile: match cfg!(debug_assertions) {
                true => "debug",
                false => "release",
            },
            host: Facts::read(),
        };
        self.say(&format!("command      {}", head.command))?;
        self.say(&format!("seed         {seed}"))?;
        self.say(&format!("profile      {}", head.profile))?;
        for line in head.host.lines() {
            self.say(&line)?;
        }
        self.say("")?;
        writeln!(self.json, "{}", serde_json::to_string(&head)?)?;
        Ok(())
    }

    fn bar(&mut self, bar: &Bar) -> Result<()> {
        self.say(&bar.line())?;
        for detail in &bar.details {
            self.say(&format!("        {detail}"))?;
        }
        writeln!(self.json, "{}", serde_json::to_string(bar)?)?;
        Ok(())
    }

    fn say(&mut self, line: &str) -> Result<()> {
        println!("{line}");
        writeln!(self.text, "{line}")?;
        Ok(())
    }
}
