//! The duel: the whole gateway and an echo that journals as much, each with its client, of which
//! one runs at a time.
//!
//! The gateway is the program as a process of its own, hot agents inline on one core. The echo
//! answers with the same number of bytes from the same reactor, and appends as many records and
//! bytes to a journal of the same kind.

use anyhow::{Context, Result, bail};
use matchgate_core::domain::{
    Cancel, ClientOrderId, Command, NewOrder, OrderHandle, Price, Quantity, RingNumber, Side,
};
use matchgate_session::gateway_log::{Released, Routed};

use super::Run;
use super::echo_ratio::{self, BASE_VOID};
use crate::machine::Cpus;
use crate::pairs::Arm;
use crate::wire::{
    Answered, Backend, Echo, EchoJournal, Journal, Script, Server, SpinClient, Traffic,
    journaled_line, journaled_void,
};

const SYMBOL: &str = "DEMO";
const KEY: &str = "demo-1";

/// One end's client.
pub(super) struct Line {
    pub(super) client: SpinClient,
    pub(super) traffic: Traffic,
    pub(super) answered: Answered,
}

/// Both ends; see the module.
pub(super) struct Duel {
    cpus: Cpus,
    server: Server,
    gateway: Line,
    echo: Echo,
    base: Line,
    journal: Journal,
    script: Script,
}

impl Duel {
    /// Starts both and freezes both. Call it from a thread that is not pinned.
    pub(super) fn start(run: &Run, cpus: Cpus) -> Result<Self> {
        let binary = match &run.plan.server {
            Some(path) => path.clone(),
            None => Server::binary()?,
        };
        let server = Server::start(&binary, &run.plan.folder, cpus)?;
        let mut gateway = Line {
            client: SpinClient::connect(server.address(), &run.clock)?,
            traffic: Traffic::new(SYMBOL)?,
            answered: Answered::ByVenue,
        };
        gateway.traffic.log_on(&mut gateway.client, KEY)?;
        let script = script_of(&mut gateway)?;
        gateway.traffic.log_out(&mut gateway.client)?;
        server.freeze()?;
        let (journal, logs) = Journal::open(&run.plan.folder, Some(cpus.cold))?;
        let feed = EchoJournal {
            logs,
            bodies: bodies(),
            released: size_of::<Released>(),
        };
        let echo = Echo::start(Backend::ReactorAndJournal(feed), script.clone(), cpus.hot)?;
        echo.pause()?;
        let base = Line {
            client: SpinClient::connect(echo.address(), &run.clock)?,
            traffic: Traffic::new(SYMBOL)?,
            answered: Answered::ByEcho,
        };
        Ok(Self {
            cpus,
            server,
            gateway,
            echo,
            base,
            journal,
            script,
        })
    }

    /// Runs `work` with the client of one end, while that end runs. The gateway's client logs on
    /// for it and out behind it: a session must not die of silence while its gateway is frozen.
    pub(super) fn in_turn<T>(
        &mut self,
        arm: Arm,
        work: impl FnOnce(&mut Line) -> Result<T>,
    ) -> Result<T> {
        match arm {
            Arm::Subject => {
                self.server.go_on()?;
                let address = self.server.address();
                self.gateway.client = SpinClient::connect(address, self.gateway.client.clock())?;
                let line = &mut self.gateway;
                line.traffic.log_on(&mut line.client, KEY)?;
                let done = work(line)?;
                line.traffic.log_out(&mut line.client)?;
                self.server.freeze()?;
                Ok(done)
            }
            Arm::Base => {
                self.echo.go_on();
                let done = work(&mut self.base)?;
                self.echo.pause()?;
                Ok(done)
            }
        }
    }

    /// Stops both and returns what a sceptic needs to know of them, and why a comparison is void
    /// where their bytes journaled a message are more than `percent_max` apart.
    pub(super) fn finish(self, percent_max: f64) -> Result<(Vec<String>, Option<String>)> {
        let messages = [&self.gateway, &self.base].map(|line| line.traffic.requests());
        drop((self.gateway, self.base));
        self.echo.stop()?;
        let (written, echo_journaled) = self.journal.finish_and_read()?;
        let placement = self.server.placement().to_owned();
        let (stopped, gateway_journaled) = self.server.stop()?;
        let journaled = [
            (gateway_journaled, messages[0]),
            (echo_journaled, messages[1]),
        ];
        let [new, cancel] = [&self.script.steps[0], &self.script.steps[1]];
        let lines = vec![
            format!(
                "new order {} bytes asked, {} answered; cancel {} and {}",
                new.0,
                new.1.len(),
                cancel.0,
                cancel.1.len()
            ),
            format!("gateway: {placement}; it {stopped}"),
            format!(
                "echo: reactor on cpu {}, spinning; journal writer on cpu {}: {} records, {} \
                 syncs, {:?}",
                self.cpus.hot, self.cpus.cold, written.records, written.syncs, written.backend
            ),
            journaled_line(journaled),
        ];
        Ok((lines, journaled_void(journaled, percent_max)))
    }
}

/// Returns why a figure that stands on the reactor's echo is void, where it is; measures that
/// echo first where this run has not.
pub(super) fn base_void(run: &mut Run) -> Result<Option<String>> {
    if run.echo_ratio.is_none() {
        echo_ratio::measure(run)?;
    }
    Ok(run.echo_ratio.as_ref().and_then(void_of))
}

fn void_of(ratio: &Result<f64, String>) -> Option<String> {
    match ratio {
        Ok(ratio) if *ratio <= BASE_VOID => None,
        Ok(ratio) => Some(format!(
            "the echo is {ratio:.2} times a plain one, more than {BASE_VOID}: see B15"
        )),
        Err(reason) => Some(format!("B15, on which it stands, is void: {reason}")),
    }
}

/// Asks the gateway once for each answer, so that the echo can give the same bytes.
fn script_of(line: &mut Line) -> Result<Script> {
    let client = &mut line.client;
    let mut step = |request: &[u8]| -> Result<(usize, Vec<u8>)> {
        client.send(request)?;
        let (_, answer) = client.receive(<[u8]>::to_vec)?;
        Ok((request.len(), answer))
    };
    let new = step(line.traffic.new_order().0).context("the first new order")?;
    let cancel = step(line.traffic.cancel().0).context("the first cancel")?;
    if new.0 == 0 || cancel.0 == 0 {
        bail!("a request without bytes");
    }
    Ok(Script {
        steps: vec![new, cancel],
    })
}

/// Returns what a gateway journals for a new order and for its cancel: the command in the shard's
/// log, and in its own that it was routed.
fn bodies() -> Vec<[usize; 2]> {
    let routed = size_of::<Routed>();
    let order = NewOrder::limit(
        RingNumber(1),
        OrderHandle::default(),
        Side::Buy,
        Price::new(1),
        Quantity::new(1),
    );
    let new = Command::New(order, ClientOrderId::NONE);
    let (_, new) = new.parts();
    vec![
        [new.map(<[u8]>::len).iter().sum(), routed],
        [size_of::<Cancel>(), routed],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_on_a_slow_echo_is_void() {
        assert_eq!(void_of(&Ok(1.15)), None);
        assert_eq!(
            void_of(&Ok(1.16)).unwrap(),
            "the echo is 1.16 times a plain one, more than 1.15: see B15"
        );
    }

    #[test]
    fn figure_on_an_echo_that_was_not_compared_is_void() {
        assert!(void_of(&Ok(f64::NAN)).is_some());
        assert_eq!(
            void_of(&Err("14 pairs".to_owned())).unwrap(),
            "B15, on which it stands, is void: 14 pairs"
        );
    }
}
