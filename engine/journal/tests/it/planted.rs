//! Each bug that may be planted is found by a test: proof that the proofs have teeth.

use std::panic::{AssertUnwindSafe, catch_unwind};

use matchgate_journal::planted::{Bug, executed, plant};

use crate::{
    crash_points, damage, directory, failing_disk, power_loss, spoiled_disk, tail_rule, upgrade,
};

/// A test, by its name.
type Catcher = (&'static str, fn());

const CRASH_POINTS: Catcher = (
    "crash_points::what_was_synced_survives_a_crash_at_every_operation",
    crash_points::what_was_synced_survives_a_crash_at_every_operation,
);
const REFUSALS: Catcher = (
    "failing_disk::refused_operation_at_every_place_ends_the_run_and_loses_nothing",
    failing_disk::refused_operation_at_every_place_ends_the_run_and_loses_nothing,
);
const FLIPS: Catcher = (
    "spoiled_disk::every_flipped_bit_of_16_kib_is_found",
    spoiled_disk::every_flipped_bit_of_16_kib_is_found,
);
const MOVED: Catcher = (
    "spoiled_disk::moved_and_stale_sectors_are_found",
    spoiled_disk::moved_and_stale_sectors_are_found,
);

/// Returns the test that finds it.
fn catcher(bug: Bug) -> Catcher {
    match bug {
        Bug::DataNotSynced
        | Bug::SyncedBeforeWrite
        | Bug::SegmentNotSynced
        | Bug::SegmentNameNotSynced
        | Bug::FileNotSynced
        | Bug::NameNotSynced
        | Bug::DirectoryNotSynced
        | Bug::EpochReused
        | Bug::LostNumbersReused
        | Bug::TornTailKept
        | Bug::CutNotSynced
        | Bug::StagingNotTakenOver => CRASH_POINTS,
        Bug::NextNotKept => (
            "power_loss::numbers_of_records_lost_with_the_power_never_come_again",
            power_loss::numbers_of_records_lost_with_the_power_never_come_again,
        ),
        Bug::SyncRetried | Bug::WriteErrorSwallowed | Bug::FailureNotTold => REFUSALS,
        Bug::ChecksumUnchecked | Bug::PaddingUnchecked | Bug::HeaderChecksumUnchecked => FLIPS,
        Bug::SequenceUnchecked => MOVED,
        Bug::EpochUnchecked => (
            "damage::record_of_another_epoch_is_damage",
            damage::record_of_another_epoch_is_damage,
        ),
        Bug::OwnerUnchecked => (
            "damage::a_segment_of_another_stream_or_name_is_refused",
            damage::a_segment_of_another_stream_or_name_is_refused,
        ),
        Bug::ChainUnchecked => (
            "damage::a_missing_segment_is_damage",
            damage::a_missing_segment_is_damage,
        ),
        Bug::HashUnchecked => (
            "upgrade::segment_in_the_place_of_another_is_found",
            upgrade::segment_in_the_place_of_another_is_found,
        ),
        Bug::SchemaUnchecked => (
            "upgrade::bodies_of_layouts_that_this_build_does_not_read_are_refused_by_name",
            upgrade::bodies_of_layouts_that_this_build_does_not_read_are_refused_by_name,
        ),
        Bug::ClaimsIgnored | Bug::ClaimsNotWritten => (
            "tail_rule::damage_at_or_below_the_synced_mark_is_refused_and_above_it_is_a_torn_tail",
            tail_rule::damage_at_or_below_the_synced_mark_is_refused_and_above_it_is_a_torn_tail,
        ),
        Bug::FloorIgnored => (
            "damage::a_cut_below_the_last_synced_record_is_damage_at_a_start",
            damage::a_cut_below_the_last_synced_record_is_damage_at_a_start,
        ),
        Bug::MissingStagingTaken => (
            "directory::a_stream_whose_staging_file_is_gone_is_not_opened",
            directory::a_stream_whose_staging_file_is_gone_is_not_opened,
        ),
        Bug::ForeignStagingTaken => (
            "directory::a_foreign_staging_file_is_not_taken_over",
            directory::a_foreign_staging_file_is_not_taken_over,
        ),
        Bug::CleanTooEarly => (
            "directory::a_stop_that_left_records_unsynced_is_not_clean",
            directory::a_stop_that_left_records_unsynced_is_not_clean,
        ),
        Bug::LockIgnored => (
            "directory::a_second_process_on_the_directory_is_refused",
            directory::a_second_process_on_the_directory_is_refused,
        ),
    }
}

#[test]
fn every_planted_bug_is_found_by_a_test() {
    let mut table = Vec::new();
    let mut unseen = Vec::new();
    for bug in Bug::ALL {
        let (name, test) = catcher(bug);
        plant(Some(bug));
        let found = catch_unwind(AssertUnwindSafe(test)).is_err();
        let times = executed();
        plant(None);
        if !found || times == 0 {
            unseen.push((bug, name, times));
        }
        table.push(format!("{bug:?}, executed {times} times: {name}"));
    }
    println!("{}", table.join("\n"));
    assert!(unseen.is_empty(), "not found: {unseen:?}");
}
