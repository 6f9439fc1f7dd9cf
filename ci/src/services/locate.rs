//! Where the servers' programs are: named by a variable, or installed under `target/tools`.
//!
//! It looks and never fetches: `cargo xtask services install` does.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Names the nats-server program to use; when it is set, no other is looked for.
pub const NATS_SERVER_VARIABLE: &str = "MATCHGATE_NATS_SERVER";
/// Names QuestDB's jar to use; when it is set, no other is looked for.
pub const QUESTDB_JAR_VARIABLE: &str = "MATCHGATE_QUESTDB_JAR";
/// The version of QuestDB that is installed: the newest in Maven Central.
pub const QUESTDB_VERSION: &str = "9.3.4";

/// Says that this machine lacks a server, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {server}: {reason}")]
pub struct Missing {
    /// `nats-server` or `QuestDB`.
    pub server: &'static str,
    /// What was looked for and not found, with the command that mends it.
    pub reason: String,
}

/// Returns the folder that holds the workspace manifest.
#[must_use]
pub fn repository_root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Returns the folder under which the servers are installed.
#[must_use]
pub fn tools_folder() -> PathBuf {
    repository_root().join("target/tools")
}

/// Returns the path of the nats-server program.
///
/// # Errors
///
/// Returns why there is none.
pub fn nats_server() -> Result<PathBuf, Missing> {
    let installed = tools_folder().join("nats-server/bin/nats-server");
    find("nats-server", NATS_SERVER_VARIABLE, installed)
}

/// Returns the path of QuestDB's jar. That there is a Java to run it is part of the answer.
///
/// # Errors
///
/// Returns why there is none.
pub fn questdb_jar() -> Result<PathBuf, Missing> {
    let server = "QuestDB";
    let installed = tools_folder().join(format!("questdb/questdb-{QUESTDB_VERSION}.jar"));
    let jar = find(server, QUESTDB_JAR_VARIABLE, installed)?;
    if java().is_none() {
        let reason = "no java in JAVA_HOME or on PATH; install Java 17 or later".to_owned();
        return Err(Missing { server, reason });
    }
    Ok(jar)
}

/// Returns the path of the Java launcher: that of `JAVA_HOME`, else the first on `PATH`.
#[must_use]
pub fn java() -> Option<PathBuf> {
    let home = env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    home.into_iter()
        .chain(env::split_paths(&path))
        .map(|folder| folder.join("java"))
        .find(|program| program.is_file())
}

/// Returns what was found; else prints the line by which a test says that it is skipped.
///
/// The test returns right after a `None`: the run then counts it as skipped, not as passed.
#[allow(
    clippy::print_stdout,
    reason = "the report of a run is read from what tests print"
)]
pub fn or_skip<T>(found: Result<T, Missing>) -> Option<T> {
    found.map_err(|missing| println!("skipped: {missing}")).ok()
}

fn find(server: &'static str, variable: &str, installed: PathBuf) -> Result<PathBuf, Missing> {
    choose(
        server,
        variable,
        env::var_os(variable).as_deref(),
        installed,
    )
}

pub(super) fn choose(
    server: &'static str,
    variable: &str,
    named: Option<&OsStr>,
    installed: PathBuf,
) -> Result<PathBuf, Missing> {
    let reason = match named {
        Some(named) if Path::new(named).is_file() => return Ok(named.into()),
        Some(named) => format!("{variable} names {}, which is no file", named.display()),
        None if installed.is_file() => return Ok(installed),
        None => format!(
            "{} is not there; run `cargo xtask services install` or set {variable}",
            installed.display()
        ),
    };
    Err(Missing { server, reason })
}
