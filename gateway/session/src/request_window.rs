//! The request window: which requests of a session were taken, and which are decided.
//!
//! A request is decided once its shard has journaled it or its refusal is in the gateway log. A
//! process that dies leaves requests that were taken and are not decided; they are executed when
//! the client sends them again. It must not know what a request asks for.

use matchgate_core::domain::RequestNumber;

use crate::bounds::REQUEST_WINDOW;

const WORDS: usize = REQUEST_WINDOW / 64;
const WINDOW: u64 = {
    // A const context has no `From` for usize.
    let mut window = 0_u64;
    let mut word = 0;
    while word < WORDS {
        window += 64;
        word += 1;
    }
    window
};

/// What to do with a request of a given number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Take it: the next one, or one that is not decided.
    Fresh,
    /// It was taken before and is decided, or its answer is on the way.
    Repeated,
    /// Numbers start at 1.
    Zero,
    /// It leaves out a number.
    Gap,
    /// The window is full of requests whose answers are on the way: give it again later.
    Later,
}

/// One bit a request of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits([u64; WORDS]);

impl Bits {
    fn word(request: u64) -> usize {
        usize::try_from(request % WINDOW / 64).unwrap_or(0)
    }

    fn get(&self, request: u64) -> bool {
        let word = self.0.get(Self::word(request)).copied().unwrap_or(0);
        word & (1 << (request % 64)) != 0
    }

    fn set(&mut self, request: u64) {
        if let Some(word) = self.0.get_mut(Self::word(request)) {
            *word |= 1 << (request % 64);
        }
    }

    fn clear(&mut self, request: u64) {
        if let Some(word) = self.0.get_mut(Self::word(request)) {
            *word &= !(1 << (request % 64));
        }
    }
}

/// The requests of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestWindow {
    highest: u64,
    decided_through: u64,
    decided: Bits,
    pending: Bits,
}

impl RequestWindow {
    /// Returns the window of a session that never sent a request.
    pub(crate) const fn new() -> Self {
        Self {
            highest: 0,
            decided_through: 0,
            decided: Bits([0; WORDS]),
            pending: Bits([0; WORDS]),
        }
    }

    /// Returns the window of a session whose requests up to `highest` are decided but for those
    /// in `undecided`, which rise. Where they span more than the window, the lowest count as
    /// decided; that happens after a power loss only, which the logon answer announces.
    pub(crate) fn recovered(highest: u64, undecided: impl Iterator<Item = u64> + Clone) -> Self {
        let mut window = Self::new();
        window.highest = highest;
        let floor = highest.saturating_sub(WINDOW);
        let first = undecided.clone().find(|&request| request > floor);
        window.decided_through = first.map_or(highest, |request| request - 1);
        for request in window.decided_through + 1..=highest {
            window.decided.set(request);
        }
        for request in undecided.filter(|&request| request > window.decided_through) {
            window.decided.clear(request);
        }
        window
    }

    /// Returns the highest number ever taken.
    pub(crate) const fn highest(&self) -> RequestNumber {
        RequestNumber(self.highest)
    }

    /// Returns the number up to which every request is decided.
    pub(crate) const fn decided_through(&self) -> RequestNumber {
        RequestNumber(self.decided_through)
    }

    /// Returns one bit for each request above the decided prefix, set where it is decided.
    pub(crate) fn decided_above(&self) -> [u64; WORDS] {
        let mut bits = [0; WORDS];
        let above = self
            .highest
            .saturating_sub(self.decided_through)
            .min(WINDOW);
        for offset in 0..above {
            if self.decided.get(self.decided_through + 1 + offset)
                && let Some(word) = bits.get_mut(Bits::word(offset))
            {
                *word |= 1 << (offset % 64);
            }
        }
        bits
    }

    /// Returns what to do with a request. Undecided ones that it passes over by a whole window
    /// are given up: they were never executed and never will be. A process that recovers comes to
    /// the same, since it tells apart no more than a window below the highest number.
    pub(crate) fn standing(&mut self, request: RequestNumber) -> Standing {
        let request = request.0;
        while request == self.highest.saturating_add(1)
            && request > self.decided_through.saturating_add(WINDOW)
            && !self.pending.get(self.decided_through + 1)
        {
            self.decide(RequestNumber(self.decided_through + 1));
        }
        if request == 0 {
            Standing::Zero
        } else if request > self.highest.saturating_add(1) {
            Standing::Gap
        } else if request <= self.decided_through {
            Standing::Repeated
        } else if request > self.decided_through.saturating_add(WINDOW) {
            Standing::Later
        } else if self.decided.get(request) || self.pending.get(request) {
            Standing::Repeated
        } else {
            Standing::Fresh
        }
    }

    /// Notes that a fresh request was sent to its shard.
    pub(crate) fn take(&mut self, request: RequestNumber) {
        self.highest = self.highest.max(request.0);
        self.pending.set(request.0);
    }

    /// Notes that a request is decided.
    pub(crate) fn decide(&mut self, request: RequestNumber) {
        self.highest = self.highest.max(request.0);
        if request.0 <= self.decided_through {
            return;
        }
        self.pending.clear(request.0);
        self.decided.set(request.0);
        while self.decided_through < self.highest && self.decided.get(self.decided_through + 1) {
            self.decided_through += 1;
            self.decided.clear(self.decided_through);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(request: u64) -> RequestNumber {
        RequestNumber(request)
    }

    #[test]
    fn decided_prefix_waits_for_the_lowest_request() {
        let mut window = RequestWindow::new();
        for request in 1..=3 {
            window.take(number(request));
        }
        window.decide(number(2));
        window.decide(number(3));
        assert_eq!(window.decided_through(), number(0));
        assert_eq!(window.decided_above()[0], 0b110);
        window.decide(number(1));
        assert_eq!(window.decided_through(), number(3));
        assert_eq!(window.decided_above()[0], 0);
    }

    #[test]
    fn request_beyond_a_window_of_answers_on_the_way_waits() {
        let mut window = RequestWindow::new();
        for request in 1..=WINDOW {
            assert_eq!(window.standing(number(request)), Standing::Fresh);
            window.take(number(request));
        }
        assert_eq!(window.standing(number(WINDOW + 1)), Standing::Later);
        window.decide(number(1));
        assert_eq!(window.standing(number(WINDOW + 1)), Standing::Fresh);
    }

    #[test]
    fn undecided_request_passed_over_by_a_window_is_given_up() {
        let undecided = [5];
        let mut window = RequestWindow::recovered(5, undecided.into_iter());
        for request in 6..5 + WINDOW {
            assert_eq!(window.standing(number(request)), Standing::Fresh);
            window.decide(number(request));
        }
        assert_eq!(window.standing(number(5)), Standing::Fresh);
        assert_eq!(window.decided_through(), number(4));
        assert_eq!(window.standing(number(5 + WINDOW)), Standing::Fresh);
        assert_eq!(window.standing(number(5)), Standing::Repeated);
        assert_eq!(window.decided_through(), number(4 + WINDOW));
        // As after a restart in which the same request was never decided.
        window.take(number(5 + WINDOW));
        window.decide(number(5 + WINDOW));
        let recovered = RequestWindow::recovered(5 + WINDOW, [5].into_iter());
        assert_eq!(recovered.decided_through(), window.decided_through());
    }

    #[test]
    fn recovered_window_tells_undecided_from_decided() {
        let mut window = RequestWindow::recovered(9, [4, 7].into_iter());
        assert_eq!(window.decided_through(), number(3));
        let fresh: Vec<u64> = (1..=10)
            .filter(|&request| window.standing(number(request)) == Standing::Fresh)
            .collect();
        assert_eq!(fresh, [4, 7, 10]);
        assert_eq!(window.decided_above()[0], 0b11_0110);
    }

    #[test]
    fn undecided_requests_that_span_more_than_the_window_lose_the_lowest() {
        let highest = 3 * WINDOW;
        let mut window = RequestWindow::recovered(highest, [1, highest].into_iter());
        assert_eq!(window.standing(number(1)), Standing::Repeated);
        assert_eq!(window.standing(number(highest)), Standing::Fresh);
    }
}
