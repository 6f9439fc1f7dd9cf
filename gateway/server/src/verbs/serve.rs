//! `matchgate serve`: run the venue until it is told to stop.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::cli::Serve;
use crate::config::Config;
use crate::exit_code::Fatal;
use crate::venue::Venue;

/// How often the main thread looks whether to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Returns a flag that Ctrl-C and SIGTERM set; a second signal ends the process at once.
///
/// # Errors
///
/// Returns the operating system's error.
pub fn stop_flag() -> std::io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let interrupted = 128 + signal;
        signal_hook::flag::register_conditional_shutdown(signal, interrupted, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

/// Runs the venue. Says on `out` where it listens.
///
/// # Errors
///
/// Returns a [`Fatal`] where it cannot start, or something failed while it ran.
pub fn serve(options: &Serve, out: &mut dyn Write) -> Result<(), Fatal> {
    let mut config = match &options.config {
        Some(path) => Config::load(path)?,
        None => Config::built_in(),
    };
    if let Some(data) = &options.data {
        config.data_directory.clone_from(data);
    }
    if options.check {
        writeln!(out, "configuration is good")?;
        return Ok(());
    }
    let stop = stop_flag()?;
    let venue = Venue::start(&config)?;
    for line in venue.start_report() {
        say(out, line);
    }
    say(
        out,
        &format!("listening protocol=capnp address={}", venue.address()),
    );
    say(
        out,
        &format!("listening protocol=admin address={}", venue.admin_address()),
    );
    let mut alarms = Vec::new();
    while !stop.load(Ordering::Relaxed) && venue.failure().is_none() {
        std::thread::sleep(LOOK_INTERVAL);
        for notice in venue.take_notices() {
            say(out, &format!("notice: {notice}"));
        }
        let now = venue.alarms();
        for alarm in now.iter().filter(|alarm| !alarms.contains(*alarm)) {
            say(out, &format!("alarm: {alarm}"));
        }
        alarms = now;
    }
    let stats = venue.stop()?;
    say(
        out,
        &format!("stopped: {} records, {} syncs", stats.records, stats.syncs),
    );
    Ok(())
}

/// Says a line. A venue goes on trading where nobody reads its output any more; what it says is
/// in `ports.json` and `admin status` too.
fn say(out: &mut dyn Write, line: &str) {
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        // The other stream may be read still; where it is not either, there is nobody to tell.
        drop(writeln!(std::io::stderr(), "{line}"));
    }
}
