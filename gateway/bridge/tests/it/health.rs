//! What a sink that cannot go on says of itself.

use matchgate_follower::SinkHealth;

pub(crate) fn waiting(health: SinkHealth) -> String {
    let reason = match health {
        SinkHealth::Waiting(reason) => Ok(reason),
        SinkHealth::Healthy | SinkHealth::Stopped(_) => Err(health),
    };
    reason.expect("it waits")
}

pub(crate) fn stopped(health: SinkHealth) -> String {
    let reason = match health {
        SinkHealth::Stopped(reason) => Ok(reason),
        SinkHealth::Healthy | SinkHealth::Waiting(_) => Err(health),
    };
    reason.expect("it has stopped")
}

pub(crate) fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {text:?}");
    }
}
