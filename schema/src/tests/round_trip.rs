//! What is encoded decodes to the same message, and is what the generated code makes and reads.

use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use super::arbitrary::{client_message, server_message};
use super::builder;
use crate::capnp::{Encoder, decode_client, decode_server, encode_client, encode_server, frame};
use crate::message::{CLIENT_FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn client_messages_come_back_from_their_bytes(message in client_message()) {
        let mut encoder = Encoder::new();
        let bytes = encode_client(&message, &mut encoder);
        prop_assert!(bytes.len() <= CLIENT_FRAME_BYTES_MAX);
        prop_assert_eq!(frame::next(bytes), Ok(Some(bytes)));
        prop_assert_eq!(decode_client(bytes), Ok(message));
    }

    #[test]
    fn server_messages_come_back_from_their_bytes(message in server_message()) {
        let mut encoder = Encoder::new();
        let bytes = encode_server(&message, &mut encoder);
        prop_assert!(bytes.len() <= SERVER_FRAME_BYTES_MAX);
        prop_assert_eq!(frame::next_from_server(bytes), Ok(Some(bytes)));
        prop_assert_eq!(decode_server(bytes), Ok(message));
    }

    #[test]
    fn client_frames_are_those_of_the_generated_builder(message in client_message()) {
        let mut encoder = Encoder::new();
        prop_assert_eq!(encode_client(&message, &mut encoder), builder::client(&message));
    }

    #[test]
    fn server_frames_are_those_of_the_generated_builder(message in server_message()) {
        let mut encoder = Encoder::new();
        prop_assert_eq!(encode_server(&message, &mut encoder), builder::server(&message));
    }

    #[test]
    fn a_reused_encoder_makes_the_bytes_of_a_new_one(
        first in server_message(),
        second in client_message(),
        third in server_message(),
    ) {
        let mut reused = Encoder::new();
        encode_server(&first, &mut reused);
        encode_client(&second, &mut reused);
        let mut fresh = Encoder::new();
        prop_assert_eq!(encode_server(&third, &mut reused), encode_server(&third, &mut fresh));
    }
}
