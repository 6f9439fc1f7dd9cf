//! Every check finds what it is for on a tree made up for it, and lets the right thing be.

mod code;
mod files;
mod graph;
mod manifests;
mod rules;
mod sources;

use super::Finding;

/// Returns the findings as a reader sees them.
fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}
