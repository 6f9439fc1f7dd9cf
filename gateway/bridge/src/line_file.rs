//! The line file: a file of lines in which each stands once, whatever crashes. What a crash left
//! beyond the last mark is cut off before writing goes on. It must not know what a line says.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use matchgate_follower::sink::SinkError;

/// An append-only file whose length at the last flush is remembered elsewhere, as its mark.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    file: File,
    /// Bytes of whole batches.
    length: u64,
}

impl LineFile {
    /// Opens the file where its `mark` says that it ended and cuts off what stands beyond.
    /// Without a mark it must be empty or not there: lines of which no cursor knows are not
    /// overwritten.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Stopped`] where file and mark do not go together,
    /// [`SinkError::Unavailable`] where the operating system refuses.
    pub fn open(path: &Path, mark: Option<u64>) -> Result<Self, SinkError> {
        Self::open_file(path)
            .map_err(|error| unavailable(path, &error))
            .and_then(|(file, length)| Self::continue_at(path, file, (length, mark)))
    }

    fn open_file(path: &Path) -> io::Result<(File, u64)> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }

    fn continue_at(
        path: &Path,
        mut file: File,
        (length, mark): (u64, Option<u64>),
    ) -> Result<Self, SinkError> {
        let start = match mark {
            None if length > 0 => {
                return Err(SinkError::Stopped(format!(
                    "{} has {length} bytes and no cursor knows of them: move it away",
                    path.display()
                )));
            }
            Some(mark) if length < mark => {
                return Err(SinkError::Stopped(format!(
                    "{} has {length} bytes, its cursor says {mark}: remove the cursor file and \
                     what is left of it to fill it anew",
                    path.display()
                )));
            }
            None => 0,
            Some(mark) => mark,
        };
        file.set_len(start)
            .and_then(|()| file.seek(SeekFrom::Start(start)))
            .map_err(|error| unavailable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            length: start,
        })
    }

    /// Appends lines, all or none.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] where the operating system refuses.
    pub fn append(&mut self, lines: &[u8]) -> Result<(), SinkError> {
        let start = self.length;
        // A batch that failed before may have left a part of itself.
        let written = self
            .file
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.file.write_all(lines));
        match written {
            Ok(()) => {
                self.length += u64::try_from(lines.len()).unwrap_or(u64::MAX);
                Ok(())
            }
            Err(error) => {
                self.file
                    .set_len(start)
                    .map_err(|again| unavailable(&self.path, &again))?;
                Err(unavailable(&self.path, &error))
            }
        }
    }

    /// Returns the mark once all lines before it are on disk.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] where the operating system refuses.
    pub fn flush(&mut self) -> Result<u64, SinkError> {
        self.file
            .sync_data()
            .map_err(|error| unavailable(&self.path, &error))?;
        Ok(self.length)
    }
}

fn unavailable(path: &Path, error: &io::Error) -> SinkError {
    SinkError::Unavailable(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_mark_are_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out").join("lines.jsonl");
        let mut file = LineFile::open(&path, None).unwrap();
        file.append(b"one\n").unwrap();
        let mark = file.flush().unwrap();
        file.append(b"two\nthr").unwrap();
        drop(file);
        let mut file = LineFile::open(&path, Some(mark)).unwrap();
        file.append(b"two\n").unwrap();
        assert_eq!(file.flush(), Ok(8));
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn file_of_which_no_cursor_knows_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        fs::write(&path, "precious\n").unwrap();
        let refused = LineFile::open(&path, None);
        assert!(matches!(refused, Err(SinkError::Stopped(_))));
        assert_eq!(fs::read(&path).unwrap(), b"precious\n");
    }

    #[test]
    fn file_shorter_than_its_mark_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        fs::write(&path, "one\n").unwrap();
        let refused = LineFile::open(&path, Some(5));
        assert!(matches!(refused, Err(SinkError::Stopped(_))));
    }

    #[test]
    fn folder_in_place_of_the_file_is_unavailable() {
        let folder = tempfile::tempdir().unwrap();
        let refused = LineFile::open(folder.path(), None);
        assert!(matches!(refused, Err(SinkError::Unavailable(_))));
    }
}
