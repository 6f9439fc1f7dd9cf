//! Requests that were sent and are not yet answered, by their number.
//!
//! Numbers follow each other without gaps, so the window is a queue whose front is the oldest
//! request without an answer. It must not know what a request is.

use std::collections::VecDeque;

/// The unanswered requests of one session, at most as many as its capacity spans.
#[derive(Debug)]
pub(crate) struct Window<T> {
    first: u64,
    pending: VecDeque<Option<T>>,
    span_max: usize,
    completed: u64,
}

impl<T> Window<T> {
    /// Makes a window whose first request will be number `first`. From the oldest unanswered
    /// request to the newest it spans at most `span_max`.
    pub(crate) fn new(first: u64, span_max: usize) -> Self {
        Self {
            first,
            pending: VecDeque::with_capacity(span_max),
            span_max,
            completed: 0,
        }
    }

    /// Returns whether another request would exceed the span.
    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() >= self.span_max
    }

    /// Returns whether every request is answered.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Returns how many requests were answered.
    pub(crate) const fn completed(&self) -> u64 {
        self.completed
    }

    /// Adds the request with the next number.
    pub(crate) fn push(&mut self, pending: T) {
        self.pending.push_back(Some(pending));
    }

    /// Returns the unanswered request `number`.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let at = self.place(number)?;
        self.pending.get_mut(at)?.as_mut()
    }

    /// Returns every unanswered request, the oldest first.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pending.iter_mut().flatten()
    }

    /// Takes request `number` out as answered.
    pub(crate) fn complete(&mut self, number: u64) -> Option<T> {
        let at = self.place(number)?;
        let done = self.pending.get_mut(at)?.take()?;
        self.completed += 1;
        while let Some(None) = self.pending.front() {
            self.pending.pop_front();
            self.first += 1;
        }
        Some(done)
    }

    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn span_counts_from_the_oldest_unanswered_request() {
        let mut window = Window::new(7, 3);
        for text in ["seven", "eight", "nine"] {
            assert!(!window.is_full());
            window.push(text);
        }
        assert!(window.is_full());
        assert_eq!(window.complete(8), Some("eight"));
        assert!(window.is_full(), "seven is still unanswered");
        assert_eq!(window.complete(8), None, "an answer counts once");
        assert_eq!(window.get_mut(6), None);
        assert_eq!(window.complete(7), Some("seven"));
        assert!(!window.is_full());
        assert_eq!(window.get_mut(9), Some(&mut "nine"));
        assert_eq!(window.complete(9), Some("nine"));
        assert!(window.is_empty());
        assert_eq!(window.completed(), 3);
        assert_eq!(window.complete(10), None);
    }
}
