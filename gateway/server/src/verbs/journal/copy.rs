//! `matchgate journal salvage` and `cut`: a copy of a data directory that ends before what is damaged,
//! or at a sequence. The original is never changed.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use matchgate_journal::{CopiedStream, StreamId, SystemStorage, copy_directory};

use super::open::Opened;
use crate::cli::{JournalCut, JournalSalvage};
use crate::exit_code::Fatal;

/// Copies what can be read, and tells what could not.
///
/// # Errors
///
/// Returns a [`Fatal`] where there is nothing to read, the copy's place is taken, or it cannot be
/// written.
pub(super) fn salvage(options: &JournalSalvage, out: &mut impl Write) -> Result<(), Fatal> {
    let opened = Opened::open(&options.data)?;
    opened.warn_if_unclean();
    let copied = copy(&opened, &options.to, &|_| u64::MAX)?;
    tell(&copied, &options.to, out)
}

/// Copies a shard through a sequence, and all other streams.
///
/// # Errors
///
/// Returns a [`Fatal`] where there is no such shard, and as for [`salvage`].
pub(super) fn cut(options: &JournalCut, out: &mut impl Write) -> Result<(), Fatal> {
    let opened = Opened::open(&options.data)?;
    opened.warn_if_unclean();
    let shard = StreamId::shard(opened.shard(options.shard)?.get());
    let through = |stream| {
        if stream == shard {
            options.through
        } else {
            u64::MAX
        }
    };
    let copied = copy(&opened, &options.to, &through)?;
    tell(&copied, &options.to, out)
}

fn copy(
    opened: &Opened,
    to: &Path,
    through: &dyn Fn(StreamId) -> u64,
) -> Result<Vec<CopiedStream>, Fatal> {
    let to = std::path::absolute(to)?;
    let storage: Arc<dyn matchgate_journal::Storage> = Arc::new(SystemStorage);
    Ok(copy_directory(&storage, opened.path(), &to, through)?)
}

fn tell(copied: &[CopiedStream], to: &Path, out: &mut impl Write) -> Result<(), Fatal> {
    for one in copied {
        let (last, segments) = (one.last_sequence, one.segments);
        let plural = if segments == 1 { "" } else { "s" };
        writeln!(
            out,
            "{}: through sequence {last} in {segments} segment{plural}",
            one.stream
        )?;
        if let Some(damage) = &one.damage {
            writeln!(out, "  ended there: {damage}")?;
        }
        if one.known_last > last {
            let known = one.known_last;
            writeln!(out, "  sequence {known} was known to be on disk")?;
        }
    }
    writeln!(
        out,
        "{} is as after a loss of power: its next start gives no number twice and tells clients \
         what was lost",
        to.display()
    )?;
    Ok(())
}
