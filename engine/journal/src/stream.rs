//! The names of streams. Knows not what a stream carries.

use std::fmt;

/// What a stream belongs to; the number is the one in staging and segment headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StreamKind {
    /// The sequenced commands of one shard.
    Shard = 1,
    /// The log of one gateway.
    Gateway = 2,
    /// The one stream of configuration and operator acts.
    Control = 3,
}

impl StreamKind {
    /// Returns the number of this kind in headers.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Shard => 1,
            Self::Gateway => 2,
            Self::Control => 3,
        }
    }
}

/// One stream of a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// What the stream belongs to.
    pub kind: StreamKind,
    /// Which of its kind, from 0; 0 for the control stream.
    pub index: u8,
}

impl StreamId {
    /// The control stream.
    pub const CONTROL: Self = Self {
        kind: StreamKind::Control,
        index: 0,
    };

    /// Returns the stream of shard `index`.
    #[must_use]
    pub const fn shard(index: u8) -> Self {
        Self {
            kind: StreamKind::Shard,
            index,
        }
    }

    /// Returns the stream of gateway `index`.
    #[must_use]
    pub const fn gateway(index: u8) -> Self {
        Self {
            kind: StreamKind::Gateway,
            index,
        }
    }
}

/// The stream's folder in a data directory: `shard-K`, `gateway-K` or `control`.
impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            StreamKind::Shard => write!(f, "shard-{}", self.index),
            StreamKind::Gateway => write!(f, "gateway-{}", self.index),
            StreamKind::Control => f.write_str("control"),
        }
    }
}
