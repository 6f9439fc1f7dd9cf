//! The encoder: one reused buffer in which a frame of one segment is laid out word by word.
//!
//! ```text
//! word  content
//! 0     segment table: number of segments - 1 (0), words of the segment
//! 1     pointer to the root struct
//! 2..   root struct (data words, then pointers), then what the pointers point to, in their order
//! ```
//!
//! A struct or list pointer holds the distance in words from its own end to what it points to. It
//! knows no message; which word holds which field stands with the messages.

use zerocopy::IntoBytes;

use super::frame::WORD_BYTES;
use crate::message::{CLIENT_FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX};

/// Words that the buffer has: the longest frame of either direction.
const FRAME_WORDS_MAX: usize = 128;
const _: () = assert!(FRAME_WORDS_MAX * WORD_BYTES <= CLIENT_FRAME_BYTES_MAX);
const _: () = assert!(FRAME_WORDS_MAX * WORD_BYTES <= SERVER_FRAME_BYTES_MAX);

/// Kind of a pointer in its lowest two bits: 0 is a struct, 1 a list.
const LIST_POINTER: u64 = 1;
/// Element size of a list pointer: bytes, and words.
const LIST_OF_BYTES: u64 = 2;
const LIST_OF_WORDS: u64 = 5;

/// How many data words and pointers a struct of the schema has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) data_words: usize,
    pub(super) pointers: usize,
}

/// Where a struct stands in the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    data: usize,
    pointers: usize,
}

/// Makes frames, one at a time, in a buffer that is allocated once.
#[derive(Debug)]
pub struct Encoder {
    /// In wire order, which is little-endian. All zero from `used` on.
    words: Box<[u64; FRAME_WORDS_MAX]>,
    used: usize,
}

impl Encoder {
    /// Returns an encoder; all its allocation is here.
    #[must_use]
    pub fn new() -> Self {
        Self {
            words: Box::new([0; FRAME_WORDS_MAX]),
            used: 0,
        }
    }

    /// Begins a frame, whose root has `shape`, in place of the last one.
    #[inline]
    pub(super) fn begin(&mut self, shape: Shape) -> Part {
        if let Some(last) = self.words.get_mut(..self.used) {
            last.fill(0);
        }
        self.used = 2;
        self.part_at(1, shape)
    }

    /// Adds a struct of `shape` that pointer `pointer` of `parent` points to.
    #[inline]
    pub(super) fn part(&mut self, parent: Part, pointer: usize, shape: Shape) -> Part {
        self.part_at(parent.pointers + pointer, shape)
    }

    #[inline]
    fn part_at(&mut self, pointer: usize, shape: Shape) -> Part {
        let data = self.used;
        self.put(
            pointer,
            (word_count(data - pointer - 1) << 2)
                | (word_count(shape.data_words) << 32)
                | (word_count(shape.pointers) << 48),
        );
        self.used += shape.data_words + shape.pointers;
        Part {
            data,
            pointers: data + shape.data_words,
        }
    }

    /// Writes data word `word` of `part`.
    #[inline]
    pub(super) fn word(&mut self, part: Part, word: usize, value: u64) {
        self.put(part.data + word, value);
    }

    /// Adds a text that pointer `pointer` of `part` points to; the empty text is no pointer.
    #[inline]
    pub(super) fn text(&mut self, part: Part, pointer: usize, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        // A text ends with a zero byte, which counts; the words beyond `used` are zero.
        let bytes = text.len() + 1;
        let start = self.used * WORD_BYTES;
        self.list(part.pointers + pointer, LIST_OF_BYTES, bytes);
        self.used += bytes.div_ceil(WORD_BYTES);
        let to = self.words.as_mut_bytes().get_mut(start..start + text.len());
        debug_assert!(to.is_some(), "the longest message fits");
        if let Some(to) = to {
            to.copy_from_slice(text);
        }
    }

    /// Adds a text as [`Encoder::text`] does, up to its first zero byte.
    #[inline]
    pub(super) fn padded_text(&mut self, part: Part, pointer: usize, padded: &[u8]) {
        let text = padded.split(|&byte| byte == 0).next();
        self.text(part, pointer, text.unwrap_or(&[]));
    }

    /// Adds a list of words that pointer `pointer` of `part` points to; the empty one is no
    /// pointer.
    #[inline]
    pub(super) fn words(&mut self, part: Part, pointer: usize, list: &[u64]) {
        if list.is_empty() {
            return;
        }
        self.list(part.pointers + pointer, LIST_OF_WORDS, list.len());
        for &word in list {
            self.put(self.used, word);
            self.used += 1;
        }
    }

    #[inline]
    fn list(&mut self, pointer: usize, element_size: u64, count: usize) {
        self.put(
            pointer,
            LIST_POINTER
                | (word_count(self.used - pointer - 1) << 2)
                | (element_size << 32)
                | (word_count(count) << 35),
        );
    }

    #[inline]
    fn put(&mut self, index: usize, value: u64) {
        let slot = self.words.get_mut(index);
        debug_assert!(slot.is_some(), "the longest message fits");
        if let Some(slot) = slot {
            *slot = value.to_le();
        }
    }

    /// Completes the frame and returns it, its segment table included.
    #[inline]
    pub(super) fn finish(&mut self) -> &[u8] {
        self.put(0, word_count(self.used - 1) << 32);
        let frame = self.words.as_bytes().get(..self.used * WORD_BYTES);
        debug_assert!(frame.is_some(), "the longest message fits");
        frame.unwrap_or(&[])
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts and distances within a frame are far below 2^16.
#[inline]
fn word_count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Lays four fields of 16 bits into one word, the first lowest.
#[inline]
pub(super) fn quarters(fields: [u16; 4]) -> u64 {
    let [first, second, third, fourth] = fields.map(u64::from);
    first | (second << 16) | (third << 32) | (fourth << 48)
}

/// Lays two fields of 32 bits into one word, the first lowest.
#[inline]
pub(super) fn halves(low: u32, high: u32) -> u64 {
    u64::from(low) | (u64::from(high) << 32)
}

#[cfg(test)]
mod tests {
    use matchgate_core::domain::{
        OrderId, Price, Quantity, RejectReason, RequestNumber, SelfTradePrevention, Side, Symbol,
    };

    use super::{Encoder, Shape};
    use crate::capnp::{DecodeError, decode_client};
    use crate::message::{CancelRequest, ClientMessage, NewOrderRequest, OrderTarget};

    const NEW_ORDER_TAG: u64 = 4;
    const CANCEL_TAG: u64 = 5;
    const BY_ORDER_ID: u64 = 3;

    /// A cancel of request 9 by order id 7, from structs of the given shapes.
    fn cancel_of(root_shape: Shape, shape: Shape) -> Vec<u8> {
        let mut encoder = Encoder::new();
        let root = encoder.begin(root_shape);
        encoder.word(root, 0, CANCEL_TAG);
        let part = encoder.part(root, 0, shape);
        for (word, value) in [9, BY_ORDER_ID, 7].into_iter().enumerate() {
            if word < shape.data_words {
                encoder.word(part, word, value);
            }
        }
        for word in 3..shape.data_words {
            encoder.word(part, word, u64::MAX);
        }
        encoder.finish().to_vec()
    }

    const fn shape(data_words: usize, pointers: usize) -> Shape {
        Shape {
            data_words,
            pointers,
        }
    }

    #[test]
    fn fields_of_a_later_schema_are_ignored() {
        let cancel = ClientMessage::Cancel(CancelRequest {
            request: RequestNumber(9),
            target: OrderTarget::OrderId(OrderId::from_wire(7)),
        });
        let today = cancel_of(shape(1, 1), shape(3, 1));
        let later = cancel_of(shape(4, 2), shape(9, 5));
        assert_eq!(decode_client(&today), Ok(cancel));
        assert_eq!(decode_client(&later), Ok(cancel));
    }

    #[test]
    fn order_of_an_earlier_schema_has_no_terms_and_does_not_meet_its_own() {
        let mut encoder = Encoder::new();
        let root = encoder.begin(shape(1, 1));
        encoder.word(root, 0, NEW_ORDER_TAG);
        let part = encoder.part(root, 0, shape(4, 3));
        // Request, price, quantity; side buy, a limit order for the day.
        for (word, value) in [9, 7, 5, 0x1_0002_0001].into_iter().enumerate() {
            encoder.word(part, word, value);
        }
        encoder.text(part, 0, b"AAPL");
        let symbol = Symbol::new(b"AAPL").unwrap();
        let expected = NewOrderRequest::limit(symbol, Side::Buy, Price::new(7), Quantity::new(5));
        assert_eq!(expected.self_trade, SelfTradePrevention::CancelNewest);
        assert_eq!(
            decode_client(encoder.finish()),
            Ok(ClientMessage::NewOrder(expected).with_request(RequestNumber(9)))
        );
    }

    #[test]
    fn fields_left_out_by_an_earlier_schema_read_as_their_default() {
        let expected = |request| DecodeError {
            reason: RejectReason::InvalidTarget,
            request,
        };
        let without_target = cancel_of(shape(1, 1), shape(1, 0));
        assert_eq!(
            decode_client(&without_target),
            Err(expected(Some(RequestNumber(9))))
        );
        let without_anything = cancel_of(shape(1, 1), shape(0, 0));
        assert_eq!(decode_client(&without_anything), Err(expected(None)));
    }
}
