//! Real servers for tests and developers: a nats-server and a QuestDB as child processes.
//!
//! A server lives in a folder that its starter names, on free ports of 127.0.0.1, and ends with
//! its value. It can be killed, stopped, hung and started again at the same address with what it
//! had stored. Nothing here knows what the product sends to them.
//!
//! A test asks where the program is and says so when this machine has none:
//!
//! ```no_run
//! use matchgate_xtask::services::{NatsServer, nats_server, or_skip};
//!
//! # fn main() -> Result<(), matchgate_xtask::services::ServiceError> {
//! if or_skip(nats_server()).is_none() {
//!     return Ok(());
//! }
//! let folder = std::path::Path::new("target/example");
//! let mut nats = NatsServer::start(folder)?;
//! nats.kill();
//! nats.restart()?;
//! # Ok(())
//! # }
//! ```

mod error;
mod http;
mod locate;
mod nats;
mod process;
mod questdb;
mod server;

pub use error::ServiceError;
pub use locate::{
    Missing, NATS_SERVER_VARIABLE, QUESTDB_JAR_VARIABLE, QUESTDB_VERSION, java, nats_server,
    or_skip, questdb_jar, repository_root, tools_folder,
};
pub use nats::{Nats, NatsServer, NatsSettings};
pub use process::Process;
pub use questdb::{QuestDb, QuestDbKind, QuestDbSettings};
pub use server::{Kind, Server};

#[cfg(test)]
mod tests;
