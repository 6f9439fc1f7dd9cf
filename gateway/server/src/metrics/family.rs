//! Families: which counter is which metric, of which kind, and what it says. A counter that is in
//! no family is shown to operators alone.

/// How a metric may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only rises while the process lives.
    Counter,
    /// It may rise and fall.
    Gauge,
}

/// One metric and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// Name behind `matchgate_`, with its unit where it has one.
    pub name: &'static str,
    /// How it may move.
    pub kind: Kind,
    /// What it says.
    pub help: &'static str,
}

const fn counter(name: &'static str, help: &'static str) -> Family {
    let kind = Kind::Counter;
    Family { name, kind, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Family {
    let kind = Kind::Gauge;
    Family { name, kind, help }
}

/// Every metric that a counter of an agent feeds.
pub const FAMILIES: [Family; 54] = [
    counter(
        "acceptor_accepts_aborted",
        "Peers that were gone before they were accepted",
    ),
    counter(
        "acceptor_accepts_failed",
        "Times that accepting ended for another reason and began again",
    ),
    counter(
        "acceptor_accepts_out_of_descriptors",
        "Times that accepting found no free descriptor",
    ),
    counter(
        "acceptor_accepts_out_of_memory",
        "Times that accepting found no memory",
    ),
    counter("acceptor_enters", "System calls into the acceptor's ring"),
    counter(
        "acceptor_over_peer_limit",
        "Connections refused since their address has too many",
    ),
    gauge(
        "shard_clock_behind_ns",
        "How far the clock is behind the shard's journal",
    ),
    counter("acceptor_accepted", "Connections accepted"),
    counter(
        "acceptor_handed_over",
        "Logged-on sockets handed to their gateway",
    ),
    counter(
        "acceptor_over_limit",
        "Connections refused since too many wait for their logon",
    ),
    counter("acceptor_refused", "Logons refused"),
    counter(
        "clock_samples",
        "Times that event time was compared with the wall clock",
    ),
    gauge(
        "clock_wall_ahead_ns",
        "How far the wall clock is ahead of event time",
    ),
    gauge(
        "clock_wall_behind_ns",
        "How far the wall clock is behind event time",
    ),
    counter("core_turns", "Turns of a core through its agents"),
    counter("core_work", "Units of work that a core's agents did"),
    counter("follower_commands", "Commands that a follower applied"),
    counter("follower_publications", "Publications that a sink took"),
    counter(
        "follower_refusals",
        "Attempts that a sink refused and that are made again",
    ),
    counter("gateway_bytes_in", "Bytes received from clients"),
    counter("gateway_bytes_out", "Bytes sent to clients"),
    gauge("gateway_connections", "Open client connections"),
    counter("gateway_enters", "System calls into the ring of sockets"),
    counter("gateway_events", "Events taken from shards"),
    counter(
        "gateway_frames_refused",
        "Frames that ended their connection",
    ),
    counter("gateway_logons", "Sessions that logged on"),
    counter("gateway_messages_in", "Messages taken from clients"),
    counter("gateway_messages_out", "Messages told to clients"),
    counter(
        "gateway_pauses",
        "Times that reading from a client paused for want of room",
    ),
    counter(
        "gateway_receives_starved",
        "Receives that found no free buffer",
    ),
    counter("gateway_sessions_ended", "Sessions whose connection ended"),
    counter(
        "gateway_waits_for_log",
        "Turns that waited for room in the gateway log",
    ),
    gauge("session_connected", "1 where the session has a connection"),
    gauge(
        "session_next_sequence",
        "Number of the session's next message",
    ),
    gauge("session_open_orders", "Open orders of the session"),
    gauge("session_request_highest", "Highest request number taken"),
    counter("shard_commands", "Commands sequenced"),
    counter("shard_events", "Events that commands caused"),
    counter(
        "shard_events_to_nobody",
        "Events whose session has no home here",
    ),
    counter(
        "shard_expiries",
        "Times that were journaled since orders expire by them",
    ),
    counter("shard_hash_records", "State hashes journaled"),
    counter(
        "shard_repeats",
        "Ring commands ignored since the journal has them already",
    ),
    counter(
        "shard_waits_for_ring",
        "Turns that waited for room in an event ring",
    ),
    counter(
        "shard_waits_for_staging",
        "Turns that waited for room in the staging log",
    ),
    // Gathered by the collector itself.
    gauge(
        "epoch",
        "Start of the process that took orders last, counted from 1",
    ),
    gauge(
        "follower_healthy",
        "1 where a follower and its sink go on, 0 where it waits or stopped",
    ),
    gauge(
        "follower_sequence",
        "Last command of a shard that a follower applied",
    ),
    gauge("instrument_halted", "1 where an instrument is halted"),
    gauge(
        "journal_applied_sequence",
        "Last record of a stream that its owner applied",
    ),
    gauge(
        "journal_synced_sequence",
        "Last record of a stream that is on disk",
    ),
    gauge(
        "journal_written_sequence",
        "Last record of a stream in its staging log",
    ),
    gauge(
        "shard_live_orders",
        "Open orders of a shard, as its follower has them",
    ),
    gauge(
        "shard_state_time_ns",
        "Event time of the last command, as its follower has it",
    ),
    gauge("venue_ready", "1 once the venue takes orders"),
];

/// A counter's label taken apart: the family that it belongs to, and which one of it this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) family: &'static Family,
    /// Name of the distinguishing label and its value; none where there is one of it.
    pub(super) which: Option<(&'static str, String)>,
}

/// Returns the family named `name`.
pub(super) fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name)
}

/// Returns the family of the counter `label`; none where only operators see it. `followers` are
/// the names of all followers.
#[must_use]
pub fn family_of(label: &str, followers: &[String]) -> Option<&'static Family> {
    series_of(label, followers).map(|series| series.family)
}

/// Agents and sessions that have a number: `shard_3_commands` is `shard_commands` of shard 3.
const NUMBERED: [&str; 4] = ["core", "gateway", "session", "shard"];

/// Returns what the counter `label` is a metric of. `followers` are the names of all followers.
pub(super) fn series_of(label: &str, followers: &[String]) -> Option<Series> {
    let of_follower = followers.iter().find_map(|name| {
        let prefix = name.replace([':', '-'], "_");
        let what = label.strip_prefix(&prefix)?.strip_prefix('_')?;
        let family = family(&format!("follower_{what}"))?;
        let which = Some(("follower", name.clone()));
        Some(Series { family, which })
    });
    of_follower.or_else(|| numbered(label)).or_else(|| {
        let which = None;
        family(label).map(|family| Series { family, which })
    })
}

fn numbered(label: &str) -> Option<Series> {
    NUMBERED.iter().find_map(|role| {
        let rest = label.strip_prefix(role)?.strip_prefix('_')?;
        let (number, what) = rest.split_once('_')?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let family = family(&format!("{role}_{what}"))?;
        let which = Some((*role, number.to_owned()));
        Some(Series { family, which })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(label: &str) -> Option<(&'static str, Option<(&'static str, String)>)> {
        let followers = ["follower", "sink:local", "sink:local-file"].map(str::to_owned);
        series_of(label, &followers).map(|series| (series.family.name, series.which))
    }

    #[test]
    fn numbered_agents_share_a_family() {
        let which = |role, number: &str| Some((role, number.to_owned()));
        assert_eq!(
            found("shard_3_commands"),
            Some(("shard_commands", which("shard", "3")))
        );
        assert_eq!(
            found("gateway_12_bytes_in"),
            Some(("gateway_bytes_in", which("gateway", "12")))
        );
    }

    #[test]
    fn each_follower_is_told_by_its_name() {
        let which = |name: &str| Some(("follower", name.to_owned()));
        let family = "follower_commands";
        assert_eq!(
            found("follower_commands"),
            Some((family, which("follower")))
        );
        assert_eq!(
            found("sink_local_commands"),
            Some((family, which("sink:local")))
        );
        assert_eq!(
            found("sink_local_file_commands"),
            Some((family, which("sink:local-file")))
        );
    }

    #[test]
    fn label_of_no_family_is_no_metric() {
        for label in [
            "shard_0_state_hash_low",
            "shard_x_commands",
            "weather",
            "",
            "shard_",
        ] {
            assert_eq!(found(label), None, "{label}");
        }
    }

    #[test]
    fn no_family_is_named_twice() {
        let mut names = FAMILIES.map(|family| family.name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
