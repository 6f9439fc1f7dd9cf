//! Metrics: what monitoring reads over HTTP on the admin port, gathered from counters, marks and
//! views without touching a hot thread.

mod collector;
mod family;
mod http;

pub use family::{FAMILIES, Family, Kind, family_of};
pub use http::MetricsServer;
