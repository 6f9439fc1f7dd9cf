//! The real binary killed under load: what was acknowledged is there, what was numbered is said
//! again as it was, and nothing happens twice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use matchgate_core::domain::{Durability, EventId, RejectReason};
use matchgate_schema::message::{ExecType, Report};

use crate::data_folder::DataFolder;
use crate::member::{Habits, Member, Random};
use crate::venue_process::{VenueProcess, binary, write_config};

/// Acknowledgements between a start and a kill, at the most.
const ACKNOWLEDGED_MAX: u64 = 3000;
/// Requests that a member sends in one write.
const BURST: u64 = 48;

/// A venue on any port with `shards` shards and gateways and one instrument a shard.
fn config(parts: u8, ring: usize, open_orders_max: u32) -> String {
    let mut text = format!(
        "[listen]\ncapnp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[venue]\nshards = {parts}\ngateways = {parts}\n\
         orders_per_shard_max = 16384\n[rings]\ncommands = {ring}\n\
         [journal]\nsegment_bytes = 8388608\nstaging_bytes = 4194304\n"
    );
    // Gateways and shards on threads of their own, so that rings fill.
    for agent in (0..parts).flat_map(|part| [format!("gateway:{part}"), format!("shard:{part}")]) {
        if parts > 1 {
            write!(text, "[[core]]\nagents = [\"{agent}\"]\nidle = \"yield\"\n").unwrap();
        }
    }
    if parts > 1 {
        text.push_str(
            "[[core]]\nagents = [\"acceptor\", \"control\", \"clock\", \"follower\", \
             \"sink:local\"]\nidle = \"park\"\n",
        );
    }
    for part in 0..parts {
        write!(
            text,
            "[[instrument]]\nsymbol = \"SYM{part}\"\nshard = {part}\ntick = \"0.01\"\n\
             price_min = \"0.01\"\nprice_max = \"1000\"\n\
             [[firm]]\nname = \"F{part}\"\ngateway = {part}\n"
        )
        .unwrap();
        for member in 0..2 {
            write!(
                text,
                "[[account]]\nname = \"A{part}{member}\"\nfirm = \"F{part}\"\n\
                 open_orders_max = {open_orders_max}\n\
                 [[session]]\nkey = \"m{part}{member}\"\nfirm = \"F{part}\"\n\
                 account = \"A{part}{member}\"\nresend_messages_max = 1048576\n"
            )
            .unwrap();
        }
    }
    text
}

/// Returns the seed of this run; a longer one gives others.
fn seed() -> u64 {
    std::env::var("MATCHGATE_CRASH_SEED").map_or(0, |seed| seed.parse().unwrap())
}

fn cycles() -> u32 {
    std::env::var("MATCHGATE_CRASH_CYCLES").map_or(25, |cycles| cycles.parse().unwrap())
}

/// Runs members against a venue that is killed `kills` times, and returns how many of the kills
/// met commands without an answer.
fn run(members: &mut [Member], config: &Path, data: &Path, kills: u32, random: &mut Random) -> u32 {
    let mut venue = VenueProcess::start(config, data).unwrap();
    members
        .iter_mut()
        .for_each(|member| member.connect(venue.address));
    let mut in_flight = 0;
    for _ in 0..kills {
        let acknowledged = random.below(ACKNOWLEDGED_MAX);
        let mut heard = 0;
        while heard < acknowledged {
            for member in members.iter_mut() {
                member.send(1 + random.below(BURST) as usize);
                heard += member.hear(Duration::from_micros(200)) as u64;
            }
        }
        for member in members.iter_mut() {
            member.send(1 + random.below(BURST) as usize);
        }
        venue.kill();
        for member in members.iter_mut() {
            member.hear(Duration::ZERO);
        }
        in_flight += u32::from(members.iter().any(|member| member.unanswered() > 0));
        venue = VenueProcess::start(config, data).unwrap();
        assert!(venue.said[0].contains("after a kill"), "{:?}", venue.said);
        for member in members.iter_mut() {
            member.resume_and_compare(venue.address);
        }
    }
    members.iter_mut().for_each(Member::settle);
    assert!(venue.stop().success());
    // What was on its way to somebody when the venue stopped is told at the next logon.
    let venue = VenueProcess::start(config, data).unwrap();
    members
        .iter_mut()
        .for_each(|member| member.resume_and_compare(venue.address));
    let live: usize = members
        .iter()
        .map(|member| member.live_orders().len())
        .sum();
    assert!(venue.stop().success());
    assert_eq!(
        live_in_journal(data),
        live as u64,
        "live orders by reports and by journal"
    );
    in_flight
}

fn verify(data: &Path) -> Vec<serde_json::Value> {
    let output = binary()
        .args(["journal", "verify", "--json"])
        .arg(data)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn live_in_journal(data: &Path) -> u64 {
    verify(data)
        .iter()
        .map(|shard| shard["live_orders"].as_u64().unwrap())
        .sum()
}

/// Checks that every execution has exactly two legs of one price and quantity.
fn check_executions(members: &[Member]) -> usize {
    let mut legs: BTreeMap<EventId, Vec<(i64, u64)>> = BTreeMap::new();
    for report in members.iter().flat_map(|member| &member.reports) {
        if let Report::Execution(report) = report
            && report.exec_type == ExecType::Trade
        {
            let leg = (report.last_price.get(), report.last_quantity.get());
            legs.entry(report.execution_id).or_default().push(leg);
        }
    }
    for (id, legs) in &legs {
        assert!(
            matches!(legs[..], [first, second] if first == second),
            "{id}: {legs:?}"
        );
    }
    legs.len()
}

#[test]
fn crash_of_one_client_ends_in_the_book_of_an_undisturbed_run() {
    let kills = cycles();
    let hash_after = |kills: u32| {
        let folder = DataFolder::new();
        let data = folder.data();
        let config = write_config(folder.path(), &config(1, 4096, 100_000));
        let mut members = [Member::new(
            "m00",
            Durability::Written,
            &["SYM0"],
            7 + seed(),
        )];
        let in_flight = run(
            &mut members,
            &config,
            &data,
            kills,
            &mut Random(11 + seed()),
        );
        // Both runs send the same requests to the end of the longer one.
        let sent = members[0].requests.len();
        (folder, data, config, members, in_flight, sent)
    };
    let (_folder, data, config_path, mut killed, in_flight, sent) = hash_after(kills);
    assert!(
        u64::from(in_flight) * 10 >= u64::from(kills) * 8,
        "{in_flight} of {kills} in flight"
    );
    let (_other, calm_data, calm_config, mut calm, _, calm_sent) = hash_after(0);
    let total = sent.max(calm_sent);
    let finish = |members: &mut [Member; 1], config: &Path, data: &Path| {
        let venue = VenueProcess::start(config, data).unwrap();
        members[0].resume_and_compare(venue.address);
        while members[0].requests.len() < total {
            members[0].send(total - members[0].requests.len());
            members[0].settle();
        }
        let hash = book_hash(data, "SYM0");
        assert!(venue.stop().success());
        hash
    };
    let hash = finish(&mut killed, &config_path, &data);
    assert_eq!(
        hash,
        finish(&mut calm, &calm_config, &calm_data),
        "book hash"
    );
    assert_eq!(killed[0].requests, calm[0].requests);
    killed[0].check_answers();
    println!(
        "killed {kills} times, {in_flight} with requests in flight: {total} requests, {} reports, \
         book hash {hash} as without a kill",
        killed[0].reports.len()
    );
}

/// Returns the hash of a book once the follower has everything that was sequenced.
fn book_hash(data: &Path, symbol: &str) -> String {
    loop {
        let output = binary()
            .args(["admin", "status", "--json", "--data"])
            .arg(data)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let status = &status["status"];
        let stream = status["streams"].as_array().unwrap().iter();
        let applied: Vec<_> = stream
            .filter(|stream| stream["stream"].as_str().unwrap().starts_with("shard-"))
            .map(|stream| stream["applied"].clone())
            .collect();
        let followers = status["followers"].as_array().unwrap().iter();
        let followed: Vec<_> = followers
            .filter(|follower| follower["sink"] == "follower")
            .map(|follower| follower["sequence"].clone())
            .collect();
        if applied == followed {
            let instruments = status["instruments"].as_array().unwrap();
            let one = instruments
                .iter()
                .find(|one| one["symbol"] == symbol)
                .unwrap();
            return one["book_hash"].as_str().unwrap().to_owned();
        }
    }
}

#[test]
fn crash_with_two_shards_two_gateways_and_refusals_loses_and_doubles_nothing() {
    let kills = cycles();
    let folder = DataFolder::new();
    let data = folder.data();
    // Small rings and limits, so that Busy and limit refusals come about.
    let config = write_config(folder.path(), &config(2, 64, 50));
    let habits = Habits {
        duplicates: 5,
        off_limits: 3,
        mass_cancels: 2,
    };
    let symbols = ["SYM0", "SYM1"];
    let mut members = [
        Member::new("m00", Durability::Written, &symbols, 1 + seed()),
        Member::new("m01", Durability::Synced, &symbols, 2 + seed()),
        Member::new("m10", Durability::Written, &symbols, 3 + seed()),
        Member::new("m11", Durability::Synced, &symbols, 4 + seed()),
    ]
    .map(|member| member.with_habits(habits));
    let in_flight = run(&mut members, &config, &data, kills, &mut Random(5 + seed()));
    members.iter().for_each(Member::check_answers);
    let executions = check_executions(&members);
    let mut refusals: BTreeMap<RejectReason, u64> = BTreeMap::new();
    for (reason, count) in members.iter().flat_map(Member::refusals) {
        *refusals.entry(reason).or_default() += count;
    }
    for reason in [
        RejectReason::Busy,
        RejectReason::OpenOrdersLimit,
        RejectReason::DuplicateClientOrderId,
    ] {
        assert!(
            refusals.contains_key(&reason),
            "no {reason:?} came about: {refusals:?}"
        );
    }
    let requests: usize = members.iter().map(|member| member.requests.len()).sum();
    let reports: usize = members.iter().map(|member| member.reports.len()).sum();
    println!(
        "killed {kills} times, {in_flight} with requests in flight: {requests} requests, {reports} \
         reports, {executions} executions, refusals {refusals:?}"
    );
    assert!(
        u64::from(in_flight) * 10 >= u64::from(kills) * 8,
        "{in_flight} of {kills} in flight"
    );
}
