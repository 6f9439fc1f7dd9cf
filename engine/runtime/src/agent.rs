//! The agent: one role, one duty cycle. It must not know on which core, or beside whom, it runs.

/// A role with a duty cycle, polled by one thread for its whole life.
///
/// A poll never waits: it does what there is to do, bounded, and returns.
pub trait Agent {
    /// Returns the name by which a topology places it.
    fn name(&self) -> &str;

    /// Makes ready. Called once, on the agent's own thread, before the first poll.
    fn start(&mut self) {}

    /// Takes one turn and returns how much work was done, in units of the agent's own; 0 lets the
    /// core idle.
    fn poll(&mut self) -> usize;

    /// Ends. Called once, on the agent's own thread, after the last poll.
    fn close(&mut self) {}
}
