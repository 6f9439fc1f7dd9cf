//! The listen addresses: taken before anything is opened, so that two venues with one
//! configuration meet here and not in a journal.

use std::fs::File;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use crate::admin::client::SOCKET_NAME;
use crate::config::Config;
use crate::exit_code::{ExitCode, Fatal};

/// Bytes in the longest path of a Unix socket (unix(7): `sun_path` has 108 with its zero).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Every listening socket, for who serves it.
#[derive(Debug)]
pub(super) struct Listeners {
    /// Order entry over Cap'n Proto.
    pub(super) capnp: TcpListener,
    /// Monitoring.
    pub(super) admin: TcpListener,
}

impl Listeners {
    /// Takes every address.
    pub(super) fn take(config: &Config) -> Result<Self, Fatal> {
        check_socket_path(&config.data_directory)?;
        Ok(Self {
            capnp: listen(config, "listen.capnp", config.capnp_address)?,
            admin: listen(config, "listen.admin", config.admin_address)?,
        })
    }
}

fn listen(config: &Config, key: &str, address: SocketAddr) -> Result<TcpListener, Fatal> {
    TcpListener::bind(address).map_err(|error| {
        // Two venues with one configuration meet here first; say what is the matter.
        if error.kind() == ErrorKind::AddrInUse && is_locked(&config.data_directory) {
            let path = config.data_directory.display();
            let message = format!("data directory {path} is locked by another process");
            return Fatal::new(ExitCode::Locked, message);
        }
        let code = match error.kind() {
            ErrorKind::AddrInUse => ExitCode::AddressInUse,
            _ => ExitCode::Usage,
        };
        Fatal::new(code, format!("{key}: {address}: {error}"))
    })
}

/// Refuses a data directory whose admin socket would have a longer name than a socket may have.
fn check_socket_path(data_directory: &Path) -> Result<(), Fatal> {
    let length = data_directory.join(SOCKET_NAME).as_os_str().len();
    if length <= SOCKET_PATH_BYTES_MAX {
        return Ok(());
    }
    let path = data_directory.display();
    let message = format!(
        "data directory {path}: its {SOCKET_NAME} would have a path of {length} bytes, and a \
         socket's has at most {SOCKET_PATH_BYTES_MAX}: take a shorter path, or a relative one"
    );
    Err(Fatal::new(ExitCode::Usage, message))
}

fn is_locked(data_directory: &Path) -> bool {
    File::open(data_directory.join("LOCK")).is_ok_and(|file| file.try_lock().is_err())
}
