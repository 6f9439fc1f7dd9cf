//! Reading: the bounded message reader, and the text fields that several messages share.

use ::capnp::message::{Reader, ReaderOptions};
use ::capnp::serialize::{NoAllocSliceSegments, read_message_from_flat_slice_no_alloc};
use ::capnp::text;
use matchgate_core::domain::{ClientOrderId, Name, RejectReason, Symbol};

use super::frame::Split;

/// Words that the reading of one frame may touch. A frame has at most 128 and no field is read
/// twice, so an honest one stays far below; overlapping pointers cannot make a frame cost more.
const TRAVERSAL_WORDS_MAX: usize = 512;
/// Structs in structs that the reading of one frame may follow; the schema needs two.
const NESTING_MAX: i32 = 4;

const OPTIONS: ReaderOptions = ReaderOptions {
    traversal_limit_in_words: Some(TRAVERSAL_WORDS_MAX),
    nesting_limit: NESTING_MAX,
};

/// A reader over one frame; borrows it and allocates nothing.
pub(super) type FrameReader<'a> = Reader<NoAllocSliceSegments<'a>>;

/// Opens exactly one frame; `split` is the splitter of its direction.
///
/// # Errors
///
/// The splitter's reasons; `MalformedFrame` where `bytes` are less or more than one frame.
#[inline]
pub(super) fn open<'a>(
    bytes: &'a [u8],
    split: fn(&'a [u8]) -> Split<'a>,
) -> Result<FrameReader<'a>, RejectReason> {
    match split(bytes)? {
        Some(frame) if frame.len() == bytes.len() => {
            let mut rest = frame;
            read_message_from_flat_slice_no_alloc(&mut rest, OPTIONS)
                .map_err(|_| RejectReason::MalformedFrame)
        }
        Some(_) | None => Err(RejectReason::MalformedFrame),
    }
}

/// What capnp returns for a text field.
pub(super) type TextField<'a> = ::capnp::Result<text::Reader<'a>>;

#[inline]
fn bytes(field: TextField<'_>) -> Result<&[u8], RejectReason> {
    field
        .map(text::Reader::as_bytes)
        .map_err(|_| RejectReason::MalformedFrame)
}

/// Reads a client order id that may be empty.
#[inline]
pub(super) fn client_order_id(field: TextField<'_>) -> Result<ClientOrderId, RejectReason> {
    ClientOrderId::new(bytes(field)?).ok_or(RejectReason::InvalidClientOrderId)
}

/// Reads a symbol that must be there.
#[inline]
pub(super) fn symbol(field: TextField<'_>) -> Result<Symbol, RejectReason> {
    Symbol::new(bytes(field)?).ok_or(RejectReason::InvalidSymbol)
}

/// Reads a symbol; the empty one is none.
#[inline]
pub(super) fn optional_symbol(field: TextField<'_>) -> Result<Option<Symbol>, RejectReason> {
    match bytes(field)? {
        [] => Ok(None),
        given => Symbol::new(given)
            .map(Some)
            .ok_or(RejectReason::InvalidSymbol),
    }
}

/// Reads an account or key that must be there; `reason` where it is not one.
#[inline]
pub(super) fn name(field: TextField<'_>, reason: RejectReason) -> Result<Name, RejectReason> {
    Name::new(bytes(field)?).ok_or(reason)
}

/// Reads an account; the empty one is none.
#[inline]
pub(super) fn optional_account(field: TextField<'_>) -> Result<Option<Name>, RejectReason> {
    match bytes(field)? {
        [] => Ok(None),
        given => Name::new(given)
            .map(Some)
            .ok_or(RejectReason::InvalidAccount),
    }
}
