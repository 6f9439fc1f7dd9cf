//! What a runner promises its agents.

use std::sync::mpsc;

use matchgate_runtime::{
    Agent, CoreSpec, Counters, Failure, Idle, Runner, StartError, Stop, Topology, TopologyError,
    allowed_cpus,
};

/// Reports its life over a channel; acts on its `poll_act` at each poll.
struct Probe {
    name: &'static str,
    life: mpsc::Sender<String>,
    poll_act: Box<dyn FnMut() -> usize + Send>,
}

impl Probe {
    fn boxed(
        name: &'static str,
        life: &mpsc::Sender<String>,
        poll_act: impl FnMut() -> usize + Send + 'static,
    ) -> Box<dyn Agent + Send> {
        Box::new(Self {
            name,
            life: life.clone(),
            poll_act: Box::new(poll_act),
        })
    }

    fn tell(&self, what: &str) {
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let line = format!("{} {what} on {thread}", self.name);
        self.life.send(line).expect("the test reads to the end");
    }
}

impl Agent for Probe {
    fn name(&self) -> &str {
        self.name
    }
    fn start(&mut self) {
        self.tell("starts");
    }
    fn poll(&mut self) -> usize {
        (self.poll_act)()
    }
    fn close(&mut self) {
        self.tell("closes");
    }
}

fn core(cpu: Option<usize>, agents: &[&str]) -> CoreSpec {
    CoreSpec {
        cpu,
        agents: agents.iter().map(|&name| name.to_owned()).collect(),
        idle: Idle::Yield,
    }
}

/// Returns the lines of `name` until its channel ends.
fn lines_of(life: &[String], name: &str) -> Vec<String> {
    let mine = life.iter().filter(|line| line.starts_with(name));
    mine.cloned().collect()
}

#[test]
fn agents_start_poll_and_close_on_their_own_core() {
    let (life, told) = mpsc::channel();
    let (polled, polls) = mpsc::channel();
    let other = polled.clone();
    let agents = vec![
        Probe::boxed("right", &life, move || {
            other.send("right").map_or(0, |()| 1)
        }),
        Probe::boxed("left", &life, move || polled.send("left").map_or(0, |()| 1)),
    ];
    drop(life);
    let cpu = allowed_cpus().first().copied();
    let topology = Topology {
        cores: vec![core(cpu, &["left"]), core(None, &["right"])],
    };
    let (stop, failure, counters) = (Stop::new(), Failure::new(), Counters::new());
    let running = Runner::start(&topology, agents, &stop, &failure, &counters).unwrap();
    let mut seen = [false; 2];
    while seen != [true; 2] {
        match polls.recv().unwrap() {
            "left" => seen[0] = true,
            _ => seen[1] = true,
        }
    }
    running.stop();
    let life: Vec<String> = told.iter().collect();
    assert_eq!(
        lines_of(&life, "left"),
        ["left starts on core-0", "left closes on core-0"]
    );
    assert_eq!(
        lines_of(&life, "right"),
        ["right starts on core-1", "right closes on core-1"]
    );
    assert!(!failure.is_set());
    assert!(counters.sampler().get("core_0_work") > Some(0));
}

#[test]
fn panic_of_an_agent_sets_the_failure_latch_and_ends_every_core() {
    let (life, told) = mpsc::channel();
    let agents = vec![
        Probe::boxed("calm", &life, || 0),
        Probe::boxed("wild", &life, || panic!("out of {}", "order")),
        Probe::boxed("far", &life, || 0),
    ];
    drop(life);
    let topology = Topology {
        cores: vec![core(None, &["calm", "wild"]), core(None, &["far"])],
    };
    let (stop, failure) = (Stop::new(), Failure::new());
    let running = Runner::start(&topology, agents, &stop, &failure, &Counters::new()).unwrap();
    running.join();
    let report = failure.report().unwrap();
    assert_eq!(report.exit_code, Failure::PANIC_EXIT_CODE);
    assert_eq!(report.message, "agent wild panicked: out of order");
    let life: Vec<String> = told.iter().collect();
    assert!(life.contains(&"calm closes on core-0".to_owned()));
    assert!(life.contains(&"far closes on core-1".to_owned()));
    assert_eq!(lines_of(&life, "wild"), ["wild starts on core-0"]);
}

#[test]
fn failure_set_by_anyone_ends_the_cores() {
    let (life, told) = mpsc::channel();
    let agents = vec![Probe::boxed("calm", &life, || 0)];
    drop(life);
    let topology = Topology {
        cores: vec![core(None, &["calm"])],
    };
    let (stop, failure) = (Stop::new(), Failure::new());
    let running = Runner::start(&topology, agents, &stop, &failure, &Counters::new()).unwrap();
    failure.set(5, "disk is gone");
    running.join();
    assert_eq!(told.iter().last().unwrap(), "calm closes on core-0");
    assert!(!stop.is_set());
}

#[test]
fn agent_that_no_core_names_stops_the_start() {
    let (life, _told) = mpsc::channel();
    let agents = vec![Probe::boxed("lost", &life, || 0)];
    let outcome = Runner::start(
        &Topology::default(),
        agents,
        &Stop::new(),
        &Failure::new(),
        &Counters::new(),
    );
    assert!(matches!(
        outcome,
        Err(StartError::Topology(TopologyError::Unplaced { .. }))
    ));
}
