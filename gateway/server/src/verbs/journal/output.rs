//! Where a verb prints: buffered, and told apart from everything else that can fail. Who reads may
//! have heard enough: a closed pipe is no fault. It must not know what is printed.

use std::io::{self, BufWriter, ErrorKind, Write};

use crate::exit_code::{ExitCode, Fatal};

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// A buffered writer that knows how it failed.
pub(super) struct Output<'a> {
    out: BufWriter<Watched<'a>>,
}

/// Keeps the first error of what it writes to.
struct Watched<'a> {
    out: &'a mut dyn Write,
    failed: Option<(ErrorKind, String)>,
}

impl Watched<'_> {
    fn keep<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &outcome
            && error.kind() != ErrorKind::Interrupted
            && self.failed.is_none()
        {
            self.failed = Some((error.kind(), error.to_string()));
        }
        outcome
    }
}

impl Write for Watched<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.out.write(bytes);
        self.keep(outcome)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.out.flush();
        self.keep(outcome)
    }
}

impl<'a> Output<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        let watched = Watched { out, failed: None };
        Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, watched),
        }
    }

    /// Writes what is left and returns how the verb ended: as `done` says, unless that is only
    /// because the output was closed, or the output could not be written at all.
    pub(super) fn finish(mut self, done: Result<(), Fatal>) -> Result<(), Fatal> {
        // Where this fails, the reason was kept.
        drop(self.out.flush());
        let failed = self.out.get_mut().failed.take();
        match (failed, done) {
            (None, done) => done,
            // What the journal or the comparison said counts, whoever listens.
            (Some(_), Err(error)) if error.code != ExitCode::Usage => Err(error),
            (Some((ErrorKind::BrokenPipe, _)), _) => Ok(()),
            (Some((_, reason)), _) => {
                let message = format!("writing the answer: {reason}");
                Err(Fatal::new(ExitCode::WriteError, message))
            }
        }
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes and then fails.
    struct Short {
        room: usize,
        kind: ErrorKind,
    }

    impl Write for Short {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(self.kind.into());
            }
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ended(kind: ErrorKind, done: Result<(), Fatal>) -> Result<(), ExitCode> {
        let mut short = Short { room: 1, kind };
        let mut output = Output::new(&mut short);
        output.write_all(b"two").unwrap();
        output.finish(done).map_err(|error| error.code)
    }

    #[test]
    fn closed_pipe_is_no_fault_and_a_full_disk_is_one() {
        assert_eq!(ended(ErrorKind::BrokenPipe, Ok(())), Ok(()));
        let full = ended(ErrorKind::StorageFull, Ok(()));
        assert_eq!(full, Err(ExitCode::WriteError));
    }

    #[test]
    fn closed_pipe_does_not_hide_what_the_journal_said() {
        let damaged = || Err(Fatal::new(ExitCode::Damaged, "damaged"));
        let ended = ended(ErrorKind::BrokenPipe, damaged());
        assert_eq!(ended, Err(ExitCode::Damaged));
    }
}
