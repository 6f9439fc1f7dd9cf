//! Frames: splits a byte stream in Cap'n Proto's standard stream framing.
//!
//! ```text
//! offset  bytes      content
//! 0       4          number of segments - 1, little-endian
//! 4       4 each     words (8 bytes) of each segment, little-endian
//! ..      0 or 4     padding to a multiple of 8
//! ..      8 each     the segments, one after the other
//! ```
//!
//! Lengths are judged as soon as the table can be read, so a peer can never make the receiver wait
//! for, or keep, more bytes than one frame may have. Nothing behind the table is looked at.

use matchgate_core::domain::RejectReason;

use crate::message::{CLIENT_FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX};

/// Segments of one frame at the most. Writers that start with a segment of usual size need one;
/// a few more are read, so that a small first segment is no error.
pub const SEGMENTS_MAX: usize = 4;
/// Bytes of one word, the unit of every length in a frame.
pub const WORD_BYTES: usize = 8;

const COUNT_BYTES: usize = 4;

/// A whole frame, or `None` where it is not complete yet, or the reason that ends the stream.
pub type Split<'a> = Result<Option<&'a [u8]>, RejectReason>;

/// Splits the first frame of a client off `bytes`: the whole frame, its segment table included.
/// `None` where it is not complete yet.
///
/// # Errors
///
/// `MalformedFrame` where there are more than [`SEGMENTS_MAX`] segments (packed frames look like
/// that) or no words at all; `FrameTooLarge` where the frame would have more than
/// [`CLIENT_FRAME_BYTES_MAX`] bytes. The stream cannot be read on after either.
#[inline]
pub fn next(bytes: &[u8]) -> Split<'_> {
    split(bytes, CLIENT_FRAME_BYTES_MAX)
}

/// Splits the first frame of the venue off `bytes`; as [`next`], bounded by
/// [`SERVER_FRAME_BYTES_MAX`].
///
/// # Errors
///
/// As [`next`].
#[inline]
pub fn next_from_server(bytes: &[u8]) -> Split<'_> {
    split(bytes, SERVER_FRAME_BYTES_MAX)
}

#[inline]
fn split(bytes: &[u8], frame_bytes_max: usize) -> Split<'_> {
    let Some(frame_bytes) = announced_bytes(bytes, frame_bytes_max)? else {
        return Ok(None);
    };
    Ok(bytes.get(..frame_bytes))
}

/// Returns the length that the segment table announces; `None` where the table is not complete.
#[inline]
fn announced_bytes(bytes: &[u8], frame_bytes_max: usize) -> Result<Option<usize>, RejectReason> {
    let Some((count, sizes)) = bytes.split_first_chunk::<COUNT_BYTES>() else {
        return Ok(None);
    };
    let segments = usize::try_from(u32::from_le_bytes(*count))
        .ok()
        .and_then(|above_one| above_one.checked_add(1))
        .filter(|&segments| segments <= SEGMENTS_MAX)
        .ok_or(RejectReason::MalformedFrame)?;
    let table_bytes = (COUNT_BYTES * (1 + segments)).next_multiple_of(WORD_BYTES);
    let mut sizes = sizes.as_chunks::<COUNT_BYTES>().0.iter();
    let mut frame_bytes = table_bytes;
    for _ in 0..segments {
        let Some(words) = sizes.next() else {
            return Ok(None);
        };
        frame_bytes = usize::try_from(u32::from_le_bytes(*words))
            .ok()
            .and_then(|words| words.checked_mul(WORD_BYTES))
            .and_then(|segment_bytes| frame_bytes.checked_add(segment_bytes))
            .filter(|&frame_bytes| frame_bytes <= frame_bytes_max)
            .ok_or(RejectReason::FrameTooLarge)?;
    }
    if frame_bytes == table_bytes {
        return Err(RejectReason::MalformedFrame);
    }
    Ok(Some(frame_bytes))
}
