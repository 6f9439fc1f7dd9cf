//! The client library: logon, orders, reports, resume.
//!
//! A [`Client`] is one session over Cap'n Proto. It numbers requests, keeps each until it is
//! answered, checks that no message of the venue is left out, and keeps the connection alive while
//! it is polled. After a lost connection [`Client::reconnect`] asks for the messages from the next
//! expected one on and sends again exactly the requests that the venue calls undecided, so that
//! each request has its effect once. [`Client::state`] does the same for a restart of the caller.
//!
//! ```
//! use matchgate_client::{Client, ClientError, ClientOptions};
//! use matchgate_core::domain::{Name, Price, Quantity, Side, Symbol};
//! use matchgate_schema::message::{NewOrderRequest, Report, ServerMessage};
//! use std::time::Duration;
//!
//! # mod venue {
//! #     use matchgate_core::domain::{RejectReason, RequestNumber};
//! #     use matchgate_schema::capnp::{Encoder, decode_client, encode_server, frame};
//! #     use matchgate_schema::message::*;
//! #     use std::io::{Read, Write};
//! #     /// Refuses every request for want of an instrument.
//! #     pub fn start() -> std::net::SocketAddr {
//! #         let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
//! #         let address = listener.local_addr().expect("bound");
//! #         std::thread::spawn(move || {
//! #             let (mut stream, _) = listener.accept().expect("a client");
//! #             let (mut bytes, mut encoder, mut sequence) = (Vec::new(), Encoder::new(), 0);
//! #             loop {
//! #                 let mut some = [0; 4096];
//! #                 let count = stream.read(&mut some).expect("readable");
//! #                 bytes.extend_from_slice(&some[..count]);
//! #                 while let Ok(Some(one)) = frame::next(&bytes) {
//! #                     let (message, length) = (decode_client(one).expect("valid"), one.len());
//! #                     bytes.drain(..length);
//! #                     let answer = match message {
//! #                         ClientMessage::Logon(logon) => ServerMessage::LogonAnswer(LogonAnswer {
//! #                             epoch: 1,
//! #                             replay_from: 1,
//! #                             next_sequence: 1,
//! #                             decided_through: RequestNumber(0),
//! #                             request_highest: RequestNumber(0),
//! #                             decided_above: [0; DECIDED_BITMAP_BITS / 64],
//! #                             durability: logon.durability,
//! #                             heartbeat_interval_ms: 1000,
//! #                             open_orders_max: 100,
//! #                             lost_from: 0,
//! #                         }),
//! #                         ClientMessage::Logout => {
//! #                             ServerMessage::Logout { reason: RejectReason::LoggedOut }
//! #                         }
//! #                         request => {
//! #                             sequence += 1;
//! #                             ServerMessage::Report {
//! #                                 sequence,
//! #                                 resend: false,
//! #                                 report: Report::BusinessReject(BusinessReject {
//! #                                     request: request.request().expect("a request"),
//! #                                     reason: RejectReason::UnknownSymbol,
//! #                                 }),
//! #                             }
//! #                         }
//! #                     };
//! #                     stream.write_all(encode_server(&answer, &mut encoder)).expect("sent");
//! #                     if matches!(answer, ServerMessage::Logout { .. }) {
//! #                         return;
//! #                     }
//! #                 }
//! #             }
//! #         });
//! #         address
//! #     }
//! # }
//! # fn main() -> Result<(), ClientError> {
//! # let address = venue::start();
//! let key = Name::new(b"desk-1").expect("1 to 24 printable bytes");
//! let (mut client, answer) = Client::connect(address, ClientOptions::new(key))?;
//! assert_eq!(client.next_request().get(), answer.request_highest.get() + 1);
//!
//! // Two orders in one write; 101.25 a share, and a cent above.
//! let symbol = Symbol::new(b"AAPL").expect("1 to 16 printable bytes");
//! for price in [101_250_000_000, 101_260_000_000] {
//!     let price = Price::new(price);
//!     client.new_order(NewOrderRequest::limit(symbol, Side::Buy, price, Quantity::new(100)))?;
//! }
//! client.flush()?;
//!
//! while client.unacknowledged_count() > 0 {
//!     match client.wait(Duration::from_secs(1))? {
//!         Some(ServerMessage::Report { sequence, report: Report::Execution(report), .. }) => {
//!             println!("{sequence}: {:?}, {} open", report.exec_type, report.leaves.get());
//!         }
//!         Some(other) => println!("{other:?}"),
//!         None => println!("nothing for a second"),
//!     }
//! }
//! client.logout()?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod client;
mod error;
mod link;
mod liveness;
mod options;
mod state;
mod tail;

pub use client::{Client, Resumption};
pub use error::{ClientError, StateError};
pub use options::ClientOptions;
pub use state::ClientState;

#[cfg(test)]
mod tests;
