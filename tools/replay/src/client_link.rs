//! The client library as a link: the only file that knows of connections and wall time.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use matchgate_client::{Client, ClientError};
use matchgate_core::domain::{RejectReason, RequestNumber};
use matchgate_schema::message::{ClientMessage, ServerMessage};

use crate::link::{LinkError, OrderLink};

/// How long to wait after a venue could not be reached.
const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

/// A session that the client library keeps.
#[derive(Debug)]
pub struct ClientLink {
    client: Client,
    address: Option<SocketAddr>,
    started: Instant,
}

impl ClientLink {
    /// Goes on with a client that is logged on. Its options must let it keep as many requests as
    /// the caller's window spans.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            address: None,
            started: Instant::now(),
        }
    }

    /// Makes reconnects go to `address` from now on: the venue was started anew elsewhere.
    pub const fn move_to(&mut self, address: SocketAddr) {
        self.address = Some(address);
    }

    /// Returns the client.
    #[must_use]
    pub fn into_client(self) -> Client {
        self.client
    }
}

impl OrderLink for ClientLink {
    fn now_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn next_request(&self) -> RequestNumber {
        self.client.next_request()
    }

    fn send(&mut self, message: &ClientMessage) -> Result<(), LinkError> {
        match self.client.send(*message) {
            Ok(_) => Ok(()),
            Err(ClientError::UnacknowledgedFull { .. } | ClientError::OutputFull { .. }) => {
                Err(LinkError::Full)
            }
            Err(error) => Err(link_error(&error)),
        }
    }

    fn flush(&mut self) -> Result<(), LinkError> {
        self.client.flush().map_err(|error| link_error(&error))
    }

    fn poll(&mut self, wait_ns: u64) -> Result<Option<ServerMessage>, LinkError> {
        let message = match wait_ns {
            0 => self.client.poll(),
            _ => self.client.wait(Duration::from_nanos(wait_ns)),
        };
        message.map_err(|error| link_error(&error))
    }

    fn reconnect(&mut self) -> Result<(), LinkError> {
        let resumed = match self.address {
            Some(address) => self.client.reconnect_to(address),
            None => self.client.reconnect(),
        };
        match resumed {
            Ok(resumption) if resumption.abandoned.is_empty() => Ok(()),
            Ok(resumption) => Err(LinkError::Unusable(format!(
                "a power loss took requests; {} behind them cannot be sent again",
                resumption.abandoned.len()
            ))),
            Err(error) => {
                let error = link_error(&error);
                if matches!(error, LinkError::Lost(_)) {
                    thread::sleep(RECONNECT_PAUSE);
                }
                Err(error)
            }
        }
    }
}

fn link_error(error: &ClientError) -> LinkError {
    match error {
        ClientError::LogonRefused { reason } if !passes(*reason) => LinkError::Refused(*reason),
        ClientError::Socket(_)
        | ClientError::Disconnected
        | ClientError::LogonRefused { .. }
        | ClientError::LogonTimeout { .. }
        | ClientError::VenueSilent { .. } => LinkError::Lost(error.to_string()),
        // The venue or the caller breaks the rules: trying again breaks them again.
        _ => LinkError::Unusable(error.to_string()),
    }
}

/// Returns whether a refused logon may be taken a moment later.
const fn passes(reason: RejectReason) -> bool {
    matches!(
        reason,
        RejectReason::SessionInUse | RejectReason::ShuttingDown | RejectReason::ConnectionLimit
    )
}
