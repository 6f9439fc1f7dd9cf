//! What the program says and how it exits when something is wrong from the start.

use std::net::TcpListener;
use std::path::Path;

use crate::data_folder::DataFolder;
use crate::venue_process::{VenueProcess, binary, write_config};

/// A venue on any free port.
const ANY_PORT: &str = "[listen]\ncapnp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n";

fn refused(config: &str, data: &Path) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), config);
    let (status, errors) = VenueProcess::start(&config, data).expect_err("it must not start");
    (status.code(), errors)
}

#[test]
fn configuration_fault_is_named_before_anything_is_opened() {
    let folder = DataFolder::new();
    let data = folder.data();
    let (code, errors) = refused("[venue]\nshards = 0\n", &data);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("matchgate.toml:2: venue.shards: 0 is not from 1 to 64"),
        "{errors}"
    );
    assert!(!data.exists());
}

#[test]
fn data_directory_with_too_long_a_path_for_its_socket_exits_with_2_and_is_not_made() {
    let folder = DataFolder::new();
    let data = folder.path().join("x".repeat(100));
    let (code, errors) = refused(ANY_PORT, &data);
    assert_eq!(code, Some(2), "{errors}");
    assert!(
        errors.contains("admin.sock would have a path of "),
        "{errors}"
    );
    assert!(!data.exists());
}

#[test]
fn usage_fault_exits_with_2() {
    let output = binary().args(["replay"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn second_process_on_a_data_directory_is_refused() {
    let folder = DataFolder::new();
    let config = write_config(folder.path(), ANY_PORT);
    let data = folder.data();
    let first = VenueProcess::start(&config, &data).unwrap();
    let (code, errors) = refused(ANY_PORT, &data);
    assert_eq!(code, Some(3), "{errors}");
    assert!(first.stop().success());
}

#[test]
fn address_in_use_exits_with_6() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = DataFolder::new();
    let config = format!("[listen]\ncapnp = \"{}\"\n", taken.local_addr().unwrap());
    let (code, errors) = refused(&config, &folder.data());
    assert_eq!(code, Some(6), "{errors}");
}

#[test]
fn another_number_of_shards_than_the_directory_was_made_for_exits_with_7() {
    let folder = DataFolder::new();
    let config = write_config(folder.path(), ANY_PORT);
    let data = folder.data();
    assert!(
        VenueProcess::start(&config, &data)
            .unwrap()
            .stop()
            .success()
    );
    let (code, errors) = refused(&format!("{ANY_PORT}[venue]\nshards = 2\n"), &data);
    assert_eq!(code, Some(7), "{errors}");
    assert!(errors.contains("shards"), "{errors}");
}

#[test]
fn changed_tick_of_a_known_instrument_exits_with_7() {
    let folder = DataFolder::new();
    let instrument = |tick: &str| {
        format!(
            "{ANY_PORT}[[instrument]]\nsymbol = \"A\"\ntick = \"{tick}\"\nprice_min = 0\n\
             price_max = 100\n"
        )
    };
    let config = write_config(folder.path(), &instrument("0.01"));
    let data = folder.data();
    assert!(
        VenueProcess::start(&config, &data)
            .unwrap()
            .stop()
            .success()
    );
    let (code, errors) = refused(&instrument("0.05"), &data);
    assert_eq!(code, Some(7), "{errors}");
    assert!(errors.contains("instrument A: tick"), "{errors}");
}

#[test]
fn damaged_record_is_named_and_never_applied() {
    let folder = DataFolder::new();
    let config = write_config(folder.path(), ANY_PORT);
    let data = folder.data();
    assert!(
        VenueProcess::start(&config, &data)
            .unwrap()
            .stop()
            .success()
    );
    let segment = std::fs::read_dir(data.join("control"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&segment).unwrap();
    // The first record's body: behind the segment's and the record's header.
    bytes[4096 + 32 + 4] ^= 0x10;
    std::fs::write(&segment, bytes).unwrap();
    let (code, errors) = refused(ANY_PORT, &data);
    assert_eq!(code, Some(4), "{errors}");
    let name = segment.file_name().unwrap().to_string_lossy().into_owned();
    assert!(
        errors.contains(&name) && errors.contains("4096"),
        "{errors}"
    );
}
