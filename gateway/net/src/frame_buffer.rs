//! The frame buffer: whole frames out of bytes that come cut anywhere.
//!
//! Frames that lie whole in what came are handed on where they lie; only the cut one at the end is
//! copied, to be completed by what comes next. Holds one frame at the most.

use matchgate_core::domain::RejectReason;
use matchgate_schema::capnp::frame;
use matchgate_schema::message::CLIENT_FRAME_BYTES_MAX;

/// The beginning of a frame whose rest has not come.
#[derive(Debug)]
pub(crate) struct FrameBuffer {
    kept: Box<[u8; CLIENT_FRAME_BYTES_MAX]>,
    length: usize,
    /// Bytes of the frame returned last that were kept before.
    last_kept: usize,
}

impl FrameBuffer {
    /// Returns an empty buffer; all its allocation is here.
    pub(crate) fn new() -> Self {
        Self {
            kept: Box::new([0; CLIENT_FRAME_BYTES_MAX]),
            length: 0,
            last_kept: 0,
        }
    }

    /// Forgets what is kept.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    /// Takes the next whole frame out of what is kept and of `incoming`, which it shortens. When
    /// there is none, the rest of `incoming` is kept and `incoming` is empty.
    ///
    /// # Errors
    ///
    /// Returns the reason for which the stream cannot be read on.
    #[inline]
    pub(crate) fn next<'a, 'b: 'a>(
        &'a mut self,
        incoming: &mut &'b [u8],
    ) -> Result<Option<&'a [u8]>, RejectReason> {
        if self.length > 0 {
            return self.complete(incoming);
        }
        if let Some(whole) = frame::next(incoming)? {
            *incoming = incoming.get(whole.len()..).unwrap_or_default();
            self.last_kept = 0;
            return Ok(Some(whole));
        }
        self.keep(incoming);
        Ok(None)
    }

    /// Completes the frame that is kept.
    fn complete<'a, 'b: 'a>(
        &'a mut self,
        incoming: &mut &'b [u8],
    ) -> Result<Option<&'a [u8]>, RejectReason> {
        let before = self.length;
        let mut rest = *incoming;
        self.keep(&mut rest);
        let kept = self.kept.get(..self.length).unwrap_or_default();
        let Some(whole) = frame::next(kept)?.map(<[u8]>::len) else {
            // A frame is never longer than the buffer, so nothing is left over here.
            *incoming = rest;
            return Ok(None);
        };
        let taken = whole.saturating_sub(before);
        *incoming = incoming.get(taken..).unwrap_or_default();
        self.length = 0;
        self.last_kept = before;
        Ok(self.kept.get(..whole))
    }

    /// Takes the frame of `frame_bytes` that was returned last back, before anything else is
    /// asked for: keeps again what was kept of it, and returns how many bytes at its end came
    /// with what was incoming, to be brought again.
    pub(crate) fn unread(&mut self, frame_bytes: usize) -> usize {
        self.length = self.last_kept;
        frame_bytes.saturating_sub(self.last_kept)
    }

    /// Appends as much of `incoming` as there is room for.
    fn keep(&mut self, incoming: &mut &[u8]) {
        let taken = incoming.len().min(self.kept.len() - self.length);
        let (head, rest) = incoming.split_at(taken);
        if let Some(room) = self.kept.get_mut(self.length..self.length + taken) {
            room.copy_from_slice(head);
            self.length += taken;
        }
        *incoming = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of `words` words, each of them `fill`.
    fn frame_of(words: u32, fill: u8) -> Vec<u8> {
        let mut frame = [[0; 4], words.to_le_bytes()].concat();
        frame.resize(frame.len() + 8 * usize::try_from(words).unwrap(), fill);
        frame
    }

    fn frames(buffer: &mut FrameBuffer, mut incoming: &[u8]) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        while let Some(frame) = buffer.next(&mut incoming).unwrap() {
            frames.push(frame.to_vec());
        }
        assert!(incoming.is_empty());
        frames
    }

    #[test]
    fn frames_are_the_same_wherever_the_bytes_are_cut() {
        let expected = vec![
            frame_of(1, 1),
            frame_of(127, 2),
            frame_of(3, 3),
            frame_of(64, 4),
        ];
        let stream = expected.concat();
        for chunk in [1, 2, 7, 8, 9, 100, 1_023, 1_024, 1_025, stream.len()] {
            let mut buffer = FrameBuffer::new();
            let mut split = Vec::new();
            for bytes in stream.chunks(chunk) {
                split.extend(frames(&mut buffer, bytes));
            }
            assert_eq!(split, expected, "chunks of {chunk}");
            assert_eq!(buffer.length, 0);
        }
    }

    #[test]
    fn every_cut_in_two_gives_the_same_frames() {
        let expected = vec![frame_of(2, 5), frame_of(5, 6), frame_of(1, 7)];
        let stream = expected.concat();
        for cut in 0..=stream.len() {
            let mut buffer = FrameBuffer::new();
            let mut split = frames(&mut buffer, &stream[..cut]);
            split.extend(frames(&mut buffer, &stream[cut..]));
            assert_eq!(split, expected, "cut at {cut}");
        }
    }

    #[test]
    fn frame_that_was_unread_comes_again() {
        let expected = vec![frame_of(2, 5), frame_of(5, 6), frame_of(1, 7)];
        let stream = expected.concat();
        for cut in 0..=stream.len() {
            let mut buffer = FrameBuffer::new();
            let mut split = Vec::new();
            for bytes in [&stream[..cut], &stream[cut..]] {
                let mut incoming = bytes;
                while let Some(frame_bytes) = buffer.next(&mut incoming).unwrap().map(<[u8]>::len) {
                    let rest = incoming.len() + buffer.unread(frame_bytes);
                    incoming = &bytes[bytes.len() - rest..];
                    let frame = buffer.next(&mut incoming).unwrap().unwrap();
                    split.push(frame.to_vec());
                }
            }
            assert_eq!(split, expected, "cut at {cut}");
        }
    }

    #[test]
    fn frame_too_large_is_refused_by_its_table_alone() {
        let table = [[0; 4], 128_u32.to_le_bytes()].concat();
        for cut in 0..8 {
            let mut buffer = FrameBuffer::new();
            let (mut first, mut second) = table.split_at(cut);
            assert_eq!(buffer.next(&mut first), Ok(None));
            assert_eq!(buffer.next(&mut second), Err(RejectReason::FrameTooLarge));
        }
    }
}
