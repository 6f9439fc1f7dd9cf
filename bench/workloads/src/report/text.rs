//! Answers as the lines that the public benchmark hashes, and that hash.
//!
//! A line is comma-separated integers and begins with the kind and the sequence; side 0 buys.
//!
//! ```text
//! 0,sequence,side,order,price,quantity     an order is taken
//! 1,sequence,price,quantity,resting,aggressor
//! 2,sequence,side,order,price              an order is gone
//! 3,sequence,side,order,price,quantity     an order is modified
//! 4,sequence,order                         nothing to cancel
//! 5,sequence,order                         nothing to modify
//! ```

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use sha2::{Digest, Sha256};

use super::{Report, ReportKind};

/// Lines that go into the hash at a time.
const LINES_PER_CHUNK: usize = 4_096;

impl Display for Report {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            sequence,
            order,
            aggressor,
            kind,
            side,
            price,
            quantity,
        } = self;
        let (code, side) = (*kind as u8, *side as u8);
        match kind {
            ReportKind::OrderAck | ReportKind::ModifyAck => write!(
                formatter,
                "{code},{sequence},{side},{order},{price},{quantity}"
            ),
            ReportKind::Trade => write!(
                formatter,
                "{code},{sequence},{price},{quantity},{order},{aggressor}"
            ),
            ReportKind::CancelAck => write!(formatter, "{code},{sequence},{side},{order},{price}"),
            ReportKind::CancelReject | ReportKind::ModifyReject => {
                write!(formatter, "{code},{sequence},{order}")
            }
        }
    }
}

/// Returns the lines of `reports` in canonical order, without a line break after the last.
///
/// Reports of one sequence and one kind stay in the order in which they are given.
#[must_use]
pub fn encode(reports: &[Report]) -> String {
    lines(&canonical(reports), true)
}

/// Returns SHA-256 of what [`encode`] returns, in lower-case hexadecimal.
#[must_use]
pub fn sha256(reports: &[Report]) -> String {
    let mut hasher = Sha256::new();
    for (index, chunk) in canonical(reports).chunks(LINES_PER_CHUNK).enumerate() {
        hasher.update(lines(chunk, index == 0));
    }
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn canonical(reports: &[Report]) -> Cow<'_, [Report]> {
    let key = |report: &Report| (report.sequence, report.kind);
    if reports.is_sorted_by_key(key) {
        return Cow::Borrowed(reports);
    }
    let mut sorted = reports.to_vec();
    sorted.sort_by_key(key);
    Cow::Owned(sorted)
}

/// Returns a line for each; a line break stands before each but the very first.
fn lines(reports: &[Report], first: bool) -> String {
    let mut text = String::with_capacity(reports.len() * 40);
    for (index, report) in reports.iter().enumerate() {
        if index > 0 || !first {
            text.push('\n');
        }
        text.push_str(&report.to_string());
    }
    text
}
