//! Reads a command line.

use matchgate_core::domain::{
    Command, ControlNumber, Durability, Epoch, GatewayId, Origin, RequestNumber, RingNumber,
    SequenceNumber, Sequenced, SessionId, TimeAdvance,
};

use crate::numbering::Numbering;
use crate::problem::Problem;
use crate::read_control::{read_control, read_hash};
use crate::read_order::{read_mass_cancel, read_order_command};
use crate::words::Words;

/// Reads a command line without its `>`, and notes its numbers.
///
/// # Errors
///
/// Returns a [`Problem`] that says what was expected where the line is not of the language; the
/// numbering is then as before.
pub fn read_command(line: &str, numbering: &mut Numbering) -> Result<Sequenced<Command>, Problem> {
    let mut words = Words::of(line);
    let sequence = words.number("sequence")?;
    let epoch = words.number("epoch")?;
    let at = words.number("at")?;
    let body = read_body(&mut words, numbering)?;
    words.finish()?;
    let command = Sequenced {
        sequence: sequence.map_or_else(|| numbering.next_sequence(), SequenceNumber),
        epoch: epoch.map_or(numbering.epoch, Epoch),
        time_ns: at.unwrap_or_else(|| numbering.next_time_ns(&body)),
        body,
    };
    numbering.note(&command);
    Ok(command)
}

fn read_body(words: &mut Words<'_>, numbering: &Numbering) -> Result<Command, Problem> {
    let expected = "a label, `mass`, `time`, `hash`, or a control command";
    let verb = words.first(expected)?;
    if let Ok(slot) = verb.parse() {
        return read_order_command(slot, words, numbering);
    }
    match verb {
        "mass" => {
            let from = words.number("from")?;
            let session = words.number("session")?;
            let origin = read_origin(words, numbering, from.or(session))?;
            read_mass_cancel(words, origin, session)
        }
        "time" => Ok(Command::Time(TimeAdvance {
            time_ns: words.first_number("a time in nanoseconds")?,
        })),
        "hash" => read_hash(words),
        _ => {
            let control = words.number("control")?;
            let control = control.map_or_else(|| numbering.next_control(), ControlNumber);
            read_control(verb, words, control)?
                .ok_or_else(|| Problem::unreadable(expected, Some(verb)))
        }
    }
}

/// Reads where a command comes from; its session is taken already.
pub(crate) fn read_origin(
    words: &mut Words<'_>,
    numbering: &Numbering,
    session: Option<u32>,
) -> Result<Origin, Problem> {
    let gateway = read_gateway(words)?;
    let ring = words.number("ring")?;
    let ring = ring.map_or_else(|| numbering.next_ring(gateway), RingNumber);
    let request = words.number("request")?;
    Ok(Origin {
        ring,
        request: RequestNumber(request.unwrap_or(ring.get())),
        session: SessionId(session.unwrap_or(0)),
        gateway,
        durability: if words.take("synced") {
            Durability::Synced
        } else {
            Durability::Written
        },
        reserved: [0; 2],
    })
}

/// Takes `gateway=NUMBER` or `gateway=none`.
pub(crate) fn read_gateway(words: &mut Words<'_>) -> Result<GatewayId, Problem> {
    let gateway = words.value_as("gateway", "a number or `none`", |value| match value {
        "none" => Some(GatewayId::NONE),
        _ => value.parse().ok().map(GatewayId),
    })?;
    Ok(gateway.unwrap_or(GatewayId(0)))
}
