//! A start that fails: what it leaves, and what the next one finds.

use std::path::Path;

use matchgate_core::domain::Side;
use matchgate_schema::message::OrderTarget;
use matchgate_server::config::Config;
use matchgate_server::exit_code::ExitCode;
use matchgate_server::venue::Venue;

use crate::data_folder::DataFolder;
use crate::local_venue::SMALL;
use crate::trader::{Trader, order};
use crate::venue_process::{VenueProcess, write_config};

/// One symbol with this tick, one session.
fn config_text(tick: &str) -> String {
    format!(
        "{SMALL}[[instrument]]\nsymbol = \"A\"\ntick = \"{tick}\"\nprice_min = \"1\"\n\
         price_max = \"1000\"\n[[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
         [[session]]\nkey = \"f\"\nfirm = \"F\"\naccount = \"F-1\"\n"
    )
}

fn config(folder: &DataFolder, tick: &str) -> Config {
    let mut config = Config::parse("the test's configuration", &config_text(tick)).unwrap();
    config.data_directory = folder.data();
    config
}

/// Returns whether this process maps a file of the folder: as long as any thread of a venue
/// lives, it holds a staging log.
fn is_mapped(folder: &Path) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.contains(folder.to_str().unwrap())
}

/// Checks that a failed start left nothing that lives.
fn check_nothing_is_left(folder: &DataFolder, step: &str) {
    let staging = folder.staging().unwrap();
    assert!(!is_mapped(&staging), "{step}: a thread lives on");
    assert!(!staging.exists(), "{step}: {} stays", staging.display());
}

#[test]
fn running_venue_maps_its_staging_logs() {
    let folder = DataFolder::new();
    let venue = Venue::start(&config(&folder, "0.01")).unwrap();
    assert!(is_mapped(&folder.staging().unwrap()));
    venue.stop().unwrap();
    check_nothing_is_left(&folder, "stop");
}

#[test]
fn dropped_venue_stops_in_good_order() {
    let folder = DataFolder::new();
    drop(Venue::start(&config(&folder, "0.01")).unwrap());
    check_nothing_is_left(&folder, "drop");
    assert!(!folder.data().join("admin.sock").exists());
    let venue = Venue::start(&config(&folder, "0.01")).unwrap();
    assert_eq!(venue.start_report(), ["epoch 2, after a clean stop"]);
}

#[test]
fn failed_start_on_a_new_directory_leaves_no_thread_and_no_staging_folder() {
    // A folder where a file must be made fails its step: while streams are opened, before the
    // admin socket listens, and after everything runs.
    for step in ["shard-0/segment.new", "admin.sock", "ports.json.new"] {
        let folder = DataFolder::new();
        let config = config(&folder, "0.01");
        let in_the_way = folder.data().join(step);
        std::fs::create_dir_all(&in_the_way).unwrap();
        let error = Venue::start(&config).unwrap_err();
        assert_eq!(error.code, ExitCode::WriteError, "{step}: {error}");
        check_nothing_is_left(&folder, step);
        std::fs::remove_dir(&in_the_way).unwrap();
        let venue = Venue::start(&config).unwrap();
        let trader = Trader::connect(venue.address(), "f");
        trader.log_out();
        venue.stop().unwrap();
    }
}

#[test]
fn start_that_fails_while_the_writer_runs_ends_its_thread() {
    let folder = DataFolder::new();
    Venue::start(&config(&folder, "0.01"))
        .unwrap()
        .stop()
        .unwrap();
    let error = Venue::start(&config(&folder, "0.05")).unwrap_err();
    assert_eq!(error.code, ExitCode::Mismatch, "{error}");
    check_nothing_is_left(&folder, "control journal");
    let venue = Venue::start(&config(&folder, "0.01")).unwrap();
    assert_eq!(venue.start_report(), ["epoch 3, after a clean stop"]);
    venue.stop().unwrap();
}

#[test]
fn failed_start_after_a_kill_loses_nothing_that_was_acknowledged() {
    let folder = DataFolder::new();
    let data = folder.data();
    let good = write_config(folder.path(), &config_text("0.01"));
    let venue = VenueProcess::start(&good, &data).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    let resting = [(); 3].map(|()| trader.enter(order("A", Side::Buy, 1000, 5)));
    venue.kill();
    // The gateway's log cannot be opened: what a kill left of it must stay as it is.
    let in_the_way = data.join("gateway-0").join("segment.new");
    std::fs::create_dir(&in_the_way).unwrap();
    let (status, errors) = VenueProcess::start(&good, &data).unwrap_err();
    assert_eq!(status.code(), Some(5), "{errors}");
    assert!(folder.staging().unwrap().exists());
    std::fs::remove_dir(&in_the_way).unwrap();
    // Everything is taken over, then the configuration turns out to be another.
    let other = folder.path().join("other.toml");
    std::fs::write(&other, config_text("0.05")).unwrap();
    let (status, errors) = VenueProcess::start(&other, &data).unwrap_err();
    assert_eq!(status.code(), Some(7), "{errors}");
    let venue = VenueProcess::start(&good, &data).unwrap();
    let mut trader = Trader::connect(venue.address, "f");
    for report in resting {
        trader.cancel(OrderTarget::OrderId(report.order_id));
    }
    trader.log_out();
    assert!(venue.stop().success());
}
