//! The splitter: lengths are judged from the segment table alone.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::samples::client_messages;
use crate::capnp::frame::{self, SEGMENTS_MAX, Split};
use crate::capnp::{Encoder, encode_client};
use crate::message::CLIENT_FRAME_BYTES_MAX;
use matchgate_core::domain::RejectReason;

/// A segment table with the counts that it should have, and as many zero words as it announces
/// but at most `words_max`.
fn frame_of(segment_words: &[u32], words_max: usize) -> Vec<u8> {
    let above_one = u32::try_from(segment_words.len()).unwrap().wrapping_sub(1);
    let mut bytes = above_one.to_le_bytes().to_vec();
    for words in segment_words {
        bytes.extend_from_slice(&words.to_le_bytes());
    }
    if segment_words.len().is_multiple_of(2) {
        bytes.extend_from_slice(&[0; 4]);
    }
    let words: usize = segment_words
        .iter()
        .map(|&words| usize::try_from(words).unwrap())
        .sum();
    bytes.resize(bytes.len() + words.min(words_max) * 8, 0);
    bytes
}

fn whole(bytes: &[u8]) -> Split<'_> {
    Ok(Some(bytes))
}

#[test]
fn frame_of_the_bound_is_whole_and_one_word_more_is_refused() {
    let words_max = u32::try_from(CLIENT_FRAME_BYTES_MAX / 8).unwrap() - 1;
    let longest = frame_of(&[words_max], 1024);
    assert_eq!(longest.len(), CLIENT_FRAME_BYTES_MAX);
    assert_eq!(frame::next(&longest), whole(&longest));
    let longer = frame_of(&[words_max + 1], 0);
    assert_eq!(frame::next(&longer), Err(RejectReason::FrameTooLarge));
}

#[test]
fn length_bombs_are_refused_from_the_table_alone() {
    for words in [128, 1 << 20, 1 << 29, u32::MAX] {
        let table = frame_of(&[words], 0);
        assert_eq!(frame::next(&table), Err(RejectReason::FrameTooLarge));
        let second = frame_of(&[1, words], 0);
        assert_eq!(frame::next(&second), Err(RejectReason::FrameTooLarge));
    }
    let both = frame_of(&[100, 100], 0);
    assert_eq!(frame::next(&both), Err(RejectReason::FrameTooLarge));
}

#[test]
fn segment_count_bombs_are_refused_from_four_bytes() {
    for above_one in [4_u32, 512, 1 << 31, u32::MAX] {
        let count = above_one.to_le_bytes();
        assert_eq!(frame::next(&count), Err(RejectReason::MalformedFrame));
    }
}

#[test]
fn up_to_four_segments_are_a_frame() {
    for count in 1..=SEGMENTS_MAX {
        let bytes = frame_of(&vec![2; count], 1024);
        assert_eq!(frame::next(&bytes), whole(&bytes));
    }
}

#[test]
fn frame_without_a_word_is_malformed() {
    for count in 1..=SEGMENTS_MAX {
        let bytes = frame_of(&vec![0; count], 0);
        assert_eq!(frame::next(&bytes), Err(RejectReason::MalformedFrame));
    }
}

#[test]
fn every_truncation_waits_for_more() {
    let mut encoder = Encoder::new();
    for message in client_messages() {
        let bytes = encode_client(&message, &mut encoder);
        for length in 0..bytes.len() {
            assert_eq!(frame::next(&bytes[..length]), Ok(None), "{length}");
        }
        assert_eq!(frame::next(bytes), whole(bytes));
    }
}

#[test]
fn frames_behind_the_first_stay() {
    let mut encoder = Encoder::new();
    let mut stream = Vec::new();
    for message in client_messages() {
        stream.extend_from_slice(encode_client(&message, &mut encoder));
    }
    let mut rest = stream.as_slice();
    for message in client_messages() {
        let first = frame::next(rest).unwrap().unwrap();
        assert_eq!(first, encode_client(&message, &mut encoder));
        rest = &rest[first.len()..];
    }
    assert_eq!(frame::next(rest), Ok(None));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(4096)
    })]

    #[test]
    fn split_is_a_bounded_prefix_of_any_bytes(
        count in 0_u32..6,
        sizes in vec(0_u32..200, 0..6),
        tail in vec(any::<u8>(), 0..1200),
    ) {
        let mut bytes = count.to_le_bytes().to_vec();
        for size in sizes {
            bytes.extend_from_slice(&size.to_le_bytes());
        }
        bytes.extend_from_slice(&tail);
        if let Ok(Some(split)) = frame::next(&bytes) {
            prop_assert!(split.len() <= CLIENT_FRAME_BYTES_MAX);
            prop_assert!(bytes.starts_with(split));
            prop_assert_eq!(frame::next(split), Ok(Some(split)));
        }
    }
}
