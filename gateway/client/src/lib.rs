//! The client library: logon, orders, reports, resume.
