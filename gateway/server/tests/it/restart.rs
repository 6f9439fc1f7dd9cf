//! A venue that was stopped, and one that lost its power: what is kept, and what is said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use matchgate_client::{Client, ClientError, ClientOptions, ClientState};
use matchgate_core::domain::{Durability, EventId, OrderId, RejectReason, Side};
use matchgate_schema::message::{ClientMessage, OrderTarget, Report, ServerMessage};

use crate::data_folder::DataFolder;
use crate::local_venue::{LocalVenue, SMALL};
use crate::member::{Member, Random};
use crate::peer::{Peer, logon};
use crate::trader::{PATIENCE, Trader, name, order, refusal};
use crate::venue_process::{VenueProcess, write_config};

/// One symbol; a session of each class.
const MARKET: &str = "[venue]\norders_per_shard_max = 16384\n\
     [[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"synced\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"written\"\nfirm = \"F\"\naccount = \"F-1\"\n";
/// Losses of power.
const LOSSES: u32 = 4;
/// Requests of a burst. All bursts of a session together stay below the 2,048 requests that may
/// follow one that a loss of power made undecided and that its client, which had an answer, does
/// not send again.
const BURST: u64 = 40;

#[test]
fn clean_stop_and_start_keep_books_numbers_and_messages() {
    let mut venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let mut members = [
        Member::new("written", Durability::Written, &["A"], 1),
        Member::new("synced", Durability::Synced, &["A"], 2),
    ];
    members
        .iter_mut()
        .for_each(|one| one.connect(venue.address()));
    for epoch in 1..4 {
        for _ in 0..10 {
            for member in &mut members {
                member.send(50);
                member.settle();
            }
        }
        let hashes = venue.book_hashes();
        let shard = venue.venue().view().positions()[0];
        venue.restart();
        assert_eq!(venue.book_hashes(), hashes);
        assert_eq!(
            venue.venue().view().positions()[0].live_orders,
            shard.live_orders
        );
        let report = venue.venue().start_report();
        assert_eq!(report, [format!("epoch {}, after a clean stop", epoch + 1)]);
        for member in &mut members {
            // Fills that came after its last answer are heard with the rest.
            member.resume_and_compare(venue.address());
        }
    }
    for member in &mut members {
        member.settle();
        member.check_answers();
    }
    assert!(members.iter().all(|one| one.reports.len() > 1000));
}

#[test]
fn client_goes_on_behind_the_last_message_that_it_has() {
    let mut venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let mut trader = Trader::connect(venue.address(), "written");
    assert_eq!(trader.answer.epoch, 1);
    let first = trader.enter(order("A", Side::Buy, 1000, 5));
    let second = trader.enter(order("A", Side::Buy, 1000, 6));
    let state = trader.state();
    assert_eq!((state.next_sequence, state.next_request.get()), (3, 3));
    venue.restart();
    let options = ClientOptions::new(name("written"));
    let behind = ClientState {
        next_sequence: 2,
        ..state
    };
    let (mut client, resumption) = Client::resume(venue.address(), options, behind).unwrap();
    let answer = resumption.answer;
    assert_eq!((answer.epoch, answer.lost_from), (2, 0));
    assert_eq!((answer.replay_from, answer.next_sequence), (2, 3));
    assert_eq!(answer.request_highest.get(), 2);
    let again = client.wait(PATIENCE).unwrap();
    let expected = ServerMessage::Report {
        sequence: 2,
        resend: true,
        report: Report::Execution(second),
    };
    assert_eq!(again, Some(expected));
    let mut trader = Trader::of(client, answer);
    // Orders of the last epoch are live, by their ids and by their requests.
    trader.cancel(OrderTarget::OrderId(first.order_id));
    trader.cancel(OrderTarget::Request(second.request));
    trader.log_out();
}

/// A member that may lose messages with the power.
struct Survivor {
    options: ClientOptions,
    client: Client,
    random: Random,
    /// What it holds: everything it heard that is not void.
    held: BTreeMap<u64, Report>,
    /// Everything that it ever heard, by number.
    ever: BTreeMap<u64, Report>,
}

impl Survivor {
    fn connect(address: SocketAddr, key: &str, durability: Durability, seed: u64) -> Self {
        let options = ClientOptions {
            durability,
            next_expected: 1,
            ..ClientOptions::new(name(key))
        };
        Self {
            options,
            client: Client::connect(address, options).unwrap().0,
            random: Random(seed),
            held: BTreeMap::new(),
            ever: BTreeMap::new(),
        }
    }

    /// Sends orders that meet now and then, and cancels of its own.
    fn send(&mut self) {
        for _ in 0..self.random.below(BURST) {
            let side = [Side::Buy, Side::Sell][usize::from(self.random.below(2) == 0)];
            let price = 10_000 + i64::try_from(self.random.below(10)).unwrap();
            let order = order("A", side, price, 1 + self.random.below(9));
            self.client.send(ClientMessage::NewOrder(order)).unwrap();
        }
        // A venue that is killed is noticed when it is listened to.
        drop(self.client.flush());
    }

    fn take(&mut self, sequence: u64, report: Report) {
        let known = *self.ever.entry(sequence).or_insert(report);
        assert_eq!(known, report, "message {sequence} was another one before");
        self.held.insert(sequence, report);
    }

    /// Takes every message that is there; waits for the first of them at most so long. Ends where
    /// the venue is gone.
    fn hear(&mut self, patience: Duration) -> Result<(), ClientError> {
        let mut wait = patience;
        while let Some(message) = self.client.wait(wait)? {
            wait = Duration::ZERO;
            match message {
                ServerMessage::Report {
                    sequence, report, ..
                } => self.take(sequence, report),
                ServerMessage::Logout { reason } => {
                    panic!("{}: logged out: {reason:?}", self.options.key)
                }
                ServerMessage::LogonAnswer(_)
                | ServerMessage::RequestRepeated { .. }
                | ServerMessage::Heartbeat { .. } => {}
            }
        }
        Ok(())
    }

    /// Enters an order that meets nobody.
    fn ask_one_more(&mut self) {
        let order = order("A", Side::Buy, 100, 1);
        self.client.send(ClientMessage::NewOrder(order)).unwrap();
        self.client.flush().unwrap();
    }

    /// Logs on after a loss of power and forgets what is void. Returns how many messages that is.
    fn resume(&mut self, address: SocketAddr) -> usize {
        let durable = self.client.durable_through();
        let state = self.client.state();
        let (client, resumption) = Client::resume(address, self.options, state).unwrap();
        self.client = client;
        let answer = resumption.answer;
        let last = self.ever.keys().next_back().copied();
        assert!(
            Some(answer.next_sequence) > last,
            "{answer:?} after {last:?}"
        );
        match answer.lost_from {
            0 => 0,
            from => {
                assert!(from > durable, "{durable} were durable: {answer:?}");
                self.held.split_off(&from).len()
            }
        }
    }

    fn log_out(&mut self) {
        self.client.logout().unwrap();
        let reason = RejectReason::LoggedOut;
        let goodbye = self.client.wait(PATIENCE).unwrap();
        assert_eq!(goodbye, Some(ServerMessage::Logout { reason }));
    }

    /// Hears every message again from the first one on: exactly what it holds. A logon tells of the
    /// first hole only; at the next one it logs on anew.
    fn hear_all_again(&self, address: SocketAddr) {
        let mut again = BTreeMap::new();
        let mut next = 1;
        while again.len() < self.held.len() {
            let logon = logon(self.options.key.as_str(), next);
            let (mut peer, answer) = Peer::log_on(address, logon);
            while again.len() < self.held.len() {
                let Some(ServerMessage::Report {
                    sequence, report, ..
                }) = peer.hear()
                else {
                    panic!("messages from {next} on are missing");
                };
                if sequence != next && answer.lost_from != next {
                    break;
                }
                again.insert(sequence, report);
                next = sequence + 1;
            }
            peer.say(&ClientMessage::Logout);
            peer.close();
        }
        assert!(again == self.held, "other messages than before");
    }

    /// Returns what it holds of events by their ids.
    fn events(&self) -> BTreeMap<EventId, Vec<Report>> {
        let mut events: BTreeMap<EventId, Vec<Report>> = BTreeMap::new();
        for report in self.held.values() {
            if let Report::Execution(execution) = report
                && execution.execution_id != EventId::default()
            {
                events
                    .entry(execution.execution_id)
                    .or_default()
                    .push(*report);
            }
        }
        events
    }

    /// Returns the orders that are live by what it holds.
    fn live_orders(&self) -> BTreeSet<OrderId> {
        let mut live = BTreeSet::new();
        for report in self.held.values() {
            if let Report::Execution(report) = report {
                if report.leaves.is_zero() {
                    live.remove(&report.order_id);
                } else {
                    live.insert(report.order_id);
                }
            }
        }
        live
    }
}

/// Hears the answer to every request of everybody; all sessions stay alive.
fn settle(survivors: &mut [Survivor]) {
    let deadline = Instant::now() + PATIENCE;
    while survivors
        .iter()
        .any(|one| one.client.unacknowledged_count() > 0)
    {
        for survivor in survivors.iter_mut() {
            survivor.hear(Duration::from_millis(1)).unwrap();
            let state = || survivor.client.state();
            assert!(Instant::now() < deadline, "no answer: {:?}", state());
        }
    }
}

/// Hears everything that was caused before now: it comes before the answer to one more order.
fn catch_up(survivors: &mut [Survivor]) {
    settle(survivors);
    survivors.iter_mut().for_each(Survivor::ask_one_more);
    settle(survivors);
}

/// Makes the machine forget what it had in memory: another boot, and no staging folder.
pub(crate) fn lose_power(data: &Path) {
    let path = data.join("meta.toml");
    let mut meta: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    let other_boot = "00000000-0000-4000-8000-000000000000";
    meta.insert("boot_id".to_owned(), other_boot.into());
    let uuid = meta["uuid"].as_str().unwrap().to_owned();
    std::fs::write(&path, meta.to_string()).unwrap();
    std::fs::remove_dir_all(format!("/dev/shm/matchgate-{uuid}")).unwrap();
}

#[test]
fn loss_of_power_takes_no_acknowledged_synced_order_and_gives_no_number_twice() {
    let folder = DataFolder::new();
    let data = folder.data();
    let config = write_config(folder.path(), &format!("{SMALL}{MARKET}"));
    let mut venue = VenueProcess::start(&config, &data).unwrap();
    let mut survivors = [
        Survivor::connect(venue.address, "synced", Durability::Synced, 5),
        Survivor::connect(venue.address, "written", Durability::Written, 6),
    ];
    let mut random = Random(9);
    let mut lost = 0;
    for _ in 0..LOSSES {
        for _ in 0..10 + random.below(10) {
            survivors.iter_mut().for_each(Survivor::send);
            survivors
                .iter_mut()
                .for_each(|one| one.hear(Duration::from_millis(1)).unwrap());
        }
        venue.kill();
        survivors
            .iter_mut()
            .for_each(|one| drop(one.hear(Duration::ZERO)));
        lose_power(&data);
        venue = VenueProcess::start(&config, &data).unwrap();
        assert!(
            venue.said[0].contains("after a loss of power"),
            "{:?}",
            venue.said
        );
        let before = survivors.each_ref().map(Survivor::events);
        for survivor in &mut survivors {
            lost += survivor.resume(venue.address);
        }
        catch_up(&mut survivors);
        let [now, _] = survivors.each_ref().map(Survivor::events);
        let [acknowledged, _] = before;
        for (id, reports) in &acknowledged {
            assert_eq!(now.get(id), Some(reports), "{id} is gone");
        }
    }
    println!("{LOSSES} losses of power took {lost} messages");
    // Every order that is live by the reports is live in the book.
    let heard = survivors.each_ref().map(|one| one.held.len());
    for survivor in &mut survivors {
        for id in survivor.live_orders() {
            survivor.client.cancel(OrderTarget::OrderId(id)).unwrap();
        }
        survivor.client.flush().unwrap();
    }
    settle(&mut survivors);
    for (survivor, heard) in survivors.iter().zip(heard) {
        let answers = survivor.held.values().skip(heard);
        for report in answers {
            assert_eq!(refusal(report), None, "{report:?}");
        }
        assert!(survivor.live_orders().is_empty());
    }
    // A session alone in the venue hears all of it again.
    for survivor in &mut survivors {
        survivor.log_out();
    }
    for survivor in &survivors {
        survivor.hear_all_again(venue.address);
    }
    assert!(venue.stop().success());
}
