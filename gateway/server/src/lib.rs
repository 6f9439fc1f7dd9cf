//! The matchgate binary: configuration, wiring, verbs.
