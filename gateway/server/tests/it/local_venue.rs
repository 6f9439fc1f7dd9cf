//! A venue in this process, over real sockets and real files.

use std::net::SocketAddr;
use std::path::PathBuf;

use matchgate_core::domain::Symbol;
use matchgate_server::config::{Config, VenueLimits};
use matchgate_server::venue::Venue;

use crate::data_folder::DataFolder;

/// Any free port, and files that are quick to make.
pub(crate) const SMALL: &str = "[listen]\ncapnp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n\
     [journal]\nsegment_bytes = 8388608\nstaging_bytes = 4194304\n";

/// A running venue whose data directory goes with it.
#[derive(Debug)]
pub(crate) struct LocalVenue {
    venue: Option<Venue>,
    config: Config,
    folder: DataFolder,
}

impl LocalVenue {
    /// Starts the venue of a configuration's text.
    pub(crate) fn start(text: &str) -> Self {
        Self::start_with(Config::parse("the test's configuration", text).unwrap())
    }

    /// Starts the venue of a configuration, on a data directory of its own.
    pub(crate) fn start_with(mut config: Config) -> Self {
        let folder = DataFolder::new();
        config.data_directory = folder.data();
        Self {
            venue: Some(Venue::start(&config).unwrap()),
            config,
            folder,
        }
    }

    pub(crate) fn venue(&self) -> &Venue {
        self.venue.as_ref().expect("it runs")
    }

    /// Returns the data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.data()
    }

    pub(crate) const fn limits(&self) -> VenueLimits {
        self.config.venue
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.venue().address()
    }

    /// Returns every book's symbol and hash, once the follower has all that was sequenced.
    pub(crate) fn book_hashes(&self) -> Vec<(Symbol, u128)> {
        self.venue().wait_for_followers().unwrap();
        let instruments = self.venue().view().instruments();
        instruments
            .iter()
            .map(|one| (one.instrument.symbol, one.book_hash))
            .collect()
    }

    /// Stops in good order and starts on the same data directory.
    pub(crate) fn restart(&mut self) {
        self.venue.take().expect("it runs").stop().unwrap();
        assert!(self.folder.data().exists());
        self.venue = Some(Venue::start(&self.config).unwrap());
    }
}

impl Drop for LocalVenue {
    fn drop(&mut self) {
        // What a test that failed leaves behind is of no more interest than its stop.
        let stopped = self.venue.take().map(Venue::stop);
        if !std::thread::panicking() {
            stopped.expect("it runs").expect("it stops in good order");
        }
    }
}
