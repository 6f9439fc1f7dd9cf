//! Who may open a data directory, and with what.

use std::path::Path;

use matchgate_journal::{
    Backend, DataDirectory, DirectoryError, JournalError, Layout, SEGMENT_BYTES_MIN,
    StagingOptions, StartKind, StreamId, open_stream,
};

use crate::support::*;

#[test]
pub(crate) fn a_second_process_on_the_directory_is_refused() {
    let home = Home::new();
    let first = home.open();
    let error = home.try_open(&layout()).expect_err("the lock is held");
    assert!(matches!(error, DirectoryError::Locked { .. }), "{error}");
    let meta = DataDirectory::read_meta(first.path()).expect("readable without the lock");
    assert_eq!(meta.expect("there").epoch, 1);
    drop(first);
    assert_eq!(home.open().epoch(), 2);
}

#[test]
pub(crate) fn a_copy_of_a_running_directory_is_refused() {
    let home = Home::new();
    let _running = home.open();
    let copy = Home::new();
    std::fs::create_dir_all(copy.data()).expect("made");
    std::fs::copy(home.data().join("meta.toml"), copy.data().join("meta.toml")).expect("copied");
    let error = DataDirectory::open_or_create_in(&copy.data(), &layout(), &home.staging_root());
    let error = error.expect_err("the staging folder is in use");
    assert!(matches!(error, DirectoryError::Locked { .. }), "{error}");
}

#[test]
pub(crate) fn another_layout_is_refused_with_both_values() {
    let home = Home::new();
    drop(home.open());
    let check = |layout: Layout, expected: [&str; 3]| {
        let error = home.try_open(&layout).expect_err("another layout");
        let DirectoryError::Mismatch {
            key, file, asked, ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!([key.as_str(), file.as_str(), asked.as_str()], expected);
    };
    check(
        Layout {
            shards: 3,
            ..layout()
        },
        ["shards", "2", "3"],
    );
    check(
        Layout {
            gateways: 2,
            ..layout()
        },
        ["gateways", "1", "2"],
    );
    let fixed = |entries: &[(&str, u64)]| Layout {
        fixed: entries
            .iter()
            .map(|(key, value)| ((*key).into(), *value))
            .collect(),
        ..layout()
    };
    check(fixed(&[("orders", 2000)]), ["orders", "1000", "2000"]);
    check(fixed(&[]), ["orders", "1000", "absent"]);
    check(
        fixed(&[("levels", 5), ("orders", 1000)]),
        ["levels", "absent", "5"],
    );
    // What may change, may.
    let changed = Layout {
        configuration_hash: [9; 16],
        segment_bytes: 2 * SEGMENT_BYTES_MIN,
        ..layout()
    };
    assert_eq!(home.try_open(&changed).expect("the same layout").epoch(), 2);
}

#[test]
pub(crate) fn a_later_format_is_refused() {
    let home = Home::new();
    drop(home.open());
    let path = home.data().join("meta.toml");
    let text = std::fs::read_to_string(&path).expect("meta.toml");
    std::fs::write(&path, text.replace("format = 1", "format = 2")).expect("written");
    let error = home.try_open(&layout()).expect_err("a later format");
    assert!(
        matches!(error, DirectoryError::Format { found: 2, .. }),
        "{error}"
    );
    std::fs::write(&path, "nonsense").expect("written");
    let error = home.try_open(&layout()).expect_err("no meta.toml");
    assert!(matches!(error, DirectoryError::Meta { .. }), "{error}");
}

#[test]
pub(crate) fn a_killed_process_whose_staging_folder_is_gone_is_not_followed() {
    let home = Home::new();
    drop(home.open());
    let folder = home.staging_folder();
    std::fs::remove_dir_all(&folder).expect("removed");
    let error = home.try_open(&layout()).expect_err("staging is missing");
    assert!(
        matches!(&error, DirectoryError::StagingMissing { path } if *path == folder),
        "{error}"
    );
    // A restart of the machine explains it.
    home.change_boot_id();
    assert_eq!(home.open().start_kind(), StartKind::PowerLoss);
}

#[test]
pub(crate) fn a_stream_whose_staging_file_is_gone_is_not_opened() {
    let home = Home::new();
    let directory = home.open();
    drop(stream(&directory));
    drop(directory);
    std::fs::remove_file(home.staging_file()).expect("removed");
    let directory = home.open();
    let error = try_stream(&directory).expect_err("staging is missing");
    assert!(
        matches!(error, JournalError::StagingMissing { .. }),
        "{error}"
    );
}

#[test]
pub(crate) fn a_foreign_staging_file_is_not_taken_over() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 20);
    drop((opened, directory));
    let own = std::fs::read(home.staging_file()).expect("the staging file");
    let other = Home::new();
    let directory = other.open();
    drop(stream(&directory));
    let shard_1 = open_stream(&directory, StreamId::shard(1), options()).expect("opens");
    drop((shard_1, directory));
    let foreign = std::fs::read(other.staging_file()).expect("the staging file");
    let neighbour = other.staging_folder().join("shard-1.staging");
    let refusal = |home: &Home, bytes: &[u8]| {
        std::fs::write(home.staging_file(), bytes).expect("written");
        let directory = home.open();
        match try_stream(&directory).expect_err("not the stream's") {
            JournalError::StagingForeign { reason, .. } => reason,
            error => panic!("{error}"),
        }
    };
    assert_eq!(
        refusal(&home, &foreign),
        "it belongs to another data directory"
    );
    let neighbour = std::fs::read(neighbour).expect("the staging file");
    assert_eq!(refusal(&other, &neighbour), "it belongs to another stream");
    for at in 0..88 {
        let mut flipped = own.clone();
        flipped[at] ^= 4;
        refusal(&home, &flipped);
    }
    assert_eq!(refusal(&home, &own[..5000]), "it is too short");
    std::fs::write(home.staging_file(), &own).expect("written");
    let directory = home.open();
    assert_eq!(stream(&directory).tail.last_sequence, 20);
}

#[test]
pub(crate) fn a_stop_that_left_records_unsynced_is_not_clean() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 20);
    let error = directory.finish_clean().expect_err("nothing is synced");
    assert!(
        matches!(
            error,
            DirectoryError::NotDrained {
                written: 20,
                synced: 0,
                ..
            }
        ),
        "{error}"
    );
    drain(opened.writer_half, Backend::Plain);
    directory.finish_clean().expect("drained");
    assert!(
        std::fs::read_dir(home.staging_root())
            .expect("there")
            .next()
            .is_none()
    );
}

#[test]
pub(crate) fn a_clean_stop_needs_every_stream_that_a_kill_left() {
    let home = Home::new();
    let directory = home.open();
    let gateway = StreamId::gateway(0);
    let mut opened = open_stream(&directory, gateway, options()).expect("opens");
    append_through(&mut opened.appender, 5);
    drop((opened, directory));
    let directory = home.open();
    drop(stream(&directory));
    let error = directory
        .finish_clean()
        .expect_err("the gateway's log is not taken over");
    assert!(
        matches!(error, DirectoryError::NotDrained { stream, .. } if stream == gateway),
        "{error}"
    );
    drop(directory);
    let directory = home.open();
    let opened = open_stream(&directory, gateway, options()).expect("opens");
    assert_eq!(opened.tail.recovered_from_staging, 5);
}

#[test]
pub(crate) fn streams_and_sizes_outside_the_layout_are_refused() {
    let home = Home::new();
    let directory = home.open();
    for stream in [StreamId::shard(2), StreamId::gateway(1)] {
        let error = open_stream(&directory, stream, options()).expect_err("not of the layout");
        assert!(
            matches!(error, JournalError::UnknownStream { .. }),
            "{error}"
        );
    }
    let opened = open_stream(&directory, StreamId::CONTROL, options()).expect("opens");
    assert_eq!(opened.tail.next_sequence, 1);
    let error = open_stream(&directory, StreamId::CONTROL, options()).expect_err("twice");
    assert!(matches!(error, JournalError::AlreadyOpen { .. }), "{error}");
    let small = StagingOptions {
        capacity_bytes: 4096,
    };
    let error = open_stream(&directory, STREAM, small).expect_err("too small");
    assert!(
        matches!(error, JournalError::StagingSize { asked: 4096, .. }),
        "{error}"
    );
    let odd = Layout {
        segment_bytes: SEGMENT_BYTES_MIN + 1,
        ..layout()
    };
    let error = Home::new()
        .try_open(&odd)
        .expect_err("not a multiple of a block");
    assert!(matches!(error, DirectoryError::Layout { .. }), "{error}");
}

#[test]
pub(crate) fn paths_are_whole_however_the_directory_was_named() {
    let home = Home::new();
    let detour = home.data().join("..").join("data");
    std::fs::create_dir_all(home.data()).expect("made");
    let directory =
        DataDirectory::open_or_create_in(&detour, &layout(), &home.staging_root()).expect("opens");
    assert_eq!(directory.path(), home.data().canonicalize().expect("there"));
}

/// Returns the folders in the staging root.
fn staging_folders(home: &Home) -> usize {
    std::fs::read_dir(home.staging_root())
        .expect("there")
        .count()
}

#[test]
pub(crate) fn a_staging_folder_names_the_data_directory_it_belongs_to() {
    let home = Home::new();
    let directory = home.open();
    drop(stream(&directory));
    let path = directory.path().to_owned();
    drop(directory);
    let named = home.staging_folder().join("data-directory");
    let text = std::fs::read_to_string(&named).expect("the path");
    assert_eq!(text, format!("{}\n", path.display()));
    // One that an earlier build left has none; a directory may have been moved.
    for left in [None, Some("/elsewhere\n")] {
        match left {
            None => std::fs::remove_file(&named).expect("removed"),
            Some(other) => std::fs::write(&named, other).expect("written"),
        }
        let directory = home.open();
        assert_eq!(directory.start_kind(), StartKind::SameBoot);
        drop(stream(&directory));
        assert_eq!(std::fs::read_to_string(&named).expect("the path"), text);
    }
}

#[test]
pub(crate) fn a_new_directory_that_cannot_be_noted_leaves_no_staging_folder() {
    let home = Home::new();
    let in_the_way = home.data().join("meta.toml.new");
    std::fs::create_dir_all(&in_the_way).expect("made");
    let error = home
        .try_open(&layout())
        .expect_err("meta.toml is not written");
    assert!(matches!(error, DirectoryError::Io { .. }), "{error}");
    assert_eq!(staging_folders(&home), 0);
    std::fs::remove_dir(&in_the_way).expect("removed");
    assert_eq!(home.open().start_kind(), StartKind::New);
}

#[test]
pub(crate) fn a_staging_folder_that_cannot_be_filled_is_not_left_in_half() {
    let home = Home::new();
    home.run_clean(5);
    let uuid = DataDirectory::read_meta(&home.data())
        .expect("readable")
        .expect("present")
        .uuid;
    let folder = home.staging_root().join(format!("matchgate-{uuid}"));
    std::fs::create_dir_all(folder.join("shard-1.settled")).expect("made");
    let error = home.try_open(&layout()).expect_err("a folder is no file");
    assert!(matches!(error, DirectoryError::Io { .. }), "{error}");
    assert_eq!(staging_folders(&home), 0);
    assert_eq!(home.open().start_kind(), StartKind::CleanStop);
}

#[test]
pub(crate) fn a_directory_that_cannot_be_noted_keeps_what_a_kill_left() {
    let home = Home::new();
    let directory = home.open();
    let mut opened = stream(&directory);
    append_through(&mut opened.appender, 5);
    drop((opened, directory));
    let in_the_way = home.data().join("meta.toml.new");
    std::fs::create_dir_all(&in_the_way).expect("made");
    home.try_open(&layout())
        .expect_err("meta.toml is not written");
    std::fs::remove_dir(&in_the_way).expect("removed");
    let directory = home.open();
    assert_eq!(stream(&directory).tail.recovered_from_staging, 5);
}

#[test]
pub(crate) fn a_failed_start_that_appended_nothing_may_stop_cleanly() {
    let home = Home::new();
    let directory = home.open();
    let opened = stream(&directory);
    // What comes after it fails: the other streams are never opened, no writer runs.
    drop(opened);
    directory.finish_clean().expect("nothing was appended");
    assert_eq!(staging_folders(&home), 0);
    drop(directory);
    let directory = home.open();
    assert_eq!(directory.start_kind(), StartKind::CleanStop);
    assert_eq!(stream(&directory).tail.next_sequence, 1);
}

#[test]
pub(crate) fn a_staging_root_that_is_not_there_is_an_error() {
    let home = Home::new();
    let root = Path::new("/proc/self/no-such-root");
    let error = DataDirectory::open_or_create_in(&home.data(), &layout(), root);
    assert!(matches!(error, Err(DirectoryError::Io { .. })));
}
