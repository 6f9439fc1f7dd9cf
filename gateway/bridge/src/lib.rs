//! Where published events go: the local sink.
