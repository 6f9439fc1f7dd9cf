//! A sum over events that a timed pass can afford: what each says of orders, and of which command.

use matchgate_core::domain::{Event, EventBody, OrderHandle, Price, Quantity, RejectReason};

/// Odd constants without a pattern: digits of the golden ratio, and of the roots of 2 and 3.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const KEYS: [u64; 2] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b];

/// Returns the sum with `event` in it; the empty sum is 0.
///
/// It depends on the order of events, and of each on its command, its kind, and on handles,
/// prices, quantities and reasons in it.
#[inline]
#[must_use]
pub fn fold(sum: u64, event: &Event) -> u64 {
    let (whom, what) = words(&event.body);
    let head = event.header.sequence.get().rotate_left(40) ^ whom;
    // The product does not wait for the sum; only the last step does.
    let record = multiply(head ^ KEYS[0], what ^ KEYS[1]);
    (sum.rotate_left(29) ^ record).wrapping_mul(GOLDEN)
}

/// Returns whom it is about, and its kind with what it says: quantities are below 2^32 here, and
/// prices have low bits to spare.
#[inline]
fn words(body: &EventBody) -> (u64, u64) {
    match body {
        EventBody::Accepted { handle, .. } => (word(*handle), 1 << 60),
        EventBody::Rejected { handle, reason, .. } => (word(*handle), 2 << 60 ^ code(*reason)),
        EventBody::Traded {
            aggressor,
            resting,
            price,
            quantity,
            ..
        } => {
            let parties = word(*aggressor) ^ word(*resting).rotate_left(16);
            (parties, 3 << 60 ^ both(*price, *quantity))
        }
        EventBody::Reduced {
            handle,
            quantity,
            leaves,
            ..
        } => {
            let quantities = quantity.get().rotate_left(32) ^ leaves.get();
            (word(*handle), 4 << 60 ^ quantities)
        }
        EventBody::Replaced {
            handle,
            price,
            leaves,
            ..
        } => (word(*handle), 5 << 60 ^ both(*price, *leaves)),
        EventBody::Canceled {
            handle,
            quantity,
            reason,
            ..
        } => {
            let reason = (*reason as u64) << 32;
            (word(*handle), 6 << 60 ^ reason ^ quantity.get())
        }
        EventBody::CancelRejected { handle, reason, .. } => {
            (word(*handle), 7 << 60 ^ code(*reason))
        }
        EventBody::MassCanceled { count, .. } => (u64::from(*count), 8 << 60),
        EventBody::Expired { .. }
        | EventBody::Triggered { .. }
        | EventBody::Restated { .. }
        | EventBody::SelfTradePrevented { .. }
        | EventBody::TermsReplaced { .. }
        | EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => (0, 9 << 60),
    }
}

#[inline]
const fn both(price: Price, quantity: Quantity) -> u64 {
    price.get().cast_unsigned().rotate_left(32) ^ quantity.get()
}

#[inline]
const fn word(handle: OrderHandle) -> u64 {
    (handle.slot as u64) << 32 | handle.generation as u64
}

#[inline]
fn code(reason: RejectReason) -> u64 {
    u64::from(reason.code())
}

/// Returns both halves of the product, one upon the other.
#[inline]
fn multiply(one: u64, other: u64) -> u64 {
    let (low, high) = one.carrying_mul(other, 0);
    low ^ high
}
