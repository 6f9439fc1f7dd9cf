//! Malformed frames: each is refused with its reason, none panics, none costs more than a frame.

use ::capnp::message::{AllocationStrategy, Builder, HeapAllocator};
use ::capnp::{serialize, serialize_packed};
use matchgate_core::domain::{ClientOrderId, RejectReason, RequestNumber};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

use super::samples::{client_messages, server_messages};
use crate::capnp::{
    DecodeError, Encoder, decode_client, decode_server, encode_client, encode_server, frame,
    matchgate_capnp as wire,
};
use crate::message::{CancelRequest, ClientMessage, OrderTarget};

const MALFORMED: DecodeError = DecodeError::of_frame(RejectReason::MalformedFrame);

fn client_frames() -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new();
    client_messages()
        .iter()
        .map(|message| encode_client(message, &mut encoder).to_vec())
        .collect()
}

fn server_frames() -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new();
    server_messages()
        .iter()
        .map(|message| encode_server(message, &mut encoder).to_vec())
        .collect()
}

/// Lays words into a frame of segments.
fn frame_of(segments: &[&[u64]]) -> Vec<u8> {
    let above_one = u32::try_from(segments.len() - 1).unwrap();
    let mut bytes = above_one.to_le_bytes().to_vec();
    for segment in segments {
        let words = u32::try_from(segment.len()).unwrap();
        bytes.extend_from_slice(&words.to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    for word in segments.concat() {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn struct_pointer(offset: i32, data_words: u16, pointers: u16) -> u64 {
    let low = u64::from((offset << 2).cast_unsigned());
    low | (u64::from(data_words) << 32) | (u64::from(pointers) << 48)
}

fn list_pointer(offset: i32, element_size: u32, count: u32) -> u64 {
    let low = u64::from((offset << 2).cast_unsigned() | 1);
    low | (u64::from(element_size | (count << 3)) << 32)
}

fn far_pointer(is_double: bool, word: u32, segment: u32) -> u64 {
    u64::from(2 | (u32::from(is_double) << 2) | (word << 3)) | (u64::from(segment) << 32)
}

/// A cancel of request 9 by client order id, whose text pointer is `text`, and words behind it.
fn cancel_with(text: u64, behind: &[u64]) -> Vec<u8> {
    let mut words = vec![
        struct_pointer(0, 1, 1),
        5,
        struct_pointer(0, 3, 1),
        9,
        2,
        0,
        text,
    ];
    words.extend_from_slice(behind);
    frame_of(&[&words])
}

#[test]
fn every_truncation_of_every_message_is_malformed() {
    for bytes in client_frames() {
        for length in 0..bytes.len() {
            assert_eq!(decode_client(&bytes[..length]), Err(MALFORMED));
        }
    }
    for bytes in server_frames() {
        for length in 0..bytes.len() {
            assert_eq!(decode_server(&bytes[..length]), Err(MALFORMED));
        }
    }
}

#[test]
fn bytes_behind_the_frame_are_malformed() {
    for mut bytes in client_frames() {
        bytes.extend_from_slice(&[0; 8]);
        assert_eq!(decode_client(&bytes), Err(MALFORMED));
    }
}

#[test]
fn segment_cut_short_inside_a_message_never_reads_past_it() {
    // The table says less than the message needs, so the pointers lead outside.
    for bytes in client_frames() {
        for words in 1..(bytes.len() / 8 - 1) {
            let mut cut = bytes[..8 + words * 8].to_vec();
            cut[4..8].copy_from_slice(&u32::try_from(words).unwrap().to_le_bytes());
            let error = decode_client(&cut).unwrap_err();
            assert_eq!(error.reason, RejectReason::MalformedFrame);
        }
    }
}

#[test]
fn frames_decode_at_any_alignment() {
    let mut buffer = vec![0; 1100];
    for (bytes, message) in client_frames().iter().zip(client_messages()) {
        for offset in 0..8 {
            buffer[offset..offset + bytes.len()].copy_from_slice(bytes);
            let decoded = decode_client(&buffer[offset..offset + bytes.len()]);
            assert_eq!(decoded, Ok(message));
        }
    }
}

#[test]
fn packed_frames_are_malformed() {
    for bytes in client_frames() {
        let options = ::capnp::message::ReaderOptions::new();
        let message = serialize::read_message(bytes.as_slice(), options).unwrap();
        let mut builder = Builder::new_default();
        let root = message
            .get_root::<wire::client_frame::Reader<'_>>()
            .unwrap();
        builder.set_root(root).unwrap();
        let mut packed = Vec::new();
        serialize_packed::write_message(&mut packed, &builder).unwrap();
        assert_eq!(
            frame::next(&packed),
            Err(RejectReason::MalformedFrame),
            "{packed:02x?}"
        );
        assert_eq!(decode_client(&packed), Err(MALFORMED));
    }
}

#[test]
fn cancel_spread_over_segments_decodes() {
    // Segments of seven words hold the structs but not the text; segments of one hold neither.
    for (segment_words, segments) in [(7, 2), (1, 4)] {
        let allocator = HeapAllocator::new()
            .first_segment_words(segment_words)
            .allocation_strategy(AllocationStrategy::FixedSize);
        let mut builder = Builder::new(allocator);
        let root = builder.init_root::<wire::client_frame::Builder<'_>>();
        let mut part = root.init_cancel();
        part.set_request(9);
        part.init_target().set_client_order_id("a");
        assert_eq!(builder.get_segments_for_output().len(), segments);
        let bytes = serialize::write_message_to_words(&builder);
        let target = OrderTarget::ClientOrderId(ClientOrderId::new(b"a").unwrap());
        let request = RequestNumber(9);
        let cancel = ClientMessage::Cancel(CancelRequest { request, target });
        assert_eq!(decode_client(&bytes), Ok(cancel));
    }
}

#[test]
fn cyclic_and_wild_far_pointers_are_malformed() {
    let cases: [&[&[u64]]; 6] = [
        // Each segment's first word sends on to the other.
        &[&[far_pointer(false, 0, 1)], &[far_pointer(false, 0, 0)]],
        // To itself.
        &[&[far_pointer(false, 0, 0)]],
        // To a segment that is not there.
        &[&[far_pointer(false, 0, 3)]],
        // Behind the end of a segment.
        &[&[far_pointer(false, 99, 1)], &[0]],
        // A double landing pad that is cut off.
        &[&[far_pointer(true, 0, 1)], &[far_pointer(false, 0, 0)]],
        // A double landing pad that leads to another landing pad.
        &[
            &[far_pointer(true, 0, 1), 0],
            &[far_pointer(true, 0, 0), far_pointer(true, 0, 0)],
        ],
    ];
    for segments in cases {
        assert_eq!(decode_client(&frame_of(segments)), Err(MALFORMED));
        assert_eq!(decode_server(&frame_of(segments)), Err(MALFORMED));
    }
}

#[test]
fn struct_that_points_to_itself_ends() {
    // The root struct's pointer leads back to the root struct, as a cancel.
    let words = [struct_pointer(0, 1, 1), 5, struct_pointer(-2, 1, 1)];
    let error = decode_client(&frame_of(&[&words])).unwrap_err();
    assert_eq!(error.reason, RejectReason::InvalidTarget);
}

#[test]
fn oversize_lists_are_malformed_and_name_the_request() {
    let request = Some(RequestNumber(9));
    let expected = DecodeError {
        reason: RejectReason::MalformedFrame,
        request,
    };
    let pointers = [
        // Longer than the segment.
        list_pointer(0, 2, 0x1fff_ffff),
        list_pointer(0, 2, 9),
        // Elements without a size, which cost nothing to announce.
        list_pointer(0, 0, 0x1fff_ffff),
        // Not bytes, or not a list.
        list_pointer(0, 5, 1),
        struct_pointer(0, 1, 0),
        // Before the segment, behind it.
        list_pointer(-99, 2, 2),
        list_pointer(99, 2, 2),
        // A capability.
        3,
        // An empty text without its zero byte.
        list_pointer(0, 2, 0),
        // A text whose last byte is not zero.
        list_pointer(0, 2, 8),
    ];
    for pointer in pointers {
        let bytes = cancel_with(pointer, &[u64::MAX]);
        assert_eq!(decode_client(&bytes), Err(expected), "{pointer:#x}");
    }
    let letter = cancel_with(list_pointer(0, 2, 2), &[u64::from(b'a')]);
    assert!(decode_client(&letter).is_ok());
}

#[test]
fn decided_bits_beyond_the_bound_are_malformed() {
    let answer = |pointer: u64, behind: usize| {
        let mut words = vec![struct_pointer(0, 2, 1), 0, 1 << 16, struct_pointer(0, 7, 1)];
        words.extend([0; 7]);
        words.push(pointer);
        words.extend(vec![1; behind]);
        frame_of(&[&words])
    };
    assert!(decode_server(&answer(list_pointer(0, 5, 32), 32)).is_ok());
    assert_eq!(
        decode_server(&answer(list_pointer(0, 5, 33), 33)),
        Err(MALFORMED)
    );
    // 2^29 elements of no size.
    let bomb = list_pointer(0, 0, 0x1fff_ffff);
    assert_eq!(decode_server(&answer(bomb, 1)), Err(MALFORMED));
}

#[test]
fn frame_without_content_is_an_unknown_message() {
    let unknown = Err(DecodeError::of_frame(RejectReason::UnknownMessage));
    // A null root, and messages that this version does not know.
    assert_eq!(decode_client(&frame_of(&[&[0]])), unknown);
    for tag in [0, 9, 0xffff] {
        let words = [struct_pointer(0, 1, 1), tag, 0];
        assert_eq!(decode_client(&frame_of(&[&words])), unknown);
        let words = [struct_pointer(0, 2, 1), 1, tag << 16, 0];
        let decoded = decode_server(&frame_of(&[&words]));
        assert_eq!(decoded.unwrap_err().reason, RejectReason::UnknownMessage);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(16_384)
    })]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..600)) {
        decode_client(&bytes).ok();
        decode_server(&bytes).ok();
    }

    #[test]
    fn random_words_in_a_good_frame_never_panic(
        words in vec(any::<u64>(), 1..40),
        small in vec(0_u64..4, 1..40),
    ) {
        for words in [&words, &small] {
            let bytes = frame_of(&[words]);
            decode_client(&bytes).ok();
            decode_server(&bytes).ok();
        }
    }

    #[test]
    fn mutated_client_frames_decode_to_what_can_be_said_or_fail(
        which in any::<proptest::sample::Index>(),
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = which.get(&client_frames()).clone();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(message) = decode_client(&bytes) {
            let mut encoder = Encoder::new();
            prop_assert_eq!(decode_client(encode_client(&message, &mut encoder)), Ok(message));
        }
    }

    #[test]
    fn mutated_server_frames_decode_to_what_can_be_said_or_fail(
        which in any::<proptest::sample::Index>(),
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = which.get(&server_frames()).clone();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(message) = decode_server(&bytes) {
            let mut encoder = Encoder::new();
            prop_assert_eq!(decode_server(encode_server(&message, &mut encoder)), Ok(message));
        }
    }
}
