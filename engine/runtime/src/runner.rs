//! The runner: one thread a core, pinned and named, that polls its agents in turn. It must not
//! know what an agent does.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread::JoinHandle;

use crate::agent::Agent;
use crate::counters::{Counter, Counters};
use crate::idle::{Idle, Idler};
use crate::latch::{Failure, Stop};
use crate::pin::{PinError, allowed_cpus, pin_current_thread};
use crate::topology::{Topology, TopologyError};

/// The cores could not be started; no agent ran.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The topology cannot run.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A thread could not be held on its cpu.
    #[error("core {core}: {error}")]
    Pin {
        /// The core.
        core: usize,
        /// Why not.
        error: PinError,
    },
    /// The operating system gave no thread.
    #[error("core {core}: no thread: {error}")]
    Thread {
        /// The core.
        core: usize,
        /// Why not.
        error: std::io::Error,
    },
}

/// Starts cores.
#[derive(Debug)]
pub struct Runner;

impl Runner {
    /// Checks the topology, starts and pins one thread a core, and only once all stand lets the
    /// agents start. The threads end when `stop` or `failure` is set. An agent that panics sets
    /// `failure` with [`Failure::PANIC_EXIT_CODE`].
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] where the topology is not valid for these agents and this
    /// process, or a thread could not be had or pinned.
    pub fn start(
        topology: &Topology,
        agents: Vec<Box<dyn Agent + Send>>,
        stop: &Stop,
        failure: &Failure,
        counters: &Counters,
    ) -> Result<RunningCores, StartError> {
        let names: Vec<&str> = agents.iter().map(|agent| agent.name()).collect();
        topology.validate(&names, &allowed_cpus())?;
        let mut unplaced = agents;
        let mut running = RunningCores {
            stop: stop.clone(),
            failure: failure.clone(),
            threads: Vec::new(),
        };
        let mut gates = Vec::new();
        for (core, spec) in topology.cores.iter().enumerate() {
            let core_loop = CoreLoop {
                agents: take_agents(&mut unplaced, &spec.agents),
                idle: spec.idle,
                stop: stop.clone(),
                failure: failure.clone(),
                turns: counters.counter(&format!("core_{core}_turns")),
                work: counters.counter(&format!("core_{core}_work")),
            };
            let started = start_core(core, spec.cpu, core_loop);
            match started {
                Ok((thread, gate)) => {
                    running.threads.push(thread);
                    gates.push(gate);
                }
                Err(error) => {
                    // Threads whose gate is dropped end without having run an agent.
                    drop(gates);
                    running.join();
                    return Err(error);
                }
            }
        }
        for gate in gates {
            // A send fails only where the thread is gone, which `join` reports.
            gate.send(()).unwrap_or(());
        }
        Ok(running)
    }
}

fn take_agents(
    unplaced: &mut Vec<Box<dyn Agent + Send>>,
    names: &[String],
) -> Vec<Box<dyn Agent + Send>> {
    names
        .iter()
        .filter_map(|name| {
            let place = unplaced.iter().position(|agent| agent.name() == name)?;
            Some(unplaced.swap_remove(place))
        })
        .collect()
}

/// Returns the thread, pinned, and the gate behind which it waits.
fn start_core(
    core: usize,
    cpu: Option<usize>,
    core_loop: CoreLoop,
) -> Result<(JoinHandle<()>, mpsc::Sender<()>), StartError> {
    let (gate, opened) = mpsc::channel::<()>();
    let (pinned, report) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name(format!("core-{core}"))
        .spawn(move || {
            let outcome = cpu.map_or(Ok(()), pin_current_thread);
            let stands = outcome.is_ok();
            // The starter waits for this report; where it is gone there is nobody to start for.
            if pinned.send(outcome).is_ok() && stands && opened.recv().is_ok() {
                core_loop.run();
            }
        })
        .map_err(|error| StartError::Thread { core, error })?;
    match report.recv() {
        Ok(Err(error)) => {
            // It has reported and ends; a thread that did not run an agent cannot have panicked.
            drop(thread.join());
            Err(StartError::Pin { core, error })
        }
        Ok(Ok(())) | Err(mpsc::RecvError) => Ok((thread, gate)),
    }
}

struct CoreLoop {
    agents: Vec<Box<dyn Agent + Send>>,
    idle: Idle,
    stop: Stop,
    failure: Failure,
    turns: Counter,
    work: Counter,
}

impl CoreLoop {
    fn run(mut self) {
        // Who panics is not called again, not even to close: its state is unknown.
        let mut ended = vec![false; self.agents.len()];
        self.each(&mut ended, |agent| agent.start());
        if !self.failure.is_set() {
            self.poll_until_stopped(&mut ended);
        }
        self.each(&mut ended, |agent| agent.close());
    }

    fn poll_until_stopped(&mut self, ended: &mut [bool]) {
        let mut idler = Idler::new(self.idle);
        let mut polled = 0;
        let agents = &mut self.agents;
        // One guard around the whole loop, not one a poll: the turn stays a plain call.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            while !self.stop.is_set() && !self.failure.is_set() {
                let mut work = 0;
                for (place, agent) in agents.iter_mut().enumerate() {
                    polled = place;
                    work += agent.poll();
                }
                self.turns.increment();
                self.work.add(u64::try_from(work).unwrap_or(u64::MAX));
                idler.end_turn(work);
            }
        }));
        if let Err(panic) = outcome {
            if let Some(flag) = ended.get_mut(polled) {
                *flag = true;
            }
            let name = self.agents.get(polled).map_or("", |agent| agent.name());
            self.failure
                .set(Failure::PANIC_EXIT_CODE, describe(name, panic.as_ref()));
        }
    }

    fn each(&mut self, ended: &mut [bool], act: impl Fn(&mut dyn Agent)) {
        for (agent, ended) in self.agents.iter_mut().zip(ended) {
            if *ended {
                continue;
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| act(agent.as_mut())));
            if let Err(panic) = outcome {
                *ended = true;
                let message = describe(agent.name(), panic.as_ref());
                self.failure.set(Failure::PANIC_EXIT_CODE, message);
            }
        }
    }
}

fn describe(agent: &str, panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("agent {agent} panicked: {text}")
}

/// Cores that run. Dropping it leaves them running until the stop flag is set.
#[derive(Debug)]
pub struct RunningCores {
    stop: Stop,
    failure: Failure,
    threads: Vec<JoinHandle<()>>,
}

impl RunningCores {
    /// Asks all cores to end and waits until every agent is closed and every thread is gone.
    pub fn stop(self) {
        self.stop.set();
        self.join();
    }

    /// Waits until every thread is gone: after the stop flag or the failure latch was set.
    pub fn join(self) {
        for (core, thread) in self.threads.into_iter().enumerate() {
            if let Err(panic) = thread.join() {
                let message = describe(&format!("runner of core {core}"), panic.as_ref());
                self.failure.set(Failure::PANIC_EXIT_CODE, message);
            }
        }
    }

    /// Returns whether every thread has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }
}
