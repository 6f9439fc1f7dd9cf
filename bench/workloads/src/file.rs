//! Operations as a file, so that another process runs exactly these.
//!
//! Little-endian: eight bytes [`MAGIC`], the number of operations before the clock runs and of
//! those that are timed, eight bytes each, and then all operations, 32 bytes each: quantity,
//! price, order, symbol, account, kind, side, two zeros. It is for the same day on the same
//! machine; nothing promises that the next version reads it.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::{Operation, OperationKind, Side};

/// How a file begins.
pub const MAGIC: [u8; 8] = *b"MGOPS\0\0\x01";
const HEADER: usize = 24;
const RECORD: usize = 32;

/// Writes the operations `before` the clock runs and those that are `timed`.
///
/// # Errors
///
/// Returns an error when the file cannot be written.
pub fn write(path: &Path, before: &[Operation], timed: &[Operation]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(HEADER + RECORD * (before.len() + timed.len()));
    bytes.extend_from_slice(&MAGIC);
    for part in [before, timed] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
    }
    for operation in before.iter().chain(timed) {
        bytes.extend_from_slice(&operation.quantity.to_le_bytes());
        bytes.extend_from_slice(&operation.price.to_le_bytes());
        bytes.extend_from_slice(&operation.order.to_le_bytes());
        bytes.extend_from_slice(&operation.symbol.to_le_bytes());
        bytes.extend_from_slice(&operation.account.to_le_bytes());
        bytes.extend_from_slice(&[operation.kind as u8, operation.side as u8, 0, 0]);
    }
    let mut file = fs::File::create(path)?;
    file.write_all(&bytes)
}

/// Reads what [`write()`] wrote: the operations before the clock runs, and those that are timed.
///
/// # Errors
///
/// Returns an error when the file cannot be read or is not such a file.
pub fn read(path: &Path) -> io::Result<(Vec<Operation>, Vec<Operation>)> {
    let bytes = fs::read(path)?;
    parse(&bytes).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "no file of operations"))
}

fn parse(bytes: &[u8]) -> Option<(Vec<Operation>, Vec<Operation>)> {
    let (header, records) = bytes.split_at_checked(HEADER)?;
    let count = |at| usize::try_from(u64::from_le_bytes(field(header, at)?)).ok();
    let (before_count, timed_count) = (count(8)?, count(16)?);
    let count = before_count.checked_add(timed_count)?;
    if header[..8] != MAGIC || Some(records.len()) != count.checked_mul(RECORD) {
        return None;
    }
    let mut before = records
        .chunks_exact(RECORD)
        .map(operation)
        .collect::<Option<Vec<_>>>()?;
    let timed = before.split_off(before_count);
    Some((before, timed))
}

fn operation(record: &[u8]) -> Option<Operation> {
    Some(Operation {
        quantity: u64::from_le_bytes(field(record, 0)?),
        price: i64::from_le_bytes(field(record, 8)?),
        order: u32::from_le_bytes(field(record, 16)?),
        symbol: u32::from_le_bytes(field(record, 20)?),
        account: u32::from_le_bytes(field(record, 24)?),
        kind: *OperationKind::ALL.get(usize::from(record[28]))?,
        side: *[Side::Buy, Side::Sell].get(usize::from(record[29]))?,
    })
}

fn field<const SIZE: usize>(bytes: &[u8], at: usize) -> Option<[u8; SIZE]> {
    bytes.get(at..at + SIZE)?.try_into().ok()
}
