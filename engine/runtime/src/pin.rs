//! Pinning: which cpus this process may use, and holding a thread on one. It must not know why.

use core_affinity::CoreId;

/// Cpu numbers below this fit the operating system's affinity mask.
pub const CPUS_MAX: usize = 1024;

/// A thread could not be held on a cpu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// The number is beyond any cpu.
    #[error("cpu {cpu} is not below {CPUS_MAX}")]
    OutOfRange {
        /// The number asked for.
        cpu: usize,
    },
    /// The operating system refused: no such cpu, or not one of this process.
    #[error("the operating system refused to pin a thread to cpu {cpu}")]
    Refused {
        /// The number asked for.
        cpu: usize,
    },
}

/// Returns the cpus that the calling thread may run on, rising; empty where the operating system
/// does not tell. Call it before any pinning: a pinned thread has only its own.
#[must_use]
pub fn allowed_cpus() -> Vec<usize> {
    core_affinity::get_core_ids()
        .unwrap_or_default()
        .into_iter()
        .map(|core| core.id)
        .collect()
}

/// Holds the calling thread on `cpu` from now on.
///
/// # Errors
///
/// Returns a [`PinError`] where there is no such cpu or the process may not use it.
pub fn pin_current_thread(cpu: usize) -> Result<(), PinError> {
    if cpu >= CPUS_MAX {
        return Err(PinError::OutOfRange { cpu });
    }
    if core_affinity::set_for_current(CoreId { id: cpu }) {
        Ok(())
    } else {
        Err(PinError::Refused { cpu })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinned_thread_may_run_on_that_cpu_alone() {
        std::thread::spawn(|| {
            let last = *allowed_cpus().last().unwrap();
            pin_current_thread(last).unwrap();
            assert_eq!(allowed_cpus(), [last]);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn cpu_that_is_not_there_is_refused() {
        assert_eq!(
            pin_current_thread(CPUS_MAX),
            Err(PinError::OutOfRange { cpu: CPUS_MAX })
        );
        assert_eq!(
            pin_current_thread(CPUS_MAX - 1),
            Err(PinError::Refused { cpu: CPUS_MAX - 1 })
        );
    }
}
