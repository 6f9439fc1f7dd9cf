-- Fills, one row each: see schema/docs/questdb.md.
CREATE TABLE IF NOT EXISTS trades (
    ts TIMESTAMP_NS,
    symbol SYMBOL,
    epoch INT,
    shard INT,
    seq LONG,
    idx INT,
    px_ticks LONG,
    qty_lots LONG,
    price DOUBLE,
    qty DOUBLE,
    aggressor SYMBOL,
    maker_order LONG,
    taker_order LONG,
    maker_account SYMBOL,
    taker_account SYMBOL
) TIMESTAMP(ts) PARTITION BY DAY WAL
DEDUP UPSERT KEYS(ts, symbol, epoch, shard, seq, idx);
