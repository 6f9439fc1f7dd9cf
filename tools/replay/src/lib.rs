//! Recorded sessions against the real gateway: readers, order flow, checks, reports.
