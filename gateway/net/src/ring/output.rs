//! The outbound bytes of one connection: one half fills while the kernel reads the other.
//!
//! Both halves are allocated once. A half that the kernel reads is not written, swapped or freed
//! until the kernel has said that it is done; what is appended meanwhile waits in the other half.

/// Outbound bytes of one connection.
#[derive(Debug)]
pub(crate) struct Output {
    filling: Box<[u8]>,
    filled: usize,
    sending: Box<[u8]>,
    sending_from: usize,
    sending_until: usize,
    in_flight: bool,
}

impl Output {
    /// Makes room for `bytes` in each half. The memory is touched, so that no page is missing
    /// later.
    pub(crate) fn new(bytes: usize) -> Self {
        // Zeroed memory would be mapped page by page at its first use; other bytes are written now.
        let half = || vec![u8::MAX; bytes].into_boxed_slice();
        Self {
            filling: half(),
            filled: 0,
            sending: half(),
            sending_from: 0,
            sending_until: 0,
            in_flight: false,
        }
    }

    /// Returns how many bytes can be appended now.
    #[inline]
    pub(crate) fn space(&self) -> usize {
        self.filling.len() - self.filled
    }

    /// Returns whether every byte is with the kernel for good.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.filled == 0 && self.sending_from == self.sending_until
    }

    /// Returns the room that is left; what is written there counts once it is committed.
    #[inline]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.filling.get_mut(self.filled..).unwrap_or_default()
    }

    /// Appends the first `length` bytes of the room.
    ///
    /// # Panics
    ///
    /// Panics where the room is smaller than that.
    #[inline]
    pub(crate) fn commit(&mut self, length: usize) {
        assert!(length <= self.space(), "committed bytes were in the room");
        self.filled += length;
    }

    /// Appends all of `bytes`, or nothing where they do not fit.
    #[inline]
    pub(crate) fn append(&mut self, bytes: &[u8]) -> bool {
        let Some(room) = self.room().get_mut(..bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.filled += bytes.len();
        true
    }

    /// Returns what is to be sent next and counts it as with the kernel; `None` where something
    /// is with the kernel or nothing is left. The bytes stay where they are until
    /// [`Output::sent`].
    #[inline]
    pub(crate) fn begin_send(&mut self) -> Option<&[u8]> {
        if self.in_flight {
            return None;
        }
        if self.sending_from == self.sending_until {
            if self.filled == 0 {
                return None;
            }
            std::mem::swap(&mut self.filling, &mut self.sending);
            self.sending_from = 0;
            self.sending_until = self.filled;
            self.filled = 0;
        }
        self.in_flight = true;
        self.sending.get(self.sending_from..self.sending_until)
    }

    /// The kernel is done with what was with it, and took `length` bytes of that. Returns whether
    /// that was all.
    #[inline]
    pub(crate) fn sent(&mut self, length: usize) -> bool {
        self.in_flight = false;
        self.sending_from = self.sending_until.min(self.sending_from + length);
        self.sending_from == self.sending_until
    }

    /// Forgets every byte, for the next connection.
    ///
    /// # Panics
    ///
    /// Panics where the kernel reads from it now.
    pub(crate) fn clear(&mut self) {
        assert!(
            !self.in_flight,
            "a slot is reused once nothing is in flight"
        );
        self.filled = 0;
        self.sending_from = 0;
        self.sending_until = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Output;

    #[test]
    fn bytes_appended_during_a_send_follow_it() {
        let mut output = Output::new(8);
        assert!(output.append(b"abc"));
        assert_eq!(output.begin_send(), Some(&b"abc"[..]));
        assert!(output.append(b"defgh"));
        assert_eq!(output.begin_send(), None, "one send at a time");
        assert!(!output.sent(1));
        assert_eq!(
            output.begin_send(),
            Some(&b"bc"[..]),
            "rest of a partial send"
        );
        assert!(output.sent(2));
        assert_eq!(output.begin_send(), Some(&b"defgh"[..]));
        assert!(output.sent(5));
        assert!(output.is_empty());
        assert_eq!(output.begin_send(), None);
    }

    #[test]
    fn append_without_room_takes_nothing() {
        let mut output = Output::new(4);
        assert!(output.append(b"abc"));
        assert!(!output.append(b"de"));
        assert_eq!(output.space(), 1);
        assert_eq!(output.begin_send(), Some(&b"abc"[..]));
        assert_eq!(output.space(), 4, "the other half fills now");
    }

    #[test]
    fn room_counts_once_it_is_committed() {
        let mut output = Output::new(4);
        output.room()[..2].copy_from_slice(b"ab");
        assert!(output.is_empty());
        output.commit(2);
        assert_eq!(output.begin_send(), Some(&b"ab"[..]));
    }
}
