//! The open loop: sends by a plan, and counts latency from the plan.
//!
//! A sender that waits for answers hides exactly the times that matter. So each send has a planned
//! time, its latency is counted from there, and where the sender itself was late too often the
//! figure says nothing of what was measured. It knows no clock; time is an argument.

use crate::number::float;

/// Share of intervals that the sender may be late in.
pub const LATE_SHARE_MAX: f64 = 0.01;

/// A plan of sends at a constant rate.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    start_ns: u64,
    interval_ns: u64,
    sent: u64,
    late: u64,
}

impl OpenLoop {
    /// Plans sends every `interval_ns`, the first at `start_ns`.
    #[must_use]
    pub const fn new(start_ns: u64, interval_ns: u64) -> Self {
        Self {
            start_ns,
            interval_ns,
            sent: 0,
            late: 0,
        }
    }

    /// Returns when the next send is planned.
    #[inline]
    #[must_use]
    pub const fn planned_ns(&self) -> u64 {
        self.start_ns
            .saturating_add(self.interval_ns.saturating_mul(self.sent))
    }

    /// Takes the next send where it is due at `now_ns`, and returns its planned time. It is late
    /// where a whole interval has passed since.
    #[inline]
    pub const fn take_due(&mut self, now_ns: u64) -> Option<u64> {
        let planned_ns = self.planned_ns();
        if now_ns < planned_ns {
            return None;
        }
        if now_ns - planned_ns >= self.interval_ns {
            self.late += 1;
        }
        self.sent += 1;
        Some(planned_ns)
    }

    /// Returns how many were taken.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Returns how many of them were late.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }
}

/// Returns why a figure that was sent by `plans` is void, where it is.
pub fn lateness<'a>(plans: impl IntoIterator<Item = &'a OpenLoop>) -> Option<String> {
    let (mut sent, mut late) = (0, 0);
    for plan in plans {
        sent += plan.sent;
        late += plan.late;
    }
    if sent == 0 {
        return Some("nothing was sent".to_owned());
    }
    let share = float(late) / float(sent);
    (share > LATE_SHARE_MAX).then(|| {
        format!(
            "the sender was late in {:.1} % of the intervals",
            100.0 * share
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_counts_from_the_plan_however_late_the_send_was() {
        let mut plan = OpenLoop::new(1_000, 100);
        assert_eq!(plan.take_due(999), None);
        assert_eq!(plan.take_due(1_000), Some(1_000));
        assert_eq!(plan.take_due(1_050), None);
        // A stall of 900 ns: the sends that it held up keep their planned times.
        let caught_up: Vec<u64> = std::iter::from_fn(|| plan.take_due(1_950)).collect();
        assert_eq!(
            caught_up,
            (1..=9).map(|n| 1_000 + 100 * n).collect::<Vec<_>>()
        );
    }

    #[test]
    fn send_is_late_from_a_whole_interval_on() {
        let mut plan = OpenLoop::new(0, 100);
        plan.take_due(99);
        assert_eq!(plan.late(), 0);
        plan.take_due(200);
        assert_eq!(plan.late(), 1);
        assert_eq!(plan.sent(), 2);
    }

    #[test]
    fn one_late_send_in_a_hundred_is_valid_and_two_are_void() {
        let run = |late: u64| {
            let mut plan = OpenLoop::new(0, 100);
            for send in 0..100 {
                let delay_ns = if send < late { 100 } else { 0 };
                plan.take_due(plan.planned_ns() + delay_ns);
            }
            plan
        };
        assert_eq!(lateness([&run(0)]), None);
        assert_eq!(lateness([&run(1)]), None);
        assert_eq!(lateness([&run(2), &run(0)]), None, "over all windows");
        let reason = lateness([&run(2)]).unwrap();
        assert_eq!(reason, "the sender was late in 2.0 % of the intervals");
    }

    #[test]
    fn plan_of_which_nothing_was_sent_is_void() {
        assert!(lateness([&OpenLoop::new(0, 1)]).is_some());
    }
}
