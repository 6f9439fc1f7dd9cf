-- The best of each book, one row a change: see schema/docs/questdb.md.
CREATE TABLE IF NOT EXISTS ticks (
    ts TIMESTAMP_NS,
    symbol SYMBOL,
    epoch INT,
    shard INT,
    seq LONG,
    idx INT,
    bid DOUBLE,
    bid_ticks LONG,
    bid_lots LONG,
    ask DOUBLE,
    ask_ticks LONG,
    ask_lots LONG,
    state SYMBOL
) TIMESTAMP(ts) PARTITION BY HOUR WAL
DEDUP UPSERT KEYS(ts, symbol, epoch, shard, seq, idx);
