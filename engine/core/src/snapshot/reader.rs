//! The reader: a snapshot's records one after the other, each with its place.
//!
//! It must not know what a record means.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::error::{SnapshotError, SnapshotProblem};

/// Bytes, and how far they were read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Returns one that has read nothing.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Returns all bytes, those that were read too.
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the next record and where it begins.
    pub(crate) fn next<T>(&mut self) -> Result<(usize, T), SnapshotError>
    where
        T: FromBytes + KnownLayout + Immutable,
    {
        let at = self.offset;
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        let Ok((record, behind)) = T::read_from_prefix(rest) else {
            let missing = size_of::<T>().saturating_sub(rest.len()) as u64;
            return Err(SnapshotProblem::Ends { missing }.at(self.bytes.len()));
        };
        self.offset = self.bytes.len().saturating_sub(behind.len());
        Ok((at, record))
    }
}

/// Returns what a byte stands for.
pub(crate) fn decode<T>(code: u8, what: &'static str, offset: usize) -> Result<T, SnapshotError>
where
    T: TryFromBytes + KnownLayout,
{
    T::try_read_from_bytes(&[code]).map_err(|_| SnapshotProblem::Code { what, code }.at(offset))
}

/// Returns what a byte says that is 0 or 1.
pub(crate) fn decode_flag(
    code: u8,
    what: &'static str,
    offset: usize,
) -> Result<bool, SnapshotError> {
    match code {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(SnapshotProblem::Code { what, code }.at(offset)),
    }
}

/// Checks that a number, or bytes, are zero.
pub(crate) fn check_zero<T>(field: &T, offset: usize) -> Result<(), SnapshotError>
where
    T: IntoBytes + Immutable + ?Sized,
{
    let is_zero = field.as_bytes().iter().all(|&byte| byte == 0);
    ensure(is_zero, SnapshotProblem::NotZero, offset)
}

/// Checks that a number is below how many there are.
pub(crate) fn check_below(
    (number, count): (u32, u32),
    what: &'static str,
    offset: usize,
) -> Result<(), SnapshotError> {
    let beyond = SnapshotProblem::Beyond {
        what,
        number,
        count,
    };
    ensure(number < count, beyond, offset)
}

/// Says what is wrong at a byte unless all is well.
pub(crate) const fn ensure(
    is_well: bool,
    problem: SnapshotProblem,
    offset: usize,
) -> Result<(), SnapshotError> {
    if is_well {
        Ok(())
    } else {
        Err(problem.at(offset))
    }
}
