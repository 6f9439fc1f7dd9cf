//! `matchgate journal cat`: one line a record, in words. Of a shard each command is applied, so that
//! behind it stands what it did.

use std::io::Write;

use matchgate_core::domain::{Command, Epoch, SequenceNumber, ShardId};
use matchgate_follower::FollowerError;
use matchgate_journal::{RecordHeader, StreamId};
use matchgate_session::GatewayRecord;

use super::command_words::Context;
use super::gateway_words::tell_record;
use super::line::Line;
use super::names::Names;
use super::open::Opened;
use super::shard_run::ShardRun;
use super::utc::utc_text;
use crate::cli::JournalCat;
use crate::exit_code::{ExitCode, Fatal};

/// Which records are shown.
#[derive(Clone, Copy, Debug)]
struct Range {
    from: u64,
    to: u64,
}

pub(super) fn run(options: &JournalCat, out: &mut dyn Write) -> Result<(), Fatal> {
    let range = Range {
        from: options.from.unwrap_or(1),
        to: options.to.unwrap_or(u64::MAX),
    };
    if range.from > range.to {
        let message = format!("--from {} is above --to {}", range.from, range.to);
        return Err(Fatal::new(ExitCode::Usage, message));
    }
    let opened = Opened::open(&options.data)?;
    opened.warn_if_unclean();
    let mut line = Line::new(options.json);
    if options.control {
        return cat_control(&opened, range, &mut line, out);
    }
    if let Some(number) = options.gateway {
        let stream = opened.gateway(number)?;
        return cat_gateway(&opened, stream, range, &mut line, out);
    }
    let shard = opened.shard(options.shard)?;
    cat_shard(&opened, shard, range, &mut line, out)
}

fn cat_shard(
    opened: &Opened,
    shard: ShardId,
    range: Range,
    line: &mut Line,
    out: &mut dyn Write,
) -> Result<(), Fatal> {
    let mut names = Names::of_control(opened);
    let stream = StreamId::shard(shard.get()).to_string();
    let mut run = ShardRun::open(opened, shard)?;
    while let Some(command) = run.next()? {
        names.learn(&command.body);
        let sequence = command.sequence;
        if sequence.get() > range.to {
            break;
        }
        if sequence.get() < range.from {
            run.apply(&command, &mut |_| {})?;
            continue;
        }
        let names = &names;
        let context = Context {
            names,
            state: Some(run.state()),
        };
        begin(line, &stream, (sequence, command.epoch, command.time_ns));
        context.tell(line, sequence, &command.body);
        line.open_list("events");
        let applied = run.apply(&command, &mut |applied| {
            let context = Context {
                names,
                state: Some(applied.state),
            };
            line.open_item("  =>  ", "; ");
            context.tell_event_with_id(line, &applied.id, applied.event);
            line.close_item();
        });
        line.close_list();
        // A command whose state hash is not met is shown, and then the error.
        end(line, out)?;
        applied?;
    }
    Ok(())
}

fn cat_control(
    opened: &Opened,
    range: Range,
    line: &mut Line,
    out: &mut dyn Write,
) -> Result<(), Fatal> {
    let mut names = Names::default();
    let mut records = opened.records(StreamId::CONTROL)?;
    while let Some(record) = records.next()? {
        let header = record.header;
        if header.sequence > range.to {
            break;
        }
        let sequence = SequenceNumber(header.sequence);
        let command = Command::decode(header.kind, record.body)
            .map_err(|error| FollowerError::Command { sequence, error })?;
        names.learn(&command);
        if header.sequence >= range.from {
            begin_record(line, StreamId::CONTROL, &header);
            let context = Context {
                names: &names,
                state: None,
            };
            context.tell(line, sequence, &command);
            end(line, out)?;
        }
    }
    Ok(())
}

fn cat_gateway(
    opened: &Opened,
    stream: StreamId,
    range: Range,
    line: &mut Line,
    out: &mut dyn Write,
) -> Result<(), Fatal> {
    let names = Names::of_control(opened);
    let mut records = opened.records(stream)?;
    while let Some(record) = records.next()? {
        let header = record.header;
        if header.sequence > range.to {
            break;
        }
        if header.sequence >= range.from {
            let told = GatewayRecord::decode(header.kind, record.body).map_err(|error| {
                let message = format!("{stream}: record {}: {error}", header.sequence);
                Fatal::new(ExitCode::Damaged, message)
            })?;
            begin_record(line, stream, &header);
            tell_record(line, &told, &names);
            end(line, out)?;
        }
    }
    Ok(())
}

fn begin_record(line: &mut Line, stream: StreamId, header: &RecordHeader) {
    let sequence = SequenceNumber(header.sequence);
    let place = (sequence, Epoch(header.epoch), header.time_ns);
    begin(line, &stream.to_string(), place);
}

fn begin(line: &mut Line, stream: &str, (sequence, epoch, time_ns): (SequenceNumber, Epoch, u64)) {
    line.open();
    line.detail_text("stream", stream);
    line.number("sequence", "", sequence);
    line.number("epoch", "epoch", epoch);
    line.word("time", &utc_text(time_ns));
    line.detail("time_ns", time_ns);
}

fn end(line: &mut Line, out: &mut dyn Write) -> std::io::Result<()> {
    line.close();
    writeln!(out, "{}", line.as_str())
}
