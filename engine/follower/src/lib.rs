//! Who leads and who follows a journal: the shard agent, followers, sinks, hash check.
