//! The tag of an operation: what comes back with its completion.
//!
//! | bits   | meaning                                        |
//! |--------|------------------------------------------------|
//! | 56..64 | the operation                                  |
//! | 32..56 | slot of the connection                         |
//! | 0..32  | generation of the slot when the operation began |

/// Slots that a tag can tell apart.
pub(crate) const TAG_SLOTS_MAX: u32 = 1 << 24;

const RECEIVE: u64 = 1;
const SEND: u64 = 2;
const CANCEL_RECEIVE: u64 = 3;

/// What was asked of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Receive on a connection until told to stop.
    Receive,
    /// Send once.
    Send,
    /// Stop to receive.
    CancelReceive,
}

/// An operation and the use of a connection slot that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// What was asked.
    pub(crate) operation: Operation,
    /// Slot of the connection, below [`TAG_SLOTS_MAX`].
    pub(crate) slot: u32,
    /// Which use of that slot.
    pub(crate) generation: u32,
}

impl Tag {
    /// Returns the number that travels through the kernel.
    pub(crate) fn pack(self) -> u64 {
        debug_assert!(self.slot < TAG_SLOTS_MAX, "slot {} has no tag", self.slot);
        let operation = match self.operation {
            Operation::Receive => RECEIVE,
            Operation::Send => SEND,
            Operation::CancelReceive => CANCEL_RECEIVE,
        };
        (operation << 56) | (u64::from(self.slot) << 32) | u64::from(self.generation)
    }

    /// Returns the tag of a number that [`Tag::pack`] made; `None` for any other.
    pub(crate) fn unpack(packed: u64) -> Option<Self> {
        let operation = match packed >> 56 {
            RECEIVE => Operation::Receive,
            SEND => Operation::Send,
            CANCEL_RECEIVE => Operation::CancelReceive,
            _ => return None,
        };
        Some(Self {
            operation,
            slot: u32::try_from((packed >> 32) & u64::from(TAG_SLOTS_MAX - 1)).ok()?,
            generation: u32::try_from(packed & u64::from(u32::MAX)).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, TAG_SLOTS_MAX, Tag};

    #[test]
    fn tag_comes_back_from_the_kernel_as_it_went() {
        let operations = [
            Operation::Receive,
            Operation::Send,
            Operation::CancelReceive,
        ];
        for operation in operations {
            for slot in [0, 1, TAG_SLOTS_MAX - 1] {
                for generation in [0, 1, u32::MAX] {
                    let tag = Tag {
                        operation,
                        slot,
                        generation,
                    };
                    assert_eq!(Tag::unpack(tag.pack()), Some(tag));
                }
            }
        }
        assert_eq!(Tag::unpack(0), None);
    }
}
