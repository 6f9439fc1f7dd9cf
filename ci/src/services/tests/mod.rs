//! What a server that tests start must do when it is killed, hung, or cannot start.

mod locate;
mod nats;
mod questdb;
