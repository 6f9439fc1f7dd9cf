//! The journal: records, staging log, segments, writer, reader, recovery. Knows only bytes.
