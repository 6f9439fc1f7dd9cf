//! The file `meta.toml` of a data directory: what is fixed when the directory is made, and how
//! the last process left it. Knows no stream's content.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{DirectoryError, directory_io_error};
use crate::storage::{Storage, read_whole, replace_whole};

/// The format of data directories this build writes and reads.
pub const DIRECTORY_FORMAT: u32 = 1;
/// Name of the file.
pub(crate) const META_FILE: &str = "meta.toml";

/// The content of `meta.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// Format of the directory, [`DIRECTORY_FORMAT`].
    pub format: u32,
    /// The directory's name, a random UUID.
    #[serde(with = "uuid_text")]
    pub uuid: uuid::Uuid,
    /// Boot id of the kernel under which it was last opened.
    #[serde(with = "uuid_text")]
    pub boot_id: uuid::Uuid,
    /// How often it has been opened.
    pub epoch: u32,
    /// Whether the last process stopped cleanly: segments hold everything.
    pub clean: bool,
    /// Shards, fixed.
    pub shards: u8,
    /// Gateways, fixed.
    pub gateways: u8,
    /// Further numbers fixed by the maker of the directory.
    #[serde(default)]
    pub fixed: BTreeMap<String, u64>,
    /// What is known of each stream, by its folder's name.
    #[serde(default)]
    pub streams: BTreeMap<String, StreamMeta>,
}

/// What `meta.toml` remembers of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamMeta {
    /// A sequence that a synced record has; the last one after a clean stop. 0 for none.
    pub last: u64,
    /// No sequence below it is ever given again.
    pub next: u64,
    /// Bytes of the staging log, which bounds what a loss of power can take.
    pub staging_bytes: u64,
}

impl Meta {
    /// Reads the file in the directory at `path`; `None` where there is none.
    pub(crate) fn read(storage: &dyn Storage, path: &Path) -> Result<Option<Self>, DirectoryError> {
        let file = path.join(META_FILE);
        let bytes = match read_whole(storage, &file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(directory_io_error("reading", file)(error)),
        };
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let not_read = |reason: String| DirectoryError::Meta {
            path: path.join(META_FILE),
            reason,
        };
        let text = str::from_utf8(&bytes).map_err(|error| not_read(error.to_string()))?;
        let bad = |error: toml::de::Error| not_read(error.to_string());
        let Format { format } = toml::from_str(text).map_err(bad)?;
        if format != DIRECTORY_FORMAT {
            return Err(DirectoryError::Format {
                path: file,
                found: format,
                known: DIRECTORY_FORMAT,
            });
        }
        toml::from_str(text).map(Some).map_err(bad)
    }

    /// Replaces the file in the directory at `path`: a reader and a crash see the old or the new
    /// one, whole.
    pub(crate) fn write(&self, storage: &dyn Storage, path: &Path) -> Result<(), DirectoryError> {
        let file = path.join(META_FILE);
        let temporary = path.join("meta.toml.new");
        let text = toml::to_string(self).map_err(|error| DirectoryError::Meta {
            path: file.clone(),
            reason: error.to_string(),
        })?;
        replace_whole(storage, &temporary, &file, text.as_bytes())
            .map_err(directory_io_error("writing", file))
    }
}

/// A UUID as its usual text.
mod uuid_text {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use uuid::Uuid;

    pub(super) fn serialize<S: Serializer>(id: &Uuid, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Uuid, D::Error> {
        let text = String::deserialize(input)?;
        Uuid::parse_str(&text).map_err(de::Error::custom)
    }
}
