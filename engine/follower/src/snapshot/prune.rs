//! Pruning: which snapshots are kept. It must not know how a file is judged.

use std::io;

use matchgate_core::domain::SequenceNumber;

use super::error::SnapshotFileError;
use super::folder::{SnapshotFolder, io_error};

/// Good snapshots that are kept.
pub const SNAPSHOTS_KEPT: usize = 3;
/// Files that are not good and are kept for those who want to know why; beyond that the oldest go.
pub const SPOILED_KEPT_MAX: usize = 3;

const _: () = assert!(SNAPSHOTS_KEPT > 0, "the last good one stays");

/// What a pruning found and did.
#[derive(Debug, Default)]
pub struct PruneReport {
    /// Good ones that are there, newest first.
    pub kept: Vec<SequenceNumber>,
    /// What was removed, good or not.
    pub removed: Vec<SequenceNumber>,
    /// What is not good, newest first, and why; the oldest of them may be among those removed.
    pub spoiled: Vec<SnapshotFileError>,
}

impl SnapshotFolder {
    /// Keeps the [`SNAPSHOTS_KEPT`] newest good snapshots at or below `through`, and no other good
    /// one. What is above it is not of this journal, and left alone. What is not good does not
    /// count, and is named in the report; of what was read and refused, the [`SPOILED_KEPT_MAX`]
    /// newest files stay. What a cut-off write has left goes.
    ///
    /// # Errors
    ///
    /// Returns the refusal of the disk; what is kept stays then too.
    pub fn prune(&mut self, through: SequenceNumber) -> Result<PruneReport, SnapshotFileError> {
        self.remove_leftover()?;
        let mut report = PruneReport::default();
        let mut refused = 0;
        let sequences = self.list()?;
        let eligible = sequences.into_iter().filter(|one| *one <= through);
        for sequence in eligible.rev() {
            let goes = match self.check(sequence) {
                Ok(()) if report.kept.len() < SNAPSHOTS_KEPT => {
                    report.kept.push(sequence);
                    false
                }
                Ok(()) => true,
                Err(error) => {
                    // One that cannot be read now may be good.
                    refused += usize::from(error.is_refusal());
                    let goes = error.is_refusal() && refused > SPOILED_KEPT_MAX;
                    report.spoiled.push(error);
                    goes
                }
            };
            if goes {
                report.removed.push(sequence);
            }
        }
        // All are judged before the first one goes.
        for sequence in &report.removed {
            self.forget(*sequence);
            let file = self.file(*sequence);
            self.storage()
                .remove(&file)
                .map_err(io_error("removing", &file))?;
        }
        if !report.removed.is_empty() {
            self.storage()
                .sync_folder(self.path())
                .map_err(io_error("syncing the folder", self.path()))?;
        }
        Ok(report)
    }

    /// Removes what a write that was cut off has left.
    ///
    /// # Errors
    ///
    /// Returns the refusal of the disk.
    pub fn remove_leftover(&self) -> Result<(), SnapshotFileError> {
        let temporary = self.temporary();
        match self.storage().remove(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_error("removing", &temporary)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
