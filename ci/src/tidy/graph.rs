//! The crate graph and the one direction it runs in.
//!
//! What may use what is the table below: an edge that is not in it is a finding, so that a new
//! edge is a decision somebody reads in a diff. It knows crates by name and nothing of their
//! files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Finding;
use crate::process::cargo;

const PREFIX: &str = "matchgate-";

/// What each crate may use. The engine knows no gateway, the core knows nobody, and only the
/// server sees everything.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("core", &[]),
    ("journal", &[]),
    ("ring", &[]),
    ("runtime", &[]),
    ("workloads", &[]),
    ("scenario", &["core"]),
    ("subjects", &["core", "ring", "runtime", "workloads"]),
    ("twin", &["core"]),
    ("schema", &["core"]),
    ("follower", &["core", "journal", "runtime"]),
    ("session", &["core", "schema"]),
    ("client", &["core", "schema", "session"]),
    ("net", &["core", "journal", "runtime", "schema", "session"]),
    ("bridge", &["core", "follower"]),
    ("replay", &["client", "core", "schema"]),
    (
        "server",
        &[
            "bridge", "client", "core", "follower", "journal", "net", "replay", "runtime",
            "schema", "session",
        ],
    ),
    (
        "bench",
        &[
            "bridge",
            "client",
            "core",
            "follower",
            "journal",
            "net",
            "ring",
            "runtime",
            "schema",
            "session",
            "subjects",
            "workloads",
        ],
    ),
    ("xtask", &[]),
];

/// Edges that only tests may have, beside those to anything further down.
const ALLOWED_IN_TESTS: [(&str, &str); 8] = [
    // What the shard is compared with, and the language in which that is told.
    ("core", "scenario"),
    ("core", "twin"),
    ("twin", "scenario"),
    ("net", "follower"),
    ("session", "runtime"),
    // The real servers that tests start.
    ("bench", "xtask"),
    ("bridge", "xtask"),
    ("server", "xtask"),
];

/// One crate of the workspace.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// One edge, as cargo tells it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// `None` for an ordinary dependency, else `dev` or `build`.
    pub(super) kind: Option<String>,
}

/// The crates of the workspace with their direct dependencies.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Graph {
    packages: Vec<Crate>,
}

impl Graph {
    /// Asks cargo for the graph of the workspace at `root`.
    ///
    /// # Errors
    ///
    /// Returns an error when cargo cannot read a manifest.
    pub(super) fn load(root: &Path) -> Result<Self> {
        let arguments = ["metadata", "--no-deps", "--format-version", "1"];
        let output = cargo(root, &arguments)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed");
        }
        serde_json::from_slice(&output.stdout).context("reading what cargo metadata printed")
    }

    /// Returns a made-up graph of `(crate, dependency, kind)` edges.
    #[cfg(test)]
    pub(super) fn of(edges: &[(&str, &str, Option<&str>)]) -> Self {
        let mut crates: BTreeMap<&str, Vec<Dependency>> = BTreeMap::new();
        for &(from, to, kind) in edges {
            let dependency = Dependency {
                name: to.to_owned(),
                kind: kind.map(str::to_owned),
            };
            crates.entry(from).or_default().push(dependency);
        }
        let packages = crates
            .into_iter()
            .map(|(name, dependencies)| Crate {
                name: name.to_owned(),
                dependencies,
            })
            .collect();
        Self { packages }
    }

    /// Returns the crates of the workspace.
    pub(super) fn crates(&self) -> &[Crate] {
        &self.packages
    }

    /// Returns every dependency that is not ours, with one crate that uses it.
    pub(super) fn external(&self) -> BTreeMap<String, String> {
        let mut external = BTreeMap::new();
        for user in &self.packages {
            for dependency in &user.dependencies {
                if !dependency.name.starts_with(PREFIX) {
                    external.insert(dependency.name.clone(), user.name.clone());
                }
            }
        }
        external
    }
}

/// Finds crates that the table does not know and edges that it does not allow.
pub(super) fn check_edges(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in graph.crates() {
        let Some(from) = package
            .name
            .strip_prefix(PREFIX)
            .filter(|name| uses(name).is_some())
        else {
            findings.push(finding(format!(
                "{} is not in the table of crates",
                package.name
            )));
            continue;
        };
        for dependency in &package.dependencies {
            if let Some(to) = dependency.name.strip_prefix(PREFIX)
                && !is_allowed(from, to, dependency.kind.as_deref())
            {
                let kind = dependency.kind.as_deref().unwrap_or("ordinary");
                findings.push(finding(format!(
                    "{from} may not use {to} ({kind} dependency)"
                )));
            }
        }
    }
    findings
}

fn finding(message: String) -> Finding {
    Finding::of_file("crate graph", message)
}

fn is_allowed(from: &str, to: &str, kind: Option<&str>) -> bool {
    let allowed = uses(from).is_some_and(|list| list.contains(&to));
    match kind {
        Some("dev") => {
            allowed || ALLOWED_IN_TESTS.contains(&(from, to)) || below(from).contains(to)
        }
        _ => allowed,
    }
}

fn uses(name: &str) -> Option<&'static [&'static str]> {
    ALLOWED
        .iter()
        .find(|(from, _)| *from == name)
        .map(|(_, list)| *list)
}

/// Returns everything that `name` uses, directly or through others.
fn below(name: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = vec![name];
    while let Some(next) = open.pop() {
        for &used in uses(next).unwrap_or_default() {
            if found.insert(used) {
                open.push(used);
            }
        }
    }
    found
}
