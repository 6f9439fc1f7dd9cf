//! The stream: its settings, how it is made, and how one of another shape is told. It must not know
//! what is in a message.

use std::time::Duration;

use async_nats::jetstream::stream::{
    Compression, Config, DiscardPolicy, RetentionPolicy, StorageType,
};
use matchgate_follower::sink::SinkError;

use super::NatsOptions;

/// What the stream takes.
pub(super) const SUBJECTS: &str = "orders.fills.>";
/// Largest message; a fill has less than a quarter of it.
const MESSAGE_BYTES_MAX: i32 = 4_096;
/// Time for which the stream knows the id of a message again.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(600);

/// Returns the settings of a stream that is made here.
pub(super) fn config(options: &NatsOptions) -> Config {
    Config {
        name: options.stream.clone(),
        subjects: vec![SUBJECTS.to_owned()],
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        max_age: options.max_age,
        max_bytes: i64::try_from(options.max_bytes).unwrap_or(i64::MAX),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_message_size: MESSAGE_BYTES_MAX,
        duplicate_window: duplicate_window(options),
        num_replicas: options.replicas,
        compression: Some(Compression::S2),
        allow_direct: true,
        deny_delete: true,
        description: Some("Fills of a Matchgate venue, one message each".to_owned()),
        ..Config::default()
    }
}

/// The server takes none that is longer than the age of messages.
fn duplicate_window(options: &NatsOptions) -> Duration {
    DUPLICATE_WINDOW.min(options.max_age)
}

/// Returns the command that makes the stream.
pub(super) fn command(options: &NatsOptions) -> String {
    format!(
        "nats stream add {} --subjects '{SUBJECTS}' --storage file --retention limits --discard \
         new --max-age {}s --max-bytes {} --max-msg-size {MESSAGE_BYTES_MAX} --max-msgs -1 \
         --max-msgs-per-subject -1 --dupe-window {}s --replicas {} --compression s2 \
         --allow-direct --deny-delete --defaults",
        options.stream,
        options.max_age.as_secs(),
        options.max_bytes,
        duplicate_window(options).as_secs(),
        options.replicas
    )
}

/// Returns the refusal of a missing stream.
pub(super) fn missing(options: &NatsOptions) -> SinkError {
    SinkError::Unavailable(format!(
        "stream {} does not exist at {}: make it with `{}`, or let it be made (create = true)",
        options.stream,
        options.servers.join(","),
        command(options)
    ))
}

/// Compares what decides whether each fill stands in the stream once and stays there. Age, sizes
/// and copies are the operator's.
///
/// # Errors
///
/// Returns [`SinkError::Unavailable`] that names each difference.
pub(super) fn check(found: &Config, options: &NatsOptions) -> Result<(), SinkError> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, found: String, wanted: &str| {
        if found != wanted {
            differences.push(format!("{what} is {found}, wanted is {wanted}"));
        }
    };
    compare("subjects", found.subjects.join(" "), SUBJECTS);
    compare("storage", lower(&found.storage), "file");
    compare("retention", lower(&found.retention), "limits");
    compare("discard", lower(&found.discard), "new");
    let per_subject = found.max_messages_per_subject.max(-1);
    let unlimited = if per_subject == 0 { -1 } else { per_subject };
    compare("max_msgs_per_subject", unlimited.to_string(), "-1");
    compare("no_ack", found.no_ack.to_string(), "false");
    compare("sealed", found.sealed.to_string(), "false");
    let is_a_copy = found.mirror.is_some() || found.sources.as_ref().is_some_and(|s| !s.is_empty());
    compare("mirror or sources", is_a_copy.to_string(), "false");
    let is_transformed = found.subject_transform.is_some();
    compare("subject transform", is_transformed.to_string(), "false");
    if differences.is_empty() {
        return Ok(());
    }
    Err(SinkError::Unavailable(format!(
        "stream {} at {} has another shape: {}. Change it (nats stream edit {}), or name another \
         stream",
        options.stream,
        options.servers.join(","),
        differences.join("; "),
        options.stream
    )))
}

fn lower(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_that_is_made_here_has_the_wanted_shape() {
        let options = NatsOptions::default();
        assert_eq!(check(&config(&options), &options), Ok(()));
    }

    #[test]
    fn each_difference_is_named() {
        let options = NatsOptions::default();
        let found = Config {
            subjects: vec!["orders.>".to_owned()],
            discard: DiscardPolicy::Old,
            retention: RetentionPolicy::WorkQueue,
            storage: StorageType::Memory,
            ..config(&options)
        };
        let Err(SinkError::Unavailable(text)) = check(&found, &options) else {
            panic!("another shape is refused");
        };
        for part in [
            "subjects is orders.>, wanted is orders.fills.>",
            "discard is old, wanted is new",
            "retention is workqueue, wanted is limits",
            "storage is memory, wanted is file",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
