//! A disk that takes no more in the middle of a run: the venue ends, and nothing that it
//! acknowledged is lost.

use std::process::{Command, Stdio};

use matchgate_client::{Client, ClientOptions};
use matchgate_core::domain::{RejectReason, Side, Symbol};
use matchgate_schema::message::{ClientMessage, ExecType, Report, ServerMessage};
use matchgate_server::config::Config;
use matchgate_server::venue::Venue;

use crate::data_folder::DataFolder;
use crate::trader::{name, order};
use crate::venue_process::{VenueProcess, binary, write_config};

const CONFIG: &str = "[listen]\ncapnp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n\
     [journal]\nsegment_bytes = 1048576\nstaging_bytes = 1048576\n";
/// Largest file, in bytes, once the disk is to take no more: less than a segment.
const FILE_BYTES_MAX: u64 = 1 << 19;
/// Orders that are taken before that.
const TAKEN_BEFORE: u64 = 2_000;
/// Orders on their way at one time.
const WINDOW: u64 = 512;

/// One client, what it has sent, and what it knows of it.
struct Flood {
    client: Client,
    sent: u64,
    taken: u64,
    /// Refused as busy: where nobody hears the writer's error at once, the logs fill first.
    busy: u64,
}

impl Flood {
    /// Takes what there is to hear; returns whether there was anything.
    fn hear(&mut self) -> Result<bool, matchgate_client::ClientError> {
        let Some(message) = self.client.poll()? else {
            return Ok(false);
        };
        if let ServerMessage::Report {
            report: Report::Execution(report),
            ..
        } = message
        {
            if report.reject_reason == Some(RejectReason::Busy) {
                self.busy += 1;
            } else {
                assert_eq!(report.exec_type, ExecType::New, "{report:?}");
                self.taken += 1;
            }
        }
        Ok(true)
    }

    /// Enters orders of one each until so many are taken, or the connection ends.
    fn until(&mut self, taken: u64) {
        while self.taken < taken {
            while self.sent < self.taken + self.busy + WINDOW {
                let price = 1000 + i64::try_from(self.sent % 500).expect("below 500");
                let order = order("DEMO", Side::Buy, price, 1);
                if self.client.send(ClientMessage::NewOrder(order)).is_err() {
                    return;
                }
                self.sent += 1;
            }
            if self.hear().is_err() {
                return;
            }
        }
    }
}

/// The binary, to which a write beyond the largest file is an error and no signal.
fn without_signal() -> Command {
    let script = "trap '' XFSZ; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(binary().get_program());
    command
}

#[test]
fn journal_that_cannot_be_written_ends_serve_with_5_and_loses_nothing_acknowledged() {
    let folder = DataFolder::new();
    let data = folder.data();
    let config = write_config(folder.path(), CONFIG);
    let venue = VenueProcess::start_by(without_signal(), &config, &data).unwrap();
    let options = ClientOptions::new(name("demo-1"));
    let (client, _) = Client::connect(venue.address, options).unwrap();
    let mut flood = Flood {
        client,
        sent: 0,
        taken: 0,
        busy: 0,
    };
    flood.until(TAKEN_BEFORE);
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", venue.process_id()))
        .arg(format!("--fsize={FILE_BYTES_MAX}"))
        .status();
    assert!(limited.expect("prlimit runs").success());
    flood.until(u64::MAX);
    let (status, errors) = venue.end();
    assert_eq!(status.code(), Some(5), "{errors}");
    // Which stream meets the limit first is chance; that it is named is not.
    let named = errors.contains("matchgate: journal: ") && errors.contains("/data/");
    assert!(named, "{errors}");
    let acknowledged = flood.taken;
    assert!(acknowledged >= TAKEN_BEFORE);

    let mut config = Config::load(&config).unwrap();
    config.data_directory = data;
    let venue = Venue::start(&config).unwrap();
    flood.client.reconnect_to(venue.address()).unwrap();
    while flood.taken + flood.busy < flood.sent {
        flood.hear().unwrap();
    }
    venue.wait_for_followers().unwrap();
    let book = venue.book(&Symbol::new(b"DEMO").unwrap(), 1_000).unwrap();
    let open: u64 = book.bids.iter().map(|(_, quantity)| quantity).sum();
    println!("{acknowledged} acknowledged before the error, {open} open after it");
    assert_eq!(open, flood.sent - flood.busy);
    venue.stop().unwrap();
}

#[test]
fn demo_says_that_the_journal_could_not_be_written_and_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let may_mount = Command::new("unshare").args(["-rm", "true"]).output();
    if !may_mount.is_ok_and(|output| output.status.success()) {
        println!("skipped: no mount namespace of our own may be made here");
        return;
    }
    let script = "mount -t tmpfs -o size=24m tmpfs \"$TMPDIR\" && \"$0\" demo --duration 120s; \
         code=$?; ls \"$TMPDIR\"; exit $code";
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script])
        .arg(binary().get_program())
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{said}{errors}");
    assert!(errors.contains("No space left on device"), "{errors}");
    let (_, after) = said.split_once("journal in ").unwrap();
    let (journal, left) = after.split_once('\n').unwrap();
    assert!(left.trim().is_empty(), "{left}");
    // Shared memory is not of the namespace's: what is left there names its data directory.
    for entry in std::fs::read_dir(matchgate_journal::STAGING_ROOT).unwrap() {
        let owner = entry.unwrap().path().join("data-directory");
        let owner = std::fs::read_to_string(owner).unwrap_or_default();
        assert!(!owner.contains(journal), "{owner}");
    }
}
