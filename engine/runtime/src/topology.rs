//! The topology: which agents run on which cpu, and how that core idles. Agent names are opaque.

use crate::idle::Idle;

/// One core: a thread, its cpu and its agents in the order of their turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreSpec {
    /// Cpu to hold the thread on; `None` leaves it to the operating system.
    pub cpu: Option<usize>,
    /// Names of the agents.
    pub agents: Vec<String>,
    /// What the core does after a turn without work.
    pub idle: Idle,
}

/// All cores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// The cores; an error names a core by its place here, from 0.
    pub cores: Vec<CoreSpec>,
}

/// A topology that cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// No core runs the agent.
    #[error("agent {agent:?} is on no core")]
    Unplaced {
        /// The agent.
        agent: String,
    },
    /// The agent is placed twice.
    #[error("agent {agent:?} is on core {first} and again on core {second}")]
    PlacedTwice {
        /// The agent.
        agent: String,
        /// Core of its first place.
        first: usize,
        /// Core of its second place; may be the same.
        second: usize,
    },
    /// A core names an agent that is not there.
    #[error("core {core} names agent {agent:?}, which is not there")]
    UnknownAgent {
        /// The core.
        core: usize,
        /// The name.
        agent: String,
    },
    /// The process may not use the cpu.
    #[error("core {core} is on cpu {cpu}, which is not one of this process: {allowed:?}")]
    CpuNotAllowed {
        /// The core.
        core: usize,
        /// Its cpu.
        cpu: usize,
        /// The cpus that the process may use.
        allowed: Vec<usize>,
    },
    /// Two cores are on one cpu and one of them never gives it up.
    #[error("cores {first} and {second} share cpu {cpu}, so neither may spin")]
    SpinOnSharedCpu {
        /// One core.
        first: usize,
        /// The other.
        second: usize,
        /// Their cpu.
        cpu: usize,
    },
}

impl Topology {
    /// Checks that each of `agents` is placed exactly once and nothing else is, and that every
    /// cpu is one of `allowed_cpus`.
    ///
    /// # Errors
    ///
    /// Returns a [`TopologyError`] that names the first core and agent for which this fails.
    pub fn validate(&self, agents: &[&str], allowed_cpus: &[usize]) -> Result<(), TopologyError> {
        self.validate_cpus(allowed_cpus)?;
        let mut placed: Vec<(&str, usize)> = Vec::new();
        for (core, spec) in self.cores.iter().enumerate() {
            for agent in &spec.agents {
                if !agents.contains(&agent.as_str()) {
                    let agent = agent.clone();
                    return Err(TopologyError::UnknownAgent { core, agent });
                }
                if let Some(&(_, first)) = placed.iter().find(|(name, _)| name == agent) {
                    return Err(TopologyError::PlacedTwice {
                        agent: agent.clone(),
                        first,
                        second: core,
                    });
                }
                placed.push((agent, core));
            }
        }
        let is_placed = |agent: &&&str| placed.iter().any(|(name, _)| name == *agent);
        match agents.iter().find(|agent| !is_placed(agent)) {
            Some(agent) => Err(TopologyError::Unplaced {
                agent: (*agent).to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn validate_cpus(&self, allowed_cpus: &[usize]) -> Result<(), TopologyError> {
        for (core, spec) in self.cores.iter().enumerate() {
            let Some(cpu) = spec.cpu else { continue };
            if !allowed_cpus.contains(&cpu) {
                return Err(TopologyError::CpuNotAllowed {
                    core,
                    cpu,
                    allowed: allowed_cpus.to_vec(),
                });
            }
            let earlier = self.cores.iter().take(core);
            let mut shared = earlier.enumerate().filter(|(_, other)| {
                other.cpu == Some(cpu) && (other.idle == Idle::Spin || spec.idle == Idle::Spin)
            });
            if let Some((first, _)) = shared.next() {
                return Err(TopologyError::SpinOnSharedCpu {
                    first,
                    second: core,
                    cpu,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(cpu: usize, agents: &[&str], idle: Idle) -> CoreSpec {
        CoreSpec {
            cpu: Some(cpu),
            agents: agents.iter().map(|&name| name.to_owned()).collect(),
            idle,
        }
    }

    fn check(cores: &[CoreSpec]) -> Result<(), TopologyError> {
        let topology = Topology {
            cores: cores.to_vec(),
        };
        topology.validate(&["left", "right"], &[0, 1])
    }

    #[test]
    fn every_agent_placed_once_is_valid() {
        let cores = [
            core(0, &["right"], Idle::Park),
            core(1, &["left"], Idle::Spin),
        ];
        assert_eq!(check(&cores), Ok(()));
        assert_eq!(check(&[core(1, &["left", "right"], Idle::Spin)]), Ok(()));
    }

    #[test]
    fn agent_on_no_core_is_named() {
        let agent = "right".to_owned();
        assert_eq!(
            check(&[core(0, &["left"], Idle::Spin)]),
            Err(TopologyError::Unplaced { agent })
        );
    }

    #[test]
    fn agent_placed_twice_is_named_with_both_cores() {
        let cores = [
            core(0, &["left", "right"], Idle::Park),
            core(1, &["left"], Idle::Spin),
        ];
        let expected = TopologyError::PlacedTwice {
            agent: "left".to_owned(),
            first: 0,
            second: 1,
        };
        assert_eq!(check(&cores), Err(expected));
        let twice_on_one = check(&[core(0, &["left", "left"], Idle::Park)]);
        assert!(matches!(
            twice_on_one,
            Err(TopologyError::PlacedTwice {
                first: 0,
                second: 0,
                ..
            })
        ));
    }

    #[test]
    fn unknown_agent_is_named_with_its_core() {
        let cores = [
            core(0, &["left", "right"], Idle::Park),
            core(1, &["middle"], Idle::Spin),
        ];
        let expected = TopologyError::UnknownAgent {
            core: 1,
            agent: "middle".to_owned(),
        };
        assert_eq!(check(&cores), Err(expected));
    }

    #[test]
    fn cpu_outside_the_process_is_named_with_its_core() {
        let expected = TopologyError::CpuNotAllowed {
            core: 0,
            cpu: 7,
            allowed: vec![0, 1],
        };
        assert_eq!(
            check(&[core(7, &["left", "right"], Idle::Park)]),
            Err(expected)
        );
    }

    #[test]
    fn cores_may_share_a_cpu_only_where_neither_spins() {
        let parked = core(0, &["left"], Idle::Park);
        assert_eq!(
            check(&[parked.clone(), core(0, &["right"], Idle::Yield)]),
            Ok(())
        );
        let expected = TopologyError::SpinOnSharedCpu {
            first: 0,
            second: 1,
            cpu: 0,
        };
        assert_eq!(
            check(&[parked, core(0, &["right"], Idle::Spin)]),
            Err(expected)
        );
    }
}
