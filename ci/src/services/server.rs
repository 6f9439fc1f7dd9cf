//! A server in a folder of its own: what can be done with any of them.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::ServiceError;
use super::process::{Process, make_folder, write};

/// What tells one kind of server from another.
pub trait Kind {
    /// What a test may want of it beyond the ordinary.
    type Settings: Clone + fmt::Debug + Default;

    /// What stands before the address in a URL that clients take.
    const SCHEME: &'static str;
    /// Name of the log in the server's folder.
    const LOG: &'static str;

    /// Returns where the program is.
    ///
    /// # Errors
    ///
    /// Returns why there is none.
    fn program() -> Result<PathBuf, ServiceError>;

    /// Starts the program and returns it once it is ready, with the address that it took: `known`
    /// where there is one.
    ///
    /// # Errors
    ///
    /// Returns why it did not become ready, with the end of its log.
    fn launch(
        program: &Path,
        folder: &Path,
        settings: &Self::Settings,
        known: Option<SocketAddr>,
    ) -> Result<(Process, SocketAddr), ServiceError>;
}

/// A server on free ports of 127.0.0.1; it ends when the value is dropped.
#[derive(Debug)]
pub struct Server<K: Kind> {
    process: Process,
    program: PathBuf,
    folder: PathBuf,
    settings: K::Settings,
    address: SocketAddr,
}

impl<K: Kind> Server<K> {
    /// Starts a server whose configuration, log and store are in `folder`, and returns when it
    /// serves. What an earlier server has stored there, it serves again.
    ///
    /// # Errors
    ///
    /// Returns why there is no server, or why it did not become ready, with the end of its log.
    pub fn start(folder: &Path) -> Result<Self, ServiceError> {
        Self::start_with(folder, K::Settings::default())
    }

    /// As [`Server::start`], with settings of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Server::start`].
    pub fn start_with(folder: &Path, settings: K::Settings) -> Result<Self, ServiceError> {
        let program = K::program()?;
        let folder = make_folder(folder)?;
        write(&folder.join(K::LOG), "")?;
        let (process, address) = K::launch(&program, &folder, &settings, None)?;
        Ok(Self {
            process,
            program,
            folder,
            settings,
            address,
        })
    }

    /// Returns where clients connect; the same for the life of the value.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as clients take it, `SCHEME://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", K::SCHEME, self.address)
    }

    /// Returns the id of the process; after it ended, the id it had.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Returns whether the process runs; a paused one does.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us ask.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        self.process.ended().is_none()
    }

    /// Ends the server with SIGKILL and waits until it is gone.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Ends the server with SIGTERM and waits until it is gone, paused or not; one that is not
    /// gone after 20 s is killed.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Hangs the server with SIGSTOP: connections stay, nothing answers. Returns when it hangs.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn pause(&mut self) {
        self.process.pause();
    }

    /// Lets a hung server go on.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us.
    pub fn resume(&mut self) {
        self.process.resume();
    }

    /// Starts the server again, at the same address with what it had stored, and returns when it
    /// is ready. One that still runs is stopped first.
    ///
    /// # Errors
    ///
    /// Returns why it did not become ready, with the end of its log.
    ///
    /// # Panics
    ///
    /// Panics when the system does not let us end the one that still runs.
    pub fn restart(&mut self) -> Result<(), ServiceError> {
        self.process.stop();
        let known = Some(self.address);
        let (process, _) = K::launch(&self.program, &self.folder, &self.settings, known)?;
        self.process = process;
        Ok(())
    }
}
