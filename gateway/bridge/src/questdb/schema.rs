//! The tables: our definitions, as SQL files that stand in `schema/questdb`, and how a table of
//! another shape is told. It must not know rows.

use std::thread;
use std::time::{Duration, Instant};

use matchgate_core::domain::{Epoch, EventId, SequenceNumber, ShardId};
use matchgate_follower::sink::{HeldEvent, SinkError};
use serde_json::Value;

use super::exec::Exec;
use super::witness::Witness;

/// Wait between two questions how far a log is applied.
const APPLY_STEP: Duration = Duration::from_millis(10);

/// A table and its definition.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    definition: &'static str,
    file: &'static str,
}

/// Fills.
pub(super) const TRADES: Table = Table {
    name: "trades",
    definition: include_str!("../../../../schema/questdb/trades.sql"),
    file: "schema/questdb/trades.sql",
};

/// The top of the books.
pub(super) const TICKS: Table = Table {
    name: "ticks",
    definition: include_str!("../../../../schema/questdb/ticks.sql"),
    file: "schema/questdb/ticks.sql",
};

/// What a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: String,
    /// Whether it is the designated timestamp.
    is_designated: bool,
    /// Whether it is part of the key.
    is_key: bool,
}

impl Column {
    fn text(&self) -> String {
        let designated = if self.is_designated {
            ", the designated timestamp"
        } else {
            ""
        };
        let key = if self.is_key {
            ", in the dedup key"
        } else {
            ""
        };
        format!("{}{designated}{key}", self.kind)
    }
}

impl Table {
    /// Makes sure that the table is there, made where that is asked for, and has our columns.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] that names what is missing or different and what to do.
    pub(super) fn prepare(&self, exec: &Exec, create: bool) -> Result<(), SinkError> {
        let Self { name, file, .. } = self;
        // Not from tables(): what that says may be late, and a table that is there is never made.
        let known =
            format!("SELECT \"column\", type, designated, upsertKey FROM table_columns('{name}')");
        let columns = match exec.run_on(name, &known)? {
            Some(columns) => columns,
            None if create => {
                exec.run(self.definition)?;
                exec.run(&known)?
            }
            None => {
                return Err(SinkError::Unavailable(format!(
                    "{}: table {name} does not exist: run {file} there, or let it be made (create \
                     = true)",
                    exec.address()
                )));
            }
        };
        let found: Vec<_> = columns.iter().filter_map(found_column).collect();
        let mut differences = compare(&found, &self.columns());
        if found.iter().all(|column| !column.is_key) {
            differences.insert(0, "deduplication is off, wanted is on".to_owned());
        }
        if exec.run(&log_of(name))?.is_empty() {
            differences.insert(0, "write-ahead log is off, wanted is on".to_owned());
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(SinkError::Unavailable(format!(
            "{}: table {name} has another shape: {}. Change it, or rename it and run {file}",
            exec.address(),
            differences.join("; ")
        )))
    }

    /// Waits until all that the table's log holds now is applied, and so visible; `until` at the
    /// latest. Returns whether it is.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] where the server does not say.
    pub(super) fn wait_until_applied(
        &self,
        exec: &Exec,
        until: Instant,
    ) -> Result<bool, SinkError> {
        let mut wanted = None;
        loop {
            let log = exec.run(&log_of(self.name))?;
            let (Some(written), Some(sequenced)) = (number(&log, 0), number(&log, 1)) else {
                return Ok(false);
            };
            // A table that is made anew counts from the start.
            if written >= *wanted.get_or_insert(sequenced) || written == sequenced {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            thread::sleep(APPLY_STEP);
        }
    }

    /// Returns whether the table has each of these rows, as far as its log is applied.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] where the server does not say.
    pub(super) fn has(&self, exec: &Exec, witnesses: &[Witness]) -> Result<bool, SinkError> {
        if witnesses.is_empty() {
            return Ok(true);
        }
        let name = self.name;
        let counts: Vec<_> = witnesses
            .iter()
            .map(|one| {
                let condition = one.condition();
                format!("SELECT count() AS rows_of FROM {name} WHERE {condition}")
            })
            .collect();
        let counts = counts.join(" UNION ALL ");
        let rows = exec.run(&format!("SELECT min(rows_of) FROM ({counts})"))?;
        Ok(number(&rows, 0).is_some_and(|least| least > 0))
    }

    /// Returns the newest event of each shard; none where there is no such table.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] where the server does not say.
    pub(super) fn newest(&self, exec: &Exec) -> Result<Vec<HeldEvent>, SinkError> {
        let name = self.name;
        // A shard's sequences never come again, whatever the epoch.
        let last = format!("SELECT shard, max(seq) FROM {name}");
        let mut newest = Vec::new();
        for last in exec.run_on(name, &last)?.unwrap_or_default() {
            let strange = || SinkError::Unavailable(format!("table {name} has the row {last}"));
            let field = |place: usize| last.get(place).and_then(Value::as_i64);
            let (Some(shard), Some(sequence)) = (field(0), field(1)) else {
                return Err(strange());
            };
            let rows = exec.run(&format!(
                "SELECT epoch, shard, seq, idx, ts::long FROM {name} WHERE shard = {shard} AND seq \
                 = {sequence} ORDER BY idx DESC LIMIT 1"
            ))?;
            newest.push(rows.first().and_then(held_event).ok_or_else(strange)?);
        }
        Ok(newest)
    }

    /// Returns the columns of our definition.
    fn columns(&self) -> Vec<Column> {
        let within = |text: &'static str, opening: &str| -> &'static str {
            let after = text.split_once(opening).map_or("", |(_, after)| after);
            after.split_once(')').map_or("", |(within, _)| within)
        };
        let is_listed = |list: &str, name: &str| list.split(',').any(|one| one.trim() == name);
        let statement = self.definition.split_once("CREATE TABLE");
        let statement = statement.map_or("", |(_, statement)| statement);
        let designated = within(statement, "TIMESTAMP(");
        let keys = within(statement, "KEYS(");
        within(statement, "(")
            .split(',')
            .filter_map(|column| {
                let (name, kind) = column.trim().split_once(' ')?;
                Some(Column {
                    name: name.to_owned(),
                    kind: kind.to_owned(),
                    is_designated: is_listed(designated, name),
                    is_key: is_listed(keys, name),
                })
            })
            .collect()
    }
}

/// Returns the question how far a table's log is applied.
fn log_of(name: &str) -> String {
    format!("SELECT writerTxn, sequencerTxn FROM wal_tables() WHERE name = '{name}'")
}

fn number(rows: &[Value], place: usize) -> Option<i64> {
    rows.first()?.get(place)?.as_i64()
}

fn held_event(row: &Value) -> Option<HeldEvent> {
    let number = |place: usize| row.get(place).and_then(Value::as_u64);
    Some(HeldEvent {
        id: EventId {
            epoch: Epoch(number(0)?.try_into().ok()?),
            shard: ShardId(number(1)?.try_into().ok()?),
            sequence: SequenceNumber(number(2)?),
            index: number(3)?.try_into().ok()?,
        },
        time_ns: number(4)?,
    })
}

fn found_column(row: &Value) -> Option<Column> {
    Some(Column {
        name: row.get(0)?.as_str()?.to_owned(),
        kind: row.get(1)?.as_str()?.to_owned(),
        is_designated: row.get(2)?.as_bool()?,
        is_key: row.get(3)?.as_bool()?,
    })
}

/// Returns each column that is not as it must be. A column more is no difference, unless it is
/// part of the key.
fn compare(found: &[Column], wanted: &[Column]) -> Vec<String> {
    let mut differences = Vec::new();
    for column in wanted {
        let known = found.iter().find(|known| known.name == column.name);
        if known != Some(column) {
            let found = known.map_or_else(|| "missing".to_owned(), Column::text);
            let wanted = column.text();
            differences.push(format!(
                "column {} is {found}, wanted is {wanted}",
                column.name
            ));
        }
    }
    for column in found {
        let is_ours = wanted.iter().any(|known| known.name == column.name);
        if column.is_key && !is_ours {
            differences.push(format!(
                "column {} is {}, wanted is none in the dedup key",
                column.name,
                column.text()
            ));
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_from_the_definitions() {
        for (table, count) in [(TRADES, 15), (TICKS, 13)] {
            let columns = table.columns();
            assert_eq!(columns.len(), count);
            let keys: Vec<_> = columns.iter().filter(|one| one.is_key).collect();
            let names: Vec<_> = keys.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names, ["ts", "symbol", "epoch", "shard", "seq", "idx"]);
            assert_eq!(columns[0].kind, "TIMESTAMP_NS");
            let designated: Vec<_> = columns.iter().filter(|one| one.is_designated).collect();
            assert_eq!(designated, [&columns[0]]);
        }
    }

    #[test]
    fn each_difference_is_named_with_column_found_and_wanted() {
        let wanted = TRADES.columns();
        assert!(compare(&wanted, &wanted).is_empty());
        let mut found = wanted.clone();
        found[2].kind = "LONG".to_owned();
        found[5].is_key = false;
        found.remove(7);
        found.push(Column {
            name: "note".to_owned(),
            kind: "VARCHAR".to_owned(),
            is_designated: false,
            is_key: false,
        });
        assert_eq!(
            compare(&found, &wanted),
            [
                "column epoch is LONG, in the dedup key, wanted is INT, in the dedup key",
                "column idx is INT, wanted is INT, in the dedup key",
                "column qty_lots is missing, wanted is LONG",
            ]
        );
    }
}
